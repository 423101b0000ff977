//! Does a host undo by itself what nobody disarmed, and of the two does one win? Under each shell that hosts have, and over a real ssh
//! whose road is really cut.

#![allow(clippy::disallowed_methods, reason = "tests make folders, start processes and look at what is left")]
#![allow(clippy::print_stderr, reason = "what cannot be tested here is said")]

mod support;

use mig_plan::{Action, CutUndo, Plan, ResourceState, Undo};
use mig_runtime::{
    Output, Recorded, Script, World,
    event::Event,
    executor::{ApplyResult, Exit, Options, apply},
    local::LocalWorld,
    real::{RealWorld, Store},
    scripts,
};
use serde_json::{Value, json};
use std::{
    cell::RefCell,
    fs,
    process::Command,
    time::{Duration, Instant},
};
use support::{
    Folder, plan_of,
    shells::{SHELLS, world},
    sshd::Sshd,
};

const ODD: &str = "a b'\"$(id)\n-n";

fn undo(script: &str, words: &[&str]) -> CutUndo {
    CutUndo { script: script.to_owned(), words: words.iter().map(|&word| word.to_owned()).collect() }
}

fn armed(folder: &str, seconds: u64, act: &str, words: &[&str], undo: &CutUndo) -> Script {
    let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
    let call = scripts::call("wall", true, act, &words, b"read\n".to_vec());
    scripts::armed(&call, folder, &format!("attempt-{folder}"), seconds, undo)
}

/// Under a record, as it is run by an apply.
async fn act(world: &LocalWorld, key: &str, script: &Script) -> Output {
    let record = Recorded { run: "r1".to_owned(), key: format!("r1.{key}"), epoch: 3, repeatable: true };
    world.run_recorded("a", &record, &[], script).await.unwrap()
}

async fn ask(world: &LocalWorld, folder: &str, disarms: bool, epoch: u64) -> Output {
    world.run("a", &[scripts::disarm(folder, disarms, epoch)]).await.unwrap().remove(0)
}

async fn seconds(seconds: f32) {
    tokio::time::sleep(Duration::from_secs_f32(seconds)).await;
}

#[tokio::test]
async fn what_is_disarmed_stays_and_what_is_not_is_undone() {
    for shell in SHELLS {
        let folder = Folder::new("armed");
        let Some(world) = world(&folder, shell) else { continue };
        let effects = folder.at("effects");
        let text = "{ cat; printf '%s|' \"$@\"; echo; } >>\"$1\"";
        let back = undo("{ printf 'undo %s|' \"$@\"; echo; } >>\"$1\"; echo \"sorry $2\" >&2; exit 3", &[&effects, ODD]);
        assert_eq!(ask(&world, "f", true, 3).await.text(), "none", "{shell}");
        let output = act(&world, "s1", &armed("f", 2, text, &[&effects, ODD], &back)).await;
        assert_eq!((output.status, output.text().as_str()), (0, ""), "{shell}: {output:?}");
        assert_eq!(ask(&world, "f", false, 3).await.text(), "armed attempt-f yes", "{shell}");
        let late = ask(&world, "f", true, 2).await;
        assert_eq!(late.status, scripts::STATUS_OLD_EPOCH, "{shell}: {late:?}");
        for _ in 0..2 {
            assert_eq!(ask(&world, "f", true, 3).await.text(), "disarmed attempt-f", "{shell}");
        }
        seconds(2.5).await;
        let acted = format!("read\n{effects}|{ODD}|\n");
        assert_eq!(fs::read_to_string(&effects).unwrap(), acted, "{shell}");
        // Another time nobody comes.
        act(&world, "s2", &armed("f", 1, text, &[&effects, ODD], &back)).await;
        seconds(2.0).await;
        let late = ask(&world, "f", true, 3).await;
        assert_eq!((late.text().as_str(), late.stderr.as_str()), ("undone attempt-f 3", format!("sorry {ODD}").as_str()), "{shell}");
        assert_eq!(fs::read_to_string(&effects).unwrap(), format!("{acted}{acted}undo {effects}|undo {ODD}|\n"), "{shell}");
    }
}

#[tokio::test]
async fn what_fails_is_undone_at_once_and_what_goes_on_is_ended_first() {
    for shell in SHELLS {
        let folder = Folder::new("fails");
        let Some(world) = world(&folder, shell) else { continue };
        let effects = folder.at("effects");
        let back = undo("echo undone >>\"$1\"", &[&effects]);
        let began = Instant::now();
        let output = act(&world, "s1", &armed("f", 3_000, "echo half >>\"$1\"; echo bad luck >&2; exit 9", &[&effects], &back)).await;
        assert_eq!((output.status, output.stderr.as_str()), (9, "bad luck"), "{shell}");
        assert_eq!(ask(&world, "f", true, 3).await.text(), "undone attempt-f 0", "{shell}");
        assert!(began.elapsed() < Duration::from_secs(60), "{shell}");
        let text = "echo begun >>\"$1\"; (sleep 4; echo never >>\"$1\") & sleep 4; echo never >>\"$1\"";
        let script = armed("f", 2, text, &[&effects], &back);
        let (output, acting) = futures_util::join!(act(&world, "s2", &script), async {
            seconds(1.0).await;
            ask(&world, "f", true, 3).await.text()
        });
        assert_eq!((acting.as_str(), output.status > 128), ("acting attempt-f", true), "{shell}: {output:?}");
        assert_eq!(ask(&world, "f", true, 3).await.text(), "undone attempt-f 0", "{shell}");
        seconds(4.0).await;
        assert_eq!(fs::read_to_string(&effects).unwrap(), "half\nundone\nbegun\nundone\n", "{shell}");
    }
}

