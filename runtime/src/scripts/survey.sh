# Answers sections: a line `MARK name`, then what a file or a tool said, as it said it; what it means is read elsewhere. Changes
# nothing, writes nothing, opens no key.
# Words: the mark, `sizes` or `quick`, seconds for all sizes, then paths to measure.
mark=$1
sizes=$2
seconds=$3
shift 3
uid=$(id -u)
release=$(uname -r)
LVM_SUPPRESS_FD_WARNINGS=1
export LVM_SUPPRESS_FD_WARNINGS

# section NAME COMMAND…: what the command prints, so far as it is not endless.
section() {
    printf '\n%s %s\n' "$mark" "$1"
    shift
    "$@" 2>/dev/null </dev/null | head -c 524288
}

# within SECONDS COMMAND…: a tool that hangs is given up, where there is `timeout`.
within() {
    if have timeout; then
        timeout "$@"
    else
        shift
        "$@"
    fi
}

# unknown WHAT WHY…
unknown() {
    what=$1
    shift
    printf '\n%s unknown\n%s\t%s\n' "$mark" "$what" "$*"
}

# line FILE: its first line, without tabs. Files of the kernel are read at once, which the `read` of a shell does not do.
line() { [ -r "$1" ] && head -n 1 "$1" | tr '\t' ' '; }

# only_root WHAT: says so unless we are root.
only_root() {
    [ "$uid" = 0 ] && return 0
    unknown "$1" 'only root sees it'
    return 1
}

values() {
    printf 'user\t%s\n' "${SUDO_USER:-$(id -un)}"
    printf 'uid\t%s\n' "${SUDO_UID:-$uid}"
    if [ -n "${SUDO_UID:-}" ] || [ "$uid" = 0 ] || { have sudo && sudo -n true; }; then echo 'sudo	true'; else echo 'sudo	false'; fi
    printf 'hostname\t%s\n' "$(hostname || cat /proc/sys/kernel/hostname)"
    printf 'arch\t%s\n' "$(uname -m)"
    printf 'kernel\t%s\n' "$release"
    printf 'cpus\t%s\n' "$(getconf _NPROCESSORS_ONLN || grep -c '^processor' /proc/cpuinfo)"
    printf 'memory\t%s\n' "$(awk '$1 == "MemTotal:" { printf "%.0f", $2 * 1024 }' /proc/meminfo)"
    if [ -d /sys/firmware/efi ]; then echo 'boot	uefi'; elif [ -d /sys ]; then echo 'boot	bios'; fi
    printf 'machine_id\t%s\n' "$(line /etc/machine-id)"
    printf 'hypervisor\t%s\n' "$(hypervisor)"
    printf 'grub\t%s\n' "$(grub-install --version || grub2-install --version)"
    printf 'cgroup\t%s\n' "$(cgroup)"
    printf 'unprivileged\t%s\n' "$(line /proc/sys/net/ipv4/ip_unprivileged_port_start)"
    printf 'ephemeral\t%s\n' "$(line /proc/sys/net/ipv4/ip_local_port_range)"
    printf 'selinux\t%s\n' "$(selinux)"
    if have qemu-ga; then echo 'qemu_guest_agent	true'; else echo 'qemu_guest_agent	false'; fi
    printf 'timezone\t%s\n' "$(timezone)"
    printf 'locale\t%s\n' "$(sed -n 's/^ *LANG=//p' /etc/default/locale /etc/locale.conf | tr -d "\"'" | head -n 1)"
    printf 'synchronized\t%s\n' "$(synchronized)"
}

hypervisor() {
    have systemd-detect-virt && { systemd-detect-virt || :; } && return
    line /sys/hypervisor/type
    printf ' %s %s' "$(line /sys/class/dmi/id/sys_vendor)" "$(line /sys/class/dmi/id/product_name)"
}

cgroup() {
    if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
        echo v2
    elif [ -e /sys/fs/cgroup/unified/cgroup.controllers ]; then
        echo hybrid
    elif [ -d /sys/fs/cgroup/memory ] || [ -d /sys/fs/cgroup/cpu ]; then
        echo v1
    fi
}

selinux() {
    case $(line /sys/fs/selinux/enforce) in
    1) echo enforcing ;;
    0) echo permissive ;;
    *) echo disabled ;;
    esac
}

