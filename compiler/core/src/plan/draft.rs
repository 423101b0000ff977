//! What of a model matters to a plan? Servers, services and moves as plain data, each with its place.
//!
//! Decides nothing; what cannot be used for a plan is noted as a problem and said only when a plan is asked for.

use super::{
    called::{self, Resource},
    codes::{CHECKED_ONLY, KNOWN_TOO_LATE, UNREACHABLE},
    declared::{self, Declared},
};
use crate::{
    model::Model,
    project,
    quantity::{Dim, Quantity},
    report::Problem,
    source::Loc,
    value::{InstanceId, Protocol, Val, Value},
};
use mig_plan::{ContainerSpec, EnvValue, Facts, Hook, Host, HostId, Login, Mount, Origin, Probe, Publish, SecretSource};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

/// How long to wait for a service that does not say how it answers.
const RUNNING_WITHIN_SECONDS: u64 = 60;

/// All that a plan is made of.
#[derive(Debug, Default, Clone)]
pub(crate) struct Draft {
    pub(super) project: String,
    pub(super) servers: BTreeMap<HostId, Server>,
    /// By address.
    pub(super) services: BTreeMap<String, Service>,
    pub(super) moves: Vec<Move>,
    /// By address.
    pub(super) resources: BTreeMap<String, Resource>,
    /// By address.
    pub(super) records: BTreeMap<String, Switched>,
    pub(super) outputs: BTreeMap<String, serde_json::Value>,
    /// What the state has to remember.
    pub(super) declared: Vec<Declared>,
    /// Every address of the program.
    pub(super) addresses: BTreeSet<String>,
    /// Where the project is declared.
    pub(super) project_at: Loc,
    /// Where its secrets are looked up.
    pub(crate) secrets: Vec<SecretSource>,
    pub(super) problems: Vec<Problem>,
}

/// A server.
#[derive(Debug, Clone)]
pub(super) struct Server {
    pub(super) address: HostId,
    pub(super) kind: String,
    pub(super) adopt: Option<String>,
    pub(super) host: Host,
    /// Where names lead to it, as far as that is known.
    pub(super) ip: Option<IpAddr>,
    pub(super) facts: Option<Facts>,
    /// The file that its facts are in, by the path from the project's folder.
    pub(super) facts_path: Option<String>,
    /// Is it there already?
    pub(super) existing: bool,
    pub(super) arch: Option<String>,
    pub(super) cpus: Option<u32>,
    pub(super) memory: Option<u64>,
    /// Bytes by mount point, as declared.
    pub(super) disks: BTreeMap<String, u64>,
    /// Millionths a day, and the currency.
    pub(super) cost: Option<(i64, String)>,
    pub(super) at: Loc,
    pub(super) origin: Origin,
}

/// A service.
#[derive(Debug, Clone)]
pub(super) struct Service {
    pub(super) address: String,
    pub(super) kind: String,
    pub(super) on: HostId,
    pub(super) existing: bool,
    pub(super) source: Option<String>,
    pub(super) spec: ContainerSpec,
    pub(super) needs: Vec<String>,
    /// Resources that it is started anew for.
    pub(super) restart_on: Vec<String>,
    pub(super) probe: Probe,
    pub(super) quiesce: Option<Quiesce>,
    /// Tells what it holds.
    pub(super) proof: Option<Hook>,
    pub(super) stateless: bool,
    pub(super) grace_seconds: u64,
    pub(super) at: Loc,
    pub(super) origin: Origin,
}

/// A record of names.
#[derive(Debug, Clone)]
pub(super) struct Switched {
    /// Moves that it waits for, or to whose target it leads.
    pub(super) moves: Vec<String>,
}

/// What keeps a service from taking writes, and what lets it take them again.
#[derive(Debug, Clone)]
pub(super) struct Quiesce {
    pub(super) run: Hook,
    pub(super) undo: Hook,
}

/// A move.
#[derive(Debug, Clone)]
pub(super) struct Move {
    pub(super) address: String,
    pub(super) kind: String,
    pub(super) from: HostId,
    pub(super) to: HostId,
    pub(super) services: Vec<String>,
    pub(super) paths: Vec<String>,
    pub(super) exclude: Vec<String>,
    /// Length and start in seconds, and how it is written.
    pub(super) window: Option<(i64, i64, String)>,
    pub(super) bits_per_second: Option<u64>,
    pub(super) at: Loc,
    pub(super) origin: Origin,
}

