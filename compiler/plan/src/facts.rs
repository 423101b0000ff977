//! What was measured on a host? Version 1 of `facts/*.json`; docs/facts.md describes it for people.
//!
//! Every field may be absent: what was not measured is unknown, never assumed. Sizes are in bytes, paths absolute.

use crate::form::{
    Address, Arch, Boot, Cgroup, Form, Map, Network, Owner, PartitionTable, Path, Policy, Port, Selinux, Text, Time, Wrong, records,
};

impl Facts {
    /// Says what is wrong, if a value is not of its form.
    pub fn check(&self) -> Result<(), Wrong> {
        <Self as Form>::check(self)
    }

    /// The JSON schema of a facts file.
    pub fn schema() -> serde_json::Value {
        let mut schema = <Self as Form>::schema();
        schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
        schema["title"] = "Facts of migc, version 1".into();
        schema["required"] = serde_json::json!(["version", "host"]);
        schema["properties"]["version"] = serde_json::json!({ "const": Self::VERSION, "description": "Of this format." });
        schema["properties"]["host"]["type"] = "string".into();
        schema
    }

    /// The version this program reads and writes.
    pub const VERSION: u32 = 1;
    /// A facts file may be this large.
    pub const SIZE_MAX_BYTES: usize = 4 << 20;
    /// And this deep.
    pub const DEPTH_MAX: usize = 32;
}

