# container_remove NAME OWNER: answers removed or absent; refuses a container of another owner. What it mounts stays.
lock "container.$1"
answer=absent
for known in "$1" "$1.migc-new"; do
    exists "$known" || continue
    if [ "$(field "$known" '{{if .Config.Labels}}{{index .Config.Labels "migc.owner"}}{{end}}')" != "$2" ]; then
        [ "$known" = "$1" ] || continue
        die 3 "the container $1 is not ours"
    fi
    if [ "$(field "$known" '{{.State.Running}}')" = true ]; then
        docker container stop -t 60 -- "$known" >/dev/null || exit 1
    fi
    docker container rm -- "$known" >/dev/null || exit 1
    answer=removed
done
rm -f -- "$records/env.$1"
echo "$answer"
