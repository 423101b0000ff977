//! Listening sockets, addresses, ways, and the host's packet filter.

use super::{
    answer::{Answer, owned},
    engine::in_order,
};
use mig_plan::{
    Facts,
    facts::{FirewallFact, InterfaceFact, RouteFact, SocketFact},
    form::network,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    ops::RangeInclusive,
};

pub(super) fn read(answer: &mut Answer<'_>, facts: &mut Facts) {
    let sockets = sockets(answer);
    let published = facts.containers.iter().flatten().filter(|(_, c)| c.running == Some(true)).flat_map(|(_, c)| &c.ports).flatten();
    let told = sockets.iter().flatten().filter_map(|socket| socket.port.as_ref());
    let ports: BTreeSet<String> = told.chain(published).cloned().collect();
    facts.listening = sockets.is_some().then(|| in_order(ports));
    facts.sockets = sockets;
    match answer.lines("addresses").map(interfaces) {
        Some(found) if !found.is_empty() => facts.interfaces = Some(found),
        _ => answer.unknown("interfaces", "the tool ip is not there"),
    }
    links(answer, facts);
    facts.routes = answer.lines("route").map(|lines| lines.skip(1).filter_map(route).collect());
    facts.firewall = answer.get("firewall").filter(|said| !said.is_empty()).map(firewall);
    if facts.firewall.is_none() && answer.get("firewall").is_some() {
        answer.unknown("firewall", "neither iptables-save nor nft answered");
    }
}

/// A port of the kernel's choice for one that asks others; it is another one tomorrow.
fn ephemeral(answer: &Answer<'_>) -> RangeInclusive<u16> {
    let values = answer.pairs("values");
    let range = values.get("ephemeral").and_then(|range| {
        let (first, last) = range.split_once(char::is_whitespace)?;
        Some(first.trim().parse().ok()?..=last.trim().parse().ok()?)
    });
    range.unwrap_or(32_768..=60_999)
}

fn sockets(answer: &Answer<'_>) -> Option<Vec<SocketFact>> {
    let processes = processes(answer);
    let ephemeral = ephemeral(answer);
    let kept: BTreeSet<u16> = super::overlays::wireguard_ports(answer);
    let mut found = BTreeSet::new();
    for table in ["tcp", "tcp6", "udp", "udp6"] {
        let protocol = table.trim_end_matches('6');
        for line in answer.lines(table).into_iter().flatten() {
            let Some((address, port)) = line.split_whitespace().nth(1).and_then(local) else { continue };
            let key = format!("{port}/{protocol}");
            if protocol == "udp" && ephemeral.contains(&port) && !kept.contains(&port) {
                continue;
            }
            let process = processes.get(&key).cloned();
            found.insert((port, key, address, process));
        }
    }
    answer.get("tcp")?;
    let fact = |(_, port, address, process): (u16, String, IpAddr, Option<String>)| SocketFact {
        port: Some(port),
        address: Some(address.to_string()),
        process,
    };
    Some(found.into_iter().map(fact).collect())
}

/// `0100007F:0CEA`: words of four bytes in the order of the machine, then the port.
fn local(text: &str) -> Option<(IpAddr, u16)> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |at: usize| Some(u32::from_str_radix(address.get(at * 8..at * 8 + 8)?, 16).ok()?.swap_bytes());
    let address = match address.len() {
        8 => IpAddr::V4(Ipv4Addr::from(word(0)?)),
        32 => {
            let words = [word(0)?, word(1)?, word(2)?, word(3)?];
            IpAddr::V6(Ipv6Addr::from(words.iter().fold(0u128, |all, word| (all << 32) | u128::from(*word))))
        }
        _ => return None,
    };
    Some((address, port))
}

/// Names by `port/protocol`, of what `ss` says.
fn processes(answer: &Answer<'_>) -> BTreeMap<String, String> {
    let lines = answer.lines("ss").into_iter().flatten().filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (protocol, local) = (words.first()?, words.get(4)?);
        let port: u16 = local.rsplit_once(':')?.1.parse().ok()?;
        let name = line.split_once("users:((\"")?.1.split_once('"')?.0;
        Some((format!("{port}/{protocol}"), owned(name)))
    });
    lines.collect()
}

/// Interfaces of containers come and go; the engine's networks are told with the engine.
fn is_own(name: &str) -> bool {
    let is_bridge = name.strip_prefix("br-").is_some_and(|id| id.len() == 12 && id.chars().all(|c| c.is_ascii_hexdigit()));
    !(name == "lo" || name.starts_with("veth") || name.starts_with("docker") || is_bridge)
}

fn interfaces<'a>(lines: impl Iterator<Item = &'a str>) -> BTreeMap<String, InterfaceFact> {
    let mut found: BTreeMap<String, InterfaceFact> = BTreeMap::new();
    for line in lines {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, name, "inet" | "inet6", address, ..] = words.as_slice() else { continue };
        let name = name.split('@').next().unwrap_or(name);
        if !is_own(name) || line.contains("scope link") || words.contains(&"temporary") {
            continue;
        }
        let (address, bits) = address.split_once('/').unwrap_or((address, if address.contains(':') { "128" } else { "32" }));
        let fact = found.entry(owned(name)).or_default();
        fact.addresses.get_or_insert_default().push(owned(address));
        let networks = fact.networks.get_or_insert_default();
        networks.extend(network(address, bits).filter(|network| !networks.contains(network)));
    }
    found
}

