# tree_release MARKER: the state may not write any more to a tree that it took over; one that it made itself it may. Answers nothing.
lock "$1"
[ -f "$records/$1.taken" ] || exit 0
if [ "$(sed -n 2p <"$records/$1.taken")" = yes ]; then rm -f -- "$records/$1" || exit 1; fi
rm -f -- "$records/$1.taken"
