# who [docker]: answers lines key=value about who we are on the host and what time it is there; of Docker only if it is asked for.
uid
if [ "$uid" = 0 ]; then user=root; else user=$(id -un 2>/dev/null); fi
now=$(date +%s%3N 2>/dev/null)
case $now in
'' | *[!0-9]*) now=$(date +%s)000 ;;
esac
docker=
if [ "$#" -gt 0 ] && have docker; then
    docker=$(docker version --format '{{.Server.Version}}' 2>/dev/null) || docker=
fi
sudo=true
[ "$uid" = 0 ] || sudo -n true 2>/dev/null || sudo=false
printf 'user=%s\nuid=%s\nnow_ms=%s\ndocker=%s\nsudo=%s\n' "$user" "$uid" "$now" "$docker" "$sudo"
