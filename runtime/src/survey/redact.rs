//! How are facts shown to strangers? Names, addresses and ids are replaced, the same by the same, so that what is equal stays equal and
//! what is inside a network stays inside.

use mig_plan::{Digest, Facts, form};
use serde_json::{Map, Value};
use std::net::IpAddr;

/// What a rule does with what its path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// A word of the same kind everywhere.
    Name,
    /// The keys of a map, as names.
    Keys,
    /// An address; the networks it is in stay around it.
    Address,
    /// A network.
    Network,
    /// Folders that are no usual ones.
    Path,
    /// The keys of a map, as paths.
    PathKeys,
    /// The registry of an image.
    Image,
    /// What an option of a mount is set to, unless that is the same everywhere.
    Option,
}

/// What is replaced, and how; docs/facts.md lists the same.
pub const REDACTED: [(&str, Way); 60] = [
    ("login.user", Way::Name),
    ("hostname", Way::Name),
    ("machine_id", Way::Name),
    ("host_keys.*", Way::Name),
    ("mounts", Way::PathKeys),
    ("mounts.*.options.*", Way::Option),
    ("mounts.*.uuid", Way::Name),
    ("mounts.*.label", Way::Name),
    ("fstab.*.spec", Way::Path),
    ("fstab.*.mount", Way::Path),
    ("fstab.*.options.*", Way::Option),
    ("swap.*.path", Way::Path),
    ("disks.*.partitions.*.uuid", Way::Name),
    ("disks.*.partitions.*.label", Way::Name),
    ("logical_volumes", Way::PathKeys),
    ("logical_volumes.*.group", Way::Name),
    ("docker.id", Way::Name),
    ("docker.data_root", Way::Path),
    ("docker.address_pools.*", Way::Network),
    ("docker.networks", Way::Keys),
    ("docker.networks.*.subnets.*", Way::Network),
    ("containers", Way::Keys),
    ("containers.*.image", Way::Image),
    ("containers.*.repo_digests.*", Way::Image),
    ("containers.*.network_mode", Way::Name),
    ("containers.*.networks.*", Way::Name),
    ("containers.*.mounts.*.source", Way::Path),
    ("containers.*.mounts.*.name", Way::Name),
    ("containers.*.published.*.address", Way::Address),
    ("containers.*.env.*", Way::Name),
    ("containers.*.labels.*", Way::Name),
    ("databases", Way::PathKeys),
    ("databases.*.container", Way::Name),
    ("paths", Way::PathKeys),
    ("sockets.*.address", Way::Address),
    ("interfaces.*.mac", Way::Name),
    ("interfaces.*.addresses.*", Way::Address),
    ("interfaces.*.networks.*", Way::Network),
    ("routes.*.network", Way::Network),
    ("routes.*.gateway", Way::Address),
    ("overlays", Way::Keys),
    ("overlays.*.identity", Way::Name),
    ("overlays.*.address", Way::Address),
    ("overlays.*.addresses.*", Way::Address),
    ("overlays.*.peers.*.identity", Way::Name),
    ("overlays.*.peers.*.allowed.*", Way::Network),
    ("zerotier.node", Way::Name),
    ("zerotier.controls.*", Way::Name),
    ("zerotier.moons", Way::Keys),
    ("zerotier.moons.*.roots.*", Way::Name),
    ("zerotier.moons.*.stable_endpoints.*", Way::Name),
    ("rancher.url", Way::Name),
    ("rancher.agent_ip", Way::Address),
    ("rancher.labels.*", Way::Name),
    ("certificates", Way::PathKeys),
    ("certificates.*.names.*", Way::Name),
    ("units", Way::Keys),
    ("crontabs.*", Way::Path),
    ("pinned_interfaces.*", Way::Path),
    ("iscsi_initiator", Way::Name),
];

/// Values that say nothing about whose they are.
const USUAL: [&str; 9] = ["", "root", "bridge", "host", "none", "default", "docker_gwbridge", "tailscale0", "localhost"];
/// Options of mounts whose value tells how, and nothing of whose it is.
const OPTIONS: [&str; 23] = [
    "allocsize",
    "commit",
    "compress",
    "data",
    "errors",
    "fmask",
    "dmask",
    "gid",
    "logbsize",
    "logbufs",
    "mode",
    "nr_inodes",
    "proto",
    "resgid",
    "resuid",
    "rsize",
    "sec",
    "size",
    "stripe",
    "uid",
    "umask",
    "vers",
    "wsize",
];
/// Folders that every machine has.
const FOLDERS: [&str; 52] = [
    "",
    "bin",
    "boot",
    "cron.d",
    "crontabs",
    "data",
    "db",
    "dev",
    "docker",
    "docker.sock",
    "etc",
    "home",
    "html",
    "ldap",
    "letsencrypt",
    "lib",
    "live",
    "local",
    "log",
    "main",
    "mapper",
    "media",
    "mnt",
    "mongodb",
    "mysql",
    "nginx",
    "none",
    "opt",
    "pgdata",
    "postgresql",
    "proc",
    "redis",
    "root",
    "run",
    "sbin",
    "share",
    "spool",
    "srv",
    "ssl",
    "swap",
    "swapfile",
    "sys",
    "systemd",
    "system",
    "tmp",
    "usr",
    "var",
    "volumes",
    "www",
    "_data",
    "cron",
    "certs",
];