timezone() {
    zone=$(readlink /etc/localtime) || zone=
    case $zone in
    */zoneinfo/*) printf %s "${zone##*/zoneinfo/}" ;;
    *) line /etc/timezone ;;
    esac
}

synchronized() {
    if [ -e /run/systemd/timesync/synchronized ]; then
        echo true
    elif have timedatectl; then
        within 5 timedatectl show --property NTPSynchronized --value | sed 's/yes/true/; s/no/false/'
    fi
}

now() {
    time=$(date +%s%3N 2>/dev/null)
    case $time in
    '' | *[!0-9]*) time=$(date +%s)000 ;;
    esac
    printf '%s\n' "$time"
}

# Public halves only; those that sshd was told to use, else the usual ones.
host_keys() {
    sed -n 's/^[[:space:]]*[Hh][Oo][Ss][Tt][Kk][Ee][Yy][[:space:]]\{1,\}//p' /etc/ssh/sshd_config /etc/ssh/sshd_config.d/*.conf |
        while IFS= read -r key; do cut -d ' ' -f 1,2 <"$key.pub"; done | grep . || cut -d ' ' -f 1,2 /etc/ssh/ssh_host_*_key.pub
}

cloud_init() {
    have cloud-init || [ -d /etc/cloud ] || { echo 'present	false' && return; }
    if have cloud-init && [ ! -e /etc/cloud/cloud-init.disabled ]; then echo 'present	true'; else echo 'present	false'; fi
    printf 'datasource\t%s\n' "$(line /var/lib/cloud/instance/datasource)"
    printf 'list\t%s\n' "$(sed -n 's/^datasource_list: *//p' /etc/cloud/cloud.cfg /etc/cloud/cloud.cfg.d/*.cfg | tail -n 1)"
}

# Of what services ask for: loaded, built in, or there to be loaded.
kernel_features() {
    modules=/lib/modules/$release
    for name in overlay wireguard tun vxlan br_netfilter ip_vs nf_tables ip_tables esp4 xfrm_user aufs btrfs xfs; do
        if [ -d "/sys/module/$name" ] || grep -q "/$name\.ko" "$modules/modules.builtin" "$modules/modules.dep" ||
            grep -qw "$name" /proc/filesystems; then
            printf '%s\n' "$name"
        fi
    done
}

# Drivers of disks and networks, in the image that starts this kernel or built into it.
initramfs() {
    for image in "/boot/initrd.img-$release" "/boot/initramfs-$release.img" /boot/initramfs-*; do
        [ -r "$image" ] || continue
        if have lsinitramfs; then
            within 20 lsinitramfs "$image"
        elif have lsinitrd; then
            within 20 lsinitrd "$image"
        else
            within 20 gzip -dc "$image" | cpio -t
        fi
        break
    done | cat - "/lib/modules/$release/modules.builtin" |
        sed -n 's/.*\/\([a-z0-9_-]*\)\.ko.*/\1/p' | grep -E '^(virtio|hv_|nvme|xen|vmw|mlx|ena$|sd_mod|ahci|ata_piix)' | tr - _ | sort -u
}

disks() {
    for disk in /sys/block/*; do
        name=${disk##*/}
        case $name in
        loop* | ram* | zram* | dm-* | md* | sr* | fd* | nbd*) continue ;;
        esac
        [ -e "$disk/size" ] || continue
        driver=$(readlink -f "$disk/device/driver") || driver=
        printf 'disk\t%s\t%s\t%s\t%s\t%s\t%s\n' "$name" "$(line "$disk/size")" "$(line "$disk/queue/rotational")" "${driver##*/}" \
            "$(udev "$disk" ID_PART_TABLE_TYPE PTTYPE)" "$(line "$disk/device/model")"
        for part in "$disk/$name"*; do
            [ -e "$part/partition" ] || continue
            printf 'part\t%s\t%s\t%s\t%s\t%s\t%s\n' "$name" "${part##*/}" "$(line "$part/size")" "$(udev "$part" ID_FS_TYPE TYPE)" \
                "$(udev "$part" ID_FS_UUID UUID)" "$(udev "$part" ID_FS_LABEL LABEL)"
        done
        printf 'whole\t%s\t%s\t%s\t%s\n' "$name" "$(udev "$disk" ID_FS_TYPE TYPE)" "$(udev "$disk" ID_FS_UUID UUID)" \
            "$(udev "$disk" ID_FS_LABEL LABEL)"
    done
    # Names that clouds give to disks that do not last.
    for link in /dev/disk/azure/resource /dev/disk/cloud/azure_resource /dev/disk/by-id/google-local-* \
        /dev/disk/by-id/nvme-Amazon_EC2_NVMe_Instance_Storage_*; do
        [ -L "$link" ] || continue
        target=$(readlink -f "$link") && printf 'lost\t%s\n' "${target##*/}"
    done
}

