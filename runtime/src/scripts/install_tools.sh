# install_tools NAME…: installs what provides the programs, with the host's own package manager; answers changed or unchanged.
missing() {
    for name in "$@"; do
        case $name in
        tar) tar --version 2>/dev/null | grep -q 'GNU tar' ;;
        find) find --version 2>/dev/null | grep -q 'GNU findutils' ;;
        sha256sum) sha256sum -z /dev/null >/dev/null 2>&1 ;;
        *) have "$name" ;;
        esac || printf '%s\n' "$name"
    done
}

# package NAME: which package of this package manager provides the program?
package() {
    case $1 in
    getfattr | setfattr) echo attr ;;
    getfacl | setfacl) echo acl ;;
    find | xargs) echo findutils ;;
    sha256sum | stat | readlink) echo coreutils ;;
    flock) if [ "$manager" = apk ]; then echo flock; else echo util-linux; fi ;;
    awk) echo gawk ;;
    ss | ip) if [ "$manager" = dnf ] || [ "$manager" = yum ]; then echo iproute; else echo iproute2; fi ;;
    docker)
        case $manager in
        apt-get) echo docker.io ;;
        apk | zypper | pacman) echo docker ;;
        *) echo moby-engine ;;
        esac
        ;;
    *) printf '%s\n' "$1" ;;
    esac
}

# Before anything is split into words: a `*` would become the names of files.
for name in "$@"; do
    case $name in
    '' | *[!A-Za-z0-9._+-]* | -*) die 1 "$name is no name of a program" ;;
    esac
done
wanted=$(missing "$@")
if [ -z "$wanted" ]; then
    echo unchanged
    exit 0
fi
lock packages
manager=
for candidate in apt-get dnf yum apk zypper pacman; do
    if have "$candidate"; then
        manager=$candidate
        break
    fi
done
[ -n "$manager" ] || die 1 "no package manager that we know; install by hand what provides:" $wanted
packages=
for name in $wanted; do
    packages="$packages $(package "$name")"
done
# Names were checked above, and are split into words on purpose.
case $manager in
apt-get)
    DEBIAN_FRONTEND=noninteractive
    export DEBIAN_FRONTEND
    # The lists may be old or absent; a first attempt without them saves the minute that fetching them takes.
    apt-get -q -y -o DPkg::Lock::Timeout=60 install --no-install-recommends $packages >&2 9>&- </dev/null ||
        { apt-get -q -o DPkg::Lock::Timeout=60 update >&2 9>&- </dev/null &&
            apt-get -q -y -o DPkg::Lock::Timeout=60 install --no-install-recommends $packages >&2 9>&- </dev/null; }
    ;;
dnf | yum) "$manager" -q -y install $packages >&2 9>&- </dev/null ;;
apk) apk add --no-progress $packages >&2 9>&- </dev/null ;;
zypper) zypper --non-interactive install --no-recommends $packages >&2 9>&- </dev/null ;;
pacman) pacman -Sy --noconfirm --needed $packages >&2 9>&- </dev/null ;;
esac || die 1 "$manager could not install:" $packages
left=$(missing $wanted)
[ -z "$left" ] || die 1 "$manager installed$packages, and these are still missing:" $left
echo changed
