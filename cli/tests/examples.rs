//! Can the plan of every example be carried out, also by a run that dies around each step? What the larger ones print is in the book.

#![allow(clippy::disallowed_methods, reason = "a process is started, and the folders of the examples are listed")]

use std::{fs, path::Path, process::Command};

/// One of each sort; all of them take minutes of a program that is not optimised.
const FAULTS: &str = "crash-after,host-gone,disk-full";

#[test]
fn every_example_can_be_rehearsed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("cli/ is in the repository");
    let mut count = 0;
    for entry in fs::read_dir(root.join("examples")).expect("examples") {
        let name = entry.expect("a folder").file_name().into_string().expect("a name of letters");
        // The book rehearses these.
        if name == "geekpie" || name == "lab-move" {
            continue;
        }
        let mut migc = Command::new(env!("CARGO_BIN_EXE_migc"));
        let output = migc
            .current_dir(root)
            .args(["rehearse", &format!("examples/{name}"), "--faults", FAULTS])
            .env_remove("MIG_STATE")
            .output()
            .expect("migc");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("no defect found"), "{name}: {text}{}", String::from_utf8_lossy(&output.stderr));
        count += 1;
    }
    assert!(count > 4);
}
