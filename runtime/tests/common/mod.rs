//! Which plan do the tests apply? A small builder of moves as the compiler lowers them, and ways to run and look.

#![allow(dead_code, reason = "each test file uses its own part")]

use mig_plan::{
    Action, Class, ContainerSpec, Digest, Entry, EnvValue, Estimate, Facts, Forecast, Host, Login, Mount, MoveSummary, Origin, Phase, Plan,
    Precondition, Probe, Publish, Record, Requirement, ResourceState, RunEnd, Step, Tree, Undo,
    facts::{ContainerFact, ContainerMount, MountFact, PathFact},
};
use mig_runtime::{
    event::Event,
    executor::{ApplyResult, Exit, Options, apply},
    sim::SimWorld,
};
use std::{cell::RefCell, collections::BTreeMap};

/// Where the services are.
pub const OLD: &str = "old";
/// Where they go.
pub const NEW: &str = "new";

pub fn origin(line: u32) -> Origin {
    Origin { file: "main.mig".to_owned(), line, column: 1 }
}

/// A plan in the making.
pub struct Builder {
    pub plan: Plan,
}

impl Builder {
    /// Two hosts and nothing to do.
    pub fn new() -> Self {
        let host = |name: &str, line| Host {
            login: Login { host: name.to_owned(), user: Some("root".to_owned()), ..Login::default() },
            host_keys: vec![],
            origin: origin(line),
        };
        let plan = Plan {
            version: Plan::VERSION,
            project: "test".to_owned(),
            sources: Digest::of_bytes(b"sources"),
            serial: 0,
            head: String::new(),
            hosts: BTreeMap::from([(OLD.to_owned(), host(OLD, 1)), (NEW.to_owned(), host(NEW, 2))]),
            preconditions: vec![],
            steps: vec![],
            moves: vec![],
            forecasts: vec![],
            cost_per_day: BTreeMap::new(),
            secrets: vec![],
            unproven: vec![],
            outputs: BTreeMap::new(),
            observed: None,
            partial: None,
            reverses: None,
        };
        Self { plan }
    }

    pub fn require(&mut self, host: &str, address: &str, requirement: Requirement) {
        let line = 10 + self.plan.preconditions.len() as u32;
        self.plan.preconditions.push(Precondition {
            host: host.to_owned(),
            address: address.to_owned(),
            requirement,
            origin: origin(line),
        });
    }

    /// Adds a step and answers its id.
    pub fn step(&mut self, of_move: Option<&str>, phase: Phase, title: &str, action: Action, needs: &[&String], undo: Undo) -> String {
        let id = format!("s{}", Digest::of(&(title, &action)).short(12));
        self.plan.steps.push(Step {
            id: id.clone(),
            address: of_move.unwrap_or(NEW).to_owned(),
            of_move: of_move.map(str::to_owned),
            phase,
            title: title.to_owned(),
            why: String::new(),
            action,
            needs: needs.iter().map(|&n| n.clone()).collect(),
            class: Class::Idempotent,
            estimate: Estimate { seconds: Some(10), bytes: None },
            undo,
            point_of_no_return: false,
            after_no_return: false,
            before: None,
            sets: vec![],
            removes: vec![],
            origin: origin(100 + self.plan.steps.len() as u32),
        });
        id
    }

    pub fn last(&mut self) -> &mut Step {
        self.plan.steps.last_mut().unwrap()
    }

    /// The server itself: adopted, with its tools.
    pub fn server(&mut self) -> String {
        let host = NEW.to_owned();
        let adopt =
            self.step(None, Phase::Prepare, "adopt new", Action::Adopt { host: host.clone(), id: "i-1".to_owned() }, &[], Undo::Nothing);
        let resource = ResourceState {
            kind: "server".to_owned(),
            digest: "d".to_owned(),
            attributes: BTreeMap::from([("id".to_owned(), "i-1".to_owned())]),
            ..ResourceState::default()
        };
        self.last().sets = vec![(NEW.to_owned(), resource)];
        let tools = Action::InstallTools { host, names: vec!["getfattr".to_owned()] };
        self.step(None, Phase::Prepare, "install getfattr on new", tools, &[&adopt], Undo::Leave { what: "getfattr".to_owned() })
    }

