//! How does a move go back once its target has accepted writes? By a move the other way: copy back alive, stop the target, copy the
//! rest, verify, start the source. A plan of ordinary steps, made of the run that moved and of what it learned.
//!
//! Nothing is lost at any step: the target keeps what is newest until the source answers, and stays as it is after that, stopped.

mod forward;
mod steps;

use crate::{
    forecast,
    journal::{State, Unfinished},
    plan::{
        Action, Address, Class, Estimate, Forecast, Host, HostId, MoveSummary, Phase, Plan, Precondition, Probe, Requirement, StepId, Tree,
        Undo,
    },
};
use forward::{Forward, Moved};
use std::collections::{BTreeMap, BTreeSet};
use steps::{Draw, Steps};

/// A source that does not say how it answers has so long to keep running.
const RUNNING_WITHIN_SECONDS: u64 = 60;
/// Programs that a copy needs on both sides.
const COPY_TOOLS: [&str; 4] = ["tar", "find", "getfattr", "sha256sum"];

/// Why a run cannot be gone back over by such a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Irreversible {
    /// What, where and why, in one line.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// The moves of a run whose targets have accepted writes.
pub fn moves_past_return(run: &Unfinished) -> Vec<Address> {
    let passed = |id: &StepId| run.done.contains_key(id);
    let past = run.plan.moves.iter().filter(|summary| summary.point_of_no_return.as_ref().is_some_and(passed));
    past.map(|summary| summary.address.clone()).collect()
}

/// The plan that goes back over those moves of a run that was done. `state` is the one it is applied to, which knows which moves a
/// person has confirmed: those stay.
///
/// What was changed on the source of a move since is refused when the plan is applied, unless its address is among `overwritten`.
///
/// All of a move goes back, its plain paths too: what the target did not change is compared and not sent. Windows do not apply.
pub fn reverse(run: &Unfinished, state: &State, overwritten: &[Address]) -> Result<Plan, Irreversible> {
    let mut reversal = Reversal { run, overwritten, steps: Steps::default(), forecasts: vec![], required: vec![] };
    let mut moves = vec![];
    for address in moves_past_return(run).into_iter().filter(|address| !state.is_confirmed(address)) {
        moves.push(Forward::of(run, &address)?);
    }
    let taken: Vec<Vec<StepId>> = moves.iter().map(|of| reversal.prepare(of)).collect();
    let stops: Vec<BTreeMap<Address, StepId>> = moves.iter().zip(&taken).map(|(of, ready)| reversal.stop(of, ready)).collect();
    let verified: Vec<Vec<StepId>> = moves.iter().zip(&stops).map(|(of, stops)| reversal.transfer(of, stops)).collect();
    let last = reversal.start_all(&moves, &stops, &verified);
    for ((of, verified), last) in moves.iter().zip(verified).zip(last) {
        reversal.finish(of, verified.into_iter().chain(last).collect());
    }
    Ok(reversal.plan(&moves, state))
}

struct Reversal<'r> {
    run: &'r Unfinished,
    /// Moves, or services of moves, whose sources are written over whatever they hold.
    overwritten: &'r [Address],
    steps: Steps,
    forecasts: Vec<Forecast>,
    required: Vec<Precondition>,
}

/// What is copied for one address.
fn named(trees: &[Tree]) -> String {
    trees.iter().map(|tree| tree.source.as_str()).collect::<Vec<_>>().join(", ")
}

