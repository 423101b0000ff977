//! Does a survey say what is there, and nothing that a hostile host would like it to say? The script in the shells that are here, and
//! answers that no honest host gives.

#![allow(clippy::disallowed_methods, reason = "tests make folders, start processes and look at what is left")]
#![allow(clippy::print_stderr, reason = "what cannot be tested here is said")]

mod support;

use mig_plan::{Facts, Host};
use mig_runtime::{
    Script,
    real::Hosts,
    scripts,
    survey::{self, Request, differences, redact},
};
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    io::Write as _,
    process::{Command, Stdio},
};
use support::{Folder, sh, sshd::Sshd};

const MARK: &str = "0123456789abcdef";

fn request() -> Request {
    Request { name: "host".to_owned(), ..Request::default() }
}

/// An answer of these sections, whole.
fn answer(sections: &[(&str, &str)]) -> String {
    let mut text = String::from("Welcome!\n\u{7}noise\n");
    for (name, body) in sections.iter().chain(&[("begin", "1000"), ("end", "1000")]) {
        let _ = write!(text, "\n{MARK} {name}\n{body}");
    }
    text
}

fn read(sections: &[(&str, &str)]) -> Facts {
    survey::read(&answer(sections), MARK, &request(), (1_000, 1_000)).expect("facts")
}

fn reasons(facts: &Facts) -> String {
    let all = facts.unknown.iter().flatten().map(|one| format!("{}: {}\n", one.what.as_deref().unwrap(), one.why.as_deref().unwrap()));
    all.collect()
}

/// Runs the script here, in a shell.
fn run_in(shell: &[&str], folder: &Folder, sizes: Option<u64>) -> Facts {
    answered(shell, &scripts::survey(MARK, sizes, &[folder.at("data")]))
}