# udev DEVICE NAME TAG: what udev found out for everybody, or what root may read from the device.
udev() {
    data=/run/udev/data/b$(line "$1/dev")
    if [ -r "$data" ]; then
        sed -n "s/^E:$2=//p" "$data" | head -n 1 | tr '\t' ' '
    elif [ "$uid" = 0 ] && have blkid; then
        within 5 blkid -p -o value -s "$3" "/dev/${1##*/}" | head -n 1 | tr '\t' ' '
    fi
}

# Devices of mounts that are no disk or partition of ours: /dev/mapper and the like.
device_ids() {
    have blkid && within 10 blkid -o full
}

features() {
    awk '$3 ~ /^ext[234]$/ { print $1 }' /proc/mounts | sort -u | while IFS= read -r device; do
        printf '%s\t%s\n' "$device" "$(within 10 dumpe2fs -h "$device" | sed -n 's/^Filesystem features: *//p')"
    done
}

logical_volumes() {
    grep -qs '^LVM-' /sys/block/dm-*/dm/uuid || return 0
    within 10 lvs --noheadings --units b --nosuffix --separator '	' -o lv_path,vg_name,lv_size
}

engine() {
    within 20 docker info --format '{"id":{{json .ID}},"version":{{json .ServerVersion}},"data_root":{{json .DockerRootDir}},"storage_driver":{{json .Driver}},"cgroup_driver":{{json .CgroupDriver}},"swarm":{{json .Swarm.LocalNodeState}}}'
}

# each COMMAND…: a question about all containers, whose ids are words without blanks.
each() {
    # shellcheck disable=SC2086
    [ -z "$ids" ] || within 30 "$@" $ids
}

# Names of the environment without values, of the agent of Rancher the three values that say where it belongs; labels of few.
containers() {
    each docker inspect --format '{"name":{{json .Name}},"image":{{json .Config.Image}},"image_id":{{json .Image}},"running":{{json .State.Running}},"pid":{{json .State.Pid}},"health":{{if .State.Health}}{{json .State.Health.Status}}{{else}}"none"{{end}},"restart":{{json .HostConfig.RestartPolicy.Name}},"user":{{json .Config.User}},"network_mode":{{json .HostConfig.NetworkMode}},"privileged":{{json .HostConfig.Privileged}},"capabilities":{{json .HostConfig.CapAdd}},"memory":{{json .HostConfig.Memory}},"nano_cpus":{{json .HostConfig.NanoCPUs}},"cpu_quota":{{json .HostConfig.CPUQuota}},"cpu_period":{{json .HostConfig.CPUPeriod}},"networks":[{{range $name, $one := .NetworkSettings.Networks}}{{json $name}},{{end}}null],"mounts":[{{range .Mounts}}{"kind":{{json .Type}},"name":{{json .Name}},"source":{{json .Source}},"target":{{json .Destination}},"writable":{{json .RW}}},{{end}}null],"bindings":{{json .HostConfig.PortBindings}},"ports":{{json .NetworkSettings.Ports}},"env":[{{range .Config.Env}}{{json (index (split . "=") 0)}},{{end}}null],"rancher":[{{range .Config.Env}}{{$name := index (split . "=") 0}}{{if or (eq $name "CATTLE_URL") (eq $name "CATTLE_AGENT_IP") (eq $name "CATTLE_HOST_LABELS")}}{{json .}},{{end}}{{end}}null],"labels":[{{range $name, $value := .Config.Labels}}{{$part := split $name "."}}{{if gt (len $part) 3}}{{if or (and (eq (index $part 0) "com") (eq (index $part 1) "docker") (eq (index $part 2) "compose")) (and (eq (index $part 0) "io") (eq (index $part 1) "rancher"))}}[{{json $name}},{{json $value}}],{{end}}{{end}}{{end}}null]}'
}

