# tree_receive PATH MARKER: reads what tree_send wrote. Owners, modes, times, attributes, links and holes are restored; a symlink in
# the way is replaced, never followed. What was received is on disk when it ends, because the source may be given up after it.
path=$1
marker=$2
ours "$path" "$marker"
# -f syncs one filesystem; where sync does not know it, all are.
durable() { sync -f -- "$1" 2>/dev/null || sync; }
set -- --extract --file=- --numeric-owner --same-owner --same-permissions --acls --xattrs --xattrs-include='*' --delay-directory-restore
if [ "$kind" = file ]; then
    parent=${path%/*}
    hold=$(mktemp -d "${parent:-}/.migc.XXXXXXXXXX") || exit 1
    trap 'rm -rf -- "$hold"' EXIT
    trap 'exit 129' HUP
    trap 'exit 143' TERM
    tar -C "$hold" "$@" || exit 1
    [ -f "$hold/file" ] || exit 0
    mv -f -T -- "$hold/file" "$path" || exit 1
    durable "${parent:-/}"
else
    [ -d "$path" ] && [ ! -L "$path" ] || die 1 "$path is not a folder any more"
    tar -C "$path" "$@" || exit 1
    durable "$path"
fi
