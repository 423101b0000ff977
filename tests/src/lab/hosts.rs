//! What is a host of the lab, and how does it come up? A container with sshd, an engine of its own and an address of its own.
//!
//! What is put on the hosts is decided elsewhere (`seed.rs`, `database.rs`).

use super::{
    engine::{docker, docker_within},
    images::Images,
    paths,
};
use crate::run::{LIMIT_S, limited, must, succeeds};
use std::{
    fmt::Write as _,
    fs,
    net::{IpAddr, SocketAddr, TcpStream},
    path::PathBuf,
    thread::sleep,
    time::{Duration, Instant},
};

/// Networks of 256 addresses to choose from; the first one this machine has no route to is taken.
const NETWORKS: [&str; 4] = ["10.99.0", "10.213.7", "172.30.213", "192.168.213"];
pub(crate) const NETWORK_NAME: &str = "migc-lab";
const UP_LIMIT: Duration = Duration::from_secs(60);
const CONNECT_LIMIT: Duration = Duration::from_secs(2);
const POLL: Duration = Duration::from_millis(100);
/// Images of a few hundred MB are unpacked.
const LOAD_LIMIT_S: u32 = 300;
/// The folders of a host that this machine sees too, so that files are compared without asking the host.
const SHARED: [&str; 2] = ["/data", "/srv"];
/// What dockerd inside needs; `--privileged` is refused on machines that are containers themselves.
const RIGHTS: [&str; 17] = [
    "--cap-add=SYS_ADMIN",
    "--cap-add=NET_ADMIN",
    "--cap-add=SYS_PTRACE",
    "--cap-add=MKNOD",
    "--cap-add=SYS_CHROOT",
    "--security-opt=seccomp=unconfined",
    "--security-opt=systempaths=unconfined",
    "--security-opt=apparmor=unconfined",
    "--cgroupns=host",
    "--volume=/sys/fs/cgroup:/sys/fs/cgroup:rw",
    "--device=/dev/net/tun",
    "--volume=/var/lib/docker",
    "--tmpfs=/run",
    "--init=false",
    "--restart=no",
    "--stop-timeout=20",
    "--detach",
];

/// One host.
#[derive(Debug)]
pub(crate) struct Host {
    /// As the program of examples/lab-move calls it.
    pub(crate) name: &'static str,
    /// Where ssh reaches it.
    pub(crate) address: String,
}

/// The two of them.
#[derive(Debug)]
pub(crate) struct Pair {
    /// Where everything is at the beginning.
    pub(crate) old: Host,
    /// Empty at the beginning.
    pub(crate) new: Host,
    /// The first three parts of their addresses.
    pub(crate) network: &'static str,
}

impl Pair {
    /// Starts both, with what they have of images.
    pub(crate) fn start(images: &Images) -> Result<Self, String> {
        let network = free_network()?;
        must(docker().args(["network", "create", "--subnet", &format!("{network}.0/24"), NETWORK_NAME]))?;
        make_key()?;
        let host = |name, last| Host { name, address: format!("{network}.{last}") };
        let pair = Self { old: host("old", 11), new: host("new", 12), network };
        for host in [&pair.old, &pair.new] {
            host.run(&images.host)?;
        }
        for host in [&pair.old, &pair.new] {
            host.wait()?;
            host.let_in()?;
        }
        for archive in &images.archives {
            pair.old.load(archive)?;
        }
        pair.write_ssh_files()?;
        Ok(pair)
    }

    /// For people and for looking on: `ssh -F run/ssh_config old`.
    fn write_ssh_files(&self) -> Result<(), String> {
        let mut config = String::new();
        let mut known = String::new();
        for host in [&self.old, &self.new] {
            let (name, address) = (host.name, &host.address);
            let (key, run) = (paths::key(), paths::run());
            let _ = write!(
                config,
                "Host {name}\n  HostName {address}\n  User root\n  IdentityFile {}\n  IdentitiesOnly yes\n  UserKnownHostsFile {}\n",
                key.display(),
                run.join("known_hosts").display()
            );
            let _ = writeln!(known, "{address} {}", host.host_key()?);
        }
        let write = |name: &str, text: &str| fs::write(paths::run().join(name), text).map_err(|e| format!("{name}: {e}"));
        write("ssh_config", &config)?;
        write("known_hosts", &known)
    }
}

impl Host {
    /// Runs a script of POSIX sh on the host, not over ssh: looking on must work where ssh is what is broken.
    pub(crate) fn sh(&self, script: &str) -> Result<String, String> {
        must(docker().args(["exec", self.name, "sh", "-euc", script])).map_err(|e| format!("{}: {e}", self.name))
    }

    /// The same without waiting for it.
    pub(crate) fn sh_detached(&self, script: &str) -> Result<(), String> {
        must(docker().args(["exec", "--detach", self.name, "sh", "-euc", script])).map(|_| ())
    }

    /// A folder of the host as this machine sees it.
    pub(crate) fn folder(&self, path: &str) -> PathBuf {
        paths::of_host(self.name, path)
    }

    /// Its public key as in a known-hosts file, without the host.
    pub(crate) fn host_key(&self) -> Result<String, String> {
        let text = self.sh("cut -d' ' -f1,2 /etc/ssh/ssh_host_ed25519_key.pub")?;
        Ok(text.trim().to_owned())
    }