impl Reversal<'_> {
    fn require(&mut self, of: &Forward<'_>, host: &HostId, requirement: Requirement) {
        let (host, address, origin) = (host.clone(), of.address.clone(), of.origin.clone());
        self.required.push(Precondition { host, address, requirement, origin });
    }

    /// What the move came from is seen to be as it was left, and most of the data go back while the target still runs.
    fn prepare(&mut self, of: &Forward<'_>) -> Vec<StepId> {
        let docker = of.services().next().map(|_| "docker");
        let copies = of.with_trees().next().map(|_| COPY_TOOLS);
        let names: Vec<String> = docker.into_iter().chain(copies.into_iter().flatten()).map(str::to_owned).collect();
        for host in [of.new, of.old].into_iter().filter(|_| !names.is_empty()) {
            self.require(of, host, Requirement::Tools { names: names.clone() });
        }
        let mut fenced = vec![];
        for one in of.services() {
            self.require(of, of.new, Requirement::Container { name: one.target.to_owned() });
            self.require(of, of.old, Requirement::Container { name: one.source.to_owned() });
            let paths = one.trees.iter().map(|tree| tree.target.clone()).collect();
            let action = Action::CheckFenced { host: of.old.clone(), container: one.source.to_owned(), paths };
            fenced.push(self.steps.add(Draw {
                title: format!("see that `{}` on {} is still stopped, and nothing writes there", one.source, of.old),
                why: "if somebody started it meanwhile, both sides have data of their own".to_owned(),
                class: Class::Read,
                role: "still",
                ..of.draw(one.address, Phase::Prepare, action)
            }));
        }
        let mut taken = vec![];
        for one in of.with_trees() {
            let list = one.trees.iter().map(|tree| tree.target.as_str()).collect::<Vec<_>>().join(", ");
            let let_go = [of.address.as_str(), one.address].iter().any(|address| self.overwritten.iter().any(|over| over == address));
            let (title, why) = if let_go {
                (format!("take over {list} on {}, whatever is in it", of.old), "you said that what was changed there since may be lost")
            } else {
                let title = format!("see that {list} on {} is as it was when it was copied, and take it over", of.old);
                (title, "it is written over; if anything changed there since, it is left alone and the move stays")
            };
            taken.push(self.steps.add(Draw {
                title,
                why: why.to_owned(),
                needs: fenced.clone(),
                estimate: one.verifying,
                undo: Undo::Leave { what: format!("what was copied back stays on {}, and the next `migc undo` goes on from it", of.old) },
                ..of.draw(one.address, Phase::Prepare, Action::TakeTrees { host: of.old.clone(), trees: one.known(let_go) })
            }));
        }
        let mut ready = fenced;
        for one in of.with_trees() {
            ready.push(self.copy(of, one, true, taken.clone()));
        }
        ready.extend(taken);
        ready
    }

    fn copy(&mut self, of: &Forward<'_>, one: &Moved<'_>, live: bool, needs: Vec<StepId>) -> StepId {
        let what = named(&one.trees);
        let (title, why, phase, estimate) = if live {
            let title = format!("copy {what} from {} back to {}, while they are in use", of.new, of.old);
            (
                title,
                "most of it travels while the service still runs; what is the same on both sides is not sent",
                Phase::Prepare,
                one.copying,
            )
        } else {
            (
                format!("copy what changed in {what}"),
                "what changed since the first pass; nothing writes there now",
                Phase::Cutover,
                one.last_pass,
            )
        };
        self.steps.add(Draw {
            title,
            why: why.to_owned(),
            needs,
            estimate,
            undo: Undo::Leave { what: format!("the copy stays on {}, and the next `migc undo` goes on from it", of.old) },
            ..of.draw(one.address, phase, Action::CopyTrees { from: of.new.clone(), to: of.old.clone(), trees: one.trees.clone(), live })
        })
    }

    /// The services end on the target, those that need others first.
    fn stop(&mut self, of: &Forward<'_>, ready: &[StepId]) -> BTreeMap<Address, StepId> {
        let mut stops = BTreeMap::new();
        // Those that were started last need the others.
        for one in of.services().rev() {
            let (host, container) = (of.new.clone(), one.target.to_owned());
            let policy = Action::SetRestart { host: host.clone(), container: container.clone(), policy: "no".to_owned() };
            let kept = self.steps.add(Draw {
                title: format!("set the restart policy of `{container}` on {host} to no"),
                why: "the engine must not start it behind our back; the old policy is written down".to_owned(),
                needs: ready.to_vec(),
                ..of.draw(one.address, Phase::Cutover, policy)
            });
            let restore = Action::RestoreRestart { host: host.clone(), container: container.clone(), of: kept.clone() };
            self.steps.undo(&kept, restore);
            let why = if one.clean {
                "nothing may write during the final copy; a kill instead of an end is a failure"
            } else {
                "it keeps no data"
            };
            let needing = of.services().filter(|other| other.needs.contains(&one.address)).filter_map(|other| stops.get(other.address));
            let needs = needing.cloned().chain([kept]).collect();
            let (grace_seconds, clean) = (one.grace_seconds, one.clean);
            let action = Action::StopContainer { host: host.clone(), container: container.clone(), grace_seconds, clean };
            let stop = self.steps.add(Draw {
                title: format!("stop `{container}` on {host}"),
                why: why.to_owned(),
                needs,
                estimate: one.stopping,
                undo: Undo::Act { action: Box::new(Action::StartContainer { host, container }) },
                ..of.draw(one.address, Phase::Cutover, action)
            });
            stops.insert(one.address.to_owned(), stop);
        }
        stops
    }

    /// The final copy and the proof, with a look at the fence before and after. Answers what must be done before anything starts.
    fn transfer(&mut self, of: &Forward<'_>, stops: &BTreeMap<Address, StepId>) -> Vec<StepId> {
        let mut verified: Vec<StepId> = stops.values().cloned().collect();
        for one in of.with_trees() {
            let before = match stops.get(one.address) {
                Some(stop) => vec![self.fence(of, one, "before", vec![stop.clone()])],
                None => stops.values().cloned().collect(),
            };
            let copied = self.copy(of, one, false, before);
            let list = one.trees.iter().map(|tree| tree.target.as_str()).collect::<Vec<_>>().join(", ");
            let action = Action::VerifyTrees { from: of.new.clone(), to: of.old.clone(), trees: one.trees.clone() };
            let compared = self.steps.add(Draw {
                title: format!("compare {list} on both sides"),
                why: "every name, owner, mode, time, link, hole, attribute and content must agree".to_owned(),
                needs: vec![copied],
                class: Class::Read,
                estimate: one.verifying,
                ..of.draw(one.address, Phase::Cutover, action)
            });
            let is_service = stops.contains_key(one.address);
            verified.push(if is_service { self.fence(of, one, "after", vec![compared]) } else { compared });
        }
        verified
    }

    fn fence(&mut self, of: &Forward<'_>, one: &Moved<'_>, role: &'static str, needs: Vec<StepId>) -> StepId {
        let paths = one.trees.iter().map(|tree| tree.source.clone()).collect();
        self.steps.add(Draw {
            title: format!("see that nothing on {} writes what `{}` keeps, {role} the copy", of.new, one.target),
            why: "a copy beside a writer is no copy".to_owned(),
            needs,
            class: Class::Read,
            role,
            ..of.draw(one.address, Phase::Cutover, Action::CheckFenced { host: of.new.clone(), container: one.target.to_owned(), paths })
        })
    }

    /// The sources start in the order in which their targets did, which is that of what they need, also over moves. Answers, for each
    /// move, the steps that it ends with.
    fn start_all(&mut self, moves: &[Forward<'_>], stops: &[BTreeMap<Address, StepId>], verified: &[Vec<StepId>]) -> Vec<Vec<StepId>> {
        let mut last = vec![vec![]; moves.len()];
        let mut up: BTreeMap<&str, StepId> = BTreeMap::new();
        let mut services: Vec<(usize, &Moved<'_>)> = vec![];
        for (number, of) in moves.iter().enumerate() {
            services.extend(of.services().map(|one| (number, one)));
        }
        services.sort_by_key(|(_, one)| one.place);
        for (number, one) in services {
            let (Some(of), Some(stops), Some(verified)) = (moves.get(number), stops.get(number), verified.get(number)) else { continue };
            let needed = one.needs.iter().filter_map(|need| up.get(need)).cloned();
            let start = self.start(of, one, needed.chain(verified.iter().cloned()).collect());
            let (policy, answers) = self.settle(of, one, start);
            if let (Some(down), Some(last)) = (stops.get(one.address), last.get_mut(number)) {
                let (address, down, up) = (one.address.to_owned(), down.clone(), answers.clone());
                self.forecasts.push(Forecast { address, downtime_seconds: None, down, up });
                last.extend([policy, answers.clone()]);
            }
            up.insert(one.address, answers);
        }
        last
    }

    fn start(&mut self, of: &Forward<'_>, one: &Moved<'_>, needs: Vec<StepId>) -> StepId {
        let action = Action::StartContainer { host: of.old.clone(), container: one.source.to_owned() };
        self.steps.add(Draw {
            title: format!("start `{}` on {}", one.source, of.old),
            why: format!("its data are here and verified; from now on {} may write them", of.old),
            needs,
            estimate: one.starting,
            undo: Undo::Impossible { why: format!("{} may have written; going back is a move from {} to {}", of.old, of.old, of.new) },
            no_return: true,
            ..of.draw(one.address, Phase::Cutover, action)
        })
    }

    /// Its restart policy comes after its start: an engine that starts it by itself before would start it beside the target.
    fn settle(&mut self, of: &Forward<'_>, one: &Moved<'_>, start: StepId) -> (StepId, StepId) {
        let set = |policy: &str| Action::SetRestart { host: of.old.clone(), container: one.source.to_owned(), policy: policy.to_owned() };
        let policy = self.steps.add(Draw {
            title: format!("set the restart policy of `{}` on {} to {}", one.source, of.old, one.policy),
            why: "it had that before it was moved".to_owned(),
            needs: vec![start.clone()],
            undo: Undo::Act { action: Box::new(set("no")) },
            ..of.draw(one.address, Phase::Finish, set(one.policy))
        });
        let probe = Probe::Running { within_seconds: RUNNING_WITHIN_SECONDS };
        let answers = self.steps.add(Draw {
            title: format!("wait until `{}` runs on {}", one.source, of.old),
            why: "a service counts only when it keeps running".to_owned(),
            needs: vec![start],
            class: Class::Read,
            estimate: one.starting,
            ..of.draw(one.address, Phase::Finish, Action::Await { host: of.old.clone(), container: one.source.to_owned(), probe })
        });
        (policy, answers)
    }

    /// The trees are the source's own again, and the state knows the move no longer.
    fn finish(&mut self, of: &Forward<'_>, mut last: Vec<StepId>) {
        let paths: Vec<String> = of.with_trees().flat_map(|one| &one.trees).map(|tree| tree.target.clone()).collect();
        if !paths.is_empty() {
            last.push(self.steps.add(Draw {
                title: format!("give up {} on {}", paths.join(", "), of.old),
                why: "they are in use again, and no copy may be written there any more".to_owned(),
                needs: last.clone(),
                ..of.draw(of.address, Phase::Finish, Action::ReleaseTrees { host: of.old.clone(), paths })
            }));
        }
        for (step, back) in of.names() {
            last.push(self.steps.add(Draw {
                title: format!("switch {} back", back.thing),
                why: format!("what it leads to answers on {} again", of.old),
                needs: last.clone(),
                undo: Undo::Act { action: Box::new(step.action.clone()) },
                ..of.draw(&step.address, Phase::Finish, Action::Call(back.clone()))
            }));
        }
        let (sets, removes) = of.before(self.run);
        self.steps.add(Draw {
            title: format!("note that `{}` is moved back", of.address),
            why: format!("the next plan plans it anew; what is on {} stays there, stopped", of.new),
            needs: last,
            estimate: Estimate { seconds: Some(0), bytes: None },
            sets,
            removes,
            ..of.draw(of.address, Phase::Finish, Action::Note)
        });
    }

    fn plan(self, moves: &[Forward<'_>], state: &State) -> Plan {
        let run = self.run;
        let steps = self.steps.list();
        let summary = |of: &Forward<'_>| {
            let (address, from, to) = (of.address.to_owned(), of.new.clone(), of.old.clone());
            let mut summary =
                MoveSummary { address, from, to, point_of_no_return: None, bytes: None, seconds: None, window: None, window_unix: None };
            forecast::total(&mut summary, &steps);
            summary
        };
        let mut required = self.required;
        let mut known = BTreeSet::new();
        required.retain(|one| known.insert((one.host.clone(), one.requirement.clone())));
        Plan {
            version: Plan::VERSION,
            project: run.plan.project.clone(),
            sources: run.plan.sources.clone(),
            serial: state.serial,
            head: state.head.clone(),
            hosts: hosts(&run.plan.hosts, moves),
            preconditions: required,
            moves: moves.iter().map(summary).collect(),
            forecasts: forecast::downtimes(self.forecasts, &steps),
            cost_per_day: run.plan.cost_per_day.clone(),
            secrets: steps.iter().flat_map(|step| step.action.secrets()).map(str::to_owned).collect::<BTreeSet<_>>().into_iter().collect(),
            unproven: vec![],
            outputs: state.outputs.clone(),
            observed: None,
            partial: None,
            reverses: Some(run.run.clone()),
            steps,
        }
    }
}

/// Both sides, and the hosts on the way to them.
fn hosts(known: &BTreeMap<HostId, Host>, moves: &[Forward<'_>]) -> BTreeMap<HostId, Host> {
    let mut open: Vec<&HostId> = moves.iter().flat_map(|of| [of.old, of.new]).collect();
    let mut found = BTreeMap::new();
    while let Some(name) = open.pop() {
        let Some(host) = known.get(name) else { continue };
        if found.insert(name.clone(), host.clone()).is_none() {
            open.extend(&host.login.jump);
        }
    }
    found
}