/// MAC and MTU of interfaces that have addresses.
fn links(answer: &Answer<'_>, facts: &mut Facts) {
    for row in answer.rows("links").unwrap_or_default() {
        let [name, what, value] = row.as_slice() else { continue };
        let Some(fact) = facts.interfaces.as_mut().and_then(|all| all.get_mut(*name)) else { continue };
        match *what {
            "address" => fact.mac = Some(owned(value)),
            _ => fact.mtu = value.parse().ok(),
        }
    }
}

/// A line of the kernel's table for IPv4.
fn route(line: &str) -> Option<RouteFact> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [name, target, gateway, _, _, _, _, mask, ..] = words.as_slice() else { return None };
    let address = |text: &str| Some(u32::from_str_radix(text, 16).ok()?.swap_bytes());
    let (target, gateway, mask) = (address(target)?, address(gateway)?, address(mask)?);
    if !is_own(name) || mask == 0 {
        return None;
    }
    Some(RouteFact {
        network: network(&Ipv4Addr::from(target).to_string(), &mask.count_ones().to_string()),
        gateway: (gateway != 0).then(|| Ipv4Addr::from(gateway).to_string()),
        interface: Some(owned(name)),
    })
}

/// What the filter does with what comes in, as `iptables-save` or `nft` tell it.
fn firewall(said: &str) -> FirewallFact {
    let kind = said.lines().find_map(|line| line.strip_prefix("kind\t"));
    if matches!(kind, Some("none" | "firewalld")) {
        let policy = if kind == Some("none") { "accept" } else { "reject" };
        let open = (kind == Some("none")).then(Vec::new);
        return FirewallFact { kind: kind.map(owned), policy: Some(owned(policy)), open };
    }
    let is_nft = said.lines().any(|line| line.starts_with("table "));
    let (policy, open) = if is_nft { nft(said) } else { iptables(said) };
    let kind = kind.unwrap_or(if is_nft { "nftables" } else { "iptables" });
    FirewallFact { kind: Some(owned(kind)), policy: Some(policy), open: Some(in_order(open)) }
}

fn iptables(said: &str) -> (String, BTreeSet<String>) {
    let policy = said.lines().find_map(|line| line.strip_prefix(":INPUT ")?.split(' ').next());
    let rules: Vec<Vec<&str>> = said.lines().filter(|line| line.starts_with("-A ")).map(|line| line.split(' ').collect()).collect();
    // Chains that everything that comes in passes through.
    let mut chains = BTreeSet::from(["INPUT"]);
    for _ in 0..16 {
        let jumps = rules.iter().filter_map(|rule| if let ["-A", chain, "-j", to] = rule.as_slice() { Some((*chain, *to)) } else { None });
        let more: Vec<&str> = jumps.filter(|(chain, _)| chains.contains(chain)).map(|(_, to)| to).collect();
        chains.extend(more);
    }
    let after = |rule: &[&'_ str], word: &str| rule.iter().position(|w| *w == word).and_then(|at| rule.get(at + 1)).map(|w| owned(w));
    let mut open = BTreeSet::new();
    for rule in rules.iter().filter(|rule| rule.get(1).is_some_and(|chain| chains.contains(chain))) {
        let narrowed = rule.iter().any(|word| matches!(*word, "-s" | "-i" | "-d" | "!"));
        if narrowed || after(rule, "-j").as_deref() != Some("ACCEPT") {
            continue;
        }
        let ports = after(rule, "--dport").or_else(|| after(rule, "--dports")).unwrap_or_default();
        let protocol = after(rule, "-p").unwrap_or_else(|| owned("tcp"));
        open.extend(ports.split(',').filter(|port| port.parse::<u16>().is_ok()).map(|port| format!("{port}/{protocol}")));
    }
    (policy.map_or_else(|| owned("accept"), str::to_lowercase), open)
}

fn nft(said: &str) -> (String, BTreeSet<String>) {
    let (mut policy, mut open, mut inside) = (owned("accept"), BTreeSet::new(), false);
    for line in said.lines().map(str::trim) {
        if line.starts_with("chain ") {
            inside = false;
        }
        if line.contains("hook input") {
            inside = true;
            if let Some((_, word)) = line.split_once("policy ") {
                policy = owned(word.trim_end_matches(';').trim());
            }
        }
        let port = |protocol: &str| line.strip_prefix(protocol)?.strip_prefix(" dport ");
        if let (true, true, Some((protocol, list))) =
            (inside, line.ends_with("accept"), ["tcp", "udp"].iter().find_map(|p| Some((*p, port(p)?))))
        {
            let ports = list.split([' ', ',', '{', '}']).filter(|port| port.parse::<u16>().is_ok());
            open.extend(ports.map(|port| format!("{port}/{protocol}")));
        }
    }
    (policy, open)
}