records! {
    /// One surveyed host.
    Facts {
        /// Of this format: 1.
        version: u32,
        /// The declaration's name that was surveyed: `kruskal_azure`.
        host: Text,
        /// When, RFC 3339.
        taken: Time,
        /// As whom the survey looked, and what that login may do.
        login: LoginFact,
        /// What `hostname` printed.
        hostname: Text,
        /// `x86_64`, `arm64`.
        arch: Arch,
        /// Processors that are online.
        cpus: u32,
        /// Bytes, as the kernel counts them.
        memory: u64,
        /// `bios`, `uefi`.
        boot: Boot,
        /// Distribution, version, kernel.
        os: Os,
        /// What `/etc/machine-id` holds.
        machine_id: Text,
        /// Public host keys as in a known-hosts file, without the host: `ssh-ed25519 AAAA…`.
        host_keys: Vec<Text>,
        /// What the machine runs on, by the words of systemd: `kvm`, `microsoft`, `xen`, `vmware`, `docker`, `none`.
        hypervisor: Text,
        /// The version of GRUB, if it starts the machine.
        grub: Text,
        /// Does cloud-init run here, and where from?
        cloud_init: CloudInit,
        /// `v1`, `v2`, `hybrid`: how the kernel groups processes.
        cgroup: Cgroup,
        /// What the kernel can do, of what services ask for: `overlay`, `wireguard`, `tun`, `ip_vs`.
        kernel_features: Vec<Text>,
        /// Drivers that are there before the root filesystem is: `virtio_blk`, `hv_storvsc`. Those built into the kernel count.
        initramfs: Vec<Text>,
        /// From this port on anybody may listen.
        ip_unprivileged_port_start: u32,
        /// `enforcing`, `permissive`, `disabled`.
        selinux: Selinux,
        /// Is the guest agent of QEMU installed?
        qemu_guest_agent: bool,
        /// `Asia/Shanghai`.
        timezone: Text,
        /// `en_US.UTF-8`.
        locale: Text,
        /// Host clock minus operator clock, in milliseconds.
        clock_offset_ms: i64,
        /// Does something keep the clock right?
        clock_synchronized: bool,
        /// Mounted filesystems with data of their own, by mount point.
        mounts: Map<MountFact>,
        /// Lines of `/etc/fstab`.
        fstab: Vec<FstabEntry>,
        /// Where memory goes when it is short. An empty list: there is none.
        swap: Vec<SwapFact>,
        /// Whole disks, by device name.
        disks: Map<DiskFact>,
        /// Logical volumes of LVM, by device path.
        logical_volumes: Map<LogicalVolume>,
        /// The container engine. Where there is none, this is absent and `containers` is empty.
        docker: DockerFact,
        /// By container name.
        containers: Map<ContainerFact>,
        /// Databases, by the folder of their data on the host.
        databases: Map<DatabaseFact>,
        /// Space below paths that containers mount or programs name, by path.
        paths: Map<PathFact>,
        /// Listening ports: `3306/tcp`.
        listening: Vec<Port>,
        /// Who listens where.
        sockets: Vec<SocketFact>,
        /// The host's own packet filter.
        firewall: FirewallFact,
        /// Network interfaces of the host itself, by name.
        interfaces: Map<InterfaceFact>,
        /// Networks that are reached otherwise than by the default way.
        routes: Vec<RouteFact>,
        /// Files that know an interface by the address of its hardware: rules of udev, netplan, systemd.
        pinned_interfaces: Vec<Path>,
        /// What the host calls itself to storage over iSCSI: `iqn.1993-08.org.debian:01:…`; empty where it has none.
        iscsi_initiator: Text,
        /// Overlay networks the host is a member of, by network id; of WireGuard and Tailscale by interface.
        overlays: Map<OverlayFact>,
        /// The node of ZeroTier; absent where there is none.
        zerotier: ZeroTierFact,
        /// The agent of Rancher 1.6; absent where there is none.
        rancher: RancherFact,
        /// Certificates of services, by path.
        certificates: Map<CertificateFact>,
        /// Units of systemd that somebody wrote on this host, by name.
        units: Map<UnitFact>,
        /// Files that hold cron entries of somebody's own.
        crontabs: Vec<Path>,
        /// Tools and their versions: `docker`, `tar`, `rsync`, …
        tools: Map<Text>,
        /// What stayed unknown, and why.
        unknown: Vec<Unknown>,
    }

    /// The login of a survey.
    LoginFact {
        /// `root`.
        user: Text,
        /// 0 for root.
        uid: u32,
        /// May it become root without a password?
        sudo: bool,
    }

    /// What runs on the machine.
    Os {
        /// `ubuntu`, `debian`, `alpine`.
        distribution: Text,
        /// `18.04`.
        version: Text,
        /// `5.3.0-1032-azure`.
        kernel: Text,
    }

    /// The first boot's configuration.
    CloudInit {
        /// Is it installed, and not disabled?
        present: bool,
        /// `DataSourceAzure`: where it found its data at the last boot.
        datasource: Text,
        /// Data sources that the configuration allows: `Azure`.
        datasource_list: Vec<Text>,
    }

    /// A mounted filesystem.
    MountFact {
        /// `/dev/sda1`.
        device: Text,
        /// `ext4`.
        filesystem: Text,
        /// Bytes.
        size: u64,
        /// Bytes.
        used: u64,
        /// As it is mounted: `noexec`, `nodev`, `prjquota`.
        options: Vec<Text>,
        /// Files it can hold.
        inodes: u64,
        /// Files it holds.
        inodes_used: u64,
        /// Of the filesystem.
        uuid: Text,
        /// Of the filesystem.
        label: Text,
        /// Of ext2 to ext4: `64bit`, `metadata_csum`, `project`.
        features: Vec<Text>,
        /// The disk of `disks` that it is on, if it is on one.
        disk: Text,
    }

    /// A line of `/etc/fstab`.
    FstabEntry {
        /// `/dev/sda1`, `UUID=…`, `LABEL=data`.
        spec: Text,
        /// Where it belongs; `none` for swap.
        mount: Text,
        /// `ext4`.
        filesystem: Text,
        /// `defaults`, `nofail`.
        options: Vec<Text>,
    }

    /// A place for memory that is short.
    SwapFact {
        /// Of the device or file.
        path: Path,
        /// `partition`, `file`.
        kind: Text,
        /// Bytes.
        size: u64,
        /// Bytes.
        used: u64,
    }

    /// A disk as the kernel sees it.
    DiskFact {
        /// Bytes.
        size: u64,
        /// Does it turn? Disks of clouds often say so and do not.
        rotational: bool,
        /// `Virtual Disk`.
        model: Text,
        /// Its driver: `virtio_blk`, `hv_storvsc`, `nvme`.
        driver: Text,
        /// Is it lost when its cloud moves the machine? Told by the names that clouds give such disks.
        ephemeral: bool,
        /// `gpt`, `mbr`; `none` without a table.
        partition_table: PartitionTable,
        /// By device name.
        partitions: Map<PartitionFact>,
    }

    /// A part of a disk.
    PartitionFact {
        /// Bytes.
        size: u64,
        /// What is on it: `ext4`, `swap`, `LVM2_member`.
        filesystem: Text,
        /// Of the filesystem.
        uuid: Text,
        /// Of the filesystem.
        label: Text,
    }

    /// A logical volume of LVM.
    LogicalVolume {
        /// Its volume group.
        group: Text,
        /// Bytes.
        size: u64,
    }

    /// The container engine.
    DockerFact {
        /// What it calls itself.
        id: Text,
        /// Of the engine.
        version: Text,
        /// Where it keeps everything: `/var/lib/docker`.
        data_root: Path,
        /// `overlay2`.
        storage_driver: Text,
        /// `cgroupfs`, `systemd`.
        cgroup_driver: Text,
        /// Is it part of a swarm?
        swarm: bool,
        /// Networks that it makes new networks from, if they are configured.
        address_pools: Vec<Network>,
        /// By name.
        networks: Map<DockerNetwork>,
    }

    /// A network of the container engine.
    DockerNetwork {
        /// `bridge`, `host`, `overlay`.
        driver: Text,
        /// Its addresses.
        subnets: Vec<Network>,
    }

    /// A container, running or not.
    ContainerFact {
        /// `mysql:5.7`.
        image: Text,
        /// `sha256:…` of its image.
        image_id: Text,
        /// Bytes of its image.
        image_size: u64,
        /// What registries call its image: `mysql@sha256:…`.
        repo_digests: Vec<Text>,
        /// `x86_64`, `arm64`: what its image was made for.
        arch: Arch,
        /// Is it running?
        running: bool,
        /// `healthy`, `unhealthy`, `starting`; `none` without a health check.
        health: Text,
        /// `no`, `always`, `unless-stopped`, `on-failure`.
        restart: Text,
        /// As whom its image or its start says that it runs: `mysql`, `999:999`; empty for root.
        user: Text,
        /// User and group of its first process, by number, while it runs.
        owner: Owner,
        /// `bridge`, `host`, `none`, or a network's name.
        network_mode: Text,
        /// Networks of the engine it is connected to.
        networks: Vec<Text>,
        /// Has it all rights of the host?
        privileged: bool,
        /// Rights it has beyond the usual: `NET_ADMIN`.
        capabilities: Vec<Text>,
        /// A limit, in bytes; 0 without one.
        memory: u64,
        /// A limit; 0 without one.
        cpus: f64,
        /// Bind mounts and volumes.
        mounts: Vec<ContainerMount>,
        /// Published ports of the host: `3306/tcp`.
        ports: Vec<Port>,
        /// The same, with the port inside and the address of the host.
        published: Vec<PublishedPort>,
        /// Names of its environment, never values.
        env: Vec<Text>,
        /// Those that somebody acts on: of Compose and of Rancher.
        labels: Map<Text>,
    }

    /// Where a path of the host appears in a container.
    ContainerMount {
        /// On the host.
        source: Path,
        /// In the container.
        target: Path,
        /// `bind`, `volume`.
        kind: Text,
        /// Of a volume.
        name: Text,
        /// Can the container not write it?
        read_only: bool,
    }

    /// A port of the host that leads into a container.
    PublishedPort {
        /// On the host.
        host: Port,
        /// In the container.
        container: Port,
        /// Of the host; `0.0.0.0` is all.
        address: Address,
    }

    /// A database, told by its files.
    DatabaseFact {
        /// `mysql`, `mariadb`, `postgres`, `mongo`, `redis`, `openldap`.
        kind: Text,
        /// `5.7.44`, or the major version alone: what its files say.
        version: Text,
        /// Storage engines that its tables use: `InnoDB`, `MyISAM`.
        engines: Vec<Text>,
        /// The container that mounts it.
        container: Text,
        /// Bytes of its folder.
        size: u64,
    }

    /// What is under a path.
    PathFact {
        /// Bytes in use, as `du` counts them.
        size: u64,
        /// `999:999`, of the folder itself.
        owner: Owner,
        /// Entries below it.
        entries: u64,
    }

    /// A socket that waits for connections.
    SocketFact {
        /// `3306/tcp`.
        port: Port,
        /// `0.0.0.0` and `::` are all.
        address: Address,
        /// The program's short name.
        process: Text,
    }

    /// A packet filter.
    FirewallFact {
        /// `nftables`, `iptables`, `ufw`, `firewalld`, `none`.
        kind: Text,
        /// What happens to a packet that no rule names: `accept`, `drop`, `reject`.
        policy: Policy,
        /// Ports that a rule lets in from everywhere.
        open: Vec<Port>,
    }

    /// A network interface.
    InterfaceFact {
        /// `00:0d:3a:…`.
        mac: Text,
        /// Bytes of a packet.
        mtu: u32,
        /// Its addresses.
        addresses: Vec<Address>,
        /// The networks of these addresses.
        networks: Vec<Network>,
    }

    /// A way to a network.
    RouteFact {
        /// Where it leads.
        network: Network,
        /// By this router; absent if it is next door.
        gateway: Address,
        /// Out of this interface.
        interface: Text,
    }

    /// Membership of an overlay network.
    OverlayFact {
        /// `zerotier`, `wireguard`, `tailscale`.
        kind: Text,
        /// The node's id there; of WireGuard and Tailscale its public key.
        identity: Text,
        /// Its address there; the first, if it has more.
        address: Address,
        /// All of them.
        addresses: Vec<Address>,
        /// `OK`, `ACCESS_DENIED`: what ZeroTier says of the membership.
        status: Text,
        /// Where it is reached from outside.
        port: Port,
        /// `member`, or `controller` of this network.
        role: Text,
        /// Other members that it knows by name: of WireGuard.
        peers: Vec<PeerFact>,
    }

    /// Another member of an overlay.
    PeerFact {
        /// Its public key.
        identity: Text,
        /// Networks that are reached over it.
        allowed: Vec<Network>,
    }

    /// The node of ZeroTier.
    ZeroTierFact {
        /// `a1b2c3d4e5`.
        node: Text,
        /// Of the program.
        version: Text,
        /// Networks that this node is the controller of.
        controls: Vec<Text>,
        /// Is this node a root of a moon?
        moon: bool,
        /// Moons that it knows, by world id.
        moons: Map<MoonFact>,
        /// May it use a second port, of its own choice?
        allow_secondary_port: bool,
    }

    /// A moon of ZeroTier.
    MoonFact {
        /// Its nodes.
        roots: Vec<Text>,
        /// Where they are reached: `203.0.113.5/9993`.
        stable_endpoints: Vec<Text>,
    }

    /// The agent of Rancher 1.6.
    RancherFact {
        /// The server it is registered with, without the token.
        url: Text,
        /// The address that it gives to others.
        agent_ip: Address,
        /// Labels that it gives its host.
        labels: Map<Text>,
        /// Its image.
        image: Text,
    }

    /// A certificate, never its key.
    CertificateFact {
        /// Names it is for.
        names: Vec<Text>,
        /// Who signed it.
        issuer: Text,
        /// Until when it is good.
        not_after: Time,
        /// SHA-256, in pairs of hexadecimal digits.
        fingerprint: Text,
    }

    /// A unit of systemd.
    UnitFact {
        /// Its file.
        path: Path,
        /// Is it started at boot?
        enabled: bool,
        /// Is it running?
        running: bool,
    }

    /// Something that a survey could not see.
    Unknown {
        /// The field: `databases`, `paths./data/mysql.size`.
        what: Text,
        /// The reason: `docker needs root`.
        why: Text,
    }
}
