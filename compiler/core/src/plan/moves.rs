//! How does a move of the kind `copy` go? Copy alive, stop, copy the rest, verify, start: never two sides that write.
//!
//! All services of a move are verified before the first one starts, so that until then going back is simply a start.

use super::{
    codes::CHECKED_ONLY,
    draft::{Move, Service},
    estimate,
    held::Stop,
    lower::{Arrival, Lowering},
    pairing::Paired,
    services::COPY_TOOLS,
    steps::Draw,
};
use crate::report::Problem;
use mig_plan::{Action, Class, Digest, Forecast, MoveSummary, Phase, Requirement, ResourceState, StepId, Tree, Undo};
use std::collections::BTreeMap;

/// A file system needs some room beside the data.
const SPARE_PERCENT: u64 = 5;

/// A service of a move with what it was.
struct Moving<'d> {
    service: &'d Service,
    paired: Paired,
}

impl<'l> Lowering<'l> {
    /// Every move that is not done.
    pub(super) fn moves(&mut self) {
        let draft = self.draft;
        for migration in &draft.moves {
            let digest = digest(migration, &str::to_owned);
            match self.state.resources.get(&migration.address) {
                Some(done) if done.digest == digest.as_str() => {}
                Some(_) => self.changed_move(migration),
                None if migration.kind == "copy" => self.copy(migration, &digest),
                None => {
                    let message = format!(
                        "`{}` is a move of the kind `{}`, which this version checks and does not apply",
                        migration.address, migration.kind
                    );
                    self.refuse(
                        &migration.address,
                        Problem::error(CHECKED_ONLY, migration.at, message).help("a move of the kind `copy` is applied"),
                    );
                }
            }
        }
    }

    fn copy(&mut self, migration: &'l Move, digest: &Digest) {
        let mut moving = vec![];
        for address in &migration.services {
            let Some(service) = self.draft.services.get(address) else { continue };
            if service.on != migration.to {
                let message = format!("`{}` moves to {}, and `{address}` is on {}", migration.address, migration.to, service.on);
                self.refuse(&migration.address, Problem::error(CHECKED_ONLY, migration.at, message).also(service.at, "declared here"));
                continue;
            }
            match self.draft.pair(migration, service) {
                Ok(paired) => moving.push(Moving { service, paired }),
                Err(problem) => self.refuse(&migration.address, *problem),
            }
        }
        let paths: Vec<Tree> = migration.paths.iter().map(|p| super::draft::Draft::tree(migration, p, p)).collect();
        self.preconditions_of(migration, &moving, &paths);
        let ready = self.prepare(migration, &moving, &paths);
        let stops = self.stop(migration, &moving, &ready);
        let verified = self.transfer(migration, &moving, &paths, &stops);
        self.finish_move(migration, digest, &moving, &verified, &ready, &stops);
    }