#[tokio::test]
async fn of_an_undo_and_who_disarms_it_one_wins() {
    let folder = Folder::new("race");
    let world = LocalWorld::new(folder.path());
    let one = async |number: u16| {
        let (name, effect) = (format!("f{number}"), folder.at(&format!("effect{number}")));
        let script = armed(&name, 1, ":", &[], &undo("echo undone >\"$1\"", &[&effect]));
        act(&world, &name, &script).await;
        seconds(0.90 + f32::from(number) / 100.0).await;
        let first = ask(&world, &name, true, 3).await.text();
        seconds(1.5).await;
        let last = ask(&world, &name, true, 3).await.text();
        let is_undone = fs::exists(&effect).unwrap();
        if first.starts_with("disarmed") {
            assert_eq!((last.as_str(), is_undone), (first.as_str(), false));
        } else {
            assert_eq!((last, is_undone), (format!("undone attempt-{name} 0"), true), "{first}");
        }
    };
    futures_util::future::join_all((0..16).map(one)).await;
}

/// A wall that `script` builds on the host `a` and `undo` takes away.
fn plan(host: &mig_plan::Host, script: (&str, &[&str]), undo: (&str, &[&str]), check: (&str, &[&str])) -> Plan {
    let request = |(text, words): (&str, &[&str])| json!({ "driver": "ssh", "host": "a", "script": text, "words": words });
    let cutting = |script: (&str, &[&str]), (back, words): (&str, &[&str])| {
        let mut request = request(script);
        request["cuts"] = json!({ "within_seconds": 6, "undo": { "script": back, "words": words } });
        request
    };
    let gone = json!({ "is": "not", "of": { "is": "one_of", "path": [{ "name": "status" }], "values": [0] } });
    let look = json!({ "request": request(check), "from": [], "fields": {}, "gone": gone, "timeout_seconds": 0, "every_seconds": 1 });
    let call = |verb: &str, request: Value| -> Action {
        serde_json::from_value(json!({ "do": "call", "thing": "`wall` (wall)", "verb": verb, "requests": [request], "look": look }))
            .unwrap()
    };
    let mut plan = plan_of(&call("create", cutting(script, undo)));
    plan.hosts.insert("a".to_owned(), host.clone());
    plan.secrets.clear();
    "wall".clone_into(&mut plan.steps[0].address);
    plan.steps[0].undo = Undo::Act { action: Box::new(call("delete", cutting(undo, script))) };
    plan.steps[0].sets = vec![("wall".to_owned(), ResourceState::default())];
    plan
}

async fn applied(folder: &Folder, plan: &Plan) -> (ApplyResult, Vec<Event>) {
    let store = Store::new(&folder.path().join("state"));
    let world = RealWorld::new(&plan.hosts, store).await.unwrap();
    let events = RefCell::new(vec![]);
    let result = apply(&world, plan, &Options::default(), &|event| events.borrow_mut().push(event)).await;
    world.close().await;
    (result, events.into_inner())
}

/// So often somebody logged in.
fn logins(folder: &Folder) -> usize {
    fs::read_to_string(folder.at("sshd.log")).unwrap().matches("Accepted publickey").count()
}

#[tokio::test]
async fn a_real_road_that_is_cut_comes_back_by_itself() {
    let folder = Folder::new("cut");
    let Some(sshd) = Sshd::start(&folder, "") else { return };
    let (listener, built) = (sshd.listener().to_string(), folder.at("built"));
    let (config, pid_file) = (folder.at("sshd_config"), folder.at("sshd.pid"));
    // Nobody listens any more, and the connection there is lives on.
    let cut = ("touch \"$2\"; kill \"$1\"", [listener.as_str(), &built]);
    let undo = ("rm -f -- \"$3\"; /usr/sbin/sshd -o PidFile=\"$2\" -f \"$1\"", [config.as_str(), &pid_file, &built]);
    let check = ("test -e \"$1\"", [built.as_str()]);
    let plan = plan(&sshd.host(), (cut.0, &cut.1), (undo.0, &undo.1), (check.0, &check.1));
    let began = Instant::now();
    let (result, events) = applied(&folder, &plan).await;
    let took = began.elapsed();
    if let Ok(pid) = fs::read_to_string(&pid_file) {
        Command::new("kill").arg(pid.trim()).status().unwrap();
    }
    assert_eq!((result.exit, result.undone), (Exit::Undone, 1), "{result:?} {events:?}");
    assert!(result.problems[0].message.contains("so the host undid it by itself"), "{:?}", result.problems);
    assert!((6..60).contains(&took.as_secs()) && !fs::exists(&built).unwrap(), "{took:?}");
    assert!(events.iter().any(|event| matches!(event, Event::Progress { text, .. } if text.contains("cannot be reached anew"))));
}

#[tokio::test]
async fn a_real_road_that_is_not_cut_is_disarmed_over_another_connection() {
    let folder = Folder::new("harmless");
    let Some(sshd) = Sshd::start(&folder, "") else { return };
    let built = folder.at("built");
    let words = [built.as_str()];
    let plan = plan(&sshd.host(), ("touch \"$1\"", &words), ("rm \"$1\"", &words), ("test -e \"$1\"", &words));
    let began = Instant::now();
    let (result, events) = applied(&folder, &plan).await;
    assert_eq!(result.exit, Exit::Done, "{result:?} {events:?}");
    assert!(began.elapsed() < Duration::from_secs(6), "it waits for nothing");
    assert_eq!(logins(&folder), 2);
    seconds(7.0).await;
    assert!(fs::exists(&built).unwrap());
}