# Lines for this script itself: processes, images and mounts of all containers.
outline() {
    each docker inspect --format '{{println "pid" .State.Pid}}{{println "image" .Image}}{{range .Mounts}}{{println "mount" .Source}}{{end}}'
}

images() {
    ids=$(printf '%s\n' "$outline" | sed -n 's/^image //p' | sort -u)
    each docker image inspect --format '{"id":{{json .Id}},"size":{{json .Size}},"arch":{{json .Architecture}},"digests":{{json .RepoDigests}}}'
}

networks() {
    ids=$(docker network ls -q)
    each docker network inspect --format '{"name":{{json .Name}},"driver":{{json .Driver}},"config":{{json .IPAM.Config}}}'
}

# Whose the first process of each container is that runs.
owners() {
    printf '%s\n' "$outline" | sed -n 's/^pid \([1-9][0-9]*\)$/\1/p' | while IFS= read -r pid; do
        owner=$(stat -c %u:%g "/proc/$pid") && printf '%s\t%s\n' "$pid" "$owner"
    done
}

# What data a folder holds, told by the names of its files and a first line. Words: the folder.
database() {
    if [ -e "$1/PG_VERSION" ]; then
        printf 'postgres\t%s\t%s\t\n' "$1" "$(line "$1/PG_VERSION")"
    elif [ -e "$1/ibdata1" ] || [ -e "$1/aria_log_control" ]; then
        told=$(tr -d '\000' <"$1/mariadb_upgrade_info" || tr -d '\000' <"$1/mysql_upgrade_info") || told=
        if [ -e "$1/aria_log_control" ]; then kind=mariadb; else kind=mysql; fi
        [ -n "$told" ] || [ ! -e "$1/mysql.ibd" ] || told=8
        found=$(find "$1" -mindepth 2 -maxdepth 2 -type f ! -path "$1/mysql/*" ! -path "$1/performance_schema/*" ! -path "$1/sys/*" |
            sed -n 's/.*\.\(ibd\|MYI\|MAI\|ARZ\|CSM\)$/\1/p' | sort -u | tr '\n' ' ')
        printf '%s\t%s\t%s\t%s\n' "$kind" "$1" "$(printf %s "$told" | head -n 1)" "$found"
    elif [ -e "$1/WiredTiger" ]; then
        printf 'mongo\t%s\t\t\n' "$1"
    elif [ -e "$1/dump.rdb" ] || [ -d "$1/appendonlydir" ] || [ -e "$1/appendonly.aof" ]; then
        printf 'redis\t%s\t%s\t\n' "$1" "$(head -c 64 "$1/dump.rdb" | tr -cd '[:print:]' | sed -n 's/.*redis-ver.\{0,1\}\([0-9][0-9.]*[0-9]\).*/\1/p')"
    elif [ -e "$1/data.mdb" ] && [ -e "$1/lock.mdb" ]; then
        printf 'openldap\t%s\t\t\n' "$1"
    fi
}

