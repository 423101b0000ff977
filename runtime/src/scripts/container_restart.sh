# container_restart NAME POLICY: sets the restart policy and answers the one before. What was there before the first `no` is kept
# in the record folder, so that the answer is the same when an interrupted step is done again.
lock "container.$1"
exists "$1" || die 1 "there is no container $1"
before=$(field "$1" "$restart_policy") || exit 1
[ -n "$before" ] || before=no
record=$records/restart.$1
if [ "$2" = no ] && [ "$before" = no ] && [ -f "$record" ]; then
    cat -- "$record"
    exit 0
fi
if [ "$2" = no ]; then
    printf '%s\n' "$before" >"$record.new" && mv -f -- "$record.new" "$record" || exit 1
fi
if [ "$before" != "$2" ]; then
    docker container update --restart "$2" -- "$1" >/dev/null || exit 1
fi
[ "$2" = no ] || rm -f -- "$record"
printf '%s\n' "$before"