/// Facts that the program's servers name, by server.
pub(crate) fn facts(model: &Model<'_, '_>) -> BTreeMap<HostId, Facts> {
    let mut out = BTreeMap::new();
    for id in of_noun(model, "server") {
        if let Some(facts) = facts_of(model, id) {
            out.insert(model.instance(id).address.to_string(), facts);
        }
    }
    out
}

/// Reads the draft off the model.
pub(crate) fn draft(model: &Model<'_, '_>, facts: &BTreeMap<HostId, Facts>) -> Draft {
    let mut reader = Reader { model, facts, draft: Draft::default() };
    reader.draft.project = reader.project();
    for id in of_noun(model, "server") {
        let server = reader.server(id);
        reader.draft.servers.insert(server.address.clone(), server);
    }
    for id in of_noun(model, "service") {
        if let Some(service) = reader.service(id) {
            reader.draft.services.insert(service.address.clone(), service);
        }
    }
    for id in of_noun(model, "move") {
        if let Some(found) = reader.migration(id) {
            reader.draft.moves.push(found);
        }
    }
    for id in of_noun(model, "record") {
        let switched = reader.switched(id);
        reader.draft.records.insert(model.instance(id).address.to_string(), switched);
    }
    reader.outputs();
    reader.secrets();
    reader.draft.resources = called::read(model, &reader.draft.project.clone(), &mut reader.draft.problems);
    reader.draft.declared = declared::read(model);
    reader.draft.addresses = declared::addresses(model);
    reader.draft.project_at = of_noun(model, "project").first().map(|id| model.instance(*id).at).unwrap_or_default();
    reader.draft
}

fn of_noun(model: &Model<'_, '_>, noun: &str) -> Vec<InstanceId> {
    let Some(kind) = model.program.noun(noun) else { return vec![] };
    model.of_kind(kind).iter().filter_map(|v| if let Value::Ref(id) = v.v { Some(id) } else { None }).collect()
}

fn facts_of(model: &Model<'_, '_>, id: InstanceId) -> Option<Facts> {
    let value = model.get(id, "facts");
    let Value::Map(_) = value.v else { return None };
    serde_json::from_str(model.program.syntax.texts.text(value.at.file)).ok()
}

struct Reader<'r, 'p, 'a> {
    model: &'r Model<'p, 'a>,
    facts: &'r BTreeMap<HostId, Facts>,
    draft: Draft,
}

