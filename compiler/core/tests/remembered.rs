//! What does the state remember, and does a plan mind it? Programs that were applied, and the same programs changed.
#![allow(missing_docs, reason = "a test")]

mod common;

use common::{load, program};
use mig_plan::{Action, Plan, Report, State};

const HOSTS: &str = r#"
use docker
use ssh

existing server old: ssh.host { address = 10.0.0.1 }
server new: ssh.host {
  address = 10.0.0.2
  zone    = "b"
  disk system { size = 50GiB }
}
"#;

const WEB: &str = r#"service web: docker.container { on = new, image = "nginx:1.17.6", publish = [80/tcp] }
"#;

const MOVED: &str = r#"
existing service old_db: docker.container {
  on = old
  image = "mysql:5.7.44"
  container = "db"
  volume data { source = "/srv/db", target = "/var/lib/mysql" }
}
service db: docker.container {
  on = new
  image = "mysql:5.7.44"
  source = old_db
  container = "db"
  volume data { source = "/data/db", target = "/var/lib/mysql" }
}
move all_of_it: copy { from = old, to = new, services = [db] }
"#;

fn plan_of(text: &str, state: &State) -> Result<Plan, Report> {
    let files = program(text);
    let loaded = load(&files);
    let compiled = loaded.compile();
    assert!(!compiled.report.has_errors(), "{:#?}", compiled.report);
    compiled.plan(state)
}

#[track_caller]
fn planned(text: &str, state: &State) -> Plan {
    plan_of(text, state).unwrap_or_else(|r| panic!("{:#?}", r.diagnostics))
}

fn remarks(text: &str, state: &State) -> Vec<String> {
    let files = program(text);
    let loaded = load(&files);
    loaded.compile().remarks(state).diagnostics.into_iter().map(|d| format!("{} {}", d.code, d.message)).collect()
}

/// The state after every step of a plan, in its order.
fn apply(mut state: State, plan: &Plan) -> State {
    state.project.clone_from(&plan.project);
    state.serial += 1;
    for step in &plan.steps {
        state.resources.retain(|address, _| !step.removes.contains(address));
        state.resources.extend(step.sets.iter().cloned());
    }
    state
}

fn applied(text: &str) -> State {
    apply(State::default(), &planned(text, &State::default()))
}

fn titles(plan: &Plan) -> Vec<&str> {
    plan.steps.iter().map(|s| s.title.as_str()).collect()
}

#[track_caller]
fn refused(text: &str, state: &State, code: &str, line: u32) -> String {
    let report = plan_of(text, state).expect_err("it is refused");
    let found: Vec<_> = report.diagnostics.iter().map(|d| (d.code.as_str(), d.span.start.line)).collect();
    assert_eq!(found, [(code, line)], "{:#?}", report.diagnostics);
    report.diagnostics[0].message.clone()
}

#[test]
fn what_is_remembered_is_noted_after_everything_else_and_once() {
    let text = format!("{HOSTS}{WEB}");
    let plan = planned(&text, &State::default());
    assert_eq!(plan.steps.last().unwrap().title, "note what only grows or is fixed of `new`, `new.system`");
    let state = applied(&text);
    let size = &state.resources["new.system"].fields["size"];
    assert_eq!((size.value.as_str(), size.amount), ("50 GiB", Some((50 << 33, 1))));
    assert_eq!(state.resources["new"].fields["zone"].value, "b");
    assert!(planned(&text, &state).steps.is_empty());
    // Nothing of ours is anywhere, so there is nothing to remember.
    assert!(planned(HOSTS, &State::default()).steps.is_empty());
}

