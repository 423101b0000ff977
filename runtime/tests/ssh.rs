//! Do scripts, streams and failures travel over a real ssh as they should? Against an sshd that the test starts on loopback.
//!
//! What the scripts do is tested in `trees.rs`.

#![allow(clippy::disallowed_methods, reason = "tests make folders, start processes and look at what is left")]
#![allow(clippy::print_stderr, reason = "what cannot be tested here is said")]

mod support;

use mig_plan::{Action, Host};
use mig_runtime::{
    Script, World, WorldError,
    actions::perform,
    real::{RealWorld, Store},
};
use std::{
    cell::Cell,
    collections::BTreeMap,
    process::Command,
    time::{Duration, Instant},
};
use support::{Folder, make_tree, now, plan_of, sshd::Sshd, tree};

const HOST_COUNT_MAX: usize = 2;

fn world(folder: &Folder, hosts: &[(&str, Host)]) -> RealWorld {
    assert!(hosts.len() <= HOST_COUNT_MAX);
    let hosts = hosts.iter().map(|(name, host)| ((*name).to_owned(), host.clone())).collect();
    now(RealWorld::new(&hosts, Store::new(&folder.path().join("state")))).unwrap()
}

fn script(text: &'static str, words: &[&str]) -> Script {
    Script { name: "test", text, words: words.iter().map(|&word| word.to_owned()).collect(), stdin: vec![] }
}

fn tool_output(program: &str, words: &[&str]) -> String {
    String::from_utf8_lossy(&Command::new(program).args(words).output().unwrap().stdout).into_owned()
}

#[tokio::test]
async fn words_arrive_as_they_are() {
    let folder = Folder::new("words");
    let Some(sshd) = Sshd::start(&folder, "") else { return };
    let world = world(&folder, &[("a", sshd.host())]);
    let words = [
        "",
        "'",
        "'\\''",
        "\"$(touch /tmp/x)`id`",
        "a\nb\n",
        "-n",
        "--",
        "*",
        "\\0\\",
        "日本\u{202e}",
        "!x",
        "$HOME",
        "a b ",
        "\t",
        "&;|<>()",
    ];
    let mut script = script("printf '%s\\0' \"$@\"; cat; echo said >&2; exit 7", &words);
    script.stdin = b"sent\0on stdin\n".to_vec();
    let output = world.run("a", std::slice::from_ref(&script)).await.unwrap().remove(0);
    let expected: Vec<u8> = words.iter().flat_map(|word| [word.as_bytes(), b"\0"].concat()).chain(script.stdin).collect();
    assert_eq!((output.status, output.stdout, output.stderr.as_str()), (7, expected, "said"));
    // A command line does not hold it, so nothing is run; standard input does.
    let long = "'\"$(id)\n".repeat(13_000);
    let refused = world.run("a", &[self::script("touch \"$2\"", &[&long, &folder.at("ran")])]).await;
    match refused {
        Err(WorldError::Unreachable { message, help, .. }) => assert!(message.contains("do not fit one command") && !help.is_empty()),
        other => panic!("{other:?}"),
    }
    assert!(!folder.path().join("ran").exists());
    let script = Script { stdin: long.clone().into_bytes(), ..self::script("cat", &[]) };
    assert_eq!(world.run("a", &[script]).await.unwrap()[0].stdout, long.into_bytes());
}

#[tokio::test]
async fn a_batch_is_answered_one_by_one_whatever_a_login_prints() {
    let folder = Folder::new("batch");
    let banner = r#"ForceCommand echo "Welcome!"; echo warning >&2; eval "$SSH_ORIGINAL_COMMAND""#;
    let Some(sshd) = Sshd::start(&folder, banner) else { return };
    let world = world(&folder, &[("a", sshd.host())]);
    let long = "x".repeat(1_000);
    let many = vec![long.as_str(); 40];
    let mut batch: Vec<Script> = (0..7).map(|_| script("printf %s \"$#\"; exit 3", &many)).collect();
    batch.push(script("kill -9 $$", &[]));
    batch.push(script("printf 'no end'", &[]));
    let outputs = world.run("a", &batch).await.unwrap();
    assert_eq!(outputs.len(), batch.len());
    assert!(outputs[..7].iter().all(|output| (output.status, output.text().as_str()) == (3, "40")), "{outputs:?}");
    assert_eq!(outputs[7].status, 137);
    assert_eq!((outputs[8].status, outputs[8].stdout.as_slice()), (0, &b"no end"[..]));
}

