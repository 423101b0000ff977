//! Is an entry of a local journal written once, whole and durably, and does one run at a time hold it?

#![allow(clippy::disallowed_methods, reason = "tests make folders, start processes and look at what is left")]

mod support;

use mig_runtime::{
    StoreError,
    real::{HoldError, Store},
};
use std::{fs, os::unix::fs::PermissionsExt, path::Path};
use support::{Folder, now};

#[test]
fn an_entry_is_created_once() {
    let folder = Folder::new("store");
    let store = Store::new(&folder.path().join("state"));
    assert_eq!(now(store.read(1)).unwrap(), None);
    now(store.create(1, b"one")).unwrap();
    assert_eq!(now(store.create(1, b"two")), Err(StoreError::Taken(1)));
    assert_eq!(now(store.read(1)).unwrap().as_deref(), Some(&b"one"[..]));
    let mode = |path: &str| fs::metadata(Path::new(&folder.at(path))).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("state"), mode("state/00000001.json")), (0o700, 0o600));
    assert_eq!(fs::read_dir(folder.at("state")).unwrap().count(), 1, "nothing temporary stays");
}

#[test]
fn of_many_writers_one_wins() {
    let folder = Folder::new("race");
    let store = Store::new(folder.path());
    let won: usize = std::thread::scope(|scope| {
        let write = |by: u8| now(store.create(7, &[by; 1000])).is_ok();
        let writers: Vec<_> = (0..8).map(|by| scope.spawn(move || write(by))).collect();
        writers.into_iter().filter(|_| true).map(|writer| usize::from(writer.join().unwrap())).sum()
    });
    assert_eq!(won, 1);
    let bytes = now(store.read(7)).unwrap().unwrap();
    assert!(bytes.len() == 1000 && bytes.iter().all(|byte| *byte == bytes[0]));
}

#[test]
fn a_held_state_says_by_whom() {
    let folder = Folder::new("hold");
    let store = Store::new(folder.path());
    let held = now(store.hold("ann@home")).unwrap();
    match now(store.hold("bob@work")).unwrap_err() {
        HoldError::Held { by, since_ms, .. } => assert!(by.starts_with("ann@home, process ") && since_ms > 0, "{by}"),
        HoldError::Failed(error) => panic!("{error}"),
    }
    drop(held);
    now(store.hold("bob@work")).unwrap();
    assert_eq!(now(store.id()).unwrap(), now(store.id()).unwrap());
}
