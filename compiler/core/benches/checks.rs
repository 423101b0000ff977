//! How long do all checks take over ten thousand servers with facts? Five thousand moves of a database each: `cargo bench -p mig_core --bench checks`.
//!
//! What the processor was busy for counts, so that a machine that does other work does not make it slower. That of all checks is the sum of what
//! each cost, which stands below it.

use mig_core::{Cost, Files, Loaded, Options, Ran, load};
use std::{cmp::Reverse, fmt::Write as _, hint::black_box, time::Duration};

/// Servers of one program, half of them sources and half of them targets.
const SERVER_COUNTS: [usize; 2] = [1_000, 10_000];
/// The best of so many runs counts; the others had something beside them.
const RUN_COUNT: usize = 5;
/// What the checks alone should take with the most servers.
const CHECKS_MAX_MS: f64 = 200.0;

const HEAD: &str = "use ssh\nuse docker\nuse zerotier\nnetwork club: zerotier { id = \"3d3284b735ed9ff8\", subnet = 10.64.0.0/10 }\n";

/// A fleet whose facts are made when they are read.
struct Fleet {
    program: String,
}

impl Files for Fleet {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        let host = path.strip_prefix("facts/").and_then(|rest| rest.strip_suffix(".json"));
        Ok(host.map_or_else(|| self.program.clone(), facts).into_bytes())
    }

    fn list(&self) -> Vec<String> {
        vec!["main.mig".to_owned()]
    }
}

impl Fleet {
    fn new(server_count: usize) -> Self {
        let mut program = HEAD.to_owned();
        for number in 0..server_count / 2 {
            server(&mut program, "old", number, 64);
            server(&mut program, "new", number, 96);
            write!(
                program,
                "service db_{number}: docker.container {{\n  on = new_{number}\n  container = \"db\"\n  image = \"mysql:5.7.44\"\n  \
                 volume data {{ source = \"/data/mysql\", target = \"/var/lib/mysql\", owner = 999:999 }}\n  publish = [3306/tcp]\n  \
                 healthy = tcp(3306, within = 60s)\n}}\n\
                 move to_new_{number}: copy {{ from = old_{number}, to = new_{number}, services = [db_{number}] }}\n"
            )
            .ok();
        }
        Self { program }
    }
}

fn server(program: &mut String, side: &str, number: usize, block: usize) {
    let (second, third, fourth) = (block + number / 62_500, number / 250 % 250, 1 + number % 250);
    write!(
        program,
        "existing server {side}_{number}: ssh.host {{\n  address = 10.{}.{third}.{fourth}\n  login = {{ user = \"root\" }}\n  \
         facts = survey(\"facts/{side}_{number}.json\")\n  ingress = [22/tcp, 9993/udp, {{ port = 3306/tcp, from = 10.64.0.0/10 }}]\n  \
         nic overlay {{ network = club, address = 10.{second}.{third}.{fourth}, identity = \"{block:02x}{number:08x}\" }}\n}}\n",
        if side == "old" { 1 } else { 2 },
    )
    .ok();
}

