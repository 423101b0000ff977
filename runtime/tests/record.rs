//! Does a host's record keep a script from acting twice? Under each shell that hosts have, with processes that are killed.

#![allow(clippy::disallowed_methods, reason = "tests make folders, start processes and look at what is left")]
#![allow(clippy::print_stderr, reason = "what cannot be tested here is said")]

mod support;

use mig_plan::{Action, Host, Login};
use mig_runtime::{
    Output, Recorded, Script, World,
    executor::{Exit, Options, apply},
    local::LocalWorld,
    scripts,
};
use std::{fs, os::unix::fs::PermissionsExt as _, process::Command, time::Duration};
use support::{
    Folder, is_root, plan_of,
    shells::{SHELLS, world},
};

fn script(text: &'static str, words: &[&str]) -> Script {
    Script { name: "test", text, words: words.iter().map(|&word| word.to_owned()).collect(), stdin: vec![] }
}

fn record(key: &str, epoch: u64) -> Recorded {
    Recorded { run: "r1".to_owned(), key: format!("r1.{key}"), epoch, repeatable: false }
}

async fn ask(world: &LocalWorld, record: &Recorded, script: &Script) -> Output {
    world.run_recorded("a", record, &[], script).await.unwrap()
}

/// The file of a record.
fn of(folder: &Folder, key: &str, name: &str) -> String {
    folder.at(&format!("a/home/local/steps/r1.{key}/{name}"))
}

#[tokio::test]
async fn who_asks_again_gets_the_first_answer() {
    for shell in SHELLS {
        let folder = Folder::new("again");
        let Some(world) = world(&folder, shell) else { continue };
        let text = "echo one more >>\"$1\"; cat; printf 'no end'; echo \"said $2\" >&2; exit 7";
        let odd = "a b'\"$(id)\n-n";
        let script = Script { stdin: b"stdin\n".to_vec(), ..script(text, &[&folder.at("effects"), odd]) };
        for _ in 0..2 {
            let output = ask(&world, &record("s1", 1), &script).await;
            assert_eq!((output.status, output.stdout.as_slice()), (7, &b"stdin\nno end\n"[..]), "{shell}: {output:?}");
            assert_eq!(output.stderr, format!("said {odd}"), "{shell}");
        }
        assert_eq!(fs::read_to_string(folder.at("effects")).unwrap(), "one more\n", "{shell}");
        assert_eq!(ask(&world, &record("s2", 1), &script).await.status, 7);
        assert_eq!(fs::read_to_string(folder.at("effects")).unwrap().lines().count(), 2, "{shell}: another step is another");
        let mode = |path: &str| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&of(&folder, "s1", "out")), mode(&folder.at("a/home/local"))), (0o600, 0o700), "{shell}");
    }
}

#[tokio::test]
async fn a_connection_that_is_lost_ends_nothing_and_the_next_one_attaches() {
    for shell in SHELLS {
        let folder = Folder::new("attach");
        let Some(world) = world(&folder, shell) else { continue };
        // It ends when the test lets it.
        let text = "echo begun >>\"$1\"; until [ -e \"$1.go\" ]; do sleep 1; done; echo ended >>\"$1\"; echo here";
        let script = script(text, &[&folder.at("effects")]);
        let begun = || fs::read_to_string(folder.at("effects")).is_ok_and(|text| text.contains("begun"));
        let (one, two, epochs) = (record("s1", 1), record("s1", 1), record("s2", 1));
        tokio::select! {
            output = ask(&world, &one, &script) => panic!("{output:?}"),
            () = async { while !begun() { tokio::time::sleep(Duration::from_millis(20)).await; } } => {}
        }
        let attached = ask(&world, &two, &script);
        let other = async {
            // Another step does not wait for the one that runs.
            let output = ask(&world, &epochs, &self::script("echo other", &[])).await;
            fs::write(folder.at("effects.go"), "").unwrap();
            output.text()
        };
        let (output, other) = futures_util::join!(attached, other);
        assert_eq!((output.status, output.text().as_str(), other.as_str()), (0, "here", "other"), "{shell}: {output:?}");
        assert_eq!(fs::read_to_string(folder.at("effects")).unwrap(), "begun\nended\n", "{shell}");
    }
}

#[tokio::test]
async fn what_was_killed_is_done_again_only_if_it_may_be() {
    for shell in SHELLS {
        let folder = Folder::new("killed");
        let Some(world) = world(&folder, shell) else { continue };
        let text = "echo begun >>\"$1\"; [ -e \"$1.again\" ] || kill -9 \"$PPID\"; echo well";
        let script = script(text, &[&folder.at("effects")]);
        let once = record("s1", 1);
        for _ in 0..2 {
            let output = ask(&world, &once, &script).await;
            assert_eq!(output.status, scripts::STATUS_UNKNOWN, "{shell}: {output:?}");
        }
        assert_eq!(fs::read_to_string(folder.at("effects")).unwrap(), "begun\n", "{shell}");
        // A host that was started anew has another boot id, and a process may have the id of the old one.
        let pid = std::process::id();
        fs::write(of(&folder, "s1", "started"), format!("another-boot {pid} 1 1\n")).unwrap();
        assert_eq!(ask(&world, &once, &script).await.status, scripts::STATUS_UNKNOWN, "{shell}");
        fs::write(folder.at("effects.again"), "").unwrap();
        let output = ask(&world, &Recorded { repeatable: true, ..once }, &script).await;
        assert_eq!((output.status, output.text().as_str()), (0, "well"), "{shell}: {output:?}");
        assert_eq!(fs::read_to_string(folder.at("effects")).unwrap(), "begun\nbegun\n", "{shell}");
    }
}