# Words: folders.
databases() {
    for folder in "$@"; do
        [ -d "$folder" ] || continue
        for place in "$folder" "$folder/data" "$folder/pgdata"; do database "$place"; done
    done
    for place in /var/lib/mysql /var/lib/postgresql/*/main /var/lib/redis /var/lib/mongodb /var/lib/ldap; do
        if [ -d "$place" ]; then database "$place"; fi
    done
}

firewall() {
    if [ ! -e /proc/net/ip_tables_names ] && [ ! -d /sys/module/nf_tables ]; then
        echo 'kind	none'
        return
    fi
    if have firewall-cmd && [ "$(within 5 firewall-cmd --state)" = running ]; then
        echo 'kind	firewalld'
        return
    fi
    if have ufw && within 5 ufw status | grep -q '^Status: active'; then echo 'kind	ufw'; fi
    within 5 iptables-save -t filter || within 5 nft list ruleset
}

# Files that know an interface by the address of its hardware. In files of netplan, `macaddress` without `match` sets one.
pinned_interfaces() {
    grep -l '^[^#]*ATTR{address}==' /etc/udev/rules.d/*.rules
    grep -l '^ *match:' /etc/netplan/*.yaml | while IFS= read -r file; do grep -l '^[^#]*macaddress:' "$file"; done
    grep -li '^ *HWADDR=' /etc/sysconfig/network-scripts/ifcfg-*
    grep -l '^ *\(Permanent\)\{0,1\}MACAddress=' /etc/systemd/network/*.link /etc/systemd/network/*.network
    grep -l '^ *mac-address=' /etc/NetworkManager/system-connections/*
}

wireguard() {
    wg show interfaces | tr ' ' '\n' | grep . | while IFS= read -r name; do
        printf 'key\t%s\t%s\n' "$name" "$(wg show "$name" public-key)"
        printf 'port\t%s\t%s\n' "$name" "$(wg show "$name" listen-port)"
        wg show "$name" allowed-ips | sed "s/^/peer	$name	/"
    done
}

zerotier_files() {
    home=/var/lib/zerotier-one
    printf 'node\t%s\n' "$(cut -d : -f 1 <"$home/identity.public")"
    for file in "$home"/controller.d/network/*.json; do
        [ -e "$file" ] && printf 'controls\t%s\n' "$(basename "$file" .json)"
    done
}

certificates() {
    {
        find /etc/letsencrypt/live /etc/nginx /etc/apache2 /etc/httpd /etc/haproxy /etc/ldap /etc/docker/certs.d /etc/pki/tls/certs \
            -maxdepth 4 \( -name '*.pem' -o -name '*.crt' -o -name '*.cer' \)
        for folder in "$@"; do find "$folder" -maxdepth 2 \( -name '*.crt' -o -name '*.cer' -o -name 'fullchain*.pem' -o -name 'cert*.pem' \); done
    } | grep -v -i key | grep -v -E '/(chain|ca-bundle|ca-certificates|ca-bundle\.trust)[^/]*$' | sort -u | head -n 100 | while IFS= read -r file; do
        [ -r "$file" ] || continue
        printf 'file\t%s\n' "$file"
        within 5 openssl x509 -in "$file" -noout -enddate -issuer -subject -fingerprint -sha256 -text -nameopt oneline |
            grep -E '^(notAfter|issuer|subject)|Fingerprint=|DNS:|IP Address:'
    done
}

units() {
    for file in /etc/systemd/system/*.service /etc/systemd/system/*.timer /etc/systemd/system/*.socket /etc/systemd/system/*.mount; do
        [ -f "$file" ] && [ ! -L "$file" ] && printf '%s\n' "${file##*/}"
    done | xargs systemctl show --property Id,FragmentPath,UnitFileState,ActiveState --
}

