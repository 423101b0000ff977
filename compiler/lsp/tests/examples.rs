//! Does an editor say what `check` says? Every example is opened, and all that is sent is compared with its report.
#![allow(missing_docs, reason = "a test")]
#![allow(clippy::disallowed_methods, reason = "tests read the repository they are in")]

mod common;

use common::{Client, uri};
use mig_core::{Files, Options};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// The files of a project, by their path in it.
struct Project(BTreeMap<String, String>);

impl Files for Project {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self.0.get(path).map(|text| text.clone().into_bytes()).ok_or_else(|| "there is no such file".to_owned())
    }

    fn list(&self) -> Vec<String> {
        self.0.keys().filter(|path| Path::new(path).extension().is_some_and(|e| e == "mig")).cloned().collect()
    }
}

fn collect(root: &Path, folder: &Path, found: &mut BTreeMap<String, String>) {
    for path in fs::read_dir(folder).expect("a folder").filter_map(|e| Some(e.ok()?.path())) {
        if path.is_dir() {
            // A folder with a beginning of its own is another project.
            if !path.join("main.mig").exists() {
                collect(root, &path, found);
            }
        } else if let Ok(text) = fs::read_to_string(&path) {
            found.insert(path.strip_prefix(root).expect("below").display().to_string(), text);
        }
    }
}

fn projects(folder: &Path, found: &mut Vec<PathBuf>) {
    if folder.join("main.mig").exists() {
        found.push(folder.to_owned());
    }
    for path in fs::read_dir(folder).expect("a folder").filter_map(|e| Some(e.ok()?.path())).filter(|p| p.is_dir()) {
        projects(&path, found);
    }
}

/// File and headline of all that `check` says.
fn checked(project: &Project) -> Vec<(String, String)> {
    let loaded = mig_core::load(project, "main.mig", &Options::default());
    let report = loaded.compile().report;
    let mut said: Vec<(String, String)> = report.diagnostics.iter().map(|d| (d.file.clone(), d.message.clone())).collect();
    for entry in &report.unproven {
        let about = if entry.address.is_empty() { String::new() } else { format!(" for {}", entry.address) };
        let place = mig_core::editor::unproven_at(&loaded, entry);
        said.push((place.file, format!("not proven: {}{about}: needs {}", entry.name, entry.needs)));
    }
    said.sort();
    said
}

/// The same of what a server sends.
fn shown(project: &Project, files: &[String]) -> Vec<(String, String)> {
    let disk: Vec<(String, &str)> = project.0.iter().map(|(path, text)| (format!("/work/{path}"), text.as_str())).collect();
    let disk: Vec<(&str, &str)> = disk.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    let client = Client::new(&disk);
    client.open("/work/main.mig", &project.0["main.mig"]);
    let mut said = vec![];
    for file in files {
        let address = uri(&format!("/work/{file}"));
        let told = client.told("textDocument/publishDiagnostics", |p: &Value| p["uri"] == address);
        for one in told["diagnostics"].as_array().expect("a list") {
            let headline = one["message"].as_str().and_then(|m| m.split("\nhelp: ").next()).unwrap_or("");
            said.push((file.clone(), headline.to_owned()));
        }
    }
    client.end();
    said.sort();
    said
}

#[test]
fn an_editor_says_what_check_says() {
    let mut folders = vec![];
    projects(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples"), &mut folders);
    assert!(folders.len() > 4, "{folders:?}");
    let mut count = 0;
    for folder in folders {
        let mut files = BTreeMap::new();
        collect(&folder, &folder, &mut files);
        let project = Project(files);
        let said = checked(&project);
        count += said.len();
        let mut files: Vec<String> = said.iter().map(|(file, _)| file.clone()).collect();
        files.dedup();
        assert_eq!(shown(&project, &files), said, "{}", folder.display());
    }
    assert!(count > 5, "{count} things are said of all examples");
}