    /// Pulls the network cable.
    pub(crate) fn cut_off(&self) -> Result<(), String> {
        must(docker().args(["network", "disconnect", NETWORK_NAME, self.name])).map(|_| ())
    }

    /// Puts it back.
    pub(crate) fn reconnect(&self) -> Result<(), String> {
        must(docker().args(["network", "connect", "--ip", &self.address, NETWORK_NAME, self.name]))?;
        self.wait()
    }

    /// A power cut, and the machine comes up again.
    pub(crate) fn power_cycle(&self) -> Result<(), String> {
        must(docker().args(["kill", self.name]))?;
        must(docker().args(["start", self.name]))?;
        self.wait()
    }

    /// Ready when both its daemons answer.
    pub(crate) fn wait(&self) -> Result<(), String> {
        let start = Instant::now();
        loop {
            let engine = succeeds(docker().args(["exec", self.name, "docker", "version"]));
            if engine && self.connects(22) {
                return Ok(());
            }
            if start.elapsed() > UP_LIMIT {
                let log = must(docker().args(["exec", self.name, "tail", "-n", "20", "/var/log/dockerd.log"]));
                return Err(format!("{} does not come up; its engine said:\n{}", self.name, log.unwrap_or_else(|e| e)));
            }
            sleep(POLL);
        }
    }

    /// Does a port accept connections?
    pub(crate) fn connects(&self, port: u16) -> bool {
        self.connect(port).is_ok()
    }

    /// A connection to a port.
    pub(crate) fn connect(&self, port: u16) -> Result<TcpStream, String> {
        let address: IpAddr = self.address.parse().map_err(|e| format!("{}: {e}", self.address))?;
        TcpStream::connect_timeout(&SocketAddr::new(address, port), CONNECT_LIMIT).map_err(|e| format!("{} port {port}: {e}", self.name))
    }

    fn run(&self, image: &str) -> Result<(), String> {
        let mut run = docker();
        run.args(["run", "--name", self.name, "--hostname", self.name, "--network", NETWORK_NAME, "--ip", &self.address]);
        run.args(RIGHTS);
        for folder in SHARED {
            let outside = self.folder(folder);
            fs::create_dir_all(&outside).map_err(|e| format!("{}: {e}", outside.display()))?;
            run.arg("--volume").arg(format!("{}:{folder}", outside.display()));
        }
        must(run.arg(image)).map(|_| ())
    }

    /// The lab's key may log in.
    fn let_in(&self) -> Result<(), String> {
        let public = fs::read_to_string(paths::key().with_extension("pub")).map_err(|e| format!("the lab's key: {e}"))?;
        self.sh(&format!("umask 077; mkdir -p /root/.ssh; printf '%s\\n' '{}' > /root/.ssh/authorized_keys", public.trim()))?;
        Ok(())
    }

    /// Gives its engine images.
    pub(crate) fn load(&self, archive: &PathBuf) -> Result<(), String> {
        let file = fs::File::open(archive).map_err(|e| format!("{}: {e}", archive.display()))?;
        must(docker_within(LOAD_LIMIT_S).args(["exec", "--interactive", self.name, "docker", "load"]).stdin(file)).map(|_| ())
    }
}

/// A key pair of this run.
fn make_key() -> Result<(), String> {
    fs::create_dir_all(paths::run()).map_err(|e| format!("{}: {e}", paths::ROOT))?;
    new_key(&paths::key())
}

/// A key pair in a file and its `.pub`.
pub(crate) fn new_key(path: &PathBuf) -> Result<(), String> {
    must(limited("ssh-keygen", LIMIT_S).args(["-q", "-t", "ed25519", "-N", "", "-C", "migc-lab", "-f"]).arg(path)).map(|_| ())
}

fn free_network() -> Result<&'static str, String> {
    let routes = fs::read_to_string("/proc/net/route").map_err(|e| format!("/proc/net/route: {e}"))?;
    let taken = routed(&routes);
    let is_free = |network: &str| {
        let Ok(address) = format!("{network}.0").parse::<std::net::Ipv4Addr>() else { return false };
        taken.iter().all(|(to, mask)| u32::from(address) & mask != *to)
    };
    NETWORKS.into_iter().find(|n| is_free(n)).ok_or_else(|| format!("this machine has routes to all of {NETWORKS:?}"))
}

/// Destinations and masks of a route table of Linux, without the default route. Numbers there are in the order of the network,
/// read as if they were little-endian.
fn routed(table: &str) -> Vec<(u32, u32)> {
    let number = |text: Option<&&str>| u32::from_str_radix(text?, 16).ok().map(u32::swap_bytes);
    let parse = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        Some((number(words.get(1))?, number(words.get(7))?))
    };
    table.lines().skip(1).filter_map(parse).filter(|(_, mask)| *mask != 0).collect()
}

#[cfg(test)]
mod tests {
    use super::routed;

    #[test]
    fn routes_are_read_in_the_order_of_the_network() {
        let table = "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n\
                     eth0 00000000 0100A8C0 0003 0 0 0 00000000 0 0 0\n\
                     eth0 0000630A 00000000 0001 0 0 0 00FFFFFF 0 0 0\n";
        assert_eq!(routed(table), [(0x0a63_0000, 0xffff_ff00)]);
    }
}