# Those that no package brought.
crontabs() {
    owned=$(dpkg-query -S /etc/cron.d/* | sed 's/.*: //')
    for file in /etc/cron.d/* /var/spool/cron/crontabs/* /var/spool/cron/root /etc/crontabs/*; do
        [ -f "$file" ] || continue
        case "
$owned
" in
        *"
$file
"*) ;;
        *) grep -q '^[^#]' "$file" && printf '%s\n' "$file" ;;
        esac
    done
}

tools() {
    for tool in tar find sha256sum rsync getfattr setfattr zstd flock curl; do
        if have "$tool"; then printf '%s\t%s\n' "$tool" "$("$tool" --version 2>&1 | grep -m 1 '[0-9][.][0-9]')"; fi
    done
    for tool in ip ss; do
        if have "$tool"; then printf '%s\t%s\n' "$tool" "$("$tool" -V 2>&1 | head -n 1 | tr - ' ')"; fi
    done
    if have openssl; then printf 'openssl\t%s\n' "$(openssl version)"; fi
    if have docker; then printf 'docker\t%s\n' "$(docker --version)"; fi
}

# measure PATH…: owner, bytes and entries, at the lowest priority, until the time is over.
measure() {
    end=$(($(date +%s) + seconds))
    for path in "$@"; do
        owner=$(stat -c %u:%g "$path") || continue
        size=
        entries=
        left=$((end - $(date +%s)))
        why=
        if [ "$sizes" != sizes ]; then
            why='sizes were not asked for'
        elif [ "$left" -le 0 ]; then
            why="measuring took more than $seconds s"
        else
            size=$(idle "$left" du -sk "$path") || why="measuring took more than $seconds s, or not all may be read"
            left=$((end - $(date +%s)))
            [ -n "$why" ] || [ "$left" -le 0 ] || entries=$(idle "$left" find "$path" -print0 | tr -dc '\000' | wc -c)
        fi
        [ -z "$why" ] || size=
        printf '%s\t%s\t%s\t%s\t%s\n' "$owner" "${size%%	*}" "$((entries + 0))" "$why" "$path"
    done
}

# idle SECONDS COMMAND…
idle() {
    idle=$1
    shift
    if have ionice; then set -- ionice -c 3 "$@"; fi
    within "$idle" nice -n 19 "$@"
}

section begin now
section values values
section os grep -E '^(ID|VERSION_ID)=' /etc/os-release
section host_keys host_keys
section cloud_init cloud_init
if [ -r "/lib/modules/$release/modules.dep" ]; then
    section kernel_features kernel_features
    section initramfs initramfs
else
    unknown kernel_features "/lib/modules/$release is not there"
    unknown initramfs "/lib/modules/$release is not there"
fi
section mounts cat /proc/mounts
section space within 10 df -P -k
section inodes within 10 df -P -i
section fstab grep -v '^[[:space:]]*\(#\|$\)' /etc/fstab
section swap cat /proc/swaps
section disks disks
section devices device_ids
if only_root 'mounts.features'; then section features features; fi
if only_root 'logical_volumes' || ! grep -qs '^LVM-' /sys/block/dm-*/dm/uuid; then section logical_volumes logical_volumes; fi
for table in tcp tcp6; do section "$table" awk '$4 == "0A"' "/proc/net/$table"; done
for table in udp udp6; do section "$table" awk '$4 == "07"' "/proc/net/$table"; done
section ss ss -H -lntup
[ "$uid" = 0 ] || unknown sockets.process 'only root sees the programs of others'
if only_root firewall; then section firewall firewall; fi
section addresses ip -o addr show
section links awk 'FNR == 1 { split(FILENAME, part, "/"); print part[5] "\t" part[6] "\t" $1 }' /sys/class/net/*/address /sys/class/net/*/mtu
section route cat /proc/net/route
if only_root pinned_interfaces; then section pinned_interfaces pinned_interfaces; fi
if only_root iscsi_initiator; then section iscsi_initiator sed -n 's/^InitiatorName=//p' /etc/iscsi/initiatorname.iscsi; fi
if have wg && only_root overlays; then section wireguard wireguard; fi
if have tailscale; then section tailscale within 5 tailscale status --json --peers=false; fi
if have zerotier-cli && only_root zerotier; then
    section zerotier_info within 5 zerotier-cli -j info
    section zerotier_networks within 5 zerotier-cli -j listnetworks
    section zerotier_moons within 5 zerotier-cli -j listmoons
    section zerotier_files zerotier_files
fi
outline=
if ! have docker; then
    section docker_none echo none
elif engine >/dev/null 2>&1; then
    ids=$(docker ps -aq --no-trunc) 2>/dev/null
    outline=$(outline 2>/dev/null)
    section engine engine
    section address_pools within 20 docker info --format '{{json .DefaultAddressPools}}'
    section container_ids printf '%s\n' "$ids"
    section containers containers
    section images images
    section owners owners
    section networks networks
elif [ -S /var/run/docker.sock ] && [ ! -w /var/run/docker.sock ]; then
    unknown containers 'docker asks for root or the group docker'
else
    unknown containers 'docker is installed and does not answer'
fi
mounts=$(printf '%s\n' "$outline" | sed -n 's/^mount \(\/.*\)$/\1/p' | sort -u)
IFS='
'
# shellcheck disable=SC2086
set -f -- "$@" $mounts
set +f
unset IFS
only_root databases && section databases databases "$@"
if have openssl; then section certificates certificates "$@"; else unknown certificates 'openssl is not there'; fi
if have systemctl; then section units units; fi
if only_root crontabs; then section crontabs crontabs; fi
section tools tools
section paths measure "$@"
section end now
