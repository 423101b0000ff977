# tree_take PATH KIND MARKER MANIFEST: from now on this state may write to what is at the path, which it did not make and whose manifest
# was just seen. KIND is dir, file, or none for what is not there. Copies are not written through links, so a link is refused.
lock "$3"
case $1 in
/*) ;;
*) die 1 "$1 is no absolute path" ;;
esac
[ ! -L "$1" ] || die 3 "$1 is a link, and nothing is written through it"
case $2 in
dir) [ -d "$1" ] || die 1 "$1 is no folder" ;;
file) [ -f "$1" ] || die 1 "$1 is no file" ;;
none) [ ! -e "$1" ] || die 1 "$1 is there now" ;;
*) die 1 "$2 is no kind of a tree" ;;
esac
# What had the mark before keeps it when the tree is given up.
lent=yes
if [ -f "$records/$3" ]; then
    lent=no
    IFS= read -r kind <"$records/$3" || die 1 "the record $records/$3 is damaged"
    [ "$2" = none ] || [ "$kind" = "$2" ] || die 1 "$1 was made as a $kind, and is a $2 now"
    if [ -f "$records/$3.taken" ]; then lent=$(sed -n 2p <"$records/$3.taken"); fi
fi
printf '%s\n%s\n' "$4" "$lent" >"$records/$3.taken.new" && mv -f -- "$records/$3.taken.new" "$records/$3.taken" || exit 1
if [ "$2" != none ] && [ ! -f "$records/$3" ]; then
    printf '%s\n%s\n' "$2" "$1" >"$records/$3.new" && mv -f -- "$records/$3.new" "$records/$3" || exit 1
fi