/// The facts without what tells whose they are. The salt decides what stands for what; facts of one salt can be compared.
pub fn redact(facts: &Facts, salt: &str) -> Facts {
    let mut value = serde_json::to_value(facts).unwrap_or_default();
    for (path, way) in REDACTED {
        let path: Vec<&str> = path.split('.').collect();
        visit(&mut value, &path, &|found| replace(found, way, salt));
    }
    // These say more than their form: the subject of a signer, and paths inside a sentence.
    visit(&mut value, &["certificates", "*", "issuer"], &|found| replace(found, Way::Name, salt));
    visit(&mut value, &["certificates", "*", "fingerprint"], &|found| replace(found, Way::Name, salt));
    visit(&mut value, &["unknown", "*", "what"], &|found| {
        if let Value::String(text) = found {
            *text = text.split('.').next().unwrap_or_default().to_owned();
        }
    });
    serde_json::from_value(value).unwrap_or_default()
}

fn visit(value: &mut Value, path: &[&str], then: &dyn Fn(&mut Value)) {
    match (path, value) {
        ([], found) => then(found),
        (["*", rest @ ..], Value::Object(map)) => map.values_mut().for_each(|inner| visit(inner, rest, then)),
        (["*", rest @ ..], Value::Array(list)) => list.iter_mut().for_each(|inner| visit(inner, rest, then)),
        ([name, rest @ ..], Value::Object(map)) => map.get_mut(*name).into_iter().for_each(|inner| visit(inner, rest, then)),
        _ => {}
    }
}

fn replace(found: &mut Value, way: Way, salt: &str) {
    match (way, found) {
        (Way::Keys, Value::Object(map)) => rename(map, |key| name(key, salt)),
        (Way::PathKeys, Value::Object(map)) => rename(map, |key| path(key, salt)),
        (Way::Name, Value::String(text)) => *text = name(text, salt),
        (Way::Path, Value::String(text)) => *text = path(text, salt),
        (Way::Image, Value::String(text)) => *text = image(text, salt),
        (Way::Option, Value::String(text)) => *text = option(text, salt),
        (Way::Address, Value::String(text)) => *text = address(text, salt),
        (Way::Network, Value::String(text)) => {
            let replaced = text.split_once('/').and_then(|(base, bits)| form::network(&address(base, salt), bits));
            *text = replaced.unwrap_or_else(|| "0.0.0.0/0".to_owned());
        }
        _ => {}
    }
}

fn rename(map: &mut Map<String, Value>, of: impl Fn(&str) -> String) {
    *map = std::mem::take(map).into_iter().map(|(key, value)| (of(&key), value)).collect();
}

fn name(text: &str, salt: &str) -> String {
    if USUAL.contains(&text) { text.to_owned() } else { format!("name-{}", digest(text, salt)) }
}

fn digest(text: &str, salt: &str) -> String {
    Digest::of_bytes(format!("{salt}\0{text}").as_bytes()).short(10).to_owned()
}

/// Of `UUID=…` and the like the value, as the filesystem has it.
fn path(text: &str, salt: &str) -> String {
    if let Some((kind, value)) = text.split_once('=') {
        return format!("{kind}={}", name(value, salt));
    }
    let part = |part: &str| if FOLDERS.contains(&part) || is_device(part) { part.to_owned() } else { name(part, salt) };
    text.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// Users, hosts and paths are told by options too.
fn option(text: &str, salt: &str) -> String {
    match text.split_once('=') {
        Some((key, value)) if !OPTIONS.contains(&key) => format!("{key}={}", name(value, salt)),
        _ => text.to_owned(),
    }
}

fn is_device(part: &str) -> bool {
    ["sd", "vd", "xvd", "nvme", "dm-"].iter().any(|kind| part.starts_with(kind)) && part.len() < 12
}

fn image(text: &str, salt: &str) -> String {
    match text.split_once('/') {
        Some((registry, rest)) if registry.contains(['.', ':']) && registry != "docker.io" => format!("{}/{rest}", name(registry, salt)),
        _ => text.to_owned(),
    }
}

/// Each bit is turned or not by the bits before it, so what shares a network goes on sharing one.
fn address(text: &str, salt: &str) -> String {
    let Ok(address) = text.parse::<IpAddr>() else { return "0.0.0.0".to_owned() };
    if address.is_unspecified() || address.is_loopback() {
        return text.to_owned();
    }
    let (bits, width) = match address {
        IpAddr::V4(v4) => (u128::from(u32::from(v4)), 32),
        IpAddr::V6(v6) => (u128::from(v6), 128),
    };
    let turned = (0..width).fold(0u128, |turned, at| {
        let before = bits.checked_shr(width - at).unwrap_or(0);
        let turn = digest(&format!("{width} {at} {before}"), salt).bytes().next().is_some_and(|byte| byte % 2 == 1);
        turned << 1 | (u128::from(turn) ^ (bits >> (width - 1 - at) & 1))
    });
    match address {
        IpAddr::V4(_) => std::net::Ipv4Addr::from(turned as u32).to_string(),
        IpAddr::V6(_) => std::net::Ipv6Addr::from(turned).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::option;

    #[test]
    fn options_of_mounts_tell_no_user_host_or_path() {
        for same in ["rw", "noexec", "mode=0755", "size=65536k", "errors=remount-ro"] {
            assert_eq!(option(same, "salt"), same);
        }
        for (given, begins) in
            [("username=ann", "username=name-"), ("addr=10.0.0.5", "addr=name-"), ("lowerdir=/home/ann/x", "lowerdir=name-")]
        {
            let found = option(given, "salt");
            assert!(found.starts_with(begins) && found.len() == begins.len() + 10, "{found}");
        }
    }
}
