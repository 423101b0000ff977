//! What does a real name server make of our questions and changes? bind's `named` on loopback.

#![allow(clippy::disallowed_methods, reason = "tests make folders, start processes and look at what is left")]
#![allow(clippy::print_stderr, reason = "what cannot be tested here is said")]

mod support;

use mig_plan::{NameChange, NameKey, NameRequest, RecordSet};
use mig_runtime::{
    NamesError, World, WorldError,
    names::Asking,
    real::{RealWorld, Store},
};
use serde_json::{Value, json};
use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    time::{SystemTime, UNIX_EPOCH},
};
use support::{Folder, named::Named, named::SECRET};

fn request(server: &str, name: &str, sort: &str, like: &[&str]) -> NameRequest {
    NameRequest {
        server: server.to_owned(),
        zone: "club.example".to_owned(),
        name: format!("{name}.club.example"),
        sort: sort.to_owned(),
        key: NameKey { name: "migc".to_owned(), algorithm: "hmac_sha256".to_owned(), secret: "DNS".to_owned() },
        like: like.iter().map(|&value| value.to_owned()).collect(),
        change: None,
    }
}

fn set(ttl_seconds: u32, values: &[&str]) -> RecordSet {
    RecordSet { ttl_seconds, values: values.iter().map(|&value| value.to_owned()).collect() }
}

fn change(of: &NameRequest, was: Option<RecordSet>, becomes: Option<RecordSet>) -> NameRequest {
    of.with(NameChange { was, becomes })
}

struct Scene {
    folder: Folder,
    named: Named,
    world: RealWorld,
}

impl Scene {
    fn new(records: &str) -> Option<Self> {
        let folder = Folder::new("dns");
        let named = Named::start(&folder, records)?;
        let world = RealWorld::of(Store::new(&folder.path().join("state")));
        Some(Self { folder, named, world })
    }

    fn request(&self, name: &str, sort: &str, like: &[&str]) -> NameRequest {
        request(&self.named.server(), name, sort, like)
    }

    async fn ask(&self, request: &NameRequest) -> Result<Value, String> {
        self.ask_with(request, SECRET).await
    }

    async fn ask_with(&self, request: &NameRequest, secret: &str) -> Result<Value, String> {
        self.world.names("n", request, secret).await.map_err(|error| match error {
            NamesError::Refused(refusal) => format!("{}; {}", refusal.message, refusal.help),
            NamesError::World(WorldError::Unreachable { message, .. }) => format!("away: {message}"),
            NamesError::World(WorldError::Lost { message, .. }) => format!("lost: {message}"),
        })
    }
}

fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

#[tokio::test]
async fn every_type_is_made_seen_changed_and_taken_away() {
    let Some(scene) = Scene::new("") else { return };
    let long = "k=rsa; p=".to_owned() + &"x".repeat(400);
    let long_other = long.clone() + "y";
    for (sort, first, second) in [
        ("A", &["192.0.2.7", "192.0.2.8"][..], &["192.0.2.9"][..]),
        ("AAAA", &["2001:db8::7"], &["2001:DB8:0:0::8"]),
        ("CNAME", &["old.club.example"], &["ns1.club.example."]),
        ("MX", &["10 ns1.club.example", "20 old.club.example"], &["10 old.club.example"]),
        ("TXT", &["v=spf1 -all", &long], &[&long_other]),
        ("SRV", &["0 5 443 old.club.example"], &["0 5 8443 old.club.example"]),
        ("NS", &["ns1.club.example"], &["old.club.example"]),
        ("CAA", &["0 issue \"ca.example.net\""], &["0 issue \";\""]),
    ] {
        let of = scene.request(&format!("new-{}", sort.to_lowercase()), sort, first);
        assert_eq!(scene.ask(&of).await, Ok(json!({ "there": false })), "{sort}");
        scene.ask(&change(&of, None, Some(set(300, first)))).await.unwrap();
        let seen = json!({ "there": true, "value": first, "ttl": 300 });
        assert_eq!(scene.ask(&of).await, Ok(seen), "{sort}");
        scene.ask(&change(&of, Some(set(300, first)), Some(set(60, second)))).await.unwrap();
        let of = NameRequest { like: set(0, second).values, ..of };
        assert_eq!(scene.ask(&of).await, Ok(json!({ "there": true, "value": second, "ttl": 60 })), "{sort}");
        scene.ask(&change(&of, Some(set(60, second)), None)).await.unwrap();
        assert_eq!(scene.ask(&of).await, Ok(json!({ "there": false })), "{sort}");
    }
    for (algorithm, name) in [("hmac_sha384", "migc-384"), ("hmac_sha512", "migc-512")] {
        let of = scene.request("algorithms", "A", &["192.0.2.7"]);
        let key = NameKey { name: name.to_owned(), algorithm: algorithm.to_owned(), secret: "DNS".to_owned() };
        let of = NameRequest { key, ..of };
        scene.ask(&change(&of, None, Some(set(60, &["192.0.2.7"])))).await.unwrap();
        assert_eq!(scene.named.says("algorithms.club.example", "A"), ["60 192.0.2.7"]);
        scene.ask(&change(&of, Some(set(60, &["192.0.2.7"])), None)).await.unwrap();
    }
}