/// A script that may travel with others: a script of a kind which only looks.
fn short(text: &'static str, words: &[&str]) -> Script {
    Script { name: "call", ..script(text, words) }
}

/// How often the host was logged in to and a command was begun there.
fn sessions(folder: &Folder) -> usize {
    std::fs::read_to_string(folder.path().join("sessions")).unwrap_or_default().lines().count()
}

#[tokio::test]
async fn what_is_asked_together_travels_together() {
    let folder = Folder::new("together");
    let count = format!("ForceCommand echo >>{}; eval \"$SSH_ORIGINAL_COMMAND\"", folder.at("sessions"));
    let Some(sshd) = Sshd::start(&folder, &count) else { return };
    let world = world(&folder, &[("a", sshd.host())]);
    let hostile = [
        "",
        ".",
        "@1",
        ";",
        "+1 0",
        "=x",
        "<y",
        "\\n\\0",
        "a\nb\n\n",
        "$(id)`id`'\"",
        "\u{c1}\u{c2}\u{81}\u{88}日本",
        " x ",
        "*",
        "-n",
        "%s",
    ];
    let long = "x".repeat(2_000) + "\n'\\";
    let mut jobs: Vec<Vec<Script>> = vec![];
    for number in 0..24 {
        let mut first = short("printf '%s\\0' \"$@\"; cat; echo said >&2; exit 7", &hostile);
        first.words.extend([long.clone(), number.to_string()]);
        first.stdin = format!("input {number}\n\\n%s'\u{c1}").into_bytes();
        let second = Script { stdin: b"other".to_vec(), ..short("cat; exec kill -9 $$", &[]) };
        jobs.push(if number % 2 == 0 { vec![first, second] } else { vec![first] });
    }
    let answers = futures_util::future::join_all(jobs.iter().map(|job| world.run("a", job))).await;
    for (job, answer) in jobs.iter().zip(answers) {
        let outputs = answer.unwrap();
        let expected: Vec<u8> = job[0].words.iter().flat_map(|w| [w.as_bytes(), b"\0"].concat()).chain(job[0].stdin.clone()).collect();
        assert_eq!((outputs[0].status, &outputs[0].stderr[..]), (7, "said"));
        assert_eq!(String::from_utf8_lossy(&outputs[0].stdout), String::from_utf8_lossy(&expected));
        let second = outputs.get(1).map(|output| (output.status, output.stdout.as_slice()));
        assert_eq!(second, job.get(1).map(|_| (137, &b"other"[..])));
    }
    assert_eq!(sessions(&folder), 1);
    let left = tool_output("sh", &["-c", "ls -d /dev/shm/migc.* /run/migc.* 2>/dev/null"]);
    assert_eq!(left, "", "answers stay nowhere");
}

#[tokio::test]
async fn the_slow_one_does_not_hold_up_the_others() {
    let folder = Folder::new("slow");
    let Some(sshd) = Sshd::start(&folder, "") else { return };
    let world = world(&folder, &[("a", sshd.host())]);
    world.run("a", &[script("true", &[])]).await.unwrap();
    let start = Instant::now();
    let ended = |seconds| {
        let world = &world;
        async move {
            world.run("a", &[short("sleep \"$1\"; sleep 60 &", &[seconds])]).await.unwrap();
            start.elapsed()
        }
    };
    let (slow, quick, other) = futures_util::join!(ended("2"), ended("0"), ended("0.1"));
    assert!(quick < Duration::from_secs(1) && other < Duration::from_secs(1), "{quick:?} {other:?}");
    assert!(slow >= Duration::from_secs(2) && slow < Duration::from_secs(20), "{slow:?}");
}