    /// Moves one service with its data under `/data/NAME`, listening on `port`.
    pub fn service(&mut self, name: &str, port: u16, needs: &[&String]) {
        let move_name = format!("move_{name}");
        let of = Some(move_name.as_str());
        let (old, new, container) = (OLD.to_owned(), NEW.to_owned(), name.to_owned());
        let image = format!("{name}:1.0");
        let trees = vec![Tree { source: format!("/data/{name}"), target: format!("/srv/{name}"), exclude: vec![] }];
        let bring = Action::BringImage { from: Some(old.clone()), to: new.clone(), image: image.clone() };
        let image_step = self.step(of, Phase::Prepare, &format!("bring {image}"), bring, needs, Undo::Leave { what: image.clone() });
        let live = Action::CopyTrees { from: old.clone(), to: new.clone(), trees: trees.clone(), live: true };
        let live =
            self.step(of, Phase::Prepare, &format!("copy {name} while it runs"), live, needs, Undo::Leave { what: "copy".to_owned() });
        let policy = Action::SetRestart { host: old.clone(), container: container.clone(), policy: "no".to_owned() };
        let policy = self.step(of, Phase::Cutover, &format!("keep {name} from starting"), policy, &[&image_step, &live], Undo::Nothing);
        let restore = Action::RestoreRestart { host: old.clone(), container: container.clone(), of: policy.clone() };
        self.last().undo = Undo::Act { action: Box::new(restore) };
        let stop = Action::StopContainer { host: old.clone(), container: container.clone(), grace_seconds: 60, clean: true };
        let start = Action::StartContainer { host: old.clone(), container: container.clone() };
        let down = self.step(of, Phase::Cutover, &format!("stop {name} on old"), stop, &[&policy], Undo::Act { action: Box::new(start) });
        let fenced = Action::CheckFenced { host: old.clone(), container: container.clone(), paths: vec![format!("/data/{name}")] };
        let fenced = self.step(of, Phase::Cutover, &format!("see that {name} is fenced"), fenced, &[&down], Undo::Nothing);
        let last = Action::CopyTrees { from: old.clone(), to: new.clone(), trees: trees.clone(), live: false };
        let last = self.step(
            of,
            Phase::Cutover,
            &format!("copy what changed of {name}"),
            last,
            &[&fenced],
            Undo::Leave { what: "copy".to_owned() },
        );
        let verify = Action::VerifyTrees { from: old, to: new.clone(), trees };
        let verify = self.step(of, Phase::Cutover, &format!("verify {name}"), verify, &[&last], Undo::Nothing);
        let create = Action::CreateContainer { host: new.clone(), container: self.spec(name, port) };
        let remove = Action::RemoveContainer { host: new.clone(), container: container.clone(), owner: None, back: false };
        let create = self.step(
            of,
            Phase::Cutover,
            &format!("create {name} on new"),
            create,
            &[&image_step, &verify],
            Undo::Act { action: Box::new(remove) },
        );
        let start = Action::StartContainer { host: new.clone(), container: container.clone() };
        let why = "the target accepts writes".to_owned();
        let start = self.step(of, Phase::Cutover, &format!("start {name} on new"), start, &[&create, &verify], Undo::Impossible { why });
        self.last().point_of_no_return = true;
        let wait = Action::Await { host: new, container, probe: Probe::Tcp { port, within_seconds: 60 } };
        let up = self.step(of, Phase::Finish, &format!("wait for {name}"), wait, &[&start], Undo::Nothing);
        let resource =
            ResourceState { kind: "copy".to_owned(), digest: format!("d-{name}"), attributes: BTreeMap::new(), ..ResourceState::default() };
        self.step(of, Phase::Finish, &format!("note that {name} is moved"), Action::Note, &[&up], Undo::Nothing);
        self.last().sets = vec![(move_name.clone(), resource)];
        self.plan.forecasts.push(Forecast { address: name.to_owned(), downtime_seconds: Some(60), down, up });
        self.plan.moves.push(MoveSummary {
            address: move_name.clone(),
            from: OLD.to_owned(),
            to: NEW.to_owned(),
            point_of_no_return: Some(start),
            bytes: None,
            seconds: None,
            window: None,
            window_unix: None,
        });
        self.require(OLD, &move_name, Requirement::Container { name: name.to_owned() });
        self.require(NEW, &move_name, Requirement::PathFree { path: format!("/srv/{name}") });
        self.require(NEW, &move_name, Requirement::PortFree { port: format!("{port}/tcp") });
        self.require(NEW, &move_name, Requirement::FreeSpace { path: format!("/srv/{name}"), bytes: 1_000_000_000 });
    }