#[test]
fn what_grows_is_raised_in_place_and_never_lowered() {
    let text = format!("{HOSTS}{WEB}");
    let state = applied(&text);
    let raised = text.replace("50GiB", "60GiB");
    let plan = planned(&raised, &state);
    assert_eq!(titles(&plan), ["note that `new.system` grows: `size` from 50 GiB to 60 GiB"]);
    let looked =
        |p: &mig_plan::Precondition| matches!(&p.requirement, mig_plan::Requirement::Hardware { disks, .. } if disks["/"] == 60 << 30);
    assert!(plan.preconditions.iter().any(looked) && plan.hosts.contains_key("new"));
    let state = apply(state, &plan);
    assert!(planned(&raised, &state).steps.is_empty());
    let said = refused(&text, &state, "MIG6012", 9);
    assert_eq!(said, "`size` of `new.system` was 60 GiB and would be 50 GiB: it only grows, for what lies beyond would be lost");
}

#[test]
fn what_is_fixed_is_not_changed() {
    let text = format!("{HOSTS}{WEB}");
    let state = applied(&text);
    let said = refused(&text.replace("\"b\"", "\"c\""), &state, "MIG6013", 8);
    assert_eq!(said, "`zone` of `new` was b and would be c: it is fixed, so another ssh.host would have to take its place");
}

#[test]
fn what_has_no_data_changes_its_host_and_what_has_some_does_not() {
    let text = format!("{HOSTS}server other: ssh.host {{ address = 10.0.0.3 }}\n{WEB}");
    let state = applied(&text);
    let plan = planned(&text.replace("on = new", "on = other"), &state);
    let shown: Vec<&str> = titles(&plan).into_iter().skip(1).collect();
    assert_eq!(
        shown,
        [
            "create the container `web` on other, not started",
            "start `web` on other",
            "wait until `web` answers on other",
            "remove the container `web` from new"
        ]
    );
    let database = text.replace("nginx:1.17.6", "mysql:5.7.44");
    let state = applied(&database);
    refused(&database.replace("on = new", "on = other"), &state, "MIG6005", 12);
}

#[test]
fn a_container_of_another_name_takes_the_place_of_the_old_one() {
    let text = format!("{HOSTS}{WEB}");
    let plan = planned(&text.replace("on = new,", "on = new, container = \"www\","), &applied(&text));
    let shown: Vec<&str> = titles(&plan).into_iter().skip(1).collect();
    assert_eq!(
        shown,
        [
            "create the container `www` on new, not started",
            "remove the container `web` from new",
            "start `www` on new",
            "wait until `www` answers on new"
        ]
    );
}

#[test]
fn what_is_kept_is_neither_replaced_nor_destroyed() {
    let kept = format!("{HOSTS}@keep\n{WEB}");
    let state = applied(&kept);
    assert!(state.resources["web"].keep);
    let said = refused(&kept.replace("1.17.6", "1.18.0"), &state, "MIG6014", 11);
    assert_eq!(said, "`web` is kept (`@keep`), and the step \"create the container `web` on new\" would replace it");
    let said = refused(HOSTS, &state, "MIG6014", 6);
    assert_eq!(said, "`web` is kept (`@keep`), and the step \"remove the container `web` from new\" would destroy it");
    let free = format!("{HOSTS}{WEB}");
    let plan = planned(&free, &state);
    assert_eq!(titles(&plan), ["note that `web` is not kept any more"]);
    let state = apply(state, &plan);
    assert_eq!(titles(&planned(HOSTS, &state)), ["remove the container `web` from new"]);
    assert_eq!(titles(&planned(&kept, &state)), ["note that `web` is kept"]);
}

#[test]
fn a_renamed_declaration_is_the_same_thing() {
    let text = format!("{HOSTS}{MOVED}");
    let state = applied(&text);
    let renamed = text
        .replace("server new:", "@moved(from = new)\nserver newer:")
        .replace("= new", "= newer")
        .replace("(from = newer)", "(from = new)")
        .replace("service db:", "@moved(from = db)\nservice database:")
        .replace("[db]", "[database]");
    let plan = planned(&renamed, &state);
    assert_eq!(titles(&plan), ["note that `new` is called `newer` now, `db` is called `database` now"]);
    let after = apply(state, &plan);
    let known: Vec<&str> = after.resources.keys().map(String::as_str).collect();
    assert_eq!(known, ["all_of_it", "database", "newer", "newer.system"]);
    assert_eq!(after.resources["database"].attributes["host"], "newer");
    assert!(planned(&renamed, &after).steps.is_empty());
    assert_eq!(
        remarks(&renamed, &after),
        [
            "MIG6011 `newer` is known by its new name already, and `new` by none",
            "MIG6011 `database` is known by its new name already, and `db` by none"
        ]
    );
    // The container still bears its first owner, also when `@moved` is gone.
    let settled = renamed.replace("@moved(from = new)\n", "").replace("@moved(from = db)\n", "");
    assert!(planned(&settled, &after).steps.is_empty());
    let gone = planned(&settled.replace("mysql:5.7.44\"\n  source", "mysql:5.7.45\"\n  source"), &after);
    let owner = gone.steps.iter().find_map(|s| match &s.action {
        Action::CreateContainer { container, .. } => Some(container.owner.clone()),
        _ => None,
    });
    assert_eq!(owner.as_deref(), Some("default/db"));
}

