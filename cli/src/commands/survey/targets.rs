//! Which hosts are meant, how are they reached, and where do their facts belong?

use super::{Args, Program, file::File};
use crate::{exit::Failure, project::ENTRY, render::near::near};
use mig_core::Surveyed;
use mig_plan::{Host, HostId, Login};
use std::collections::BTreeMap;

/// A host to survey.
pub(super) struct Target {
    pub(super) address: HostId,
    /// Without one the facts are printed.
    pub(super) file: Option<File>,
    /// Measured beside what containers mount.
    pub(super) paths: Vec<String>,
}

/// Those to survey, and the way to them and over others.
pub(super) struct Targets {
    pub(super) chosen: Vec<Target>,
    pub(super) hosts: BTreeMap<HostId, Host>,
}

pub(super) fn find(args: &Args, program: &Program) -> Result<Targets, Failure> {
    let (strangers, addresses): (Vec<_>, Vec<_>) = args.addresses.iter().partition(|address| address.contains('@'));
    let has_program = args.project.is_file() || args.project.join(ENTRY).is_file();
    let mut targets = Targets { chosen: vec![], hosts: BTreeMap::new() };
    for stranger in strangers.into_iter().chain(addresses.iter().copied().filter(|_| !has_program)) {
        let login = Login { host: stranger.clone(), sudo: args.sudo, ..Login::default() };
        targets.hosts.insert(stranger.clone(), Host { login, ..Host::default() });
        targets.chosen.push(Target { address: stranger.clone(), file: None, paths: vec![] });
    }
    if has_program && (!addresses.is_empty() || args.addresses.is_empty()) {
        of_program(args, program, &addresses, &mut targets)?;
    }
    if targets.chosen.is_empty() {
        let message = "there is no program here, and no host was named";
        return Err(Failure::usage(message).help("go to the folder of `main.mig`, or write `migc survey user@host`"));
    }
    if args.diff && targets.chosen.iter().any(|target| target.file.is_none()) {
        return Err(Failure::usage("`--diff` compares with the facts of a program's server, and a host beside it has none"));
    }
    Ok(targets)
}

fn of_program(args: &Args, program: &Program, addresses: &[&String], targets: &mut Targets) -> Result<(), Failure> {
    let project = program.open()?;
    let loaded = program.load(&project)?;
    let servers = loaded.compile_unchecked().surveys();
    let named = |one: &Surveyed| one.existing && one.facts.is_some();
    let chosen: Vec<HostId> = if addresses.is_empty() {
        servers.iter().filter(|(_, one)| named(one)).map(|(address, _)| address.clone()).collect()
    } else {
        addresses.iter().map(|address| (*address).clone()).collect()
    };
    if chosen.is_empty() {
        let message = format!("the program in `{}` declares no existing server that names a facts file", args.project.display());
        return Err(Failure::new(message).help("write `facts = survey(\"facts/NAME.json\")` in `existing server NAME`, or name the server"));
    }
    for address in chosen {
        let one = servers.get(&address).ok_or_else(|| nowhere(&address, servers.keys()))?;
        let Some(path) = &one.facts else {
            return Err(Failure::new(format!("`{address}` does not say where its facts belong"))
                .help(format!("write `facts = survey(\"facts/{}.json\")` in its declaration", plain(&address))));
        };
        take_way(&servers, &address, targets)?;
        let file = Some(File::new(project.root(), path));
        targets.chosen.push(Target { address, file, paths: one.paths.iter().cloned().collect() });
    }
    Ok(())
}

/// Letters and digits, for a file's name.
fn plain(address: &str) -> String {
    address.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')).collect()
}

fn nowhere<'a>(address: &str, known: impl Iterator<Item = &'a HostId>) -> Failure {
    let known: Vec<&str> = known.map(String::as_str).collect();
    let help = match near(address, known.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None if known.is_empty() => "the program declares no server; write user@host to look at one beside it".to_owned(),
        None => format!("it has {}; write user@host to look at one beside it", known.join(", ")),
    };
    Failure::usage(format!("the program has no server `{address}`")).help(help)
}

/// The host itself and those that the way leads over.
fn take_way(servers: &BTreeMap<HostId, Surveyed>, address: &HostId, targets: &mut Targets) -> Result<(), Failure> {
    let mut next = Some(address);
    while let Some(one) = next.filter(|name| !targets.hosts.contains_key(*name)).and_then(|name| Some((name, servers.get(name)?))) {
        let (name, server) = one;
        if server.host.login.host.is_empty() {
            return Err(Failure::new(format!("`{name}` has neither an address that is known nor a `login.host`"))
                .help("write `login = { host = \"name\" }`; the name is given to ssh as written"));
        }
        targets.hosts.insert(name.clone(), server.host.clone());
        next = server.host.login.jump.as_ref();
    }
    Ok(())
}