fn facts(host: &str) -> String {
    let mysql = r#"{"image":"mysql:5.7.44","image_id":"sha256:aa","repo_digests":[],"arch":"x86_64","running":true,"health":"none","restart":"always","user":"","owner":"999:999","network_mode":"bridge","networks":["bridge"],"privileged":false,"capabilities":[],"memory":0,"cpus":0,"mounts":[{"source":"/data/mysql","target":"/var/lib/mysql","kind":"bind","read_only":false}],"ports":["3306/tcp"],"published":[{"host":"3306/tcp","container":"3306/tcp","address":"0.0.0.0"}],"env":["MYSQL_ROOT_PASSWORD"],"labels":{}}"#;
    let is_old = host.starts_with("old");
    let containers = if is_old { format!(r#"{{"db":{mysql}}}"#) } else { "{}".to_owned() };
    let paths = if is_old { r#"{"/data/mysql":{"size":4294967296,"owner":"999:999","entries":321}}"# } else { "{}" };
    let databases = if is_old {
        r#"{"/data/mysql":{"kind":"mysql","version":"5.7.44","engines":["InnoDB"],"container":"db","size":4294967296}}"#
    } else {
        "{}"
    };
    format!(
        r#"{{"version":1,"host":"{host}","taken":"2026-11-19T21:14:03Z","login":{{"user":"root","uid":0,"sudo":true}},"hostname":"{name}","arch":"x86_64","cpus":4,"memory":8246337536,"boot":"uefi","os":{{"distribution":"debian","version":"12","kernel":"6.1.0-26-amd64"}},"machine_id":"{host}","hypervisor":"kvm","grub":"2.06","cloud_init":{{"present":false}},"cgroup":"v2","kernel_features":["overlay","tun"],"initramfs":["virtio_blk","virtio_net"],"ip_unprivileged_port_start":1024,"selinux":"disabled","qemu_guest_agent":false,"timezone":"Etc/UTC","locale":"C.UTF-8","clock_offset_ms":0,"clock_synchronized":true,"mounts":{{"/":{{"device":"/dev/vda1","filesystem":"ext4","size":84414050304,"used":12576980378,"options":["rw","relatime"],"inodes":5152224,"inodes_used":42949,"uuid":"ef6f3fbf","features":["64bit"],"disk":"vda"}}}},"fstab":[{{"spec":"UUID=ef6f3fbf","mount":"/","filesystem":"ext4","options":["defaults"]}}],"swap":[{{"path":"/dev/vda15","kind":"partition","size":2147483648,"used":0}}],"disks":{{"vda":{{"size":85899345920,"rotational":false,"driver":"virtio_blk","ephemeral":false,"partition_table":"gpt","partitions":{{"vda1":{{"size":85820951142,"filesystem":"ext4","uuid":"ef6f3fbf"}}}}}}}},"logical_volumes":{{}},"docker":{{"id":"{host}","version":"24.0.9","data_root":"/var/lib/docker","storage_driver":"overlay2","cgroup_driver":"systemd","swarm":false,"address_pools":[],"networks":{{"bridge":{{"driver":"bridge","subnets":["172.17.0.0/16"]}}}}}},"containers":{containers},"databases":{databases},"paths":{paths},"listening":["22/tcp"],"sockets":[],"firewall":{{"kind":"none","policy":"accept","open":[]}},"interfaces":{{}},"routes":[],"overlays":{{}},"certificates":{{}},"units":{{}},"crontabs":[],"tools":{{"docker":"24.0.9","find":"4.9.0","tar":"1.34"}},"unknown":[]}}"#,
        name = host.replace('_', "-"),
    )
}

/// What this thread had of the processor.
fn busy() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// The best of some runs.
fn best_ms(mut run: impl FnMut()) -> f64 {
    let times = (0..RUN_COUNT).map(|_| {
        let before = busy();
        run();
        ms(busy().saturating_sub(before))
    });
    times.fold(f64::INFINITY, f64::min)
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Checks with what each cost, the dearest first, of the run in which all of them together cost the least.
fn best_costs(loaded: &Loaded) -> Vec<(String, Cost)> {
    let costs_of = |ran: &Ran| Some((ran.name.clone(), ran.cost?));
    let runs = (0..RUN_COUNT).map(|_| loaded.compile_timed(&busy).checks.iter().filter_map(costs_of).collect());
    let mut best: Vec<(String, Cost)> = runs.min_by_key(|costs: &Vec<_>| total(costs)).unwrap_or_default();
    best.sort_by_key(|(_, cost)| Reverse(cost.time));
    best
}

fn total(costs: &[(String, Cost)]) -> Duration {
    costs.iter().map(|(_, cost)| cost.time).sum()
}

#[allow(clippy::print_stdout)]
fn main() {
    println!("| servers | sources and facts read | types, values and steps | all checks, which should take {CHECKS_MAX_MS} ms at most |");
    println!("| ---: | ---: | ---: | ---: |");
    let mut costs = vec![];
    for server_count in SERVER_COUNTS {
        let fleet = Fleet::new(server_count);
        let read_ms = best_ms(|| drop(black_box(load(&fleet, "main.mig", &Options::default()))));
        let loaded = load(&fleet, "main.mig", &Options::default());
        let whole = loaded.compile();
        let said = |d: &mig_plan::Diagnostic| format!("{}: {}", d.name, d.message);
        assert_eq!(whole.report.diagnostics.first().map(said), None, "the fleet is in order");
        let lacking = |u: &mig_plan::Unproven| format!("{} for {}: {}", u.name, u.address, u.needs);
        assert_eq!(whole.report.unproven.first().map(lacking), None, "every check has the facts that it needs");
        let values_ms = best_ms(|| drop(black_box(loaded.compile_unchecked())));
        costs = best_costs(&loaded);
        println!("| {server_count} | {read_ms:.0} ms | {values_ms:.0} ms | {:.0} ms |", ms(total(&costs)));
    }
    println!("\n| check | asked | ms |\n| --- | ---: | ---: |");
    for (name, cost) in costs {
        println!("| {name} | {} | {:.2} |", cost.asked, ms(cost.time));
    }
}