impl Reader<'_, '_, '_> {
    fn project(&self) -> String {
        let declared = of_noun(self.model, "project").first().map(|id| self.model.get(*id, "name"));
        declared.and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_else(|| "default".to_owned())
    }

    /// `secrets = [age("secrets.age"), file("…"), command(["…"])]`
    fn secrets(&mut self) {
        let Some(id) = of_noun(self.model, "project").first().copied() else { return };
        for value in self.list(id, "secrets") {
            match secret_source(&value) {
                // Said by `project`; nothing of it may be started, not even where the rest of the program does not matter.
                Some(SecretSource::Command(_)) if !project::is_main(self.model, value.at) => {}
                Some(source) => self.draft.secrets.push(source),
                None if matches!(value.v, Value::Error) => {}
                None => {
                    let message = "where secrets are is known only when the plan runs, and they are needed before";
                    self.problem(Problem::error(KNOWN_TOO_LATE, value.at, message).help("write the path, or make it a parameter"));
                }
            }
        }
    }

    fn switched(&self, id: InstanceId) -> Switched {
        let after: Vec<String> = self.list(id, "after").iter().filter_map(|v| self.address(v)).collect();
        let values = self.list(id, "value");
        let leads = |m: &&Move| {
            self.draft
                .servers
                .get(&m.to)
                .and_then(|s| s.ip)
                .is_some_and(|ip| values.iter().any(|v| matches!(v.v, Value::Ip(led) if led == ip)))
        };
        let moves = self.draft.moves.iter().filter(|m| after.contains(&m.address) || leads(m));
        Switched { moves: moves.map(|m| m.address.clone()).collect() }
    }

    fn text(&self, id: InstanceId, field: &str) -> Option<String> {
        self.model.get(id, field).as_str().map(str::to_owned)
    }

    fn address(&self, value: &Val) -> Option<String> {
        match value.v {
            Value::Ref(id) => Some(self.model.instance(id).address.to_string()),
            _ => None,
        }
    }

    fn reference(&self, id: InstanceId, field: &str) -> Option<String> {
        self.address(&self.model.get(id, field))
    }

    fn list(&self, id: InstanceId, field: &str) -> Vec<Val> {
        match self.model.get(id, field).v {
            Value::List(list) => list.to_vec(),
            _ => vec![],
        }
    }

    fn texts(&self, id: InstanceId, field: &str) -> Vec<String> {
        self.list(id, field).iter().filter_map(|v| v.as_str().map(str::to_owned)).collect()
    }

    fn quantity(&self, id: InstanceId, field: &str) -> Option<Quantity> {
        as_quantity(&self.model.get(id, field))
    }

    fn bytes(&self, id: InstanceId, field: &str) -> Option<u64> {
        self.quantity(id, field).and_then(Quantity::whole_bytes)
    }

    fn kind(&self, id: InstanceId) -> String {
        self.model.program.kind(self.model.instance(id).kind).path.to_string()
    }

    fn origin(&self, at: Loc) -> Origin {
        self.model.program.syntax.texts.origin(at)
    }

    fn problem(&mut self, problem: Problem) {
        self.draft.problems.push(problem);
    }

    fn server(&mut self, id: InstanceId) -> Server {
        let instance = self.model.instance(id);
        let facts = self.facts.get(instance.address.as_str()).cloned();
        let origin = self.origin(instance.at);
        let login = self.login(id);
        let host_keys = facts.as_ref().and_then(|f| f.host_keys.clone()).unwrap_or_default();
        let cost = self.quantity(id, "cost").map(|q| (q.micro_per_day(), String::from_utf8_lossy(&q.currency).into_owned()));
        let mut disks = BTreeMap::new();
        for child in &instance.children {
            let is_disk = self.model.is_noun(*child, "disk");
            if let (true, Some(mount), Some(size)) = (is_disk, self.text(*child, "mount"), self.bytes(*child, "size")) {
                disks.insert(mount, size);
            }
        }
        let whole = |value: Val| if let Value::Int(n) = value.v { u32::try_from(n).ok() } else { None };
        Server {
            address: instance.address.to_string(),
            kind: self.kind(id),
            adopt: instance.adopt.as_ref().map(ToString::to_string),
            host: Host { login, host_keys, origin: origin.clone() },
            ip: if let Value::Ip(ip) = self.model.get(id, "address").v { Some(ip) } else { None },
            facts,
            facts_path: instance
                .written
                .iter()
                .flatten()
                .find_map(|field| crate::load::surveyed(field))
                .and_then(|path| crate::load::join("", path)),
            existing: instance.existing || instance.adopt.is_some(),
            arch: self.text(id, "arch"),
            cpus: whole(self.model.get(id, "cpus")),
            memory: self.bytes(id, "memory"),
            disks,
            cost,
            at: instance.at,
            origin,
        }
    }

    /// How to get there; a server with neither a name nor a known address is a problem only if the plan needs it.
    fn login(&self, id: InstanceId) -> Login {
        let value = self.model.get(id, "login");
        let Value::Map(map) = &value.v else { return Login::default() };
        let text = |name: &str| map.get(name).and_then(Val::as_str).map(str::to_owned);
        let address = match self.model.get(id, "address").v {
            Value::Ip(ip) => Some(ip.to_string()),
            _ => None,
        };
        let port = map.get("port").and_then(|v| if let Value::Port(port, _, _) = v.v { Some(port) } else { None });
        Login {
            host: text("host").or(address).unwrap_or_default(),
            user: text("user"),
            port,
            identity_file: text("identity_file"),
            jump: map.get("jump").and_then(|v| self.address(v)),
            sudo: map.get("sudo").is_some_and(|v| matches!(v.v, Value::Bool(true))),
        }
    }

    fn service(&mut self, id: InstanceId) -> Option<Service> {
        let instance = self.model.instance(id);
        let (at, address) = (instance.at, instance.address.to_string());
        let on = self.reference(id, "on")?;
        let container = self.text(id, "container")?;
        let origin = self.origin(at);
        let mut mounts = vec![];
        for child in instance.children.iter().filter(|c| self.model.is_noun(**c, "volume")) {
            let (Some(source), Some(target)) = (self.text(*child, "source"), self.text(*child, "target")) else { continue };
            let read_only = matches!(self.model.get(*child, "read_only").v, Value::Bool(true));
            mounts.push(Mount { source, target, read_only });
        }
        let user = match self.model.get(id, "user").v {
            Value::Owner(user, group) => Some(format!("{user}:{group}")),
            _ => None,
        };
        let cpus_milli = match self.model.get(id, "cpus").v {
            Value::Float(count) => Some((count * 1000.0) as u64),
            _ => None,
        };
        let spec = ContainerSpec {
            owner: format!("{}/{address}", self.draft.project),
            name: container,
            image: self.text(id, "image").unwrap_or_default(),
            command: self.texts(id, "command"),
            restart: self.text(id, "restart").unwrap_or_else(|| "no".to_owned()),
            networks: self.texts(id, "networks"),
            privileged: matches!(self.model.get(id, "privileged").v, Value::Bool(true)),
            devices: self.texts(id, "devices"),
            mounts,
            publish: self.list(id, "publish").iter().filter_map(publish).flatten().collect(),
            env: self.environment(id),
            memory: self.bytes(id, "memory"),
            cpus_milli,
            user,
        };
        let state = self.text(id, "state");
        Some(Service {
            kind: self.kind(id),
            on,
            existing: instance.existing,
            source: self.reference(id, "source"),
            probe: self.probe(id),
            needs: self.list(id, "needs").iter().filter_map(|v| self.address(v)).collect(),
            restart_on: self.list(id, "restart_on").iter().filter_map(|v| self.address(v)).collect(),
            quiesce: self.quiesce(id),
            proof: self.proof(id),
            stateless: state.as_deref() == Some("stateless"),
            grace_seconds: self.quantity(id, "grace").and_then(Quantity::whole_seconds).unwrap_or(120),
            spec,
            address,
            at,
            origin,
        })
    }

    /// What others write between two questions is a difference too, so it is asked only where they cannot.
    fn proof(&mut self, id: InstanceId) -> Option<Hook> {
        let value = self.model.get(id, "proof");
        let proof = self.hook(&value, "proof")?;
        if matches!(self.model.get(id, "quiesce").v, Value::Absent) {
            let message = format!("`{}` has a `proof` and no `quiesce`", self.model.instance(id).address);
            let help = "say what keeps it from taking writes, or `quiesce = { run = sh\":\", undo = sh\":\" }` if nobody writes to it";
            self.problem(Problem::error(CHECKED_ONLY, value.at, message).help(help));
            return None;
        }
        Some(proof)
    }

    fn quiesce(&mut self, id: InstanceId) -> Option<Quiesce> {
        let Value::Map(map) = self.model.get(id, "quiesce").v else { return None };
        let mut part = |name: &str| map.get(name).and_then(|value| self.hook(value, "quiesce"));
        Some(Quiesce { run: part("run")?, undo: part("undo")? })
    }

    /// A script of a service.
    fn hook(&mut self, value: &Val, field: &str) -> Option<Hook> {
        match &value.v {
            Value::Sh(shell) => Some(Hook { script: shell.text.clone(), words: shell.words.clone() }),
            Value::Later(_) => {
                let message = format!("`{field}` is known only when the plan runs, and scripts of a service are part of the plan");
                self.problem(Problem::error(KNOWN_TOO_LATE, value.at, message).help("write the value, or make it a parameter"));
                None
            }
            _ => None,
        }
    }

    fn environment(&mut self, id: InstanceId) -> BTreeMap<String, EnvValue> {
        let Value::Map(map) = self.model.get(id, "env").v else { return BTreeMap::new() };
        let mut out = BTreeMap::new();
        for (name, value) in map.iter() {
            match &value.v {
                Value::Str(text) => out.insert(name.to_string(), EnvValue::Plain(text.to_string())),
                Value::Secret(secret) => out.insert(name.to_string(), EnvValue::Secret(secret.to_string())),
                Value::Error => None,
                _ => {
                    let message = format!("`{name}` is known only when the plan runs, and a container's environment is part of the plan");
                    self.problem(Problem::error(KNOWN_TOO_LATE, value.at, message).help("write the value, or make it a parameter"));
                    None
                }
            };
        }
        out
    }

    fn probe(&self, id: InstanceId) -> Probe {
        let running = Probe::Running { within_seconds: RUNNING_WITHIN_SECONDS };
        let Value::Map(map) = self.model.get(id, "healthy").v else { return running };
        let within_seconds = map.get("within").and_then(as_quantity).and_then(Quantity::whole_seconds).unwrap_or(RUNNING_WITHIN_SECONDS);
        match (map.get("port").map(|v| &v.v), map.get("url").map(|v| &v.v), map.get("script").map(|v| &v.v)) {
            (Some(Value::Port(port, _, _)), _, _) => Probe::Tcp { port: *port, within_seconds },
            (_, Some(Value::Str(url)), _) => Probe::Http { url: url.to_string(), within_seconds },
            (_, _, Some(Value::Sh(script))) => {
                let stdin = map.get("stdin").and_then(|v| if let Value::Secret(name) = &v.v { Some(name.to_string()) } else { None });
                Probe::Command { script: script.text.clone(), words: script.words.clone(), stdin, within_seconds }
            }
            _ => running,
        }
    }

    fn migration(&mut self, id: InstanceId) -> Option<Move> {
        let instance = self.model.instance(id);
        let window = match self.model.get(id, "window").v {
            Value::Window(length, start, _) => Some((length, start, self.model.show(&self.model.get(id, "window").v))),
            _ => None,
        };
        Some(Move {
            address: instance.address.to_string(),
            kind: self.kind(id),
            from: self.reference(id, "from")?,
            to: self.reference(id, "to")?,
            services: self.list(id, "services").iter().filter_map(|v| self.address(v)).collect(),
            paths: self.texts(id, "paths"),
            exclude: self.texts(id, "exclude"),
            window,
            bits_per_second: self.quantity(id, "bandwidth").and_then(|q| u64::try_from(q.bits_per_second()).ok()).filter(|b| *b > 0),
            at: instance.at,
            origin: self.origin(instance.at),
        })
    }

    fn outputs(&mut self) {
        let program = self.model.program;
        for (number, module) in program.syntax.modules.iter().enumerate() {
            for item in &module.tree.items {
                let mig_syntax::ast::ItemKind::Output(output) = &item.kind else { continue };
                let value = self.model.eval_at_top(crate::types::ModuleId(number as u32), &output.value);
                self.draft.outputs.insert(output.name.text.to_string(), self.model.json(&value));
            }
        }
    }
}

