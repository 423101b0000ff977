//! Is a value ever split or run, and is a secret ever written? Through the builders of scripts, under each shell that hosts have.

#![allow(clippy::disallowed_methods, reason = "tests make folders, start processes and look at what is left")]
#![allow(clippy::print_stderr, reason = "what cannot be tested here is said")]

mod support;

use mig_plan::{Action, Class, ContainerSpec, CutUndo, EnvValue, Host, Login, Probe, Undo};
use mig_runtime::{
    Recorded, Script, World,
    executor::{Exit, Options, apply},
    local::LocalWorld,
    manifest::Depth,
    scripts,
};
use std::{cell::RefCell, collections::BTreeMap, fs, io::Write as _, process::Command};
use support::{Folder, plan_of};

/// Linux takes so much in one word; more travels on standard input.
const LONG_BYTES: usize = 100 << 10;

/// Each would touch the file if it were ever split or run.
fn values(canary: &str) -> Vec<String> {
    let parts = [
        "$(touch C)",
        "`touch C`",
        "; touch C;",
        "' ; touch C ; '",
        "\" ; touch C ; \"",
        "x\ntouch C\n",
        "\\'; touch C #",
        "a b\tc",
        "*",
        "-rf",
        "--help",
        "-c touch C",
        "| touch C",
        "&& touch C &&",
        "${IFS}touch${IFS}C",
        "$(touch\tC)'\"\\",
        "!!",
        "~",
        "日本 \u{202e}",
        "\r\n",
    ];
    let mut all: Vec<String> = parts.iter().map(|part| part.replace('C', canary)).collect();
    let seed = format!("'\"$(touch {canary})`touch {canary}`\n-x ");
    all.push(seed.repeat(LONG_BYTES / seed.len()));
    all
}

fn worlds(folder: &Folder) -> Vec<(&'static str, LocalWorld)> {
    let shells: [&[&str]; 3] = [&["dash"], &["bash"], &["busybox", "sh"]];
    let works = |shell: &[&str]| {
        let found = Command::new(shell[0]).args(&shell[1..]).args(["-c", "true"]).output().is_ok_and(|output| output.status.success());
        if !found {
            eprintln!("not tested here: {shell:?}");
        }
        found
    };
    let world = |shell: &[&str]| LocalWorld::new(folder.path()).with_shell(shell);
    shells.into_iter().filter(|shell| works(shell)).map(|shell| (shell[0], world(shell))).collect()
}

/// Two scripts with inputs of their own, which no command line holds: they come as lines, and each line is a value.
#[tokio::test]
async fn what_travels_as_lines_arrives_as_it_is() {
    let folder = Folder::new("lines");
    let canary = folder.at("canary");
    for (shell, world) in worlds(&folder) {
        for value in values(&canary) {
            let print = |input: &str| Script {
                name: "call",
                text: "printf '%s|' \"$@\"; cat; echo said >&2; exit 7",
                words: vec![value.clone(), String::new(), "x".repeat(300)],
                stdin: input.as_bytes().to_vec(),
            };
            let outputs = world.run("a", &[print(&value), print("%s\\n\n\n")]).await.unwrap();
            for (output, input) in outputs.iter().zip([value.as_str(), "%s\\n\n\n"]) {
                assert_eq!((output.status, output.stderr.as_str()), (7, "said"), "{shell}");
                let expected = format!("{value}||{}|{input}", "x".repeat(300));
                assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{shell}");
            }
        }
    }
    assert!(!folder.path().join("canary").exists());
}

