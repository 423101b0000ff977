//! What comes of asking hosts? Each shell on this machine, a real sshd on loopback, and the simulation.

#![allow(clippy::disallowed_methods, reason = "tests make folders, start processes and look at what is left")]
#![allow(clippy::print_stderr, reason = "what cannot be tested here is said")]

mod support;

use futures_util::future::join_all;
use mig_plan::{Ask, Input, Observed, Read, Reads, Request};
use mig_runtime::{
    World,
    local::LocalWorld,
    observe::observe,
    real::{RealWorld, Store},
};
use serde_json::json;
use std::{collections::BTreeMap, fs, process::Command, time::Instant};
use support::{Folder, sshd::Sshd};

fn read(host: &str, script: &str, words: &[&str], stdin: Option<Input>, any_status: bool) -> Read {
    let words = words.iter().map(|&word| word.to_owned()).collect();
    let request = Request::Ssh { host: host.to_owned(), script: script.to_owned(), words, stdin, cuts: None };
    Read { address: "n".to_owned(), ask: Ask::Script { request, any_status } }
}

fn reads(list: &[Read]) -> Reads {
    Reads { hosts: BTreeMap::new(), list: list.to_vec() }
}

fn said<'o>(observed: &'o Observed, read: &Read) -> Result<&'o serde_json::Value, &'o str> {
    observed.answer(&read.ask).ok_or_else(|| observed.why_not(&read.ask).unwrap_or("nothing was said"))
}

/// The system's own, and others that are there.
fn shells() -> Vec<Vec<&'static str>> {
    let is_there = |words: &Vec<&str>| Command::new(words[0]).arg("--help").output().is_ok();
    [vec!["sh"], vec!["dash"], vec!["busybox", "sh"], vec!["bash", "--posix"]].into_iter().filter(is_there).collect()
}

#[tokio::test]
async fn many_questions_are_answered_each_by_itself_in_every_shell() {
    // One of them takes all the time that it has, so the shells do not wait for each other.
    join_all(shells().into_iter().map(are_answered)).await;
}

async fn are_answered(shell: Vec<&str>) {
    const ODD: &str = "it's \\n $(touch no)\n\n\"\\c\" 100%\r\\0101 日本\n";
    let folder = Folder::new("observe");
    let world = LocalWorld::new(folder.path()).with_shell(&shell).with_secret("PASSWORD", "hunter22");
    let echo = r#"printf '{"words": %s, "input": "%s", "first": "%s"}' "$#" "$(sha256sum | cut -c 1-8)" "$(printf %s "$1" | sha256sum | cut -c 1-8)""#;
    let long = ODD.repeat(20_000);
    let list = [
        read("a", echo, &[ODD, "", "-n"], Some(Input::Text(ODD.to_owned())), false),
        read("a", echo, &[], Some(Input::Text(long.clone())), false),
        read("a", "echo 'not {json}'", &[], None, false),
        read("a", "echo '{'; echo \"no $(cat) here\" >&2; exit 3", &[], Some(Input::Secret("PASSWORD".to_owned())), false),
        read("a", "exit 3", &[], None, true),
        read("a", "printf '{\"password\": \"%s\"}' \"$(cat)\"", &[], Some(Input::Secret("PASSWORD".to_owned())), false),
        read("a", "true", &[], Some(Input::Secret("OTHER".to_owned())), false),
        read("a", "while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done", &[], None, false),
        read("a", "kill -9 $$", &[], None, false),
        read("a", "sleep 60", &[], None, false),
        read("a", "printf '{\"last\": true}'", &[], None, false),
    ];
    let observed = observe(&world, &reads(&list)).await;
    let digest = |text: &str| mig_plan::Digest::of_bytes(text.as_bytes()).short(8).to_owned();
    let all: Vec<_> = list.iter().map(|read| said(&observed, read)).collect();
    assert_eq!(all[0], Ok(&json!({ "words": 3, "input": digest(ODD), "first": digest(ODD), "status": 0 })), "{shell:?}");
    assert_eq!(all[1], Ok(&json!({ "words": 0, "input": digest(&long), "first": digest(""), "status": 0 })), "{shell:?}");
    assert_eq!(all[2], Err("what its kind prints to tell of it is no JSON"));
    assert_eq!(all[3], Err("what asks for it ended with status 3: no (secret) here"));
    assert_eq!(all[4], Ok(&json!({ "status": 3 })));
    assert_eq!(all[5], Ok(&json!({ "password": "(secret)", "status": 0 })));
    assert_eq!(all[6], Err("the secret OTHER is not there"));
    assert_eq!(all[7], Err("its answer has more than 65536 bytes"));
    assert!(all[8].is_err_and(|why| why.contains("or was killed")), "{:?}", all[8]);
    assert!(all[9].is_err_and(|why| why.contains("did not end within 20 s")), "{:?}", all[9]);
    assert_eq!(all[10], Ok(&json!({ "last": true, "status": 0 })));
    assert!(!folder.path().join("a/home/local").exists(), "nothing is written, not even a record folder");
}

#[tokio::test]
async fn one_host_is_asked_in_one_round_trip_and_one_that_is_away_holds_up_no_other() {
    let folder = Folder::new("observe-ssh");
    let Some(sshd) = Sshd::start(&folder, "LogLevel VERBOSE") else { return };
    let mut dark = sshd.host();
    dark.login.port = Some(1);
    let hosts = BTreeMap::from([("a".to_owned(), sshd.host()), ("b".to_owned(), sshd.host()), ("dark".to_owned(), dark)]);
    let world = RealWorld::of(Store::new(&folder.path().join("state"))).to_observe(&hosts).await.unwrap();
    let content = "x'\\\"\n".repeat(1_000);
    let look = r#"sleep 0.1; printf '{"size": %s, "word": "%s"}' "$(wc -c | tr -d ' ')" "$1""#;
    let of = |host: &str, n: usize| read(host, look, &[&n.to_string()], Some(Input::Text(content.clone())), false);
    let list: Vec<Read> = (0..20).flat_map(|n| [of("a", n), of("b", n), of("dark", n)]).collect();
    let began = Instant::now();
    let observed = observe(&world, &reads(&list)).await;
    let took = began.elapsed();
    for (n, three) in list.chunks(3).enumerate() {
        let answer = json!({ "size": content.len(), "word": n.to_string(), "status": 0 });
        assert_eq!([said(&observed, &three[0]), said(&observed, &three[1])], [Ok(&answer), Ok(&answer)]);
        assert!(said(&observed, &three[2]).is_err_and(|why| why.contains("Connection refused")), "{:?}", said(&observed, &three[2]));
    }
    assert_eq!(observed.away.keys().collect::<Vec<_>>(), ["dark"]);
    assert!(!folder.path().join("state").exists(), "to look begins no state");
    let log = fs::read_to_string(folder.at("sshd.log")).unwrap();
    let sessions = log.lines().filter(|line| line.contains("Starting session: command")).count();
    assert_eq!(sessions, 2, "one a host\n{log}");
    // Twenty questions of 0.1 s on each of two hosts: side by side they take what one host takes.
    assert!(took.as_secs_f64() < 10.0, "{took:?}");
    assert_eq!(world.secret("NONE"), None);
}
