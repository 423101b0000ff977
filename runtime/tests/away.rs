//! What if a host cannot be reached, or stops to answer? Nothing hangs, and what is independent of it is done.

#![allow(clippy::disallowed_methods, reason = "tests make folders, listen, and measure time")]
#![allow(clippy::print_stderr, reason = "what cannot be tested here is said")]

mod common;
mod support;

use common::{Builder, NEW, OLD, finish, plan, world};
use mig_plan::{Action, Host, Login, Phase, Plan, Undo};
use mig_runtime::{
    Script, World as _, WorldError,
    event::Event,
    executor::Exit,
    real::{RealWorld, Store},
    sim::SimWorld,
};
use std::{
    collections::BTreeMap,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use support::{Folder, now, sshd::Sshd};

/// Ten hosts, each with two steps of its own; the last host's second step also needs the first host's.
fn ten() -> Plan {
    let mut builder = Builder::new();
    builder.plan.hosts.clear();
    let mut seconds = vec![];
    for number in 0..10 {
        let host = format!("h{number}");
        let login = Login { host: host.clone(), ..Login::default() };
        builder.plan.hosts.insert(host.clone(), Host { login, ..Host::default() });
        let adopt = Action::Adopt { host: host.clone(), id: format!("i-{number}") };
        let first = builder.step(None, Phase::Prepare, &format!("take over {host}"), adopt, &[], Undo::Nothing);
        let tools = Action::InstallTools { host: host.clone(), names: vec!["attr".to_owned()] };
        let needs: Vec<&String> = [&first].into_iter().chain(seconds.first().filter(|_| number == 9)).collect();
        let second = builder.step(None, Phase::Prepare, &format!("install attr on {host}"), tools, &needs, Undo::Nothing);
        seconds.push(second);
    }
    builder.plan
}

#[test]
fn one_host_of_ten_is_down_and_the_independent_rest_goes_on() {
    let plan = ten();
    let world = SimWorld::new(&BTreeMap::new(), &plan);
    world.host("h0").unwrap().reachable = false;
    let (result, events) = finish(&world, &plan);
    assert_eq!((result.exit.code(), result.done, result.steps), (4, 16, 20), "{result:?}");
    let problem = &result.problems[0];
    assert_eq!((problem.host.as_deref(), result.problems.len()), (Some("h0"), 1), "{:?}", result.problems);
    assert!(problem.message.contains("h0 cannot be reached") && !problem.help.is_empty(), "{problem:?}");
    // The first step of h9 is of use to nothing but what waits.
    let waiting = "h0 cannot be reached, so 4 steps wait: take over h0; install attr on h0; take over h9; …";
    assert!(result.summary.iter().any(|line| line == waiting), "{:?}", result.summary);
    assert!(events.iter().any(|e| matches!(e, Event::Skipped { why, .. } if why == "h0 cannot be reached")));
    // It goes on when the host is back, and not before.
    let (again, _) = finish(&world, &plan);
    assert_eq!((again.exit, again.done), (Exit::PartWay, 16), "{again:?}");
    world.host("h0").unwrap().reachable = true;
    assert_eq!(finish(&world, &plan).0.exit, Exit::Done);
}

#[test]
fn where_nothing_is_independent_nothing_is_begun() {
    for host in [OLD, NEW] {
        let (world, plan) = world(&["mysql", "ldap"]);
        world.host(host).unwrap().reachable = false;
        let (result, _) = finish(&world, &plan);
        assert_eq!((result.exit, world.entry(1)), (Exit::Refused, None), "{host}: {result:?}");
    }
    assert!(!plan(&["mysql"]).steps.is_empty());
}

fn real(folder: &Folder, host: Host) -> RealWorld {
    now(RealWorld::new(&[("a".to_owned(), host)].into(), Store::new(&folder.path().join("state")))).unwrap()
}

fn echo() -> Script {
    Script { name: "test", text: "echo here", words: vec![], stdin: vec![] }
}

#[tokio::test]
async fn a_listener_that_never_answers_is_given_up() {
    let folder = Folder::new("deaf");
    let Some(sshd) = Sshd::start(&folder, "") else { return };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut host = sshd.host();
    host.login.port = Some(listener.local_addr().unwrap().port());
    // Connections are accepted by the kernel, and nobody reads them.
    let began = Instant::now();
    let answer = real(&folder, host).run("a", &[echo()]).await;
    match answer {
        Err(WorldError::Unreachable { message, help, .. }) => {
            assert!(message.contains("timed out") && !help.is_empty(), "{message}; {help}");
        }
        other => panic!("{other:?}"),
    }
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
}

/// Passes on what comes, until it goes dark: then both sides hear nothing any more, and new connections are accepted and ignored.
fn proxy(port: u16) -> (u16, Arc<AtomicBool>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let own = listener.local_addr().unwrap().port();
    let dark = Arc::new(AtomicBool::new(false));
    let is_dark = Arc::clone(&dark);
    thread::spawn(move || {
        let mut held = vec![];
        for client in listener.incoming().map_while(Result::ok) {
            let server = TcpStream::connect(("127.0.0.1", port)).unwrap();
            if is_dark.load(Ordering::Relaxed) {
                held.push(client);
                continue;
            }
            for (mut from, mut to) in [(client.try_clone().unwrap(), server.try_clone().unwrap()), (server, client)] {
                let is_dark = Arc::clone(&is_dark);
                thread::spawn(move || {
                    let mut buffer = [0; 4_096];
                    while let Ok(length @ 1..) = from.read(&mut buffer) {
                        while is_dark.load(Ordering::Relaxed) {
                            thread::park_timeout(Duration::from_secs(1));
                        }
                        if to.write_all(&buffer[..length]).is_err() {
                            break;
                        }
                    }
                });
            }
        }
    });
    (own, dark)
}

#[tokio::test]
async fn a_host_that_stops_to_answer_in_the_middle_is_given_up_and_asked_again() {
    let folder = Folder::new("middle");
    let Some(sshd) = Sshd::start(&folder, "") else { return };
    let (port, dark) = proxy(sshd.port);
    let mut host = sshd.host();
    host.login.port = Some(port);
    let world = real(&folder, host);
    assert_eq!(world.run("a", &[echo()]).await.unwrap()[0].text(), "here");
    dark.store(true, Ordering::Relaxed);
    let began = Instant::now();
    let lost = world.run("a", &[echo()]).await;
    assert!(matches!(lost, Err(WorldError::Lost { .. })), "{lost:?}");
    let again = world.run("a", &[echo()]).await;
    assert!(matches!(again, Err(WorldError::Unreachable { .. })), "{again:?}");
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
}
