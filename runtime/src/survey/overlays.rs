//! Who is the host in overlay networks? Public halves and memberships; no secret key is read.

use super::answer::{Answer, owned};
use mig_plan::{
    Facts,
    facts::{MoonFact, OverlayFact, PeerFact, ZeroTierFact},
};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Deserialize)]
struct Info {
    address: String,
    version: Option<String>,
    #[serde(default)]
    config: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Membership {
    nwid: Option<String>,
    id: Option<String>,
    status: Option<String>,
    #[serde(default)]
    assigned_addresses: Vec<String>,
}

#[derive(Deserialize)]
struct Moon {
    id: String,
    #[serde(default)]
    roots: Vec<Root>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Root {
    identity: String,
    #[serde(default)]
    stable_endpoints: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tailscale {
    #[serde(rename = "Self")]
    own: TailscaleNode,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TailscaleNode {
    public_key: String,
    #[serde(rename = "TailscaleIPs", default)]
    addresses: Option<Vec<String>>,
}

pub(super) fn read(answer: &mut Answer<'_>, facts: &mut Facts) {
    let hidden = answer.unknown.iter().any(|one| matches!(one.what.as_deref(), Some("zerotier" | "overlays")));
    let mut overlays = BTreeMap::new();
    wireguard(answer, facts, &mut overlays);
    if let Some(status) = answer.json::<Tailscale>("tailscale") {
        let addresses = status.own.addresses.unwrap_or_default();
        let fact = OverlayFact { kind: Some(owned("tailscale")), identity: Some(status.own.public_key), ..addressed(&addresses) };
        overlays.insert(owned("tailscale0"), fact);
    }
    if answer.get("zerotier_info").is_some() {
        match answer.json::<Info>("zerotier_info") {
            Some(info) => zerotier(answer, &info, facts, &mut overlays),
            None => {
                let node = answer.pairs("zerotier_files").get("node").map(|node| owned(node));
                facts.zerotier = Some(ZeroTierFact { node, ..ZeroTierFact::default() });
                answer.unknown("overlays", "the service of ZeroTier does not answer");
                return;
            }
        }
    }
    if !(hidden && overlays.is_empty()) {
        facts.overlays = Some(overlays);
    }
}

/// The first of IPv4 is the address; all are kept.
fn addressed(addresses: &[String]) -> OverlayFact {
    let plain: Vec<String> = addresses.iter().filter_map(|address| address.split('/').next()).map(owned).collect();
    let first = plain.iter().find(|address| address.contains('.')).or_else(|| plain.first()).cloned();
    OverlayFact { address: first, addresses: Some(plain), ..OverlayFact::default() }
}

fn zerotier(answer: &Answer<'_>, info: &Info, facts: &mut Facts, overlays: &mut BTreeMap<String, OverlayFact>) {
    let settings = info.config.get("settings");
    let port = settings.and_then(|s| s.get("primaryPort")?.as_u64()).and_then(|port| u16::try_from(port).ok()).unwrap_or(9993);
    let port = format!("{port}/udp");
    for network in answer.json::<Vec<Membership>>("zerotier_networks").unwrap_or_default() {
        let Some(id) = network.nwid.or(network.id) else { continue };
        let role = if id.starts_with(&info.address) { "controller" } else { "member" };
        let fact = OverlayFact {
            kind: Some(owned("zerotier")),
            identity: Some(info.address.clone()),
            status: network.status,
            port: Some(port.clone()),
            role: Some(owned(role)),
            ..addressed(&network.assigned_addresses)
        };
        overlays.insert(id, fact);
    }
    let moons: BTreeMap<String, MoonFact> =
        answer.json::<Vec<Moon>>("zerotier_moons").unwrap_or_default().into_iter().map(|moon| (moon.id.clone(), of_moon(&moon))).collect();
    let files = answer.rows("zerotier_files").unwrap_or_default();
    let controls = files.iter().filter(|row| row.first() == Some(&"controls")).filter_map(|row| row.get(1)).map(|id| owned(id)).collect();
    facts.zerotier = Some(ZeroTierFact {
        node: Some(info.address.clone()),
        version: info.version.clone(),
        controls: Some(controls),
        moon: Some(moons.values().flat_map(|moon| &moon.roots).flatten().any(|root| *root == info.address)),
        moons: Some(moons),
        allow_secondary_port: Some(settings.and_then(|s| s.get("allowSecondaryPort")?.as_bool()).unwrap_or(true)),
    });
}

fn of_moon(moon: &Moon) -> MoonFact {
    let roots = moon.roots.iter().filter_map(|root| root.identity.split(':').next()).map(owned).collect();
    let endpoints = moon.roots.iter().flat_map(|root| root.stable_endpoints.clone()).collect();
    MoonFact { roots: Some(roots), stable_endpoints: Some(endpoints) }
}

/// Ports of WireGuard, which listens in the kernel.
pub(super) fn wireguard_ports(answer: &Answer<'_>) -> BTreeSet<u16> {
    let rows = answer.rows("wireguard").unwrap_or_default();
    rows.iter().filter(|row| row.first() == Some(&"port")).filter_map(|row| row.get(2)?.parse().ok()).collect()
}

fn wireguard(answer: &Answer<'_>, facts: &Facts, overlays: &mut BTreeMap<String, OverlayFact>) {
    for row in answer.rows("wireguard").unwrap_or_default() {
        let (Some(what), Some(name), Some(value)) = (row.first(), row.get(1), row.get(2)) else { continue };
        let fact = overlays.entry(owned(name)).or_insert_with(|| {
            let interface = facts.interfaces.as_ref().and_then(|all| all.get(*name));
            let addresses = interface.and_then(|interface| interface.addresses.clone()).unwrap_or_default();
            OverlayFact { kind: Some(owned("wireguard")), peers: Some(vec![]), ..addressed(&addresses) }
        });
        match *what {
            "key" => fact.identity = Some(owned(value)),
            "port" => fact.port = Some(format!("{value}/udp")).filter(|_| *value != "0"),
            _ => {
                let allowed = row.get(3).into_iter().flat_map(|list| list.split(' ')).filter(|network| network.contains('/')).map(owned);
                fact.peers.get_or_insert_default().push(PeerFact { identity: Some(owned(value)), allowed: Some(allowed.collect()) });
            }
        }
    }
}
