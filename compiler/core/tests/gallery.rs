//! What do mistakes look like? Every program in `gallery/` is compiled, and what is said must be what stands beside it.
//!
//! `MIG_BLESS=1` rewrites the expectations; they are read in review.
#![allow(clippy::disallowed_methods, missing_docs, reason = "a test reads its cases from disk")]

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

struct Folder(PathBuf);

impl mig_core::Files for Folder {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        fs::read(self.0.join(path)).map_err(|_| "there is no such file".to_owned())
    }
    fn list(&self) -> Vec<String> {
        vec![]
    }
}

/// All that is said, with the line that each place is on.
fn transcript(folder: &Path, entry: &str) -> String {
    let loaded = mig_core::load(&Folder(folder.to_owned()), entry, &mig_core::Options::default());
    let report = loaded.compile().report;
    let mut out = String::new();
    let line = |file: &str, number: u32| {
        let text = loaded.sources.0.get(file).and_then(|t| t.lines().nth(number as usize - 1)).unwrap_or("");
        text.trim().to_owned()
    };
    for d in &report.diagnostics {
        let at = d.span.start;
        let _ = writeln!(out, "{}:{}:{}: {}[{}] {}", d.file, at.line, at.column, d.severity.as_str(), d.code, d.message);
        let _ = writeln!(out, "    | {}", line(&d.file, at.line));
        for label in &d.labels {
            let at = label.span.start;
            // The standard library is formatted and grows; that it is pointed at is what counts.
            if label.file.starts_with("stdlib/") {
                let _ = writeln!(out, "    {} {}", label.file, label.text);
            } else {
                let _ = writeln!(out, "    {}:{}:{} {}: {}", label.file, at.line, at.column, label.text, line(&label.file, at.line));
            }
        }
        if let Some(help) = &d.help {
            let _ = writeln!(out, "    help: {help}");
        }
        for fix in &d.fixes {
            let _ = writeln!(out, "    fix: {}", fix.title);
        }
    }
    for u in &report.unproven {
        let _ = writeln!(out, "not proven: {} {} at {}: needs {}", u.code, u.name, u.address, u.needs);
    }
    out
}

#[test]
fn every_mistake_is_said_as_it_should_be() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/gallery");
    let mut names: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .filter(|n| Path::new(n).extension().is_some_and(|e| e == "mig"))
        .collect();
    names.sort();
    assert!(names.len() >= 9, "the gallery is there");
    let mut wrong = vec![];
    for name in names {
        let said = transcript(&folder, &name);
        let expected = folder.join(name.replace(".mig", ".txt"));
        if std::env::var_os("MIG_BLESS").is_some() {
            fs::write(&expected, &said).unwrap();
        } else if fs::read_to_string(&expected).unwrap_or_default() != said {
            wrong.push(format!("{name}: what is said changed; MIG_BLESS=1 rewrites {}\n{said}", expected.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The standard library itself is without fault.
#[test]
fn the_standard_library_is_clean() {
    struct One(String);
    impl mig_core::Files for One {
        fn read(&self, _: &str) -> Result<Vec<u8>, String> {
            Ok(self.0.clone().into_bytes())
        }
        fn list(&self) -> Vec<String> {
            vec![]
        }
    }
    let prelude = ["nouns.mig", "moves.mig", "images.mig", "helpers.mig"];
    let mut uses = String::new();
    for (path, _) in mig_core::embedded::STDLIB.iter().filter(|(path, _)| !path.contains('/') && !prelude.contains(path)) {
        let _ = writeln!(uses, "use {}", path.trim_end_matches(".mig"));
    }
    let loaded = mig_core::load(&One(uses), "main.mig", &mig_core::Options::default());
    let report = loaded.compile().report;
    assert!(report.diagnostics.is_empty(), "{:#?}", report.diagnostics);
}