    fn preconditions_of(&mut self, migration: &Move, moving: &[Moving<'_>], paths: &[Tree]) {
        let tools = |with_docker: bool, copy: bool| {
            let docker = with_docker.then_some("docker");
            Requirement::Tools { names: docker.into_iter().chain(COPY_TOOLS.into_iter().filter(|_| copy)).map(str::to_owned).collect() }
        };
        self.require(&migration.from, &migration.address, tools(!moving.is_empty(), true), &migration.origin);
        if !moving.is_empty() {
            self.require(&migration.to, &migration.address, tools(true, false), &migration.origin);
        }
        for one in moving {
            let name = one.paired.container.clone();
            self.require(&migration.from, &one.service.address, Requirement::Container { name }, &one.service.origin);
            self.ports(one.service);
        }
        let of_services = moving.iter().flat_map(|m| m.paired.trees.iter().map(|t| (m.service.address.as_str(), t, &m.service.origin)));
        let of_paths = paths.iter().map(|t| (migration.address.as_str(), t, &migration.origin));
        let all: Vec<_> = of_services.chain(of_paths).map(|(a, t, o)| (a.to_owned(), t.clone(), o.clone())).collect();
        let mut needed: BTreeMap<String, u64> = BTreeMap::new();
        for (address, tree, origin) in &all {
            self.require(&migration.to, address, Requirement::PathFree { path: tree.target.clone() }, origin);
            let mount = self.draft.servers.get(&migration.to).map_or_else(|| "/".to_owned(), |s| s.mount_of(&tree.target));
            let bytes = self.draft.bytes_of(migration, std::slice::from_ref(tree)).unwrap_or(0);
            *needed.entry(mount).or_insert(0) += bytes;
        }
        for (path, bytes) in needed.into_iter().filter(|(_, b)| *b > 0) {
            let bytes = bytes.saturating_add(bytes / 100 * SPARE_PERCENT);
            self.require(&migration.to, &migration.address, Requirement::FreeSpace { path, bytes }, &migration.origin);
        }
    }

    pub(super) fn of_move(&self, migration: &Move, address: &str, phase: Phase, action: Action) -> Draw {
        let origin = self.draft.services.get(address).map_or(&migration.origin, |s| &s.origin);
        Draw::new(address, Some(&migration.address), phase, action, origin)
    }

    fn install_tools(&mut self, migration: &Move) -> StepId {
        if let Some(step) = self.tools.get(&migration.to) {
            return step.clone();
        }
        let names: Vec<String> = COPY_TOOLS.iter().map(|t| (*t).to_owned()).collect();
        let list = COPY_TOOLS.join(", ");
        let step = self.graph.add(Draw {
            of_move: None,
            title: format!("see that {} has {list}", migration.to),
            why: "copies are written and verified with them; what is missing is installed by the host's own package manager".to_owned(),
            needs: self.adopted.get(&migration.to).cloned().into_iter().collect(),
            estimate: estimate::seconds(estimate::START_SECONDS),
            undo: Undo::Leave { what: "they stay installed".to_owned() },
            ..self.of_move(migration, &migration.to, Phase::Prepare, Action::InstallTools { host: migration.to.clone(), names })
        });
        self.tools.insert(migration.to.clone(), step.clone());
        step
    }

    /// Everything that can be done while the services run.
    fn prepare(&mut self, migration: &Move, moving: &[Moving<'_>], paths: &[Tree]) -> BTreeMap<String, Vec<StepId>> {
        let tools = self.install_tools(migration);
        let mut ready = BTreeMap::new();
        for one in moving {
            let mut steps = vec![];
            let image = self.bring_image(one.service, Some(migration), Some(&migration.from), one.paired.image_bytes);
            steps.push(self.create(one.service, Some(migration), vec![image], "it is ready before anything is down", false));
            if !one.paired.trees.is_empty() {
                steps.push(self.copy_trees(
                    migration,
                    &one.service.address,
                    &one.paired.trees,
                    one.paired.bytes,
                    true,
                    vec![tools.clone()],
                ));
            }
            ready.insert(one.service.address.clone(), steps);
        }
        if !paths.is_empty() {
            let bytes = self.draft.bytes_of(migration, paths);
            let step = self.copy_trees(migration, &migration.address, paths, bytes, true, vec![tools]);
            ready.insert(migration.address.clone(), vec![step]);
        }
        ready
    }

    fn copy_trees(
        &mut self,
        migration: &Move,
        address: &str,
        trees: &[Tree],
        bytes: Option<u64>,
        live: bool,
        needs: Vec<StepId>,
    ) -> StepId {
        let link = migration.bits_per_second.unwrap_or(estimate::LINK_BITS_PER_SECOND);
        let what = trees.iter().map(|t| t.source.as_str()).collect::<Vec<_>>().join(", ");
        let (title, why, phase, estimate) = if live {
            let why = "most of it travels while the service still runs; an interrupted copy goes on where it was";
            (
                format!("copy {what} from {} to {}, while they are in use", migration.from, migration.to),
                why,
                Phase::Prepare,
                estimate::transfer(bytes, link),
            )
        } else {
            let why = "what changed since the first pass; nothing writes there now";
            (format!("copy what changed in {what}"), why, Phase::Cutover, estimate::final_pass(bytes, link))
        };
        let action = Action::CopyTrees { from: migration.from.clone(), to: migration.to.clone(), trees: trees.to_vec(), live };
        let draw = Draw {
            title,
            why: why.to_owned(),
            needs,
            estimate,
            undo: Undo::Leave { what: format!("the copy stays on {}, and the next apply goes on from it", migration.to) },
            ..self.of_move(migration, address, phase, action)
        };
        self.graph.add(draw)
    }

    /// Source services end, those that need others first; none before everything of the move is prepared.
    fn stop(&mut self, migration: &Move, moving: &[Moving<'_>], ready: &BTreeMap<String, Vec<StepId>>) -> BTreeMap<String, Stop> {
        let prepared: Vec<StepId> = ready.values().flatten().cloned().collect();
        let mut stops = BTreeMap::new();
        for one in moving {
            let (host, container) = (migration.from.clone(), one.paired.container.clone());
            let policy = Action::SetRestart { host: host.clone(), container: container.clone(), policy: "no".to_owned() };
            let draw = Draw {
                title: format!("set the restart policy of `{container}` on {host} to no"),
                why: "the engine must not start it behind our back; the old policy is written down".to_owned(),
                needs: prepared.clone(),
                ..self.of_move(migration, &one.service.address, Phase::Cutover, policy)
            };
            let fenced = self.graph.add(draw);
            self.graph.undo(
                &fenced,
                Undo::Act {
                    action: Box::new(Action::RestoreRestart { host: host.clone(), container: container.clone(), of: fenced.clone() }),
                },
            );
            let quiet = self.quiesce(migration, one.service, (&host, &container), one.paired.bytes, &prepared);
            let clean = !one.service.stateless;
            let action =
                Action::StopContainer { host: host.clone(), container: container.clone(), grace_seconds: one.service.grace_seconds, clean };
            let why = if clean {
                "nothing may write during the final copy; a kill instead of an end is a failure"
            } else {
                "its successor is ready; it keeps no data"
            };
            let draw = Draw {
                title: format!("stop `{container}` on {host}"),
                why: why.to_owned(),
                needs: quiet.steps().cloned().chain([fenced]).collect(),
                estimate: estimate::seconds(estimate::STOP_SECONDS),
                undo: Undo::Act { action: Box::new(Action::StartContainer { host, container }) },
                ..self.of_move(migration, &one.service.address, Phase::Cutover, action)
            };
            stops.insert(one.service.address.clone(), Stop { quiet, end: self.graph.add(draw) });
        }
        for one in moving {
            for need in &one.service.needs {
                if let (Some(first), Some(then)) = (stops.get(&one.service.address), stops.get(need)) {
                    self.graph.need(then.begin(), &first.end);
                }
            }
        }
        stops
    }

    /// The final copy and the proof, with a look at the fence before and after.
    fn transfer(&mut self, migration: &Move, moving: &[Moving<'_>], paths: &[Tree], stops: &BTreeMap<String, Stop>) -> Vec<StepId> {
        let mut verified = vec![];
        for one in moving {
            let Some(stop) = stops.get(&one.service.address).map(|stop| &stop.end) else { continue };
            let trees = &one.paired.trees;
            if trees.is_empty() {
                verified.push(stop.clone());
                continue;
            }
            let address = one.service.address.clone();
            let before = self.fence(migration, one, "before", vec![stop.clone()]);
            let copied = self.copy_trees(migration, &address, trees, one.paired.bytes, false, vec![before]);
            let compared = self.verify(migration, &address, trees, one.paired.bytes, copied);
            verified.push(self.fence(migration, one, "after", vec![compared]));
        }
        if !paths.is_empty() {
            let bytes = self.draft.bytes_of(migration, paths);
            let copied =
                self.copy_trees(migration, &migration.address, paths, bytes, false, stops.values().map(|stop| stop.end.clone()).collect());
            verified.push(self.verify(migration, &migration.address, paths, bytes, copied));
        }
        verified
    }

    fn fence(&mut self, migration: &Move, one: &Moving<'_>, role: &'static str, needs: Vec<StepId>) -> StepId {
        let paths = one.paired.trees.iter().map(|t| t.source.clone()).collect();
        let action = Action::CheckFenced { host: migration.from.clone(), container: one.paired.container.clone(), paths };
        let draw = Draw {
            title: format!("see that nothing on {} writes what `{}` keeps, {role} the copy", migration.from, one.paired.container),
            why: "a copy beside a writer is no copy".to_owned(),
            needs,
            class: Class::Read,
            role,
            ..self.of_move(migration, &one.service.address, Phase::Cutover, action)
        };
        self.graph.add(draw)
    }

    fn verify(&mut self, migration: &Move, address: &str, trees: &[Tree], bytes: Option<u64>, copied: StepId) -> StepId {
        let what = trees.iter().map(|t| t.target.as_str()).collect::<Vec<_>>().join(", ");
        let action = Action::VerifyTrees { from: migration.from.clone(), to: migration.to.clone(), trees: trees.to_vec() };
        let draw = Draw {
            title: format!("compare {what} on both sides"),
            why: "every name, owner, mode, time, link, hole, attribute and content must agree".to_owned(),
            needs: vec![copied],
            class: Class::Read,
            estimate: estimate::verification(bytes),
            ..self.of_move(migration, address, Phase::Cutover, action)
        };
        self.graph.add(draw)
    }

    fn finish_move(
        &mut self,
        migration: &Move,
        digest: &Digest,
        moving: &[Moving<'_>],
        verified: &[StepId],
        ready: &BTreeMap<String, Vec<StepId>>,
        stops: &BTreeMap<String, Stop>,
    ) {
        let mut last = verified.to_vec();
        for one in moving {
            let created = ready.get(&one.service.address).into_iter().flatten().cloned();
            let start = self.start(one.service, Some(migration), verified.iter().cloned().chain(created).collect());
            let answers = self.settle(one.service, Some(migration), start);
            let stop = stops.get(&one.service.address);
            let noted = stop.and_then(|stop| stop.quiet.noted.as_ref());
            let up = self.prove(migration, one.service, noted, one.paired.bytes, answers);
            if let Some(stop) = stop {
                self.forecasts.push(Forecast {
                    address: one.service.address.clone(),
                    downtime_seconds: None,
                    down: stop.begin().clone(),
                    up: up.clone(),
                });
            }
            last.push(up);
        }
        let wished = self.moved(migration, digest);
        let draw = Draw {
            title: format!("note that `{}` is done", migration.address),
            why: format!("its source on {} stays stopped and untouched", migration.from),
            needs: last.clone(),
            estimate: estimate::seconds(0),
            sets: vec![(migration.address.clone(), wished)],
            ..self.of_move(migration, &migration.address, Phase::Finish, Action::Note)
        };
        let done = self.graph.add(draw);
        self.arrivals.insert(migration.address.clone(), Arrival { up: last, done });
        self.moves.push(MoveSummary {
            address: migration.address.clone(),
            from: migration.from.clone(),
            to: migration.to.clone(),
            point_of_no_return: None,
            bytes: None,
            seconds: None,
            window: migration.window.as_ref().map(|w| w.2.clone()),
            window_unix: migration.window.as_ref().map(|w| (w.1, w.1 + w.0)),
        });
    }
}

impl Lowering<'_> {
    /// What the state knows of a move that is done.
    pub(super) fn moved(&self, migration: &Move, digest: &Digest) -> ResourceState {
        let attributes = BTreeMap::from([("from".to_owned(), migration.from.clone()), ("to".to_owned(), migration.to.clone())]);
        self.resource(&migration.address, &migration.kind, digest, attributes)
    }
}

/// Of what a move does, with addresses as they are called by `name`; its window and bandwidth may change.
pub(super) fn digest(migration: &Move, name: &dyn Fn(&str) -> String) -> Digest {
    let services: Vec<String> = migration.services.iter().map(|s| name(s)).collect();
    Digest::of(&(&migration.kind, name(&migration.from), name(&migration.to), services, &migration.paths, &migration.exclude))
}