/// Every script that takes values of a program, with this one wherever it can be.
fn scripts_with(folder: &Folder, value: &str) -> Vec<Script> {
    let path = folder.at(value);
    let own = |value: &str| value.to_owned();
    vec![
        scripts::tools(&[own(value)]),
        scripts::space(value),
        scripts::path_look(&path, value),
        scripts::port_look(value, value),
        scripts::container_look(value),
        scripts::container_logs(value, 5),
        scripts::container_restart(value, value),
        scripts::container_stop(value, 1),
        scripts::container_start(value),
        scripts::container_remove(value, value, false),
        scripts::container_create([value, value, value, "1", value, value].map(own).to_vec(), value.as_bytes().to_vec()),
        scripts::install_tools(&[own(value)]),
        scripts::image_look(value),
        scripts::image_pull(value),
        scripts::tree_list(&path, Depth::Full, &[own(value)]),
        scripts::tree_prepare(&folder.at("no/such"), value, value),
        scripts::tree_taken(value),
        scripts::tree_take(&path, value, value, value),
        scripts::tree_take(&path, "dir", value, value),
        scripts::tree_release(value),
        scripts::tree_delete(&path, value, value.as_bytes().to_vec()),
        scripts::probe_tcp(1),
        scripts::disarm("f", true, 1),
        scripts::armed(
            &scripts::call(value, true, ":", &[own(value)], value.as_bytes().to_vec()),
            "f",
            value,
            1,
            &CutUndo { script: ":".to_owned(), words: vec![own(value)] },
        ),
        scripts::probe_http(value),
        scripts::probe_http(&format!("http://127.0.0.1:1/{value}")),
    ]
}

#[tokio::test]
async fn no_value_is_split_or_run() {
    let folder = Folder::new("shell");
    let canary = folder.at("canary");
    let said = "printf '%s\\0' \"$@\"; cat";
    for (shell, world) in worlds(&folder) {
        for value in values(&canary) {
            let words = vec![value.clone(), "between".to_owned(), value.clone()];
            let script = Script { name: "test", text: said, words, stdin: value.clone().into_bytes() };
            let expected = [value.as_bytes(), b"\0between\0", value.as_bytes(), b"\0", value.as_bytes()].concat();
            let output = world.run("a", std::slice::from_ref(&script)).await.unwrap().remove(0);
            assert!(output.status == 0 && output.stdout == expected, "{shell}: {:.80} arrives as something else", value.escape_debug());
            let compare = scripts::probe_command("[ \"$1\" = \"$2\" ] && [ $# = 2 ]", &[value.clone(), value.clone()], vec![]);
            assert_eq!(world.run("a", &[compare]).await.unwrap()[0].status, 0, "{shell}: {:.80}", value.escape_debug());
            assert!(!folder.path().join("canary").exists(), "{shell}: {:.80} was run", value.escape_debug());
        }
    }
}

#[tokio::test]
async fn no_script_of_the_catalogue_runs_its_words() {
    let folder = Folder::new("catalogue");
    let canary = folder.at("canary");
    for (shell, world) in worlds(&folder) {
        // The longest value is tried above.
        let stride = if shell == "dash" { 1 } else { 4 };
        for value in values(&canary).into_iter().filter(|value| value.len() < 1_000).step_by(stride) {
            let (alone, batch): (Vec<Script>, Vec<Script>) = scripts_with(&folder, &value).into_iter().partition(|s| !s.stdin.is_empty());
            let record = Recorded { run: "r1".to_owned(), key: format!("r1.{shell}"), epoch: 1, repeatable: true };
            let recorded = scripts::record(&record, std::slice::from_ref(&value), &batch[0]);
            for scripts in [batch, vec![recorded]].into_iter().chain(alone.into_iter().map(|script| vec![script])) {
                world.run("a", &scripts).await.unwrap();
                let names: Vec<&str> = scripts.iter().map(|script| script.name).collect();
                assert!(!folder.path().join("canary").exists(), "{shell}: {names:?} runs {:.80}", value.escape_debug());
            }
        }
    }
}

/// As it is, and as base64, URLs and JSON write it.
fn clothes(secret: &str) -> Vec<String> {
    let text = "import base64, json, sys, urllib.parse; s = sys.stdin.read()\n\
                print(base64.b64encode(s.encode()).decode().rstrip('=')[:-1]); print(urllib.parse.quote(s, safe='')); print(json.dumps(s)[1:-1])";
    let mut child = Command::new("python3")
        .args(["-c", text])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("python3 writes what the test looks for");
    child.stdin.take().unwrap().write_all(secret.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::to_owned).chain([secret.to_owned()]).collect()
}

