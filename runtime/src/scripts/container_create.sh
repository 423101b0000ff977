# container_create NAME OWNER SPEC NETWORKS [NETWORK…] WORD…: creates a container without starting it; the words are options, image
# and command for `docker create`. Standard input is its environment. Answers created, unchanged or replaced; one that is not ours
# is refused. One of ours that is replaced is stopped and kept as NAME.migc-old, for `container_remove` to bring it back.
name=$1
owner=$2
spec=$3
networks=$4
shift 4
lock "container.$name"
need_docker

private 'the environment of the container'
cat >"$private/env" || exit 1

# What the environment was is known by a salted hash only, which stays on this host.
record=$records/env.$name
salted() { { printf '%s\n' "$1" && cat "$private/env"; } | sha256sum | cut -d ' ' -f 1; }
same_environment() {
    [ -f "$record" ] || return 1
    read -r salt hash <"$record" || return 1
    [ "$(salted "$salt")" = "$hash" ]
}

answer=created
fresh=$name.migc-new
old=$name.migc-old
for known in "$name" "$fresh" "$old"; do
    if exists "$known" && [ "$(field "$known" "$owner_label")" != "$owner" ]; then
        die 3 "a container $known is there already and is not ours"
    fi
done
if exists "$name"; then
    # One that was stopped by us, to move back what it kept, has another restart policy than it was created with.
    if [ "$(field "$name" '{{index .Config.Labels "migc.spec"}}')" = "$spec" ] && same_environment && [ ! -f "$records/restart.$name" ]; then
        echo unchanged
        exit 0
    fi
    answer=replaced
elif exists "$old"; then
    # It made room when this was cut, and is still the one that ran.
    answer=replaced
fi
if exists "$fresh"; then
    docker container rm --force -- "$fresh" >/dev/null || exit 1
fi

first=
later=
while [ "$networks" -gt 0 ]; do
    case $1 in
    -* | *[!A-Za-z0-9_.:-]*) die 1 "$1 is no name of a network" ;;
    container:*) ;;
    *)
        docker network inspect "$1" >/dev/null 2>&1 || docker network create --label "migc.owner=$owner" "$1" >/dev/null || exit 1
        ;;
    esac
    if [ -z "$first" ]; then first=$1; else later="$later $1"; fi
    shift
    networks=$((networks - 1))
done
[ -z "$first" ] || set -- --network "$first" "$@"

docker container create --name "$fresh" --label "migc.owner=$owner" --label "migc.spec=$spec" --env-file "$private/env" "$@" \
    >/dev/null 9>&- </dev/null || exit 1
# Names were checked above, and are split into words on purpose.
for network in $later; do
    docker network connect "$network" "$fresh" || exit 1
done
salt=$(od -An -N 16 -tx1 /dev/urandom | tr -d ' \n')
printf '%s %s\n' "$salt" "$(salted "$salt")" >"$record.new" || exit 1
if [ "$answer" = replaced ]; then
    if exists "$name"; then
        if exists "$old"; then docker container rm --force -- "$old" >/dev/null || exit 1; fi
        field "$name" "{{.Id}} {{.State.Running}} $restart_policy" >"$records/old.$name.new" && mv -f -- "$records/old.$name.new" "$records/old.$name" || exit 1
        [ ! -f "$record" ] || mv -f -- "$record" "$records/old-env.$name" || exit 1
        docker container rename "$name" "$old" || exit 1
    fi
    docker container update --restart no -- "$old" >/dev/null || exit 1
    docker container stop -t 60 -- "$old" >/dev/null || exit 1
fi
mv -f -- "$record.new" "$record" || exit 1
docker container rename "$fresh" "$name" || exit 1
rm -f -- "$records/restart.$name"
echo "$answer"
