//! Programs for tests: files held in memory, or a folder of the repository.
#![allow(
    clippy::disallowed_methods,
    missing_docs,
    dead_code,
    reason = "a test reads its cases from disk, and not every test uses all of this"
)]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Files by path.
pub struct Memory(pub BTreeMap<String, String>);

impl mig_core::Files for Memory {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self.0.get(path).map(|t| t.clone().into_bytes()).ok_or_else(|| "there is no such file".to_owned())
    }
    fn list(&self) -> Vec<String> {
        vec![]
    }
}

/// One program of one file.
pub fn program(main: &str) -> Memory {
    Memory(BTreeMap::from([("main.mig".to_owned(), main.to_owned())]))
}

/// Every text below a folder of the repository.
pub fn folder(path: &str) -> Memory {
    let root: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    let mut out = BTreeMap::new();
    read(&root, &root, &mut out);
    Memory(out)
}

/// Every project below a folder of the repository, at any depth.
pub fn projects(path: &str) -> Vec<String> {
    let root: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut names: Vec<PathBuf> = fs::read_dir(root.join(path)).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()).collect();
    names.sort();
    let names = names.iter().map(|p| p.strip_prefix(&root).unwrap().to_string_lossy().into_owned());
    let below = |name: String| {
        let inner = projects(&name);
        root.join(&name).join("main.mig").exists().then_some(name).into_iter().chain(inner)
    };
    names.flat_map(below).collect()
}

fn read(root: &Path, at: &Path, out: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(at).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.join("main.mig").exists() {
                read(root, &path, out);
            }
        } else if let Ok(text) = fs::read_to_string(&path) {
            out.insert(path.strip_prefix(root).unwrap().to_string_lossy().into_owned(), text);
        }
    }
}

pub fn load(files: &Memory) -> mig_core::Loaded {
    mig_core::load(files, "main.mig", &mig_core::Options::default())
}

/// What is said of a program, as codes.
pub fn codes(text: &str) -> Vec<String> {
    let files = program(text);
    let loaded = load(&files);
    loaded.compile().report.diagnostics.into_iter().map(|d| d.code).collect()
}

/// A condition that holds says nothing; otherwise the check speaks.
pub fn holds(given: &str, condition: &str) {
    let text = format!(
        "{given}\nkind one {{ x: Int }}\none it_is {{ x = 1 }}\ncheck refuted: T001 error {{\n  for o in all(one)\n  when not ({condition})\n  at o.x\n  say \"no\"\n}}\n"
    );
    assert_eq!(codes(&text), Vec::<String>::new(), "{condition}");
}

/// What is said of a program: line, code and sentence.
pub fn said(text: &str) -> Vec<(u32, String, String)> {
    let files = program(text);
    let loaded = load(&files);
    loaded.compile().report.diagnostics.into_iter().map(|d| (d.span.start.line, d.code, d.message)).collect()
}