fn as_quantity(value: &Val) -> Option<Quantity> {
    match value.v {
        Value::Quantity(q) if q.dim != Dim::NONE => Some(q),
        _ => None,
    }
}

/// A port of the host, or a range, and where it leads.
fn publish(value: &Val) -> Option<Vec<Publish>> {
    let port = |v: &Val| if let Value::Port(first, last, protocol) = v.v { Some((first, last, protocol)) } else { None };
    let (host, container) = match &value.v {
        Value::Port(..) => (port(value)?, port(value)?),
        Value::Map(map) => (port(map.get("host")?)?, port(map.get("container")?)?),
        _ => return None,
    };
    let of = |offset: u16| Publish { host: host.0 + offset, container: container.0 + offset, protocol: name(host.2) };
    Some((0..=host.1.saturating_sub(host.0)).map(of).collect())
}

fn name(protocol: Protocol) -> String {
    protocol.as_str().to_owned()
}

impl Server {
    /// Why the plan cannot use it, if so.
    pub(super) fn unreachable(&self) -> Option<Problem> {
        if !self.host.login.host.is_empty() {
            return None;
        }
        let message = format!("`{}` has neither an address that is known nor a `login.host`", self.address);
        let help = "write `login = { host = \"name\" }`; the name is given to ssh as written";
        Some(Problem::error(UNREACHABLE, self.at, message).help(help))
    }

    /// The file system that holds a path: the mount point of a declared disk or of one that was surveyed.
    pub(super) fn mount_of(&self, path: &str) -> String {
        let surveyed = self.facts.iter().flat_map(|f| &f.mounts).flat_map(|m| m.keys());
        let holds = |mount: &&String| crate::functions::below(path, mount);
        self.disks.keys().chain(surveyed).filter(holds).max_by_key(|m| m.len()).cloned().unwrap_or_else(|| "/".to_owned())
    }
}

fn secret_source(value: &Val) -> Option<SecretSource> {
    let Value::Map(parts) = &value.v else { return None };
    let path = || parts.get("path").and_then(|v| v.as_str()).map(str::to_owned);
    match parts.get("by")?.as_str()? {
        "age" => path().map(SecretSource::Age),
        "file" => path().map(SecretSource::File),
        _ => {
            let Value::List(words) = &parts.get("words")?.v else { return None };
            words.iter().map(|v| v.as_str().map(str::to_owned)).collect::<Option<_>>().map(SecretSource::Command)
        }
    }
}
