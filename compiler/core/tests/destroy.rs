//! In which order does all of it go, and what is not taken away?
#![allow(missing_docs, reason = "a test")]

mod common;

use common::{load, program};
use mig_core::Terms;
use mig_plan::{Plan, ResourceState, State};

const PROGRAM: &str = r#"
use docker
use host
use ssh
server a: ssh.host { address = 10.0.0.1 }
host.directory site { on = a, path = "/site" }
host.file page { on = a, path = "/site/index.html", content = "hello", needs = [site] }
service db: docker.container { on = a, image = "mysql:5.7.44" }
service web: docker.container { on = a, image = "nginx:1.17.6", needs = [db] }
output where_it_is = "here"
"#;

fn applied(text: &str) -> State {
    let files = program(text);
    let mut state = State { project: "default".to_owned(), ..State::default() };
    let plan = load(&files).compile().plan(&state).unwrap();
    plan.steps.into_iter().for_each(|step| state.resources.extend(step.sets));
    state
}

fn destroyed(text: &str, state: &State, targets: &[&str]) -> Result<Plan, Vec<String>> {
    let files = program(text);
    let loaded = load(&files);
    let targets = targets.iter().map(|&t| t.to_owned()).collect();
    let plan = loaded.compile().destruction(state, &Terms { observed: None, targets });
    plan.map_err(|report| report.diagnostics.into_iter().map(|d| format!("{} {}", d.code, d.message)).collect())
}

fn titles(plan: &Plan) -> Vec<&str> {
    plan.steps.iter().map(|s| s.title.as_str()).collect()
}

#[test]
fn what_was_built_last_goes_first_and_nothing_stays_in_the_state() {
    let mut state = applied(PROGRAM);
    state.resources.insert("old_move".to_owned(), ResourceState { kind: "copy".to_owned(), ..ResourceState::default() });
    let plan = destroyed(PROGRAM, &state, &[]).unwrap();
    assert_eq!(
        titles(&plan),
        [
            "remove the container `web` from a",
            "remove the container `db` from a",
            "delete `page` (host.file) on a",
            "delete `site` (host.directory) on a",
            "forget `old_move`",
        ]
    );
    for pair in plan.steps.windows(2) {
        assert!(pair[1].needs.contains(&pair[0].id), "{} comes after {}", pair[1].title, pair[0].title);
    }
    let mut removed: Vec<&String> = plan.steps.iter().flat_map(|s| &s.removes).collect();
    removed.sort();
    assert_eq!(removed, state.resources.keys().collect::<Vec<_>>());
    assert!(plan.outputs.is_empty());
    assert_eq!(destroyed(PROGRAM, &State::default(), &[]).unwrap().steps, []);
}

#[test]
fn a_target_takes_what_was_built_on_it_and_leaves_the_rest() {
    let state = applied(PROGRAM);
    let plan = destroyed(PROGRAM, &state, &["web"]).unwrap();
    assert_eq!((titles(&plan), plan.partial.as_ref().unwrap().left_out), (vec!["remove the container `web` from a"], 3));
    let site = destroyed(PROGRAM, &state, &["site"]).unwrap();
    assert!(titles(&site).contains(&"delete `page` (host.file) on a") && titles(&site).len() == 4, "{:?}", titles(&site));
}

const MOVED: &str = r#"
use docker
use host
use ssh
existing server a: ssh.host { address = 10.0.0.1 }
server b: ssh.host { address = 10.0.0.2 }
existing service old_db: docker.container {
  on = a, image = "mysql:5.7.44", container = "db"
  volume data { source = "/srv/db", target = "/var/lib/mysql", owner = 999:999 }
}
service db: docker.container {
  on = b, image = "mysql:5.7.44", source = old_db
  volume data { source = "/data/db", target = "/var/lib/mysql", owner = 999:999 }
}
host.mount srv { on = a, device = "LABEL=srv", path = "/srv" }
host.directory site { on = b, path = "/site" }
move it: copy { from = a, to = b, services = [db] }
"#;

#[test]
fn the_source_of_a_move_stays_until_that_is_confirmed() {
    let mut state = applied(MOVED);
    let without = MOVED.replace("host.mount srv { on = a, device = \"LABEL=srv\", path = \"/srv\" }\n", "");
    let elsewhere = MOVED.replace("path = \"/srv\" }", "path = \"/mnt\" }");
    let said = |text: &str, state: &State, targets: &[&str]| {
        let files = program(text);
        let targets = targets.iter().map(|&t| t.to_owned()).collect();
        let plan = load(&files).compile().plan_on(state, &Terms { observed: None, targets });
        plan.map(|plan| titles(&plan).join("; ")).map_err(|report| report.diagnostics.into_iter().map(|d| d.code).collect())
    };
    let refused = Err::<String, _>(vec!["MIG6026".to_owned()]);
    assert_eq!((said(&without, &state, &[]), said(&elsewhere, &state, &[])), (refused.clone(), refused.clone()));
    assert_eq!(said(&without, &state, &["site"]), Ok(String::new()), "what was asked for concerns the source in nothing");
    assert!(destroyed(MOVED, &state, &[]).unwrap_err()[0].contains("would change a, which `migc undo` of `it` goes back to"));
    state.resources.get_mut("it").unwrap().confirmed = true;
    assert_eq!(said(&without, &state, &[]), Ok("delete `srv` (host.mount) on a".to_owned()));
    assert!(said(&elsewhere, &state, &[]).is_ok());
}

#[test]
fn what_is_kept_or_out_of_reach_is_said() {
    let kept = PROGRAM.replace("host.file page", "@keep\nhost.file page");
    let state = applied(&kept);
    let said = destroyed(&kept, &state, &[]).unwrap_err();
    assert_eq!(said, ["MIG6014 `page` is kept (`@keep`), and the step \"delete `page` (host.file) on a\" would destroy it"]);
    assert_eq!(destroyed(&kept, &state, &["web"]).unwrap().steps.len(), 1, "what is kept hinders nothing else");
    assert!(destroyed(&kept, &state, &["site"]).is_err(), "it was built on what would go");
    let newly = destroyed(&kept, &applied(PROGRAM), &[]);
    assert!(newly.is_err(), "`@keep` that was not applied yet counts too");
    let elsewhere = destroyed("use ssh\nserver b: ssh.host { address = 10.0.0.2 }", &applied(PROGRAM), &[]).unwrap_err();
    assert_eq!(elsewhere.len(), 4);
    assert!(elsewhere[0].contains("which the program does not declare"), "{elsewhere:?}");
}
