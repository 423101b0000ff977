# Common to scripts that write to a tree. Answers nothing.

# ours PATH MARKER: takes the lock of the tree and sets $kind; refuses a tree that this state did not make.
ours() {
    lock "$2"
    [ -f "$records/$2" ] || die 3 "$1 was not made by this project, so nothing is written there"
    { IFS= read -r kind && IFS= read -r made; } <"$records/$2" || die 1 "the record $records/$2 is damaged"
    [ "$made" = "$1" ] || die 3 "the record $2 is of $made, not of $1"
}
