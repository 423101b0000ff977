//! Is what a service says it holds compared with what it said? By scripts that run here, with a file in the place of a service.

#![allow(clippy::disallowed_methods, reason = "tests make folders, start processes and look at what is left")]

mod support;

use mig_plan::{Action, Hook};
use mig_runtime::{
    actions::{Done, Failure, Performed, perform},
    local::LocalWorld,
};
use std::{collections::BTreeMap, fs};
use support::{Folder, plan_of};

/// What steps have learned, and which of them an earlier apply has done.
#[derive(Default)]
struct Known {
    done: BTreeMap<String, BTreeMap<String, String>>,
    earlier: bool,
}

impl Done for Known {
    fn value(&self, step: &str, name: &str) -> Option<String> {
        self.done.value(step, name)
    }

    fn is_earlier(&self, _step: &str) -> bool {
        self.earlier
    }
}

fn prove(folder: &Folder, script: &str, noted: Option<&str>) -> Action {
    let hook = Hook { script: script.to_owned(), words: vec![folder.at("held")] };
    Action::ProveData { host: "a".to_owned(), container: "db".to_owned(), hook, noted: noted.map(str::to_owned) }
}

async fn act(world: &LocalWorld, action: &Action, known: &Known) -> Result<Performed, Failure> {
    let mut plan = plan_of(action);
    let start = Action::StartContainer { host: "a".to_owned(), container: "db".to_owned() };
    plan.steps.extend(plan_of(&start).steps);
    perform(world, &plan, &plan.steps[0], action, known, &|_| ()).await
}

const SAYS: &str = r#"[ "$MIGC_CONTAINER" = db ] || exit 1; cat -- "$1""#;

#[tokio::test]
async fn what_a_service_holds_is_compared_line_by_line() {
    let folder = Folder::new("hooks");
    let world = LocalWorld::new(folder.path()).with_secret("TOKEN", "s3cr3t-value");
    let holds = |text: &str| fs::write(folder.at("held"), text).unwrap();
    holds("rows 12 of members\nrows 3 of \x1b[31mboats\ntoken s3cr3t-value\n");
    let noted = act(&world, &prove(&folder, SAYS, None), &Known::default()).await.unwrap();
    assert_eq!(noted.values["lines"], "rows 12 of members\nrows 3 of [31mboats\ntoken (secret TOKEN)");
    let mut known = Known { done: BTreeMap::from([("s9".to_owned(), noted.values)]), earlier: false };

    let again = prove(&folder, SAYS, Some("s9"));
    assert_eq!(act(&world, &again, &known).await.unwrap().values.get("not_verified"), None);
    holds("rows 11 of members\nrows 3 of \x1b[31mboats\ntoken s3cr3t-value\n");
    let failure = act(&world, &again, &known).await.unwrap_err();
    assert!(failure.certain && failure.message.contains(r#"it said "rows 12 of members", and says "rows 11 of members""#), "{failure:?}");
    known.earlier = true;
    let later = act(&world, &again, &known).await.unwrap();
    assert!(later.values["not_verified"].contains("an earlier apply started it on a"), "{later:?}");
}

#[tokio::test]
async fn what_could_not_be_asked_is_not_verified() {
    let folder = Folder::new("unasked");
    let world = LocalWorld::new(folder.path());
    let unasked = act(&world, &prove(&folder, "echo 'no password' >&2; exit 75", None), &Known::default()).await.unwrap();
    assert!(unasked.values["not_verified"].ends_with("no password"), "{unasked:?}");
    let known = Known { done: BTreeMap::from([("s9".to_owned(), unasked.values.clone())]), earlier: false };
    let other_side = act(&world, &prove(&folder, "exit 1", Some("s9")), &known).await.unwrap();
    assert_eq!(other_side.values, unasked.values);
    let failure = act(&world, &prove(&folder, "echo broken >&2; exit 3", None), &Known::default()).await.unwrap_err();
    assert!(failure.message.contains("broken"), "{failure:?}");
    let forgotten = act(&world, &prove(&folder, "true", Some("s8")), &Known::default()).await.unwrap_err();
    assert!(forgotten.message.contains("not in the journal"), "{forgotten:?}");
}

#[tokio::test]
async fn of_what_is_too_long_to_keep_only_the_digest_counts() {
    let folder = Folder::new("long");
    let world = LocalWorld::new(folder.path());
    fs::write(folder.at("held"), "x\n".repeat(20_000)).unwrap();
    let noted = act(&world, &prove(&folder, SAYS, None), &Known::default()).await.unwrap();
    assert_eq!(noted.values.keys().collect::<Vec<_>>(), ["proof"]);
    let known = Known { done: BTreeMap::from([("s9".to_owned(), noted.values)]), earlier: false };
    act(&world, &prove(&folder, SAYS, Some("s9")), &known).await.unwrap();
    fs::write(folder.at("held"), "x\n".repeat(20_001)).unwrap();
    let failure = act(&world, &prove(&folder, SAYS, Some("s9")), &known).await.unwrap_err();
    assert!(failure.message.contains("too long to keep"), "{failure:?}");
}
