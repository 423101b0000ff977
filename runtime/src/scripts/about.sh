# Answers lines key=value about the machine and who we are on it.
printf 'user=%s\n' "$(id -un 2>/dev/null)"
printf 'uid=%s\n' "$(id -u)"
now=$(date +%s%3N 2>/dev/null)
case $now in
'' | *[!0-9]*) now=$(date +%s)000 ;;
esac
printf 'now_ms=%s\n' "$now"
printf 'hostname=%s\n' "$(hostname 2>/dev/null || cat /proc/sys/kernel/hostname)"
printf 'arch=%s\n' "$(uname -m)"
printf 'cpus=%s\n' "$(getconf _NPROCESSORS_ONLN 2>/dev/null || grep -c '^processor' /proc/cpuinfo)"
printf 'memory_bytes=%s\n' "$(awk '$1 == "MemTotal:" { printf "%d", $2 * 1024 }' /proc/meminfo)"
docker=
if have docker; then
    docker=$(docker version --format '{{.Server.Version}}' 2>/dev/null) || docker=
fi
printf 'docker=%s\n' "$docker"
if [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; then
    echo sudo=true
else
    echo sudo=false
fi
