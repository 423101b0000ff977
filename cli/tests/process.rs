//! How does the program itself behave? Exit statuses, streams, plans in files, journals; with steps that touch no host.
//!
//! What programs mean is tested where they are compiled, what steps do where they are run.

#![allow(clippy::disallowed_methods, reason = "a process is started, and folders are made for it")]

mod support;

use mig_plan::{Digest, Forecast, ResourceState};
use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Output, Stdio},
};
use support::{Folder, notes, plan_file};

fn migc(folder: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_migc"));
    command.current_dir(folder).args(words).stdin(Stdio::null()).env_remove("MIG_STATE");
    command.output().expect("migc can be started")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn status(output: &Output) -> i32 {
    output.status.code().expect("it was not killed")
}

#[test]
fn wrong_usage_is_64() {
    let folder = Folder::new("usage");
    for words in
        [&["chek"][..], &[], &["check", "--format", "xml"], &["check", "--set", "x"], &["apply", "--digest", "x"], &["apply", "p.json"]]
    {
        let output = migc(&folder.0, words);
        assert_eq!(status(&output), 64, "{words:?}: {}", text(&output.stderr));
        assert!(!output.stderr.is_empty() && output.stdout.is_empty(), "{words:?}");
    }
    assert_eq!(status(&migc(&folder.0, &["--help"])), 0);
    assert_eq!(status(&migc(&folder.0, &["--version"])), 0);
}

#[test]
fn a_project_that_is_begun_is_clean_and_its_tests_hold() {
    let folder = Folder::new("begun");
    assert_eq!(status(&migc(&folder.0, &["init", "club"])), 0);
    for words in [&["check", "club", "--deny", "warnings"][..], &["test", "club"], &["fmt", "--check", "club"], &["plan", "club"]] {
        let output = migc(&folder.0, words);
        assert_eq!(status(&output), 0, "{words:?}: {}{}", text(&output.stdout), text(&output.stderr));
    }
    let again = migc(&folder.0, &["init", "club"]);
    assert_eq!(status(&again), 1, "what is there is not overwritten: {}", text(&again.stdout));
}

#[test]
fn the_place_of_a_state_is_tried_out_before_anything_is_written() {
    let folder = Folder::new("begun-state");
    let output = migc(&folder.0, &["init", "club", "--state", "../shared \"state\""]);
    assert_eq!(status(&output), 0, "{}", text(&output.stderr));
    assert!(text(&output.stdout).starts_with("the state is at ../shared \"state\": it can be written"), "{}", text(&output.stdout));
    assert!(folder.0.join("shared \"state\"/id").exists());
    assert_eq!(status(&migc(&folder.0, &["check", "club", "--deny", "warnings"])), 0);
    let no_key = migc(&folder.0, &["init", "other", "--state", "s3://bucket/path"]);
    assert_eq!((status(&no_key), folder.0.join("other").exists()), (1, false));
    assert!(text(&no_key.stderr).contains("MIG_SECRET_state_key"), "{}", text(&no_key.stderr));
    let wrong = migc(&folder.0, &["init", "other", "--state", "http://bucket/path"]);
    assert_eq!((status(&wrong), folder.0.join("other").exists()), (64, false), "{}", text(&wrong.stderr));
}

#[test]
fn what_is_not_there_is_named() {
    let folder = Folder::new("missing");
    let output = migc(&folder.0, &["check", "nowhere"]);
    assert_eq!((status(&output), text(&output.stderr).lines().next()), (1, Some("error: there is no `nowhere`")));
    let output = migc(&folder.0, &["explain", "duplicate_node"]);
    assert_eq!(status(&output), 1);
    assert!(text(&output.stderr).contains("did you mean `duplicate_node_id` (MIG3030)"), "{}", text(&output.stderr));
}

#[test]
fn checks_are_listed_by_what_is_asked_for() {
    let folder = Folder::new("checks");
    let shown = |words: &[&str]| {
        let output = migc(&folder.0, words);
        assert_eq!(status(&output), 0, "{words:?}: {}", text(&output.stderr));
        text(&output.stdout)
    };
    let errors = shown(&["checks", "--severity", "error"]);
    assert!(errors.lines().count() > 30 && errors.lines().all(|line| line.contains("  error")), "{errors}");
    assert_eq!(shown(&["checks", "MIG3030..3031"]).lines().count(), 2);
    assert!(shown(&["checks", "node-id"]).starts_with("MIG3030  error!   duplicate_node_id  Two machines"));

    folder.write(
        "main.mig",
        "kind disk_of_mine { size: Size }\n\
         check own_rule: OWN001 warning {\n  for d in all(disk_of_mine)\n  when d.size < 2GiB\n  at d.size\n  say \"{d} is small\"\n}\n\
         @allow(own_rule, \"it is a trial\")\ndisk_of_mine a { size = 1GiB }\n",
    );
    let here = |words: &[&str]| shown(&[&["checks", "--project", "."], words].concat());
    assert_eq!(here(&["--state", "allowed"]), "OWN001  warning  own_rule  1 allowed  Declared in main.mig\n");
    let held: serde_json::Value = serde_json::from_str(&here(&["MIG3030", "--json"])).expect("JSON");
    assert_eq!(held["checks"][0]["here"]["state"], "holds");
    for (words, code, said) in [
        (&["checks", "disc"][..], 1, "did you mean `system_disk_too_small`"),
        (&["checks", "MIG5"], 1, "no check is meant by `MIG5000..MIG5999`"),
        (&["checks", "9..1"], 64, "the last code is before the first"),
        (&["checks", "--state", "holds"], 64, "--project"),
    ] {
        let output = migc(&folder.0, words);
        assert!(status(&output) == code && text(&output.stderr).contains(said), "{words:?}: {}", text(&output.stderr));
    }
}

#[test]
fn a_folder_without_a_program_is_an_error_in_every_format() {
    let folder = Folder::new("empty");
    for format in ["human", "short", "json"] {
        let output = migc(&folder.0, &["check", "--format", format]);
        assert_eq!(status(&output), 1, "{format}");
        assert!(text(&output.stdout).contains("main.mig"), "{format}: {}", text(&output.stdout));
    }
    let output = migc(&folder.0, &["check", "--format", "json"]);
    let report: mig_plan::Report = serde_json::from_slice(&output.stdout).expect("a report");
    assert!(report.has_errors());
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let folder = Folder::new("pipe");
    let mut child = Command::new(env!("CARGO_BIN_EXE_migc"))
        .current_dir(&folder.0)
        .args(["explain", "MIG3030"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("migc can be started");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((status(&output), text(&output.stderr)), (0, String::new()));
}

#[test]
fn a_plan_in_a_file_is_applied_once() {
    let folder = Folder::new("apply");
    let digest = plan_file(&folder, &notes(3));
    let words = ["apply", "plan.json", "--digest", &digest, "--state", "state"];
    let asked = migc(&folder.0, &words);
    assert_eq!(status(&asked), 64, "{}", text(&asked.stderr));
    assert!(text(&asked.stdout).contains("1. note that thing 1 is settled"), "{}", text(&asked.stdout));
    assert!(!folder.0.join("state").exists(), "a plan that nobody agreed to leaves nothing");
    let done = migc(&folder.0, &[&words[..], &["--yes"]].concat());
    assert_eq!(status(&done), 0, "{}", text(&done.stderr));
    assert!(text(&done.stderr).contains("[3/3] in place"), "{}", text(&done.stderr));
    let again = migc(&folder.0, &[&words[..], &["--yes"]].concat());
    assert_eq!(status(&again), 1, "{}", text(&again.stdout));
    assert!(text(&again.stderr).contains("applied already"), "{}", text(&again.stderr));
}

#[test]
fn the_last_run_is_undone_once_and_only_after_a_question() {
    let folder = Folder::new("undo");
    folder.write("main.mig", "project trial { name = \"trial\" }\n");
    let undo = |words: &[&str]| {
        let output = migc(&folder.0, &[&["undo", "--state", "state"], words].concat());
        (status(&output), text(&output.stdout), text(&output.stderr))
    };
    let (code, _, said) = undo(&["--yes"]);
    assert_eq!((code, said.contains("there is no run to undo")), (1, true), "{said}");
    let digest = plan_file(&folder, &notes(2));
    assert_eq!(status(&migc(&folder.0, &["apply", "plan.json", "--digest", &digest, "--state", "state", "--yes"])), 0);
    let (code, shown, said) = undo(&[]);
    assert_eq!(code, 64, "{said}");
    let (last, first) = (shown.find("2. note that thing 2"), shown.find("1. note that thing 1"));
    assert!(last.is_some() && last < first, "{shown}");
    let (code, _, said) = undo(&["--yes", "--discard-writes-on", "mysql"]);
    assert_eq!((code, said.contains("has no move `mysql`")), (64, true), "{said}");
    let (code, shown, said) = undo(&["--yes"]);
    assert_eq!((code, shown.contains("all that was done was undone (2 steps)")), (0, true), "{shown}{said}");
    assert_eq!(undo(&["--yes"]).0, 1);
    let history = migc(&folder.0, &["state", "history", "--state", "state"]);
    assert!(text(&history.stdout).contains("undone"), "{}", text(&history.stdout));
}

#[test]
fn the_state_tells_what_was_done() {
    let folder = Folder::new("state");
    folder.write("main.mig", "project trial { name = \"trial\" }\n");
    let look = |words: &[&str]| {
        let output = migc(&folder.0, &[words, &["--state", "state"]].concat());
        (status(&output), text(&output.stdout), text(&output.stderr))
    };
    assert_eq!(look(&["state", "history"]).1, "nothing was applied yet\n");
    let mut plan = notes(2);
    let settled = |kind: &str| ResourceState { kind: kind.to_owned(), digest: Digest::of(&kind).to_string(), ..ResourceState::default() };
    plan.steps[0].sets = vec![("new.web".to_owned(), settled("docker.container"))];
    plan.outputs = [("address".to_owned(), "10.0.0.2".into()), ("ports".to_owned(), [80, 443].as_slice().into())].into();
    let digest = plan_file(&folder, &plan);
    let done = migc(&folder.0, &["apply", "plan.json", "--digest", &digest, "--state", "state", "--yes"]);
    assert_eq!(status(&done), 0, "{}", text(&done.stderr));

    assert_eq!(look(&["state", "list"]).1, "new.web  docker.container\n");
    assert!(look(&["state", "show", "new.web"]).1.starts_with("new.web (docker.container)\n"));
    let (code, _, said) = look(&["state", "show", "new.wbe"]);
    assert_eq!((code, said.contains("did you mean `new.web`?")), (1, true), "{said}");
    let (_, history, _) = look(&["state", "history"]);
    assert!(history.contains("done: 2 of 2 steps done; by "), "{history}");
    let runs: serde_json::Value = serde_json::from_str(&look(&["state", "history", "--json"]).1).expect("JSON");
    assert_eq!((runs[0]["end"].as_str(), runs[0]["done"].as_u64()), (Some("done"), Some(2)));
    assert_eq!(look(&["output"]).1, "address = \"10.0.0.2\"\nports = [80,443]\n");
    assert_eq!(look(&["output", "--name", "address"]).1, "10.0.0.2\n");
    assert_eq!(look(&["output", "--name", "adress"]).0, 1);

    let export: serde_json::Value = serde_json::from_str(&look(&["state", "export"]).1).expect("JSON");
    let count = export["entries"].as_array().map_or(0, Vec::len);
    assert!(look(&["state", "verify"]).1.starts_with(&format!("trial: {count} entries are whole")), "{}", look(&["state", "verify"]).1);
    let entry = fs::read_dir(folder.0.join("state")).expect("a folder").map(|e| e.expect("an entry").path());
    let entry = entry.filter(|path| path.extension().is_some_and(|e| e == "json")).min().expect("an entry of the journal");
    let edited = fs::read_to_string(&entry).expect("text").replace("thing 1", "thing 9");
    fs::remove_file(&entry).expect("it can be replaced");
    fs::write(&entry, edited).expect("a file");
    let (code, _, said) = look(&["state", "verify"]);
    assert_eq!((code, said.contains("entry 2 of the journal does not follow entry 1 as it is now")), (1, true), "{said}");
}

#[test]
fn a_plan_tells_scripts_and_reviewers_whether_there_is_something_to_do() {
    let folder = Folder::new("detailed");
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/lab-move");
    let example = example.to_str().expect("a path of text");
    let plan = |words: &[&str]| {
        let output = migc(&folder.0, &[&["plan", example, "--state", "state"], words].concat());
        (status(&output), text(&output.stdout))
    };
    assert_eq!(plan(&["--detailed-exitcode"]).0, 2);
    let (code, markdown) = plan(&["--format", "markdown"]);
    assert_eq!(code, 0);
    assert!(markdown.starts_with("### Plan for lab-move: 27 steps, 1 move, 2 hosts\n"), "{markdown}");
    assert!(markdown.contains("| 23 | **point of no return**: start "), "{markdown}");
    folder.write("main.mig", "project idle { name = \"idle\" }\n");
    let idle = migc(&folder.0, &["plan", "--detailed-exitcode", "--state", "state"]);
    assert_eq!((status(&idle), text(&idle.stdout).starts_with("nothing to do")), (0, true));
}

#[test]
fn events_are_lines_of_json() {
    let folder = Folder::new("events");
    let digest = plan_file(&folder, &notes(2));
    let output = migc(&folder.0, &["apply", "plan.json", "--digest", &digest, "--state", "state", "--yes", "--json"]);
    let lines: Vec<serde_json::Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect();
    let names: Vec<&str> = lines.iter().filter_map(|l| l["event"].as_str()).collect();
    assert_eq!((names.first(), names.last(), lines.len()), (Some(&"format"), Some(&"result"), names.len()), "{names:?}");
    assert_eq!((lines[0]["version"].as_u64(), names[1]), (Some(1), "preflight"));
    assert!(lines.iter().rev().skip(1).all(|line| line["time_ms"].as_u64() > Some(0)), "{lines:?}");
    assert_eq!(lines.last().map(|l| (l["exit"].clone(), l["downtimes"].clone())), Some(("done".into(), serde_json::json!([]))));
}

#[test]
fn without_a_terminal_a_run_is_lines_and_ends_with_what_was_down() {
    let folder = Folder::new("lines");
    let mut plan = notes(2);
    let (down, up) = (plan.steps[0].id.clone(), plan.steps[1].id.clone());
    plan.steps[1].needs = vec![down.clone()];
    plan.forecasts = vec![Forecast { address: "mysql".to_owned(), downtime_seconds: Some(90), down, up }];
    let digest = plan_file(&folder, &plan);
    let words = ["apply", "plan.json", "--digest", &digest, "--state", "state", "--yes"];
    let output = migc(&folder.0, &words);
    let (out, said) = (text(&output.stdout), text(&output.stderr));
    assert!(said.contains("Z [1/2] begins   note that thing 1 is settled\n") && !said.contains('\u{1b}'), "{said}");
    let table = "downtime of        forecast        measured\nmysql            1 min 30 s             0 s\n";
    assert!(out.contains(table) && out.ends_with("done: 2 steps\n"), "{out}");
    let folder = Folder::new("lines-json");
    plan_file(&folder, &plan);
    let output = migc(&folder.0, &[&words[..], &["--json"]].concat());
    let last = text(&output.stdout).lines().last().map(str::to_owned).unwrap_or_default();
    assert!(last.ends_with("\"downtimes\":[{\"address\":\"mysql\",\"forecast_seconds\":90,\"seconds\":0}]}"), "{last}");
}

#[test]
fn a_plan_that_was_changed_is_refused() {
    let folder = Folder::new("changed");
    let digest = plan_file(&folder, &notes(3));
    plan_file(&folder, &notes(2));
    let output = migc(&folder.0, &["apply", "plan.json", "--digest", &digest, "--state", "state", "--yes"]);
    assert_eq!(status(&output), 1);
    assert!(text(&output.stderr).contains("it is not the plan that was reviewed"), "{}", text(&output.stderr));
    folder.write("plan.json", "{\"version\": 99}");
    let output = migc(&folder.0, &["apply", "plan.json", "--digest", &digest, "--state", "state", "--yes"]);
    assert!(text(&output.stderr).contains("a plan of version 99"), "{}", text(&output.stderr));
    assert!(!folder.0.join("state").exists());
}

#[test]
fn status_reads_and_writes_nothing() {
    let folder = Folder::new("status");
    folder.write("main.mig", "");
    let output = migc(&folder.0, &["status"]);
    assert_eq!((status(&output), text(&output.stdout)), (0, "nothing was applied yet\n".to_owned()));
    assert!(!folder.0.join(".migc").exists());
    let digest = plan_file(&folder, &notes(2));
    // The project's folder tells where the state is.
    let output = migc(&folder.0, &["apply", "plan.json", "--digest", &digest, "--yes"]);
    assert_eq!(status(&output), 0, "{}", text(&output.stderr));
    let output = migc(&folder.0, &["status"]);
    assert!(text(&output.stdout).starts_with("trial: entry "), "{}", text(&output.stdout));
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = Folder::new("man");
    let list = text(&migc(&folder.0, &["man", "--list"]).stdout);
    assert!(list.lines().any(|name| name == "check") && !list.contains("help"), "{list}");
    for name in list.lines() {
        let output = migc(&folder.0, &["man", name]);
        let page = text(&output.stdout);
        assert!(status(&output) == 0 && page.contains(&format!(".TH migc-{name} 1")), "{name}: {page}");
    }
    assert!(text(&migc(&folder.0, &["man"]).stdout).contains(".TH migc 1"));
    assert_eq!(status(&migc(&folder.0, &["man", "chek"])), 64);
}

#[test]
fn hooks_run_commands_that_are_there() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.pre-commit-hooks.yaml");
    let hooks = fs::read_to_string(path).expect("the file is in the repository");
    let entries: Vec<&str> = hooks.lines().filter_map(|line| line.trim().strip_prefix("entry: migc ")).collect();
    assert_eq!(entries, ["check", "fmt"]);
    let folder = Folder::new("hooks");
    for entry in entries {
        assert_eq!(status(&migc(&folder.0, &[entry, "--help"])), 0, "{entry}");
    }
}

/// Status, output and errors of `migc graph --svg` where `dot` is this script, or is not there.
fn drawn(name: &str, script: Option<&str>) -> (i32, String, String) {
    let folder = Folder::new(name);
    if let Some(script) = script {
        let dot = folder.write("dot", script);
        fs::set_permissions(&dot, fs::Permissions::from_mode(0o755)).expect("a mode");
    }
    folder.write("main.mig", "kind node { }\nnode a { }\n");
    let mut command = Command::new(env!("CARGO_BIN_EXE_migc"));
    let output = command.current_dir(&folder.0).env("PATH", &folder.0).args(["graph", "--svg"]).output().expect("migc can be started");
    (status(&output), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_picture_is_drawn_by_graphviz_or_what_is_missing_is_said() {
    let (status, out, errors) = drawn("none", None);
    assert_eq!((status, out.as_str()), (1, ""));
    assert!(errors.contains("which is not installed") && errors.contains("apt install graphviz"), "{errors}");
    let draws = "#!/bin/sh\nread -r line\necho \"<svg>$1 $line</svg>\"\n";
    assert_eq!(drawn("draws", Some(draws)), (0, "<svg>-Tsvg digraph program {</svg>\n".to_owned(), String::new()));
    let (status, out, errors) = drawn("fails", Some("#!/bin/sh\necho 'Error: no layout' >&2\nexit 1\n"));
    assert_eq!((status, out.as_str()), (1, ""));
    assert!(errors.contains("`dot` of Graphviz drew no picture: Error: no layout"), "{errors}");
}
