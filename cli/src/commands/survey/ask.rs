//! How are many hosts asked? All at once, each with a time limit of its own; one that fails does not hold up the others.

use super::{Args, targets::Target, targets::Targets};
use crate::{commands::store, exit::Failure, terminal::Terminal, visible};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use mig_plan::{Facts, Host, HostId};
use mig_runtime::{
    WorldError,
    real::Hosts,
    survey::{self, Request},
};
use std::{collections::BTreeMap, time::Duration};

/// A spinner moves so often.
const TICK: Duration = Duration::from_millis(120);

/// Where a host would keep records of us; a survey makes none.
const RECORDS: &str = "survey";

type Answers = Vec<Result<Facts, Failure>>;

/// The facts of each target, in their order.
pub(super) fn all(args: &Args, targets: &Targets, terminal: &Terminal) -> Result<Answers, Failure> {
    let bars = terminal.draws_progress().then(MultiProgress::new);
    store::runtime()?.block_on(async {
        let mut hosts = targets.hosts.clone();
        if !args.accept_key.is_empty() {
            accept(args, targets, &mut hosts).await?;
        }
        let world = reach(&hosts)?;
        let asked = targets.chosen.iter().map(|target| one(args, &world, target, hosts.get(&target.address), bars.as_ref()));
        let answers = futures_util::future::join_all(asked).await;
        world.close().await;
        Ok(answers)
    })
}

/// Hosts that are asked and not changed.
fn reach(hosts: &BTreeMap<HostId, Host>) -> Result<Hosts, Failure> {
    Hosts::new(hosts, RECORDS)
        .map_err(|error| Failure::new(format!("the hosts cannot be asked: {error}")).help("correct the login in the program"))
}

async fn one(args: &Args, world: &Hosts, target: &Target, host: Option<&Host>, bars: Option<&MultiProgress>) -> Result<Facts, Failure> {
    let bar = bars.map(|bars| spinner(bars, &target.address));
    let request = Request {
        name: target.address.clone(),
        paths: target.paths.clone(),
        sizes_seconds: (!args.no_sizes).then_some(args.sizes),
        full: args.full,
        host_keys: host.map(|host| host.host_keys.clone()).unwrap_or_default(),
    };
    let answer = survey::survey(world, &target.address, &request).await;
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    answer.map_err(failure)
}

fn spinner(bars: &MultiProgress, host: &str) -> ProgressBar {
    let bar = bars.add(ProgressBar::new_spinner());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix} {elapsed}") {
        bar.set_style(style);
    }
    bar.set_prefix(visible::line(host));
    bar.enable_steady_tick(TICK);
    bar
}

fn failure(error: WorldError) -> Failure {
    match error {
        WorldError::Unreachable { message, help, .. } => Failure::new(message).help(help),
        WorldError::Lost { message, .. } => {
            Failure::new(format!("the connection was lost: {message}")).help("nothing was written; survey it again")
        }
    }
}

/// Hosts that offer a key that was accepted are reached by it, whatever was known of them before.
async fn accept(args: &Args, targets: &Targets, hosts: &mut BTreeMap<HostId, Host>) -> Result<(), Failure> {
    let mut left = args.accept_key.clone();
    let world = reach(hosts)?;
    let asked = targets.chosen.iter().map(|target| world.offered(&target.address));
    let offers = futures_util::future::join_all(asked).await;
    let mut seen = vec![];
    for (target, offer) in targets.chosen.iter().zip(offers) {
        // Why a host that cannot be reached offers nothing is said when it is surveyed.
        let Ok(offer) = offer else { continue };
        seen.push(format!("{} offers {}", target.address, offer.fingerprint));
        if args.accept_key.contains(&offer.fingerprint) {
            left.retain(|one| *one != offer.fingerprint);
            if let Some(host) = hosts.get_mut(&target.address) {
                host.host_keys = vec![offer.key];
            }
        }
    }
    match left.first() {
        Some(one) if !seen.is_empty() => Err(Failure::new(format!("no host offers the key {one}: {}", seen.join(", ")))
            .help("compare with the fingerprint on the host's console; nothing was asked of any host")),
        _ => Ok(()),
    }
}

/// What decides which name stands for which in redacted facts of this run.
pub(super) fn salt() -> Result<String, Failure> {
    mig_runtime::real::random_word().map_err(|error| Failure::new(format!("no random number here: {error}")))
}