#[tokio::test]
async fn nothing_that_somebody_else_did_is_overwritten() {
    let Some(scene) = Scene::new("") else { return };
    let of = scene.request("www", "A", &["192.0.2.7"]);
    let (was, new) = (set(300, &["192.0.2.7"]), set(300, &["192.0.2.8"]));
    scene.ask(&change(&of, None, Some(was.clone()))).await.unwrap();
    let there = scene.ask(&change(&of, None, Some(new.clone()))).await.unwrap_err();
    assert!(there.contains("www.club.example A is there already, and migc did not make it: it is 192.0.2.7 for 300 s"), "{there}");
    for (by_hand, says) in [
        ("update add www.club.example 300 A 192.0.2.66", "is 192.0.2.66, 192.0.2.7 for 300 s"),
        ("update delete www.club.example A 192.0.2.66\nupdate add www.club.example 60 A 192.0.2.7", "is 192.0.2.7 for 60 s"),
        ("update delete www.club.example A", "is not there any more"),
    ] {
        scene.named.by_hand(&scene.folder, by_hand);
        let before = scene.named.says("www.club.example", "A");
        for becomes in [Some(new.clone()), None] {
            let refused = scene.ask(&change(&of, Some(was.clone()), becomes)).await.unwrap_err();
            assert!(
                refused.contains("was changed outside of migc meanwhile: it was 192.0.2.7 for 300 s, and ") && refused.contains(says),
                "{refused}"
            );
        }
        assert_eq!(scene.named.says("www.club.example", "A"), before);
    }
    let beside = scene.request("alias", "A", &["192.0.2.7"]);
    let refused = scene.ask(&change(&beside, None, Some(was.clone()))).await.unwrap_err();
    assert!(refused.contains("alias.club.example is an alias (CNAME) of old.club.example, beside which it can have no A"), "{refused}");
    let over = scene.request("old", "CNAME", &["ns1.club.example"]);
    let refused = scene.ask(&change(&over, None, Some(set(60, &["ns1.club.example"])))).await.unwrap_err();
    assert!(refused.contains("old.club.example has other records, beside which it can have no CNAME"), "{refused}");
    // What a wildcard answers is not there.
    let wild = scene.request("under.wild", "A", &["192.0.2.7"]);
    scene.ask(&change(&wild, None, Some(was))).await.unwrap();
    assert_eq!(scene.named.says("under.wild.club.example", "A"), ["300 192.0.2.7"]);
}

/// Sends what was made, and hands back the reply.
fn carry(named: &Named, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(("127.0.0.1", named.port)).unwrap();
    stream.write_all(&u16::try_from(bytes.len()).unwrap().to_be_bytes()).unwrap();
    stream.write_all(bytes).unwrap();
    let mut length = [0; 2];
    stream.read_exact(&mut length).unwrap();
    let mut reply = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut reply).unwrap();
    reply
}

