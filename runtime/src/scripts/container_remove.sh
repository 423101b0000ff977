# container_remove NAME OWNER BACK: answers removed or absent; refuses a container of another owner. What it mounts stays. If BACK is true,
# the one that it was put in the place of comes back, runs if it ran, and the answer is restored; where none was replaced, it stays.
name=$1
owner=$2
old=$name.migc-old
lock "container.$name"
was=$records/old.$name
need_docker
remove() {
    exists "$1" || return 0
    if [ "$(field "$1" "$owner_label")" != "$owner" ]; then
        [ "$1" = "$name" ] || return 0
        die 3 "the container $1 is not ours"
    fi
    if [ "$(field "$1" '{{.State.Running}}')" = true ]; then
        docker container stop -t 60 -- "$1" >/dev/null || exit 1
    fi
    docker container rm -- "$1" >/dev/null || exit 1
    answer=removed
}
answer=absent
if [ "$3" != true ]; then
    remove "$name"
    remove "$name.migc-new"
    remove "$old"
    rm -f -- "$was" "$records/env.$name" "$records/old-env.$name"
    echo "$answer"
    exit 0
fi

remove "$name.migc-new"
answer=absent
id= running= policy=
[ ! -f "$was" ] || read -r id running policy <"$was" || exit 1
if exists "$old"; then
    remove "$name"
    docker container rename "$old" "$name" || exit 1
fi
# Where this was cut, it has the name already.
if [ -n "$id" ] && exists "$name" && [ "$(field "$name" '{{.Id}}')" = "$id" ]; then
    [ ! -f "$records/old-env.$name" ] || mv -f -- "$records/old-env.$name" "$records/env.$name" || exit 1
    docker container update --restart "${policy:-no}" -- "$name" >/dev/null || exit 1
    if [ "$running" = true ]; then docker container start -- "$name" >/dev/null || exit 1; fi
    rm -f -- "$was"
    answer=restored
fi
echo "$answer"
