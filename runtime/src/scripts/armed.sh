# armed ADDRESS FOLDER ATTEMPT SECONDS UNDO COUNT WORD… TEXT WORD…: runs a script of a kind that may cut the road to this host. Before,
# it leaves behind a process in a session of its own, which runs UNDO with its words after so many seconds unless its token was
# taken away by then (see `disarm`). A script that fails is undone at once. Standard input: the script's.
address=$1 folder=$2 attempt=$3
lock "call-$address"
have setsid || die 1 'setsid is missing: install util-linux'
MIGC_RECORDS=$records
export MIGC_RECORDS
armed=$records/armed/$folder
waited=0
while token undoing && running "$token"; do
    [ "$waited" -lt 30 ] || die 4 'an undo from before is still at work, since 30 seconds and more'
    sleep 1
    waited=$((waited + 1))
done
rm -rf -- "$armed" && mkdir -p -- "$armed" || die 1 "cannot make $armed"

# What both processes begin with; `mark FILE` writes a line for the process that calls it.
common='
running() {
    IFS=" " read -r _ boot pid start _ <"$1" || return 1
    [ "$boot" = "$(cat /proc/sys/kernel/random/boot_id)" ] || return 1
    { IFS= read -r line <"/proc/$pid/stat"; } 2>/dev/null || return 1
    set -- ${line##*) }
    [ "$1" != Z ] && [ "${20}" = "$start" ]
}
mark() {
    file=$1
    IFS= read -r line <"/proc/$$/stat"
    set -- ${line##*) }
    printf "%s %s %s %s\n" "$attempt" "$(cat /proc/sys/kernel/random/boot_id)" "$$" "${20}" >"$file.new" && mv -f -- "$file.new" "$file"
}
armed=$1 address=$2 attempt=$3
'
keeper=$common'
trap "" HUP INT
now=
trap "now=yes" USR1
seconds=$4 undo=$5 count=$6
shift 6
# Behind the words of the undo stand those of the script.
left=$count
while [ "$left" -gt 0 ]; do
    set -- "$@" "$1"
    shift
    left=$((left - 1))
done
shift "$(($# - count))"
own=$armed/$$
mark "$own.armed" || exit 1
# Who waits until it is armed reads what we say to its end.
exec >/dev/null 2>&1
sleep "$seconds" &
asleep=$!
[ -n "$now" ] || wait "$asleep"
[ -z "$now" ] || kill "$asleep"
mv -- "$own.armed" "$own.undoing" || exit 0
# What cuts the road must not go on after that is mended.
if running "$armed/act"; then
    act=$pid
    kill -s TERM -- "-$act"
    sleep 1
    ! running "$armed/act" || kill -s KILL -- "-$act"
fi
sh -c "$undo" "$address" "$@" </dev/null >/dev/null 2>"$armed/said"
status=$?
IFS= read -r line <"$own.undoing"
printf "%s %s\n" "$line" "$status" >"$own.new" && mv -f -- "$own.new" "$own.undone" && rm -f -- "$own.undoing"
'
begin=$common'
text=$4
shift 4
mark "$armed/act" || exit 1
exec sh -c "$text" "$address" "$@"
'
seconds=$4 undo=$5 count=$6
shift 6
said=$(setsid sh -c "$keeper" migc "$armed" "$address" "$attempt" "$seconds" "$undo" "$count" "$@" </dev/null 2>&1 9>&- &)
token armed && running "$token" || die 1 "the undo could not be armed, so nothing was begun: $said"
shift "$count"
# A subshell leads no group, so its process becomes that of the session.
(exec setsid sh -c "$begin" migc "$armed" "$address" "$attempt" "$@" >/dev/null 9>&-)
status=$?
if [ "$status" -ne 0 ]; then
    ! token armed || ! running "$token" || kill -s USR1 "$pid"
    while { token armed || token undoing; } && running "$token"; do sleep 1; done
fi
exit "$status"