#[test]
fn a_renamed_service_may_get_another_container_too() {
    let text = format!("{HOSTS}{WEB}");
    let plan = planned(&text.replace("service web", "@moved(from = web)\nservice www"), &applied(&text));
    let removed = plan.steps.iter().find_map(|s| match &s.action {
        Action::RemoveContainer { container, owner, .. } => Some((container.as_str(), owner.as_deref())),
        _ => None,
    });
    assert_eq!(removed, Some(("web", Some("default/web"))));
    let note = plan.steps.iter().position(|s| s.title.starts_with("note that `web`")).unwrap();
    let settled = plan.steps.iter().position(|s| s.sets.iter().any(|(a, r)| a == "www" && r.attributes["container"] == "www")).unwrap();
    assert!(note < settled);
}

#[test]
fn one_of_many_is_moved_with_its_key() {
    let many = |name: &str, above: &str| {
        format!(
            "{HOSTS}{above}service {name}[k in [\"a\", \"b\"]]: docker.container {{ on = new, image = \"nginx:1.17.6\", container = k }}\n"
        )
    };
    let plan = planned(&many("page", "@moved(from = web)\n"), &applied(&many("web", "")));
    assert_eq!(titles(&plan), ["note that `web[\"a\"]` is called `page[\"a\"]` now, `web[\"b\"]` is called `page[\"b\"]` now"]);
}

#[test]
fn a_move_that_cannot_be_is_said() {
    let text = format!("{HOSTS}{WEB}");
    let state = applied(&text);
    let both = format!("{text}@moved(from = web)\nservice www: docker.container {{ on = new, image = \"nginx:1.17.6\" }}\n");
    let said = refused(&both, &state, "MIG6010", 12);
    assert_eq!(said, "`www` cannot be what `web` was, for `web` is still declared");
    let two = both.replace("service web", "@moved(from = was)\nservice web").replace("(from = web)", "(from = was)");
    let mut known = state.clone();
    let resource = known.resources.remove("web").unwrap();
    known.resources.insert("was".to_owned(), resource.clone());
    assert_eq!(refused(&two, &known, "MIG6010", 13), "`web` and `www` cannot both be what `was` was");
    known.resources.insert("web".to_owned(), resource);
    let twice = text.replace("service web", "@moved(from = was)\nservice web");
    assert_eq!(refused(&twice, &known, "MIG6010", 11), "the state knows both `was` and `web`, so the one cannot become the other");
    let useless = text.replace("service web", "@moved(from = wbe)\nservice web");
    assert_eq!(remarks(&useless, &state), ["MIG6011 `web` is known by its new name already, and `wbe` by none"]);
    assert!(remarks(&useless, &State::default()).is_empty());
}

#[test]
fn a_state_of_before_is_read() {
    let old = r#"{"kind":"docker.container","digest":"d","attributes":{"host":"new","container":"web"}}"#;
    let read: mig_plan::ResourceState = serde_json::from_str(old).unwrap();
    assert!(read.fields.is_empty() && !read.keep);
    assert_eq!(
        serde_json::to_string(&read).unwrap(),
        r#"{"kind":"docker.container","digest":"d","attributes":{"container":"web","host":"new"}}"#
    );
}
