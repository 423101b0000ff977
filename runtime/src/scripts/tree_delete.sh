# tree_delete PATH MARKER: reads relative paths, each ended by NUL and deepest first, and removes each. Without the marker nothing is
# removed. A path through a symlink is refused, because it leads out of the tree.
ours "$1" "$2"
if [ "$kind" = file ]; then
    rm -f -- "$1"
    exit
fi
cd -P -- "$1" || exit 1
# A link to the root of the tree itself would make every path below it lead elsewhere.
[ ! -L "$1" ] || die 3 "$1 is a link"
# find does not follow links on the way when it starts at the folder above by its name, so each folder is checked once.
xargs -0 -r sh -c '
checked=
for path in "$@"; do
    parent=${path%/*}
    if [ "$parent" != "$checked" ]; then
        up=$parent
        while [ "$up" != . ] && [ -n "$up" ]; do
            if [ -L "$up" ]; then
                printf "%s\n" "$up is a link" >&2
                exit 1
            fi
            up=${up%/*}
        done
        checked=$parent
    fi
    if [ -d "$path" ] && [ ! -L "$path" ]; then
        rmdir -- "$path" || exit 1
    else
        rm -f -- "$path" || exit 1
    fi
done' delete