#[tokio::test]
async fn a_secret_is_found_in_nothing_that_is_written() {
    const SECRET: &str = "c4nary \"of\" the club/\\42";
    // It tells all it was given, in all clothes, and looks at the command lines of every process.
    const TELLS: &str = r#"read -r it
        found=0
        for line in /proc/[0-9]*/cmdline; do tr '\0' '\n' <"$line" 2>/dev/null | grep -qF -f "$1" && found=1; done
        [ "$found" = 0 ] || touch "$1.seen"
        cat "$1" >&2
        cat "$1"
        exit 1"#;
    let folder = Folder::new("canary");
    let clothes = clothes(SECRET);
    let words = Folder::new("words");
    fs::write(words.at("clothes"), clothes.join("\n")).unwrap();
    let world = LocalWorld::new(folder.path()).with_secret("TOKEN", SECRET);
    let host = "a".to_owned();
    let probe =
        Probe::Command { script: TELLS.to_owned(), words: vec![words.at("clothes")], stdin: Some("TOKEN".to_owned()), within_seconds: 1 };
    let mut plan = plan_of(&Action::Await { host: host.clone(), container: "none".to_owned(), probe });
    plan.hosts.insert(host.clone(), Host { login: Login { host: host.clone(), ..Login::default() }, ..Host::default() });
    // The same through a record of the host.
    let spec = ContainerSpec {
        owner: "test/service".to_owned(),
        name: "migc-canary".to_owned(),
        image: "no-such-image:1".to_owned(),
        command: vec![],
        restart: String::new(),
        networks: vec![],
        privileged: false,
        devices: vec![],
        mounts: vec![],
        publish: vec![],
        env: BTreeMap::from([("PASSWORD".to_owned(), EnvValue::Secret("TOKEN".to_owned()))]),
        memory: None,
        cpus_milli: None,
        user: None,
    };
    let mut create = plan.steps[0].clone();
    (create.id, create.class, create.undo) = ("s000000000002".to_owned(), Class::Once, Undo::Nothing);
    create.action = Action::CreateContainer { host, container: spec };
    plan.steps.push(create);
    let events = RefCell::new(String::new());
    let emit = |event| events.borrow_mut().push_str(&serde_json::to_string(&event).unwrap());
    // Without Docker preflight refuses; then only the first step is of use.
    let result = apply(&world, &plan, &Options { by: "me@here".to_owned(), ..Options::default() }, &emit).await;
    let result = if result.exit == Exit::Refused {
        plan.steps.truncate(1);
        apply(&world, &plan, &Options { by: "me@here".to_owned(), ..Options::default() }, &emit).await
    } else {
        result
    };
    assert_eq!(result.exit, Exit::PartWay, "{result:?}");
    assert!(result.problems.iter().any(|p| p.message.contains("(secret TOKEN)")), "it was told, and masked: {result:?}");
    assert!(!words.path().join("clothes.seen").exists(), "it stands on a command line");
    let mut written = vec![events.into_inner(), serde_json::to_string(&result).unwrap(), serde_json::to_string(&plan).unwrap()];
    for number in 1.. {
        let Some(bytes) = world.read_entry(number).await.unwrap() else { break };
        written.push(String::from_utf8(bytes).unwrap());
    }
    assert!(written.len() > 4, "{written:?}");
    for form in &clothes {
        // What is written is JSON, so the form is looked for as JSON writes it too.
        let as_json = serde_json::to_string(form).unwrap();
        let found = written.iter().find(|text| text.contains(form) || text.contains(as_json.trim_matches('"')));
        assert_eq!(found, None, "{form}");
        let on_host = Command::new("grep").args(["-rlF", "-e", form, &folder.at("a")]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&on_host.stdout), "", "{form}");
    }
}
