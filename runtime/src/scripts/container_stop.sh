# container_stop NAME GRACE: stops the container, which is killed after GRACE seconds; answers as container_look.
lock "container.$1"
exists "$1" || die 1 "there is no container $1"
if [ "$(field "$1" '{{.State.Running}}')" = true ]; then
    docker container stop -t "$2" -- "$1" >/dev/null || exit 1
fi
container_line "$1"