#[tokio::test]
async fn sessions_that_are_refused_are_asked_for_again() {
    let folder = Folder::new("many");
    let Some(sshd) = Sshd::start(&folder, "MaxSessions 3") else { return };
    let world = world(&folder, &[("a", sshd.host())]);
    let runs = (0..24).map(|_| async { world.run("a", &[script("sleep 0.05; echo here", &[])]).await.unwrap()[0].text() });
    for text in futures_util::future::join_all(runs).await {
        assert_eq!(text, "here");
    }
    world.close().await;
}

#[tokio::test]
async fn a_lost_connection_is_told_and_made_again() {
    const KILL: &str = r#"pid=$PPID
        while [ "$pid" -gt 1 ] && ! grep -q '^sshd' "/proc/$pid/comm"; do pid=$(awk '{ print $4 }' "/proc/$pid/stat"); done
        kill -9 "$pid"
        sleep 5"#;
    let folder = Folder::new("lost");
    let Some(sshd) = Sshd::start(&folder, "") else { return };
    let world = world(&folder, &[("a", sshd.host())]);
    let lost = world.run("a", &[script("true", &[]), script(KILL, &[])]).await;
    assert!(matches!(lost, Err(WorldError::Lost { .. })), "{lost:?}");
    // Of those that travel together, who was answered before is told, and the others that it was lost.
    let (told, lost) = futures_util::join!(async { world.run("a", &[short("echo told", &[])]).await }, async {
        world.run("a", &[short("sleep 0.3", &[]), short(KILL, &[])]).await
    });
    assert_eq!(told.unwrap()[0].text(), "told");
    assert!(matches!(lost, Err(WorldError::Lost { .. })), "{lost:?}");
    assert_eq!(world.run("a", &[script("echo again", &[])]).await.unwrap()[0].text(), "again");
}