#[tokio::test]
async fn a_server_that_refuses_is_understood() {
    let Some(scene) = Scene::new("") else { return };
    let of = scene.request("www", "A", &["192.0.2.7"]);
    let new = change(&of, None, Some(set(300, &["192.0.2.7"])));
    let refused = |request: NameRequest, secret: &'static str| {
        let scene = &scene;
        async move { scene.ask_with(&request, secret).await.unwrap_err() }
    };
    let key = |name: &str, algorithm: &str| NameKey { name: name.to_owned(), algorithm: algorithm.to_owned(), secret: "DNS".to_owned() };
    for (said, why) in [
        (refused(new.clone(), "b3RoZXI=").await, "has another secret for the key `migc` (BADSIG); set the secret DNS to what"),
        (
            refused(NameRequest { key: key("nobody", "hmac_sha256"), ..new.clone() }, SECRET).await,
            "knows no key `nobody` of the algorithm hmac_sha256 (BADKEY)",
        ),
        (
            refused(NameRequest { key: key("migc", "hmac_sha512"), ..new.clone() }, SECRET).await,
            "knows no key `migc` of the algorithm hmac_sha512 (BADKEY)",
        ),
        (
            refused(NameRequest { key: key("reader", "hmac_sha256"), ..new.clone() }, SECRET).await,
            "does not let the key `reader` do that to www.club.example A (REFUSED)",
        ),
        (
            refused(NameRequest { zone: "other.example".to_owned(), name: "www.other.example".to_owned(), ..new.clone() }, SECRET).await,
            "(REFUSED)",
        ),
        (
            refused(NameRequest { name: "www.other.example".to_owned(), ..new.clone() }, SECRET).await,
            "`www.other.example` is not in the zone `club.example`",
        ),
        (refused(new.clone(), "no base64!").await, "the secret DNS is no base64"),
        (refused(change(&of, None, Some(set(60, &["nonsense"]))), SECRET).await, "`nonsense` is no value of a record www.club.example A"),
    ] {
        assert!(said.contains(why) && !said.contains(SECRET), "{said}\n{why}");
    }
    assert_eq!(scene.named.says("www.club.example", "A"), Vec::<String>::new());

    let asking = Asking::new(&of, SECRET).unwrap();
    for (offset, why) in [(-4_000, "behind it (BADTIME)"), (4_000, "ahead of it (BADTIME)")] {
        let question = asking.question(seconds().checked_add_signed(offset).unwrap()).unwrap();
        let refusal = asking.found(&question, &carry(&scene.named, &question.bytes)).unwrap_err();
        let by: u64 = refusal.message.split(" is ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
        assert!(refusal.message.ends_with(why) && (3_990..=4_010).contains(&by), "{}", refusal.message);
    }
}

#[tokio::test]
async fn only_a_signed_reply_to_this_very_question_is_believed() {
    let Some(scene) = Scene::new("") else { return };
    let of = scene.request("old", "A", &["192.0.2.1"]);
    let asking = Asking::new(&of, SECRET).unwrap();
    let question = asking.question(seconds()).unwrap();
    let reply = carry(&scene.named, &question.bytes);
    let believed = asking.found(&question, &reply).unwrap();
    assert_eq!(asking.answer(&believed), Ok(json!({ "there": true, "value": ["192.0.2.1"], "ttl": 600 })));
    for place in 0..reply.len() {
        for bit in 0..8 {
            let mut other = reply.clone();
            other[place] ^= 1 << bit;
            // What the signature leaves out, such as the case of names, makes no other answer.
            assert!(asking.found(&question, &other).map_or(true, |found| found == believed), "byte {place}, bit {bit}");
        }
    }
    for length in 0..reply.len() {
        assert!(asking.found(&question, &reply[..length]).is_err());
    }
    let again = asking.question(seconds()).unwrap();
    assert!(asking.found(&again, &reply).unwrap_err().message.contains("belongs to another question"));
    let other = Asking::new(&of, "b3RoZXI=").unwrap();
    assert!(other.found(&question, &reply).unwrap_err().message.contains("is not signed with the key"));
}

#[tokio::test]
async fn a_server_that_is_away_is_told_from_one_that_went_away_meanwhile() {
    let Some(mut scene) = Scene::new("") else { return };
    let of = scene.request("old", "A", &["192.0.2.1"]);
    scene.named.stop();
    let away = scene.ask(&of).await.unwrap_err();
    assert!(away.starts_with("away: the name server does not answer over TCP: "), "{away}");
    scene.named.restart();
    assert!(scene.ask(&of).await.is_ok());
    // Between the question and the change it goes away, so nobody knows.
    let relay = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = relay.local_addr().unwrap().to_string();
    let port = scene.named.port;
    let thread = std::thread::spawn(move || {
        let (mut near, _) = relay.accept().unwrap();
        let mut far = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let mut length = [0; 2];
        near.read_exact(&mut length).unwrap();
        let mut all = vec![0; usize::from(u16::from_be_bytes(length))];
        near.read_exact(&mut all).unwrap();
        far.write_all(&length).unwrap();
        far.write_all(&all).unwrap();
        far.read_exact(&mut length).unwrap();
        let mut all = vec![0; usize::from(u16::from_be_bytes(length))];
        far.read_exact(&mut all).unwrap();
        near.write_all(&length).unwrap();
        near.write_all(&all).unwrap();
        near.read_exact(&mut length).unwrap();
    });
    let new = change(&NameRequest { server, ..of }, Some(set(600, &["192.0.2.1"])), Some(set(60, &["192.0.2.2"])));
    let lost = scene.ask(&new).await.unwrap_err();
    assert!(lost.starts_with("lost: "), "{lost}");
    thread.join().unwrap();
}
