//! What if `migc apply` is killed at any entry of the journal, in the whole move of the club? The next apply ends as if it had not been.
//!
//! In simulation, and all entries; the lab kills a real process at a sample of them.

use mig_plan::{Entry, Facts, HostId, Outcome, Plan, Record, RunEnd, State};
use mig_runtime::{
    executor::{Exit, Options, apply},
    journal,
    sim::{Fault, SimWorld},
};
use migc::project::{self, Project};
use std::{
    collections::BTreeMap,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

/// After a kill somebody applies again so many times at most.
const APPLY_COUNT_MAX: usize = 3;
/// And so long after it.
const APPLY_AGAIN_MS: u64 = 60_000;

/// Plan and facts of the club.
fn club() -> (Plan, BTreeMap<HostId, Facts>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/geekpie");
    let project = Project::open(&root).expect("the example is in the repository");
    let options = project::options(&[], vec![]).expect("no parameters");
    let loaded = mig_core::load(&project, project.entry(), &options);
    let compilation = loaded.compile();
    let plan = compilation.plan(&State::default()).expect("it has a plan");
    (plan, compilation.facts)
}

/// Without the first entry, which is the plan and takes long to read.
fn records(world: &SimWorld) -> Vec<Record> {
    let entries = (2..).map_while(|number| world.entry(number));
    entries.flat_map(|bytes| serde_json::from_slice::<Entry>(&bytes).expect("an entry").records).collect()
}

/// Applies until the run is over.
fn until_done(world: &SimWorld, plan: &Plan) {
    use mig_runtime::World as _;
    let options = Options { by: "me@here".to_owned(), ignore_window: true, ..Options::default() };
    for _ in 0..APPLY_COUNT_MAX {
        let result = world.drive(apply(world, plan, &options, &|_| {}));
        let over = matches!(records(world).last(), Some(Record::Ended { end: RunEnd::Done }));
        assert!(result.is_none_or(|result| result.exit == Exit::Done), "it stopped and was not killed");
        if over {
            return;
        }
        world.set_now_ms(world.now_ms() + APPLY_AGAIN_MS);
    }
    panic!("it is not over after {APPLY_COUNT_MAX} applies");
}

/// World and state in the end, line by line.
fn end_of(world: &SimWorld) -> BTreeMap<String, String> {
    let mut lines = world.fingerprint();
    let state = world.drive(journal::load(world)).expect("it is read").expect("it is whole");
    assert!(state.unfinished.is_none());
    lines.extend(state.resources.iter().map(|(address, resource)| (format!("state of {address}"), resource.digest.clone())));
    lines
}

/// How often each step is known to be done, and what the hosts were told to do once.
fn once(world: &SimWorld, plan: &Plan) {
    let mut done = BTreeMap::<String, usize>::new();
    for record in records(world) {
        if let Record::Outcome { step, outcome: Outcome::Done { .. } } = record {
            *done.entry(step).or_default() += 1;
        }
    }
    for step in &plan.steps {
        assert_eq!(done.get(&step.id), Some(&1), "{}", step.title);
    }
    for (name, host) in world.hosts() {
        let mut keys: Vec<String> = host.records.keys().map(|key| key.rsplitn(3, '.').last().unwrap_or_default().to_owned()).collect();
        let count = keys.len();
        keys.dedup();
        assert_eq!(keys.len(), count, "{name}: a step was run twice under a record");
    }
}

#[test]
fn a_kill_at_any_entry_of_the_whole_move_comes_to_the_same_end() {
    let (plan, facts) = club();
    let calm = SimWorld::new(&facts, &plan);
    calm.keep_log();
    until_done(&calm, &plan);
    assert_eq!(calm.violations(), Vec::<String>::new());
    once(&calm, &plan);
    let end = end_of(&calm);
    let writes: Vec<u64> = calm.logged().iter().filter(|call| call.writes).map(|call| call.number).collect();
    let entries = (1..).map_while(|number| calm.entry(number)).count();
    assert_eq!(writes.len(), entries);
    assert!(entries > 20, "{entries}");
    let next = AtomicUsize::new(0);
    let kill = |fault: &Fault| {
        let world = SimWorld::new(&facts, &plan);
        world.inject(fault.clone());
        until_done(&world, &plan);
        once(&world, &plan);
        assert_eq!((end_of(&world), world.violations()), (end.clone(), vec![]), "{fault:?}");
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(&write) = writes.get(next.fetch_add(1, Ordering::Relaxed)) {
                    kill(&Fault::CrashBefore(write));
                    kill(&Fault::CrashAfter(write));
                }
            });
        }
    });
}
