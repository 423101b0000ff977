# container_start NAME: answers changed or unchanged.
lock "container.$1"
exists "$1" || die 1 "there is no container $1"
if [ "$(field "$1" '{{.State.Running}}')" = true ]; then
    echo unchanged
    exit 0
fi
docker container start -- "$1" >/dev/null || exit 1
echo changed
