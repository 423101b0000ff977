//! Do whole programs parse without damage? The samples hold every form of the language.

use std::fs;
use std::path::PathBuf;

/// Name and text of every sample.
fn samples() -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/samples");
    let mut found: Vec<(String, String)> = fs::read_dir(folder)
        .expect("the samples are beside this test")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| (path.display().to_string(), fs::read_to_string(&path).expect("a text")))
        .collect();
    found.sort();
    found
}

#[test]
fn samples_have_no_damage() {
    for (name, text) in samples() {
        let module = mig_syntax::parse(&text);
        assert!(module.damage.is_empty(), "{name}: {:#?}", module.damage);
        assert!(!module.items.is_empty(), "{name} has items");
    }
}