fn answered(shell: &[&str], script: &Script) -> Facts {
    let (program, words) = shell.split_first().unwrap();
    let mut command = Command::new(program);
    command.args(words).args(["-c", script.text, "migc"]).args(&script.words);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&script.stdin).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    survey::read(&text, MARK, &request(), (1_000, 1_000))
        .unwrap_or_else(|why| panic!("{shell:?}: {why}: {}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn every_shell_finds_the_same() {
    let folder = Folder::new("shells");
    sh(
        r#"mkdir -p "$1/data/sub"; echo x >"$1/data/new
line"; echo x >"$1/data/sub/b""#,
        &[folder.path().to_str().unwrap()],
    );
    let mut all = vec![];
    for shell in [&["sh"][..], &["dash"], &["bash"], &["busybox", "sh"]] {
        if Command::new(shell[0]).arg("--help").output().is_err() {
            eprintln!("not tested here: there is no {}", shell[0]);
            continue;
        }
        let facts = run_in(shell, &folder, Some(30));
        let path = facts.paths.as_ref().unwrap().get(&folder.at("data")).cloned().unwrap();
        assert_eq!(path.entries, Some(3), "{shell:?}");
        assert!(path.size.is_some_and(|size| size > 0) && path.owner.is_some(), "{shell:?}: {path:?}");
        assert!(facts.hostname.is_some() && facts.cpus.is_some() && facts.memory > Some(1 << 20), "{facts:?}");
        assert!(facts.mounts.as_ref().unwrap().get("/").is_some_and(|root| root.size > root.used && root.used > Some(0)), "{facts:?}");
        let system = Facts { mounts: None, listening: None, sockets: None, paths: None, memory: None, clock_offset_ms: None, ..facts };
        all.push(system);
    }
    for two in all.windows(2) {
        assert_eq!(differences(&two[0], &two[1]), vec![]);
    }
}

#[test]
fn what_is_not_measured_is_unknown() {
    let folder = Folder::new("quick");
    sh(r#"mkdir "$1/data""#, &[folder.path().to_str().unwrap()]);
    let facts = run_in(&["sh"], &folder, None);
    let path = facts.paths.as_ref().unwrap().get(&folder.at("data")).cloned().unwrap();
    assert!(path.size.is_none() && path.entries.is_none() && path.owner.is_some(), "{path:?}");
    assert!(reasons(&facts).contains("sizes were not asked for"), "{}", reasons(&facts));
}

/// A measuring tool that tells how it was started, and does not end.
const ENDLESS_DU: &str = "#!/bin/sh
{ nice; ionice -p $$; echo $2; } >>\"$0.log\"
exec sleep 600
";

#[test]
fn sizes_are_measured_at_the_lowest_priority_and_given_up_at_their_limit() {
    let folder = Folder::new("sizes");
    sh(
        r#"mkdir "$1/data" "$1/tools"; printf %s "$2" >"$1/tools/du"; chmod 755 "$1/tools/du""#,
        &[folder.path().to_str().unwrap(), ENDLESS_DU],
    );
    let paths = [folder.at("data"), folder.at("tools")];
    let mut script = scripts::survey(MARK, Some(1), &paths);
    let text = String::from_utf8(script.stdin).unwrap();
    let with_tools = text.replacen("\nPATH=", &format!("\nPATH={}:", folder.at("tools")), 1);
    assert_ne!(text, with_tools);
    script.stdin = with_tools.into_bytes();
    let facts = answered(&["sh"], &script);
    for path in &paths {
        let one = facts.paths.as_ref().unwrap().get(path).cloned().unwrap();
        assert!(one.size.is_none() && one.entries.is_none() && one.owner.is_some(), "{one:?}");
        let told = facts.unknown.iter().flatten().find(|one| one.what.as_ref().is_some_and(|what| what.contains(path.as_str())));
        assert!(told.is_some_and(|one| one.why.as_ref().unwrap().starts_with("measuring took more than 1 s")), "{}", reasons(&facts));
    }
    let log = fs::read_to_string(folder.at("tools/du.log")).unwrap();
    assert_eq!(log, format!("19\nidle\n{}\n", paths[0]), "the second is not begun when the time is over");
}

#[test]
fn files_that_know_an_interface_by_its_hardware_are_told() {
    let folder = Folder::new("pinned");
    sh(
        r#"cd "$1"; mkdir -p etc/udev/rules.d etc/netplan etc/systemd/network etc/iscsi
        echo 'SUBSYSTEM=="net", ATTR{address}=="00:0d:3a:01:02:03", NAME="eth0"' >etc/udev/rules.d/70-persistent-net.rules
        echo '# ATTR{address}=="00:0d:3a:01:02:03"' >etc/udev/rules.d/80-comment.rules
        printf '%s\n' '  eth0:' '    match:' '      macaddress: "00:0d:3a:01:02:03"' >etc/netplan/50-cloud-init.yaml
        printf '%s\n' '  eth0:' '    macaddress: "00:0d:3a:01:02:03"' >etc/netplan/60-sets.yaml
        printf '%s\n' '[Match]' 'MACAddress=00:0d:3a:01:02:03' >etc/systemd/network/10-lan.link
        echo 'InitiatorName=iqn.1993-08.org.debian:01:9c1d' >etc/iscsi/initiatorname.iscsi"#,
        &[folder.path().to_str().unwrap()],
    );
    let mut script = scripts::survey(MARK, None, &[]);
    let text = String::from_utf8(script.stdin).unwrap();
    let elsewhere = text.replace(" /etc/", &format!(" {}/etc/", folder.path().display())).replacen("\nuid=$(id -u)", "\nuid=0", 1);
    script.stdin = elsewhere.into_bytes();
    for shell in [&["sh"][..], &["busybox", "sh"]] {
        if Command::new(shell[0]).arg("--help").output().is_err() {
            eprintln!("not tested here: there is no {}", shell[0]);
            continue;
        }
        let facts = answered(shell, &script);
        let pinned = facts.pinned_interfaces.unwrap();
        let expected = ["netplan/50-cloud-init.yaml", "systemd/network/10-lan.link", "udev/rules.d/70-persistent-net.rules"];
        assert_eq!(pinned, expected.map(|file| folder.at(&format!("etc/{file}"))), "{shell:?}");
        assert_eq!(facts.iscsi_initiator.as_deref(), Some("iqn.1993-08.org.debian:01:9c1d"), "{shell:?}");
    }
    let none = read(&[("pinned_interfaces", ""), ("iscsi_initiator", "")]);
    assert_eq!((none.pinned_interfaces, none.iscsi_initiator.as_deref()), (Some(vec![]), Some("")), "looked at, and nothing is there");
    let unseen = read(&[]);
    assert_eq!((unseen.pinned_interfaces, unseen.iscsi_initiator), (None, None));
}

#[test]
fn an_answer_that_was_cut_is_none() {
    let whole = answer(&[("values", "hostname\tx\n"), ("tools", "tar\ttar 1.34\n")]);
    let end = whole.rfind(MARK).unwrap();
    for length in (0..end + MARK.len()).filter(|at| whole.is_char_boundary(*at)) {
        assert!(survey::read(&whole[..length], MARK, &request(), (0, 0)).is_err(), "{length}");
    }
    assert!(survey::read(&whole, "another mark", &request(), (0, 0)).is_err());
}

#[test]
fn what_has_no_form_is_passed_over_and_told() {
    let long = "x".repeat(5_000);
    let facts = read(&[
        ("values", "hostname\tevil\u{1b}[2J\u{202e}\narch\tvax\ncpus\t-1\nmemory\t99999999999999999999\nboot\tcoreboot\nmachine_id\tok\n"),
        ("fstab", "/dev/a /b\u{7} ext4 defaults 0 0\n/dev/b /c ext4\nbroken\n"),
        ("paths", "root:root\t1\t2\t\t/../etc\n1:1\t18446744073709551615\t1\t\t/big\n1:1\t4\t1\t\t/good\n"),
        ("os", &format!("ID={long}\nVERSION_ID=\"12\"\n")),
        ("certificates", "notAfter=Jan  1 00:00:00 2030 GMT\nfile\t/x.crt\nnotAfter=Foo 99 00:00:00 2030 GMT\n"),
        ("tcp", "0: ZZ:99999 0 0A\n0: 0100007F:0CEA 0 0A\n0: 00000000000000000000000001000000:0016 0 0A\n"),
        ("host", "another\n"),
    ]);
    assert_eq!(facts.check(), Ok(()));
    assert_eq!((facts.host.as_deref(), facts.hostname.as_deref(), facts.machine_id.as_deref()), (Some("host"), None, Some("ok")));
    assert_eq!((facts.arch, facts.cpus, facts.memory, facts.boot), (None, None, None, None));
    assert_eq!(facts.fstab.unwrap().len(), 2);
    assert_eq!(facts.listening.unwrap(), ["22/tcp", "3306/tcp"]);
    let paths = facts.paths.unwrap();
    assert_eq!((paths["/good"].size, paths["/big"].size, paths["/../etc"].owner.clone()), (Some(4096), None, None));
    assert_eq!(facts.os.unwrap().version.as_deref(), Some("12"));
    assert_eq!(facts.certificates.unwrap().len(), 0);
    let told: Facts = read(&[("values", "hostname\tevil\u{1b}[2J\nboot\tcoreboot\n")]);
    assert_eq!(
        reasons(&told),
        "boot: what the host says is not `bios` or `uefi`\nhostname: what the host says is not one line of text without control characters\n\
         interfaces: the tool ip is not there\n"
    );
}

#[test]
fn a_host_that_sends_only_nonsense_is_not_believed() {
    let mut rows = String::new();
    for at in 0..1_000 {
        let _ = writeln!(rows, "bad\t1\t1\t\t/p{at}");
    }
    let refused = survey::read(&answer(&[("paths", &rows)]), MARK, &request(), (0, 0));
    assert_eq!(refused, Err("too much of its answer has no form that facts have".to_owned()));
    let deep = "[".repeat(100_000);
    let facts = read(&[("engine", &deep), ("zerotier_info", &deep), ("tailscale", &deep), ("values", &"\t".repeat(100_000))]);
    assert!(facts.docker.is_none() && facts.overlays.is_none(), "{facts:?}");
    let many = "x\ty\n".repeat(200_000);
    assert!(reasons(&read(&[("tools", &many)])).contains("tools: the host said more than is read"));
}

const CONTAINER: &str = r#"{"name":"/db","image":"mysql:5.7","image_id":"sha256:aa","running":true,"pid":42,"health":"healthy","restart":"","user":"","network_mode":"default","privileged":false,"capabilities":["NET_ADMIN"],"memory":1073741824,"nano_cpus":1500000000,"cpu_quota":0,"cpu_period":0,"networks":["bridge",null],"mounts":[{"kind":"bind","name":"","source":"/data/mysql","target":"/var/lib/mysql","writable":true},{"kind":"tmpfs","name":"","source":"","target":"/tmp","writable":true},null],"bindings":{"3306/tcp":[{"HostIp":"10.0.0.4","HostPort":"13306"}],"33060/tcp":null},"ports":{"3306/tcp":[{"HostIp":"10.0.0.4","HostPort":"13306"}]},"env":["MYSQL_ROOT_PASSWORD","A",null],"rancher":[null],"labels":[["com.docker.compose.project","club"],null]}"#;

#[test]
fn containers_and_their_databases_are_told() {
    let facts = read(&[
        (
            "engine",
            r#"{"id":"e","version":"18.09.9","data_root":"/var/lib/docker","storage_driver":"overlay2","cgroup_driver":"cgroupfs","swarm":"inactive"}"#,
        ),
        ("address_pools", "null"),
        ("networks", r#"{"name":"bridge","driver":"bridge","config":[{"Subnet":"172.17.0.0/16"}]}"#),
        ("container_ids", "aa\n"),
        ("containers", CONTAINER),
        ("images", r#"{"id":"sha256:aa","size":525336576,"arch":"amd64","digests":["mysql@sha256:bb"]}"#),
        ("owners", "42\t999:999"),
        ("databases", "mysql\t/data/mysql\t5.7.44\tibd MYI\n"),
        ("paths", "999:999\t1024\t11\t\t/data/mysql\n"),
        ("tcp", "0: 00000000:33FA 00000000:0000 0A\n"),
        ("ss", "tcp LISTEN 0 128 0.0.0.0:13306 0.0.0.0:* users:((\"docker-proxy\",pid=7,fd=4))\n"),
    ]);
    assert_eq!(reasons(&facts), "interfaces: the tool ip is not there\n");
    let db = &facts.containers.as_ref().unwrap()["db"];
    assert_eq!((db.restart.as_deref(), db.network_mode.as_deref(), db.owner.as_deref()), (Some("no"), Some("bridge"), Some("999:999")));
    assert_eq!((db.arch.as_deref(), db.cpus, db.memory), (Some("x86_64"), Some(1.5), Some(1 << 30)));
    assert_eq!(
        (db.ports.clone().unwrap(), db.env.clone().unwrap()),
        (vec!["13306/tcp".to_owned()], vec!["A".to_owned(), "MYSQL_ROOT_PASSWORD".to_owned()])
    );
    assert_eq!(db.mounts.as_ref().unwrap().len(), 1);
    let database = &facts.databases.as_ref().unwrap()["/data/mysql"];
    assert_eq!((database.container.as_deref(), database.size, database.version.as_deref()), (Some("db"), Some(1 << 20), Some("5.7.44")));
    assert_eq!(database.engines.clone().unwrap(), ["InnoDB", "MyISAM"]);
    assert_eq!(facts.listening.as_ref().unwrap(), &["13306/tcp"]);
    assert_eq!(facts.docker.as_ref().unwrap().networks.as_ref().unwrap()["bridge"].subnets.clone().unwrap(), ["172.17.0.0/16"]);
}

#[test]
fn containers_that_docker_does_not_describe_are_unknown() {
    let engine = r#"{"id":"e","version":"1","data_root":"/d","storage_driver":"x","cgroup_driver":"y","swarm":"inactive"}"#;
    for (ids, described) in [("aa\n", ""), ("aa\nbb\n", CONTAINER), ("aa\n", "{\"name\":\"/db\"}")] {
        let facts = read(&[("engine", engine), ("container_ids", ids), ("containers", described)]);
        assert!(facts.containers.is_none() && reasons(&facts).contains("containers: docker describes them"), "{ids:?} {facts:?}");
    }
    let facts = read(&[("engine", engine), ("container_ids", ""), ("containers", "")]);
    assert_eq!(facts.containers, Some(BTreeMap::new()));
}

#[test]
fn overlays_and_the_filter_are_told() {
    let facts = read(&[
        (
            "addresses",
            "2: eth0    inet 10.0.0.4/24 brd 10.0.0.255 scope global eth0\n3: wg0 inet 10.9.0.1/24 scope global wg0\n4: veth12 inet 10.1.1.1/24 scope global\n",
        ),
        ("links", "eth0\tmtu\t1500\n"),
        ("wireguard", "key\twg0\tPUB=\nport\twg0\t51820\npeer\twg0\tPEER=\t10.9.0.2/32 10.20.0.0/16\n"),
        ("udp", "0: 00000000:CA6C 00000000:0000 07\n1: 00000000:EA5F 00000000:0000 07\n2: 00000000:2709 00000000:0000 07\n"),
        (
            "zerotier_info",
            r#"{"address":"8056c2e21c","version":"1.14.1","config":{"settings":{"primaryPort":9993,"allowSecondaryPort":false}}}"#,
        ),
        ("zerotier_networks", r#"[{"nwid":"8056c2e21c000001","status":"OK","assignedAddresses":["fd00::1/64","10.147.17.12/24"]}]"#),
        (
            "zerotier_moons",
            r#"[{"id":"0000008056c2e21c","roots":[{"identity":"8056c2e21c:0:abc","stableEndpoints":["203.0.113.5/9993"]}]}]"#,
        ),
        ("zerotier_files", "node\t8056c2e21c\ncontrols\t8056c2e21c000001\n"),
        (
            "firewall",
            ":INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n-A INPUT -j inbound\n-A inbound -p tcp -m tcp --dport 22 -j ACCEPT\n-A inbound -p udp -m multiport --dports 9993,51820 -j ACCEPT\n-A inbound -s 10.0.0.0/8 -p tcp --dport 3306 -j ACCEPT\n-A other -p tcp --dport 80 -j ACCEPT\n",
        ),
    ]);
    let overlays = facts.overlays.as_ref().unwrap();
    assert_eq!((overlays["wg0"].address.as_deref(), overlays["wg0"].port.as_deref()), (Some("10.9.0.1"), Some("51820/udp")));
    assert_eq!(overlays["wg0"].peers.as_ref().unwrap()[0].allowed.clone().unwrap(), ["10.9.0.2/32", "10.20.0.0/16"]);
    let club = &overlays["8056c2e21c000001"];
    assert_eq!(
        (club.address.as_deref(), club.role.as_deref(), club.identity.as_deref()),
        (Some("10.147.17.12"), Some("controller"), Some("8056c2e21c"))
    );
    let zerotier = facts.zerotier.as_ref().unwrap();
    assert_eq!((zerotier.moon, zerotier.allow_secondary_port), (Some(true), Some(false)));
    assert_eq!(facts.interfaces.as_ref().unwrap().keys().collect::<Vec<_>>(), ["eth0", "wg0"]);
    let firewall = facts.firewall.as_ref().unwrap();
    assert_eq!((firewall.policy.as_deref(), firewall.kind.as_deref()), (Some("drop"), Some("iptables")));
    assert_eq!(firewall.open.clone().unwrap(), ["22/tcp", "9993/udp", "51820/udp"]);
    assert_eq!(facts.listening.clone().unwrap_or_default(), Vec::<String>::new(), "no table of tcp was sent, so nothing is known");
    let shown = redact(&facts, "salt");
    let text = serde_json::to_string(&shown).unwrap();
    for hidden in ["8056c2e21c", "10.0.0.4", "10.147.17.12", "PUB=", "203.0.113.5", "wg0\""] {
        let is_key = hidden == "wg0\"";
        assert!(is_key || !text.contains(hidden), "{hidden} in {text}");
    }
    assert_eq!(shown.check(), Ok(()));
    assert_eq!(redact(&facts, "salt"), shown, "the same salt gives the same names");
    assert_ne!(redact(&facts, "pepper"), shown);
    let eth0 = shown.interfaces.as_ref().unwrap()["eth0"].clone();
    let prefix = |text: &str| text.rsplit_once('.').unwrap().0.to_owned();
    assert_eq!(prefix(&eth0.addresses.unwrap()[0]), prefix(&eth0.networks.unwrap()[0]), "an address stays in its network");
}

#[test]
fn differences_are_told_by_path() {
    let was = read(&[("values", "hostname\ta\n"), ("fstab", "/dev/a / ext4 defaults\n")]);
    let mut is = was.clone();
    assert!(differences(&was, &is).is_empty());
    is.taken = Some("2030-01-01T00:00:00Z".to_owned());
    is.hostname = Some("b".to_owned());
    is.fstab.as_mut().unwrap().clear();
    is.cpus = Some(2);
    let paths: Vec<String> = differences(&was, &is).into_iter().map(|change| change.path).collect();
    assert_eq!(paths, ["cpus", "fstab", "hostname"], "the time of a survey is no change");
}

fn hosts(host: Host) -> (Hosts, String) {
    (Hosts::new(&BTreeMap::from([("a".to_owned(), host)]), "survey").unwrap(), "a".to_owned())
}

#[tokio::test]
async fn a_host_with_a_banner_and_a_broken_profile_is_surveyed() {
    let folder = Folder::new("banner");
    fs::write(folder.at("banner"), "Authorised users only\n").unwrap();
    let options =
        format!("Banner {}\nForceCommand echo 'Last login'; nosuchcommand; (exit 3); eval \"$SSH_ORIGINAL_COMMAND\"", folder.at("banner"));
    let Some(sshd) = Sshd::start(&folder, &options) else { return };
    let (hosts, name) = hosts(sshd.host());
    let facts = survey::survey(&hosts, &name, &Request { host_keys: sshd.host().host_keys, ..request() }).await.unwrap();
    assert_eq!(facts.check(), Ok(()));
    assert_eq!(facts.clock_offset_ms, Some(0), "one machine has one clock");
    assert!(facts.host_keys.unwrap()[0].starts_with("ssh-ed25519 "), "the key by which it was reached");
    assert!(facts.listening.unwrap().contains(&format!("{}/tcp", sshd.port)));
}

#[tokio::test]
async fn an_offered_key_is_told_without_a_login() {
    let folder = Folder::new("offer");
    let Some(sshd) = Sshd::start(&folder, "") else { return };
    let stranger = Host { host_keys: vec![], ..sshd.host() };
    let (hosts, name) = hosts(stranger);
    let offer = hosts.offered(&name).await.unwrap();
    assert!(sshd.host_key.starts_with(&offer.key), "{offer:?}");
    let refused = survey::survey(&hosts, &name, &request()).await.unwrap_err().to_string();
    assert!(refused.contains("is not known") && refused.contains(&offer.fingerprint), "{refused}");
    let log = fs::read_to_string(folder.at("sshd.log")).unwrap();
    assert!(!log.contains("Accepted"), "{log}");
}

#[test]
fn the_script_writes_nothing_and_reads_no_secret() {
    let script = String::from_utf8(scripts::survey(MARK, None, &[]).stdin).unwrap();
    for forbidden in ["identity.secret", "authtoken.secret", "wg show all dump", "private-key", "mktemp", " tee ", "{{json .Config.Env}}"] {
        assert!(!script.contains(forbidden), "{forbidden}");
    }
    let body = script.split("# Answers sections").nth(1).unwrap();
    let writes =
        body.split('>').skip(1).filter(|after| !after.starts_with("/dev/null") && !after.starts_with("&1") && !after.starts_with("&2"));
    let writes: Vec<&str> = writes.map(|after| after.get(..20).unwrap_or(after)).collect();
    assert_eq!(writes, Vec::<&str>::new());
}

#[test]
fn the_page_lists_what_is_redacted() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/facts.md")).unwrap();
    let (_, list) = page.split_once("## Facts for strangers").unwrap();
    for (path, _) in survey::REDACTED {
        let shown = format!("`{}`", path.replace(".*", "[…]"));
        assert!(list.contains(&shown), "{shown} is replaced, and docs/facts.md does not say so");
    }
}
