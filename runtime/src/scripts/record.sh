# record RUN KEY EPOCH REPEAT TEXT SECRETS INPUT SHA256 WORD…: runs a script in a session of its own and keeps a record of it under
# the key, so that whoever asks again, after a lost connection or from another process, gets its answer and does not run it twice.
# Standard input: the script, lines with secrets, the script's input; so many bytes each, and the digest of all.
# Status 240: it was begun and its end is not known; 241: a later run has acted here; 242: the epoch is too far ahead; 243: a short read.
run=$1 key=$2 epoch=$3 repeat=$4 text=$5 secrets=$6 input=$7 sum=$8
shift 8
records_made
have flock || die 1 'flock is missing: install util-linux'
umask 077
private 'what the script is given'
cat >"$private/all" || exit 1
[ "$(sha256sum <"$private/all" | cut -d ' ' -f 1)" = "$sum" ] || die 243 'what arrived is not what was sent, so nothing was started'
script=$(head -c "$text" "$private/all") || exit 1
tail -c "+$((text + 1))" "$private/all" | head -c "$secrets" >"$private/secrets"
tail -c "+$((text + secrets + 1))" "$private/all" | head -c "$input" >"$private/input"

# One at a time decides, whatever project it is of; descriptor 8 goes on to what is started, until that has left its mark.
exec 8>>"$MIGC_HOME/lock" || die 1 "cannot open $MIGC_HOME/lock"
waited=0
until flock -n 8; do
    [ "$waited" -lt 30 ] || die 4 'another run is about to begin a step here, since 30 seconds and more'
    sleep 1
    waited=$((waited + 1))
done
known=0
if [ -f "$records/epoch" ]; then
    IFS= read -r known <"$records/epoch"
    case $known in
    '' | *[!0-9]*) die 1 "the record $records/epoch is damaged" ;;
    esac
    [ "$epoch" -le "$((known + 1000))" ] || die 242 "the epoch $epoch is more than 1000 ahead of the last one here, $known"
fi
[ "$epoch" -ge "$known" ] || die 241 "epoch $known has acted here, and this run has $epoch"
if [ "$epoch" -gt "$known" ]; then
    printf '%s\n' "$epoch" >"$records/epoch.new" && mv -f -- "$records/epoch.new" "$records/epoch" || exit 1
fi
step=$records/steps/$key

# alive: does the process of the mark run? Its id may be another's by now, so boot and start time count too.
alive() {
    IFS=' ' read -r boot pid start _ <"$step/started" || return 1
    [ "$boot" = "$(cat /proc/sys/kernel/random/boot_id)" ] || return 1
    { IFS= read -r line <"/proc/$pid/stat"; } 2>/dev/null || return 1
    set -- ${line##*) }
    [ "$1" != Z ] && [ "${20}" = "$start" ]
}
answer() {
    IFS= read -r status <"$step/done" || die 1 "the record $step/done is damaged"
    cat -- "$step/out" || exit 1
    cat -- "$step/err" >&2
    exit "$status"
}

keeper='
umask 077
trap "" HUP INT
step=$1 repeat=$2 script=$3
shift 3
secrets=$(cat <&4)
exec 4<&-
start() {
    IFS= read -r line <"/proc/$$/stat"
    set -- ${line##*) }
    printf "%s" "${20}"
}
rm -rf -- "$step" && mkdir -p -- "$step" && mkfifo "$step/o" "$step/e" || exit 1
printf "%s %s %s %s\n" "$(cat /proc/sys/kernel/random/boot_id)" "$$" "$(start)" "$(date +%s)" >"$step/started.new" &&
    mv -f -- "$step/started.new" "$step/started" || exit 1
# What must not be done twice is not done before it is on disk that it was begun.
[ "$repeat" = yes ] || sync -- "$step/started" "$step" 2>/dev/null || sync
exec 8>&-
# next: the next line, without secrets. Read by the shell, because it takes what is there and waits for no more.
next() {
    IFS= read -r line || [ -n "$line" ] || return 1
    for secret in $secrets; do
        rest=$line line=
        while [ "$rest" != "${rest#*"$secret"}" ]; do
            line="$line${rest%%"$secret"*}(secret)"
            rest=${rest#*"$secret"}
        done
        line=$line$rest
    done
}
# keep BYTES: so many of the beginning, at once, and so many of the end.
keep() {
    set -f
    IFS="
"
    used=0
    while next; do
        used=$((used + ${#line} + 1))
        if [ "$used" -gt "$1" ]; then
            { printf "%s\n" "$line"; while next; do printf "%s\n" "$line"; done; } | tail -c "$1"
            return
        fi
        printf "%s\n" "$line"
    done
}
keep 524288 <"$step/o" >"$step/out" &
out=$!
keep 32768 <"$step/e" >"$step/err" &
err=$!
sh -c "$script" migc "$@" <&3 3<&- >"$step/o" 2>"$step/e"
status=$?
# A service that it started may keep the streams open.
(sleep 5; kill "$out" "$err") &
timer=$!
wait "$out" "$err"
kill "$timer"
rm -f -- "$step/o" "$step/e"
printf "%s\n" "$status" >"$step/done.new" && mv -f -- "$step/done.new" "$step/done"
'
if [ ! -f "$step/done" ]; then
    if [ -f "$step/started" ] && ! alive && [ "$repeat" != yes ]; then
        cat -- "$step/out" 2>/dev/null
        cat -- "$step/err" >&2 2>/dev/null
        die 240 "it was begun here at $(cut -d ' ' -f 4 "$step/started"), seconds since 1970, and nothing is left of it: the host or it was killed"
    fi
    if [ ! -f "$step/started" ] || ! alive; then
        find "$records/steps" -mindepth 1 -maxdepth 1 ! -name "$run.*" -mtime +30 -exec rm -rf -- {} + 2>/dev/null
        session=
        ! have setsid || session=setsid
        exec 3<"$private/input" 4<"$private/secrets"
        rm -rf -- "$private"
        $session sh -c "$keeper" migc "$step" "$repeat" "$script" "$@" </dev/null >/dev/null 2>&1 &
        child=$!
        exec 3<&- 4<&- 8>&-
        wait "$child"
    fi
fi
exec 8>&-
rm -rf -- "$private"
until [ -f "$step/done" ]; do
    if ! alive && [ ! -f "$step/done" ]; then
        [ "$repeat" = yes ] || die 240 'it was killed before its end was written down'
        die 137 'it was killed before its end was written down'
    fi
    sleep 1
done
answer
