# tools NAME…: answers those that are missing, one a line; a program that lacks what we need of it counts as missing.
for name in "$@"; do
    case $name in
    tar) tar --version 2>/dev/null | grep -q 'GNU tar' ;;
    find) find --version 2>/dev/null | grep -q 'GNU findutils' ;;
    sha256sum) sha256sum -z /dev/null >/dev/null 2>&1 ;;
    docker) have docker && docker version --format '{{.Server.Version}}' >/dev/null 2>&1 ;;
    *) have "$name" ;;
    esac || printf '%s\n' "$name"
done
exit 0
