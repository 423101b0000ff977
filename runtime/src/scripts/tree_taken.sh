# tree_taken MARKER: answers by which manifest the tree was taken over, or nothing if it was not. Changes nothing.
records
[ -f "$records/$1" ] && [ -f "$records/$1.taken" ] || exit 0
IFS= read -r manifest <"$records/$1.taken" || die 1 "the record $records/$1.taken is damaged"
printf '%s\n' "$manifest"
