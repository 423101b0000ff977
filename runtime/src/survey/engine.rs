//! What runs in containers? JSON that `docker inspect` made by a template of ours: no value of an environment is in it.

use super::{
    answer::{Answer, owned},
    system::arch_of,
};
use mig_plan::{
    Facts,
    facts::{ContainerFact, ContainerMount, DockerFact, DockerNetwork, PublishedPort, RancherFact},
};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Deserialize)]
struct Engine {
    id: String,
    version: String,
    data_root: String,
    storage_driver: String,
    cgroup_driver: Option<String>,
    swarm: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Pool {
    base: String,
}

#[derive(Deserialize)]
struct Network {
    name: String,
    driver: String,
    config: Option<Vec<Range>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Range {
    subnet: Option<String>,
}

#[derive(Deserialize)]
struct Image {
    id: String,
    size: u64,
    arch: Option<String>,
    digests: Option<Vec<String>>,
}

type Bindings = Option<BTreeMap<String, Option<Vec<Binding>>>>;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Binding {
    host_ip: Option<String>,
    host_port: Option<String>,
}

#[derive(Deserialize)]
struct Mount {
    kind: String,
    name: Option<String>,
    source: String,
    target: String,
    writable: bool,
}

#[derive(Deserialize)]
struct Container {
    name: String,
    image: String,
    image_id: String,
    running: bool,
    pid: u64,
    health: Option<String>,
    restart: Option<String>,
    user: Option<String>,
    network_mode: Option<String>,
    privileged: Option<bool>,
    capabilities: Option<Vec<String>>,
    memory: u64,
    nano_cpus: Option<u64>,
    cpu_quota: Option<i64>,
    cpu_period: Option<u64>,
    networks: Vec<Option<String>>,
    mounts: Vec<Option<Mount>>,
    bindings: Bindings,
    ports: Bindings,
    env: Vec<Option<String>>,
    rancher: Vec<Option<String>>,
    labels: Vec<Option<(String, String)>>,
}

pub(super) fn read(answer: &mut Answer<'_>, facts: &mut Facts) {
    if answer.get("docker_none").is_some() {
        facts.containers = Some(BTreeMap::new());
        return;
    }
    let Some(engine) = answer.json::<Engine>("engine") else { return };
    facts.docker = Some(docker(answer, engine));
    let expected = answer.lines("container_ids").into_iter().flatten().count();
    // A description that failed says nothing, and must not pass for a host without containers.
    let Some(containers) = answer.json_lines::<Container>("containers").filter(|found| found.len() == expected) else {
        answer.unknown("containers", "docker describes them in another form than is known");
        return;
    };
    let images = answer.json_lines::<Image>("images").unwrap_or_default();
    let images: BTreeMap<&str, &Image> = images.iter().map(|image| (image.id.as_str(), image)).collect();
    let owners = answer.pairs("owners");
    facts.rancher = containers.iter().find(|c| c.image.contains("rancher/agent") && !c.rancher.is_empty()).map(rancher);
    let all = containers.iter().map(|c| {
        let owner = owners.get(c.pid.to_string().as_str()).map(|owner| owned(owner));
        (owned(c.name.trim_start_matches('/')), container(c, images.get(c.image_id.as_str()).copied(), owner))
    });
    facts.containers = Some(all.collect());
    for (folder, database) in facts.databases.iter_mut().flatten() {
        database.container = facts.containers.iter().flatten().find(|(_, fact)| holds(fact, folder)).map(|(name, _)| name.clone());
    }
}

fn holds(container: &ContainerFact, folder: &str) -> bool {
    let mut sources = container.mounts.iter().flatten().filter_map(|mount| mount.source.as_deref());
    sources.any(|source| folder == source || folder.strip_prefix(source).is_some_and(|rest| rest.starts_with('/')))
}

fn docker(answer: &Answer<'_>, engine: Engine) -> DockerFact {
    let pools: Option<Vec<Pool>> = answer.json::<Option<Vec<Pool>>>("address_pools").map(Option::unwrap_or_default);
    let networks = answer.json_lines::<Network>("networks").map(|networks| {
        let one = |network: Network| {
            let mut subnets: Vec<String> = network.config.into_iter().flatten().filter_map(|range| range.subnet).collect();
            subnets.sort();
            (network.name, DockerNetwork { driver: Some(network.driver), subnets: Some(subnets) })
        };
        networks.into_iter().map(one).collect()
    });
    DockerFact {
        id: Some(engine.id),
        version: Some(engine.version),
        data_root: Some(engine.data_root),
        storage_driver: Some(engine.storage_driver),
        cgroup_driver: engine.cgroup_driver,
        swarm: engine.swarm.map(|state| state == "active"),
        address_pools: pools.map(|pools| pools.into_iter().map(|pool| pool.base).collect()),
        networks,
    }
}

fn container(c: &Container, image: Option<&Image>, owner: Option<String>) -> ContainerFact {
    let published = published(c);
    let ports: BTreeSet<String> = published.iter().filter_map(|port| port.host.clone()).collect();
    let names = |list: &[Option<String>]| {
        let mut names: Vec<String> = list.iter().flatten().cloned().collect();
        names.sort();
        names
    };
    ContainerFact {
        image: Some(c.image.clone()),
        image_id: Some(c.image_id.clone()),
        image_size: image.map(|image| image.size),
        repo_digests: image.map(|image| image.digests.clone().unwrap_or_default()),
        arch: image.and_then(|image| arch_of(image.arch.as_deref()?)),
        running: Some(c.running),
        health: c.health.clone(),
        restart: c.restart.clone().map(|policy| if policy.is_empty() { owned("no") } else { policy }),
        user: c.user.clone(),
        owner,
        network_mode: c.network_mode.clone().map(|mode| if mode == "default" { owned("bridge") } else { mode }),
        networks: Some(names(&c.networks)),
        privileged: c.privileged,
        capabilities: Some(c.capabilities.clone().unwrap_or_default()),
        memory: Some(c.memory),
        cpus: Some(cpus(c)),
        mounts: Some(mounts(c)),
        ports: Some(in_order(ports)),
        published: Some(published),
        env: Some(names(&c.env)),
        labels: Some(c.labels.iter().flatten().cloned().collect()),
    }
}

/// Either of the two ways to limit it; 0 without a limit.
fn cpus(c: &Container) -> f64 {
    let quota =
        c.cpu_quota.filter(|quota| *quota > 0).map(|quota| quota as f64 / c.cpu_period.filter(|p| *p > 0).unwrap_or(100_000) as f64);
    c.nano_cpus.filter(|nano| *nano > 0).map(|nano| nano as f64 / 1e9).or(quota).unwrap_or(0.0)
}

/// What lies in memory only has no source.
fn mounts(c: &Container) -> Vec<ContainerMount> {
    let mut mounts: Vec<ContainerMount> = c
        .mounts
        .iter()
        .flatten()
        .filter(|mount| mount.source.starts_with('/'))
        .map(|mount| ContainerMount {
            source: Some(mount.source.clone()),
            target: Some(mount.target.clone()),
            kind: Some(mount.kind.clone()),
            name: mount.name.clone().filter(|name| !name.is_empty()),
            read_only: Some(!mount.writable),
        })
        .collect();
    mounts.sort_by(|a, b| a.target.cmp(&b.target));
    mounts
}

/// As it was asked for, and where the engine chose the port, as it is now.
fn published(c: &Container) -> Vec<PublishedPort> {
    let mut found = BTreeMap::new();
    for (inside, bindings) in [&c.bindings, &c.ports].into_iter().flatten().flatten() {
        for binding in bindings.iter().flatten() {
            let (Some(port), protocol) = (binding.host_port.as_deref().filter(|port| !port.is_empty()), protocol(inside)) else { continue };
            let address = binding.host_ip.as_deref().filter(|ip| !ip.is_empty() && *ip != "::").unwrap_or("0.0.0.0");
            let key = (inside.clone(), format!("{port}/{protocol}"));
            found.entry(key).or_insert_with(|| owned(address));
        }
    }
    found.into_iter().map(|((inside, host), ip)| PublishedPort { host: Some(host), container: Some(inside), address: Some(ip) }).collect()
}

fn protocol(port: &str) -> &str {
    port.split_once('/').map_or("tcp", |(_, protocol)| protocol)
}

/// Ports by number.
pub(super) fn in_order(ports: BTreeSet<String>) -> Vec<String> {
    let mut ports: Vec<String> = ports.into_iter().collect();
    ports.sort_by_cached_key(|port| (port.split('/').next().and_then(|number| number.parse::<u16>().ok()), port.clone()));
    ports
}

/// Where the agent belongs; of its URL only the server, because what follows may be a token.
fn rancher(c: &Container) -> RancherFact {
    let values: BTreeMap<&str, &str> = c.rancher.iter().flatten().filter_map(|pair| pair.split_once('=')).collect();
    let server = |url: &str| {
        let (scheme, rest) = url.split_once("://")?;
        let host = rest.split(['/', '?', '#']).next()?.rsplit('@').next()?;
        Some(format!("{scheme}://{host}"))
    };
    let labels = values.get("CATTLE_HOST_LABELS").map(|list| {
        let pairs = list.split('&').filter_map(|pair| pair.split_once('='));
        pairs.map(|(name, value)| (owned(name), owned(value))).collect()
    });
    RancherFact {
        url: values.get("CATTLE_URL").and_then(|url| server(url)),
        agent_ip: values.get("CATTLE_AGENT_IP").filter(|ip| !ip.is_empty()).map(|ip| owned(ip)),
        labels: Some(labels.unwrap_or_default()),
        image: Some(c.image.clone()),
    }
}