#[tokio::test]
async fn an_unknown_key_and_a_closed_port_are_told_with_what_to_do() {
    let folder = Folder::new("keys");
    let Some(sshd) = Sshd::start(&folder, "") else { return };
    let fingerprint = Command::new("ssh-keygen").args(["-lf", &folder.at("host_key.pub")]).output().unwrap().stdout;
    let fingerprint = String::from_utf8(fingerprint).unwrap().split(' ').nth(1).unwrap().to_owned();
    let mut wrong = sshd.host();
    wrong.host_keys = vec![std::fs::read_to_string(folder.at("identity.pub")).unwrap().trim().to_owned()];
    let mut unknown = sshd.host();
    unknown.host_keys.clear();
    let mut closed = sshd.host();
    closed.login.port = Some(1);
    let mut denied = sshd.host();
    denied.login.identity_file = Some(folder.at("host_key"));
    let mut nowhere = sshd.host();
    nowhere.login.host = "no-such-host.invalid".to_owned();
    let cases = [
        (wrong, "not the one in the surveyed facts", true),
        (unknown, "is not known", true),
        (closed, "Connection refused", false),
        (denied, "refused the login", false),
        (nowhere, "Could not resolve", false),
    ];
    for (host, expected, with_fingerprint) in cases {
        let world = world(&folder, &[("a", host)]);
        match world.run("a", &[script("true", &[])]).await {
            Err(WorldError::Unreachable { message, help, .. }) => {
                assert!(message.contains(expected) && !help.is_empty(), "{message}");
                assert_eq!(message.contains(&fingerprint), with_fingerprint, "{message}");
                assert!(!message.contains("debug1"), "{message}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_stream_is_relayed_and_neither_side_outlives_the_other() {
    let folder = Folder::new("pipe");
    let Some(sshd) = Sshd::start(&folder, "") else { return };
    let world = world(&folder, &[("a", sshd.host()), ("b", sshd.host())]);
    let told = Cell::new(0);
    let send = script("cat; head -c 50000000 /dev/zero; echo end; exit 0", &[]);
    let send = Script { stdin: b"from stdin".to_vec(), ..send };
    let piped = world.pipe(("a", &send), ("b", &script("cksum; cat", &[])), &|bytes| told.set(bytes)).await.unwrap();
    assert_eq!((piped.from.status, piped.to.status, piped.bytes), (0, 0, 50_000_014));
    assert_eq!(told.get(), piped.bytes);
    assert!(piped.to.text().ends_with(" 50000014"), "{:?}", piped.to);

    let began = Instant::now();
    let endless = script("while :; do head -c 1000000 /dev/zero || exit 9; done", &[]);
    let piped = world.pipe(("a", &endless), ("b", &script("head -c 10 >/dev/null; echo full >&2; exit 5", &[])), &|_| ()).await.unwrap();
    assert_eq!((piped.to.status, piped.to.stderr.as_str()), (5, "full"));
    let piped = world.pipe(("a", &script("printf half; exit 6", &[])), ("b", &script("cat", &[])), &|_| ()).await.unwrap();
    assert_eq!((piped.from.status, piped.to.status, piped.to.text().as_str()), (6, 0, "half"));
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

#[tokio::test]
async fn trees_travel_over_a_host_on_the_way() {
    let folder = Folder::new("trees");
    let Some(sshd) = Sshd::start(&folder, "") else { return };
    let mut behind = sshd.host();
    behind.login.host = "localhost".to_owned();
    behind.login.jump = Some("a".to_owned());
    let world = world(&folder, &[("a", sshd.host()), ("b", behind)]);
    let trees = vec![tree(&folder.at("from"), &folder.at("to"))];
    make_tree(&trees[0].source);
    let (from, to) = ("a".to_owned(), "b".to_owned());
    for action in [
        Action::CopyTrees { from: from.clone(), to: to.clone(), trees: trees.clone(), live: true },
        Action::CopyTrees { from: from.clone(), to: to.clone(), trees: trees.clone(), live: false },
        Action::VerifyTrees { from, to, trees },
    ] {
        let plan = plan_of(&action);
        let done = BTreeMap::<String, BTreeMap<String, String>>::new();
        perform(&world, &plan, &plan.steps[0], &action, &done, &|_| ()).await.unwrap();
    }
}

#[tokio::test]
async fn a_connection_that_goes_dark_is_given_up() {
    const STOP: &str = r#"pid=$PPID
        while [ "$pid" -gt 1 ] && ! grep -q '^sshd' "/proc/$pid/comm"; do pid=$(awk '{ print $4 }' "/proc/$pid/stat"); done
        (sleep 60; kill -CONT "$pid"; kill "$pid") >/dev/null 2>&1 </dev/null &
        kill -STOP "$pid"
        sleep 60"#;
    let folder = Folder::new("dark");
    let Some(sshd) = Sshd::start(&folder, "") else { return };
    let world = world(&folder, &[("a", sshd.host())]);
    let began = Instant::now();
    let lost = world.run("a", &[script(STOP, &[])]).await;
    assert!(matches!(lost, Err(WorldError::Lost { .. })), "{lost:?}");
    assert!(began.elapsed() < Duration::from_secs(40), "{:?}", began.elapsed());
    assert_eq!(world.run("a", &[script("echo again", &[])]).await.unwrap()[0].text(), "again");
}

#[tokio::test]
async fn a_service_that_keeps_the_streams_does_not_keep_us() {
    let folder = Folder::new("service");
    let Some(sshd) = Sshd::start(&folder, "") else { return };
    let world = world(&folder, &[("a", sshd.host())]);
    let began = Instant::now();
    assert_eq!(world.run("a", &[script("sleep 30 & echo started", &[])]).await.unwrap()[0].text(), "started");
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

#[tokio::test]
async fn sudo_is_used_where_the_login_says_so() {
    let folder = Folder::new("sudo");
    let Some(sshd) = Sshd::start(&folder, "") else { return };
    let mut host = sshd.host();
    host.login.sudo = true;
    let world = world(&folder, &[("a", host)]);
    let text = "echo \"$(id -u) $#\"; cat";
    let script = Script { stdin: b"stdin".to_vec(), ..script(text, &["a b", "'"]) };
    match world.run("a", &[script]).await {
        Ok(outputs) => assert_eq!(outputs[0].text(), "0 2\nstdin"),
        Err(WorldError::Unreachable { message, .. }) => {
            eprintln!("not tested here: {message}");
            assert!(message.contains("sudo"), "{message}");
        }
        Err(error) => panic!("{error}"),
    }
}
