# tree_prepare PATH KIND MARKER: makes the folder (dir), or the folder above a file (file), and the marker in the record folder.
# Refuses (status 3) what holds other data.
lock "$3"
case $1 in
/*) ;;
*) die 1 "$1 is no absolute path" ;;
esac
if [ -f "$records/$3" ]; then
    IFS= read -r kind <"$records/$3" || die 1 "the record $records/$3 is damaged"
    if [ "$kind" != "$2" ]; then
        [ ! -e "$1" ] || die 1 "$1 was made as a $kind, and is to be a $2 now; remove it first"
        rm -f -- "$records/$3"
    fi
fi
if [ ! -f "$records/$3" ]; then
    if [ -L "$1" ]; then
        die 3 "$1 is a link that this project did not make"
    elif [ -d "$1" ] && [ -n "$(ls -A -- "$1" | head -n 1)" ]; then
        die 3 "$1 holds data that this project did not put there"
    elif [ -e "$1" ] && { [ ! -d "$1" ] || [ "$2" = file ]; }; then
        die 3 "$1 is there already, and this project did not put it there"
    fi
    # The mark comes first: a folder that was made without it would be refused by the next attempt.
    printf '%s\n%s\n' "$2" "$1" >"$records/$3.new" && mv -f -- "$records/$3.new" "$records/$3" || exit 1
fi
if [ "$2" = file ]; then folder=${1%/*}; else folder=$1; fi
# Folders above the tree are made for other programs to pass through.
umask 022
mkdir -p -- "${folder:-/}" || exit 1
