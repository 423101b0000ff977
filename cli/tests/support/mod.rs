//! What do the tests of commands share? A folder of a test's own, and a plan that touches no host.

#![allow(clippy::disallowed_methods, reason = "folders and files are made for a test")]
#![allow(dead_code, reason = "each test file uses its own part")]

use mig_plan::{Action, Class, Digest, Estimate, Origin, Phase, Plan, State, Step, Undo};
use mig_runtime::{actions::perform, local::LocalWorld};
use std::{collections::BTreeMap, fs, path::PathBuf};

/// A folder of a test's own, removed with it.
pub struct Folder(pub PathBuf);

impl Folder {
    /// An empty one; the name tells the tests of one file apart.
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("migc-{}-{name}-{}", env!("CARGO_CRATE_NAME"), std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, bytes).expect("a file");
        path
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).expect("a text")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A program of one file.
#[derive(Debug)]
pub struct One(pub String);

impl mig_core::Files for One {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        if path == "main.mig" { Ok(self.0.clone().into_bytes()) } else { Err("there is no such file".to_owned()) }
    }
    fn list(&self) -> Vec<String> {
        vec![]
    }
}

impl One {
    pub fn load(&self) -> mig_core::Loaded {
        mig_core::load(self, "main.mig", &mig_core::Options::default())
    }

    /// The plan from a state, asking nobody.
    pub fn plan(&self, state: &State) -> Plan {
        self.load().compile().plan(state).unwrap_or_else(|p| panic!("{p:#?}"))
    }
}

/// Performs the steps of a plan, each as `as_done` has it, on this machine; what each did: `true` if it had to act.
pub async fn performed(
    world: &LocalWorld,
    plan: &Plan,
    state: &mut State,
    as_done: impl Fn(&Action) -> Action,
) -> Result<Vec<bool>, String> {
    let mut changed = vec![];
    for step in &plan.steps {
        let action = as_done(&step.action);
        let done = perform(world, plan, step, &action, &BTreeMap::new(), &|_| ()).await.map_err(|f| f.message)?;
        changed.push(done.changed);
        step.removes.iter().for_each(|address| drop(state.resources.remove(address)));
        state.resources.extend(step.sets.clone());
    }
    Ok(changed)
}

/// A plan of steps that only write the journal.
pub fn notes(count: usize) -> Plan {
    let step = |number: usize| Step {
        id: format!("s{number:012x}"),
        address: format!("note{number}"),
        of_move: None,
        phase: Phase::Prepare,
        title: format!("note that thing {number} is settled"),
        why: "it is there already".to_owned(),
        action: Action::Note,
        needs: vec![],
        class: Class::Read,
        estimate: Estimate { seconds: Some(0), bytes: Some(0) },
        undo: Undo::Nothing,
        point_of_no_return: false,
        after_no_return: false,
        before: None,
        sets: vec![],
        removes: vec![],
        origin: Origin { file: "main.mig".to_owned(), line: 1, column: 1 },
    };
    Plan {
        version: Plan::VERSION,
        project: "trial".to_owned(),
        sources: Digest::of_bytes(b"sources"),
        serial: 0,
        head: String::new(),
        hosts: [].into(),
        preconditions: vec![],
        steps: (1..=count).map(step).collect(),
        moves: vec![],
        forecasts: vec![],
        cost_per_day: [].into(),
        secrets: vec![],
        unproven: vec![],
        outputs: [].into(),
        observed: None,
        partial: None,
        reverses: None,
    }
}

/// Writes it as `plan.json`, and answers its digest.
pub fn plan_file(folder: &Folder, plan: &Plan) -> String {
    folder.write("plan.json", serde_json::to_string_pretty(plan).expect("a plan is JSON"));
    plan.digest().to_string()
}
