//! Do the tests of programs judge plans and reports as they should? Small programs with one test each.
#![allow(missing_docs, reason = "a test")]

mod common;

use common::{load, program};

const HOSTS: &str = r"
use docker
use ssh

existing server old: ssh.host { address = 10.0.0.1 }
server new: ssh.host { address = 10.0.0.2 }
";

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
  volume data { source = "/data/db", target = "/var/lib/mysql" }
  publish = [3306/tcp]
}
move all_of_it: copy { from = old, to = new, services = [db] }
"#;

/// Messages and helps of the failures of the one test of a program.
fn failures(given: &str, test: &str) -> Vec<String> {
    let files = program(&format!("{given}\ntest \"it\" {{\n{test}\n}}\n"));
    let loaded = load(&files);
    let tested = loaded.test();
    assert_eq!(tested.len(), 1);
    let told = |f: &mig_plan::Diagnostic| format!("{}{}", f.message, f.help.as_ref().map(|h| format!(" ({h})")).unwrap_or_default());
    tested[0].failures.iter().map(told).collect()
}

#[track_caller]
fn holds(given: &str, test: &str) {
    assert_eq!(failures(given, test), Vec::<String>::new(), "{test}");
}

#[track_caller]
fn fails(given: &str, test: &str, message: &str) {
    assert_eq!(failures(given, test), [message], "{test}");
}

#[test]
fn a_plan_is_looked_at_like_any_value() {
    let given = format!("{HOSTS}{MOVED}");
    for condition in [
        "plan.steps.any(s => s.action == stop and s.service == db and s.host == old)",
        "plan.steps.filter(s => s.action == copy).all(s => s.from == old and s.host == new and s.paths == [\"/data/db\"])",
        "plan.before(s => s.action == stop, s => s.action == start)",
        "plan.before(s => s.action == verify and s.service == db, s => s.no_return)",
        "not plan.before(s => s.action == start, s => s.action == stop)",
        "plan.steps.filter(s => s.no_return).map(s => s.title) == [\"start `db` on new\"]",
        "plan.moves.len == 1 and plan.moves.all(m => m.move == all_of_it and m.from == old and m.to == new)",
        "plan.hosts == [new, old] and plan.destroys.len == 0 and plan.secrets.len == 0",
        "plan.steps.filter(s => not s.can_undo).all(s => s.phase != prepare)",
    ] {
        holds(&given, &format!("  expect {condition}"));
    }
    holds(&format!("{HOSTS}service web: docker.container {{ on = new, image = \"nginx:1.17.6\" }}"), "  expect plan.downtime(web) == 0s");
}

#[test]
fn what_does_not_hold_of_a_plan_shows_why() {
    let given = format!("{HOSTS}{MOVED}");
    fails(
        &given,
        "  expect plan.before(s => s.action == start, s => s.action == stop)",
        "`plan.before(s => s.action == start, s => s.action == stop)` does not hold (what fits the first rule: \"start `db` on new\"; what fits the second rule: \"stop `db` on old\")",
    );
    fails(
        &given,
        "  expect plan.before(s => s.action == adopt, s => s.action == stop)",
        "`plan.before(s => s.action == adopt, s => s.action == stop)` does not hold (no step fits the first rule; what fits the second rule: \"stop `db` on old\")",
    );
    fails(
        &given,
        "  expect plan.moves.len == 1 and plan.hosts.len > 2",
        "`plan.moves.len == 1 and plan.hosts.len > 2` does not hold (`plan.hosts.len` is 2)",
    );
    fails(
        &given,
        "  expect plan.steps.all(s => s.move == all_of_it)",
        "`plan.steps.all(s => s.move == all_of_it)` does not hold (not for \"see that new has tar, find, getfattr, sha256sum\")",
    );
    fails(&given, "  expect plan.hosts.contains(db)", "`contains` takes a server, and this is a docker.container");
    fails(
        &given,
        "  expect plan.downtime(db) <= 1min",
        "`plan.downtime(db) <= 1min` is not known: it needs sizes that a survey measures (`plan.downtime(db)` is not known: it needs sizes that a survey measures)",
    );
}

#[test]
fn problems_of_a_plan_are_expected_by_name_and_place() {
    let stays = r#"
  @applied
  service db: docker.container { on = old_host, image = "mysql:5.7.44" }
  server old_host: ssh.host { address = 10.0.0.3 }
  service db: docker.container { on = new, image = "mysql:5.7.44" }"#;
    holds(HOSTS, &format!("{stays}\n  expect error service_would_leave_its_data at db\n  expect MIG6005"));
    let unexpected = failures(HOSTS, stays);
    assert!(matches!(unexpected.as_slice(), [one] if one.starts_with("the test does not expect MIG6005")), "{unexpected:?}");
    let no_plan = failures(HOSTS, &format!("{stays}\n  expect plan.steps.len == 0"));
    assert!(matches!(no_plan.as_slice(), [one] if one.starts_with("there is no plan: MIG6005: `db` is on old_host")), "{no_plan:?}");
}

#[test]
fn what_was_applied_and_is_gone_is_removed() {
    let test = r#"
  @applied
  service web: docker.container { on = new, image = "nginx:1.17.6" }
  expect plan.steps.map(s => s.action) == [remove]
  expect plan.destroys == ["web"]"#;
    holds(HOSTS, test);
    let broken = failures(HOSTS, "  @applied\n  service web: docker.container { on = nowhere, image = \"nginx:1.17.6\" }");
    assert!(matches!(broken.as_slice(), [one] if one.starts_with("what is `@applied` could not be applied: MIG1002")), "{broken:?}");
}

const SMALL: &str = r#"
kind node { disk: Size, image: Size }
check image_too_large: CLUB001 error {
  for  n in all(node)
  when n.disk < n.image
  warning when n.disk < n.image * 2
  at   n.disk
  say  "{n} is too small"
}
"#;

#[test]
fn a_severity_and_a_place_narrow_what_is_expected() {
    let small = "  node a { disk = 10GiB, image = 20GiB }";
    let doubtful = "  node a { disk = 30GiB, image = 20GiB }";
    holds(SMALL, &format!("{small}\n  expect error image_too_large at a.disk"));
    holds(SMALL, &format!("{doubtful}\n  expect warning CLUB001 at a\n  expect error none"));
    let wrong = "the error image_too_large was expected, and not reported";
    fails(SMALL, &format!("{doubtful}\n  expect error image_too_large"), wrong);
    fails(
        SMALL,
        &format!("{doubtful}\n  expect error image_to_large\n  expect CLUB001"),
        "the error image_to_large was expected, and not reported (did you mean `image_too_large`?)",
    );
    holds(SMALL, "  node a { disk = 10, image = 20GiB }\n  expect error type_mismatch at a.disk");
    fails(
        SMALL,
        "  node a { disk = 50GiB, image = 20GiB }\n  expect a.disk < a.image or a.disk == 10GiB",
        "`a.disk < a.image or a.disk == 10GiB` does not hold (`a.disk` is 50 GiB; `a.image` is 20 GiB; `a.disk` is 50 GiB)",
    );
}

#[test]
fn the_tests_of_the_examples_hold() {
    for example in ["examples/geekpie", "examples/lab-move"] {
        let files = common::folder(example);
        let loaded = load(&files);
        let tested = loaded.test();
        assert!(!tested.is_empty(), "{example} has tests");
        for test in tested {
            assert!(test.failures.is_empty(), "{example}: {}: {:?}", test.title, test.failures);
        }
    }
}
