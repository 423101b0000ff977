# tree_send PATH MODE: reads relative paths, each ended by NUL, and writes them as a tar stream. MODE is live (a file may change or
# vanish while it is read) or final (then that is a failure).
path=$1
mode=$2
set -- --create --file=- --format=posix --pax-option=delete=atime,delete=ctime --numeric-owner --acls --xattrs --xattrs-include='*' \
    --sparse --no-recursion
[ "$mode" != live ] || set -- "$@" --ignore-failed-read
if [ -d "$path" ]; then
    tar -C "$path" "$@" --null --no-unquote --files-from=-
else
    [ ! -L "$path" ] || path=$(readlink -f -- "$path") || die 1 "cannot follow $path"
    cat >/dev/null
    parent=${path%/*}
    # The other side has a name of its own for the file.
    tar -C "${parent:-/}" "$@" --transform='s,.*,file,' -- "./${path##*/}"
fi
status=$?
# 1: a file changed or vanished while it was read.
[ "$mode" = live ] && [ "$status" = 1 ] && exit 0
exit "$status"