    fn spec(&mut self, name: &str, port: u16) -> ContainerSpec {
        let secret = format!("{name}_password");
        self.plan.secrets.push(secret.clone());
        ContainerSpec {
            owner: format!("test/{name}"),
            name: name.to_owned(),
            image: format!("{name}:1.0"),
            command: vec![],
            restart: "unless-stopped".to_owned(),
            networks: vec![],
            privileged: false,
            devices: vec![],
            mounts: vec![Mount { source: format!("/srv/{name}"), target: "/var/lib/data".to_owned(), read_only: false }],
            publish: vec![Publish { host: port, container: port, protocol: "tcp".to_owned() }],
            env: BTreeMap::from([("PASSWORD".to_owned(), EnvValue::Secret(secret))]),
            memory: None,
            cpus_milli: None,
            user: None,
        }
    }
}

/// A server and its services.
pub fn plan(services: &[&str]) -> Plan {
    let mut builder = Builder::new();
    builder.require(OLD, OLD, Requirement::Tools { names: vec!["tar".to_owned(), "find".to_owned()] });
    let ready = builder.server();
    for (place, name) in services.iter().enumerate() {
        builder.service(name, 3_306 + place as u16, &[&ready]);
    }
    builder.plan
}

/// What a survey of the old host would say.
pub fn facts(services: &[&str]) -> BTreeMap<String, Facts> {
    let mut facts = Facts { version: Some(1), host: Some(OLD.to_owned()), arch: Some("x86_64".to_owned()), ..Facts::default() };
    let root = MountFact { size: Some(60 << 30), used: Some(20 << 30), ..MountFact::default() };
    facts.mounts.get_or_insert_default().insert("/".to_owned(), root);
    for (place, name) in services.iter().enumerate() {
        let container = ContainerFact {
            image: Some(format!("{name}:1.0")),
            running: Some(true),
            restart: Some("always".to_owned()),
            mounts: Some(vec![ContainerMount {
                source: Some(format!("/data/{name}")),
                target: Some("/var/lib/data".to_owned()),
                ..ContainerMount::default()
            }]),
            ports: Some(vec![format!("{}/tcp", 3_306 + place)]),
            image_size: Some(200 << 20),
            ..ContainerFact::default()
        };
        facts.containers.get_or_insert_default().insert((*name).to_owned(), container);
        let path = PathFact { size: Some(800 << 20), owner: Some("999:999".to_owned()), entries: Some(5) };
        facts.paths.get_or_insert_default().insert(format!("/data/{name}"), path);
    }
    BTreeMap::from([(OLD.to_owned(), facts)])
}

/// A world for that plan.
pub fn world(services: &[&str]) -> (SimWorld, Plan) {
    let plan = plan(services);
    (SimWorld::new(&facts(services), &plan), plan)
}

pub fn options() -> Options {
    Options { by: "me@here".to_owned(), ..Options::default() }
}

/// One apply, with its events; no result if it crashed.
pub fn run(world: &SimWorld, plan: &Plan, options: &Options) -> (Option<ApplyResult>, Vec<Event>) {
    let events = RefCell::new(vec![]);
    let emit = |event| events.borrow_mut().push(event);
    let result = world.drive(apply(world, plan, options, &emit));
    (result, events.into_inner())
}

/// One apply that comes to an end.
pub fn finish(world: &SimWorld, plan: &Plan) -> (ApplyResult, Vec<Event>) {
    let (result, events) = run(world, plan, &options());
    (result.expect("it did not crash"), events)
}

/// Applies until the run is over, and says how it ended.
pub fn until_done(world: &SimWorld, plan: &Plan) -> Exit {
    let mut problems = vec![];
    for _ in 0..5 {
        let (result, _) = run(world, plan, &options());
        if let Some(result) = &result
            && !matches!(result.exit, Exit::PartWay | Exit::Refused)
        {
            return result.exit;
        }
        if let Some(end) = end(world) {
            return end;
        }
        problems = result.map(|r| r.problems).unwrap_or_default();
    }
    panic!("it is not over after five applies: {problems:?}");
}

/// How the last run ended, if it did.
pub fn end(world: &SimWorld) -> Option<Exit> {
    let last = (1..).map_while(|number| world.entry(number)).last()?;
    match serde_json::from_slice::<Entry>(&last).unwrap().records.pop()? {
        Record::Ended { end: RunEnd::Done } => Some(Exit::Done),
        Record::Ended { end: RunEnd::Undone } => Some(Exit::Undone),
        _ => None,
    }
}

/// The id of the step with that title.
pub fn id(plan: &Plan, title: &str) -> String {
    plan.steps.iter().find(|s| s.title == title).unwrap_or_else(|| panic!("no step {title}")).id.clone()
}