#[tokio::test]
async fn an_older_run_is_refused_and_one_from_far_ahead_is_told() {
    for shell in SHELLS {
        let folder = Folder::new("epoch");
        let Some(world) = world(&folder, shell) else { continue };
        let script = script("echo effect >>\"$1\"", &[&folder.at("effects")]);
        let expected =
            [(5, 0), (4, scripts::STATUS_OLD_EPOCH), (5, 0), (1_006, scripts::STATUS_AHEAD), (1_005, 0), (6, scripts::STATUS_OLD_EPOCH)];
        for (at, (epoch, status)) in expected.into_iter().enumerate() {
            let output = ask(&world, &record(&format!("s{at}"), epoch), &script).await;
            assert_eq!(output.status, status, "{shell}, epoch {epoch}: {output:?}");
        }
        assert_eq!(fs::read_to_string(folder.at("effects")).unwrap().lines().count(), 3, "{shell}");
        fs::write(folder.at("a/home/local/epoch"), "x\n").unwrap();
        let output = ask(&world, &record("s9", 2_000), &script).await;
        assert!(output.status == 1 && output.stderr.contains("damaged"), "{shell}: {output:?}");
    }
}

#[tokio::test]
async fn nothing_starts_on_a_short_read() {
    for shell in SHELLS {
        let folder = Folder::new("short");
        let Some(world) = world(&folder, shell) else { continue };
        let whole = scripts::record(&record("s1", 1), &[], &script("echo effect >>\"$1\"", &[&folder.at("effects")]));
        for length in [0, 100, whole.stdin.len() - 20, whole.stdin.len() - 1] {
            let cut = Script { stdin: whole.stdin[..length].to_vec(), ..whole.clone() };
            let output = world.run("a", &[cut]).await.unwrap().remove(0);
            assert_eq!(output.status, scripts::STATUS_SHORT, "{shell}, {length} bytes: {output:?}");
        }
        assert!(!folder.path().join("effects").exists(), "{shell}");
    }
}

#[tokio::test]
async fn a_record_is_bounded_and_holds_no_secret() {
    for shell in SHELLS {
        let folder = Folder::new("bounded");
        let Some(world) = world(&folder, shell) else { continue };
        let long =
            script("i=0; while [ $i -lt 40000 ]; do echo \"line $i of a long story, whose middle nobody needs\"; i=$((i + 1)); done", &[]);
        let text = ask(&world, &record("s1", 1), &long).await.text();
        assert!(text.starts_with("line 0 ") && text.ends_with("line 39999 of a long story, whose middle nobody needs"), "{shell}");
        assert!(text.len() <= 1 << 20, "{shell}: {}", text.len());
        // Neither stands in any script, for other tests have theirs in memory at the same time.
        let secrets = ["it's $ecret\\1".to_owned(), "sesame".to_owned()];
        let tells = Script {
            stdin: b"it's $ecret\\1\n".to_vec(),
            ..script("read -r it; printf '<%s> and sesame, sesames\\n' \"$it\"; printf '%s' \"$it\" >&2; echo '&'", &[])
        };
        let output = world.run_recorded("a", &record("s2", 1), &secrets, &tells).await.unwrap();
        assert_eq!(output.text(), "<(secret)> and (secret), (secret)s\n&", "{shell}");
        assert_eq!(output.stderr, "(secret)", "{shell}");
        for secret in secrets {
            let found = Command::new("grep").args(["-rlF", "--", &secret, &folder.at("a"), "/dev/shm"]).output().unwrap();
            assert_eq!(String::from_utf8_lossy(&found.stdout), "", "{shell}");
        }
    }
}

#[tokio::test]
async fn a_service_that_it_starts_does_not_keep_it() {
    for shell in SHELLS {
        let folder = Folder::new("service");
        let Some(world) = world(&folder, shell) else { continue };
        let began = std::time::Instant::now();
        let output = ask(&world, &record("s1", 1), &script("sleep 40 & echo started", &[])).await;
        assert_eq!(output.text(), "started", "{shell}");
        assert!(began.elapsed() < Duration::from_secs(25), "{shell}: {:?}", began.elapsed());
    }
}

#[tokio::test]
async fn a_run_keeps_a_record_of_a_long_step_on_its_host() {
    if !is_root() {
        eprintln!("not tested here: installing needs root");
        return;
    }
    let folder = Folder::new("run");
    let world = LocalWorld::new(folder.path());
    let mut plan = plan_of(&Action::InstallTools { host: "a".to_owned(), names: vec!["cat".to_owned()] });
    plan.secrets.clear();
    let login = Login { host: "a".to_owned(), ..Login::default() };
    plan.hosts.insert("a".to_owned(), Host { login, ..Host::default() });
    let result = apply(&world, &plan, &Options { by: "me@here".to_owned(), ..Options::default() }, &|_| {}).await;
    assert_eq!(result.exit, Exit::Done, "{result:?}");
    let steps: Vec<String> =
        fs::read_dir(folder.at("a/home/local/steps")).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    assert!(steps.len() == 1 && steps[0].starts_with(&format!("{}.{}.0.", result.run.unwrap(), plan.steps[0].id)), "{steps:?}");
    let file = |name: &str| fs::read_to_string(folder.at(&format!("a/home/local/{name}"))).unwrap();
    assert_eq!((file(&format!("steps/{}/done", steps[0])), file("epoch")), ("0\n".to_owned(), "1\n".to_owned()));
}
