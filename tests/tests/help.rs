//! Is docs/cli.md what the program says of itself? Rewrites it and fails once if not.

#![allow(clippy::disallowed_methods, reason = "a generated page is written by its test")]

mod tree;

#[test]
fn the_page_is_the_programs() {
    let path = tree::root().join("docs/cli.md");
    let wanted = migc::reference::markdown();
    if std::fs::read_to_string(&path).is_ok_and(|text| text == wanted) {
        return;
    }
    std::fs::write(&path, wanted).expect("docs/cli.md can be written");
    panic!("docs/cli.md was not what `migc --help` says; it is now: look at it and commit it");
}
