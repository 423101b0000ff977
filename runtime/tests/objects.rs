//! Is a journal in an object store written once, sealed, and held by one at a time? Against an S3 that is not ours.
//!
//! `cargo verify` starts one and says so by `MIG_TEST_S3`; without it the tests are left out.

#![allow(clippy::disallowed_methods, clippy::print_stderr, reason = "the environment says where the store is, and a lease takes time")]

use mig_runtime::{
    StoreError,
    real::{HoldError, Location, Store},
};
use object_store::{ObjectStoreExt as _, PutPayload, path::Path};
use std::time::Duration;

const BUCKET: &str = "migc-states";
const KEY: &str = "an-example-of-a-key-with-enough-characters";

fn is_there() -> bool {
    let is_there = std::env::var_os("MIG_TEST_S3").is_some();
    if !is_there {
        eprintln!("not tested here: `cargo verify` starts an S3 for this");
    }
    is_there
}

fn bucket() -> object_store::aws::AmazonS3 {
    object_store::aws::AmazonS3Builder::from_env().with_bucket_name(BUCKET).build().unwrap()
}

fn open(name: &str, key: &str) -> Store {
    Store::open(&Location::parse(&format!("s3://{BUCKET}/{name}"), std::path::Path::new("")).unwrap(), Some(key)).unwrap()
}

#[tokio::test]
async fn an_entry_is_created_once_and_opens_with_its_key_only() {
    if !is_there() {
        return;
    }
    let store = open("once", KEY);
    assert_eq!((store.known_id().await, store.numbers().await), (Ok(None), Ok(vec![])));
    let id = store.id().await.unwrap();
    assert_eq!(open("once", KEY).id().await, Ok(id));
    store.create(1, b"one").await.unwrap();
    assert_eq!(store.create(1, b"two").await, Err(StoreError::Taken(1)));
    assert_eq!(open("once", KEY).read(1).await, Ok(Some(b"one".to_vec())));
    assert_eq!(store.read(2).await, Ok(None));
    let other = open("once", &KEY.replace('a', "o"));
    assert_eq!(other.read(1).await, Err(StoreError::Forged(1)));
    store.create(2, b"two").await.unwrap();
    // An entry of one number is none of another, whoever copies it.
    let (bucket, entry) = (bucket(), |number: u64| Path::from(format!("once/{number:08}.json")));
    let first = bucket.get(&entry(1)).await.unwrap().bytes().await.unwrap();
    bucket.put(&entry(2), PutPayload::from(first)).await.unwrap();
    assert_eq!(store.read(2).await, Err(StoreError::Forged(2)));
    assert_eq!(store.numbers().await, Ok(vec![1, 2]));
    assert_eq!(store.remove_before(2).await, Ok(1));
    assert_eq!(store.numbers().await, Ok(vec![2]));
}

#[tokio::test]
async fn of_many_writers_one_wins() {
    if !is_there() {
        return;
    }
    let stores: Vec<Store> = (0..8).map(|_| open("race", KEY)).collect();
    stores[0].id().await.unwrap();
    let texts: Vec<String> = (0..8).map(|writer| format!("by {writer}")).collect();
    let writes = stores.iter().zip(&texts).map(|(store, text)| store.create(7, text.as_bytes()));
    let ended = futures_util::future::join_all(writes).await;
    let won: Vec<usize> = (0..8).filter(|&writer| ended[writer].is_ok()).collect();
    assert_eq!(won.len(), 1, "{ended:?}");
    assert!(ended.iter().all(|end| matches!(end, Ok(()) | Err(StoreError::Taken(7)))), "{ended:?}");
    assert_eq!(stores[0].read(7).await, Ok(Some(texts[won[0]].clone().into_bytes())));
}

#[tokio::test]
async fn one_holds_it_and_the_other_is_told_by_whom() {
    if !is_there() {
        return;
    }
    let (ann, bob) = (open("hold", KEY), open("hold", KEY));
    let held = ann.hold("ann@home").await.unwrap();
    ann.create(1, b"one").await.unwrap();
    match bob.hold("bob@work").await.unwrap_err() {
        HoldError::Held { by, since_ms, lease_ends_s } => {
            assert!(by.starts_with("ann@home, process ") && since_ms > 0, "{by}");
            assert!(lease_ends_s.is_some_and(|seconds| (1..=90).contains(&seconds)), "{lease_ends_s:?}");
        }
        HoldError::Failed(error) => panic!("{error}"),
    }
    drop(held);
    // What is given back is had at once, and whoever gave it back writes no more.
    let _held = bob.hold("bob@work").await.unwrap();
    assert_eq!(ann.create(2, b"two").await, Err(StoreError::LeaseEnded));
    bob.create(2, b"two").await.unwrap();
}

#[tokio::test]
async fn a_lease_outlives_its_holder_by_as_long_as_it_says_and_the_late_one_is_fenced() {
    if !is_there() {
        return;
    }
    let (ann, bob) = (open("late", KEY), open("late", KEY));
    let held = ann.hold("ann@home").await.unwrap();
    // Another has taken it over, because the renewals did not arrive.
    let text = r#"{"version": 1, "by": "bob@work, process 1", "since_ms": 1, "released": false}"#;
    bucket().put(&Path::from("late/lease/00000002"), PutPayload::from(text)).await.unwrap();
    tokio::time::sleep(Duration::from_secs(17)).await;
    assert_eq!(ann.create(1, b"one").await, Err(StoreError::LeaseEnded));
    drop(held);
    let told = bob.hold("bob@work").await.unwrap_err().to_string();
    assert!(told.starts_with("bob@work, process 1 holds the state since "), "{told}");
}

#[tokio::test]
async fn what_cannot_be_reached_or_read_is_said() {
    if !is_there() {
        return;
    }
    let url = Location::parse("s3://migc-no-such-bucket/x", std::path::Path::new("")).unwrap();
    let told = Store::open(&url, Some(KEY)).unwrap().id().await.unwrap_err().to_string();
    assert!(told.starts_with("s3://migc-no-such-bucket/x: ") && told.len() < 900, "{told}");
    for (key, says) in [(None, "is not there"), (Some("short"), "has 5 characters")] {
        let told = Store::open(&url, key).unwrap_err().to_string();
        assert!(told.contains(says), "{told}");
    }
}
