//! Where do a program's files lie, and which of them may be read? The compiler's only door to the disk.
//!
//! Does not read them as programs. No absolute path, nothing above the project or the folder that holds `.git`, no link that
//! leads out, nothing that is not a regular file.

#![allow(clippy::disallowed_methods)] // Reading the project is what this file is for.

use crate::exit::Failure;
use mig_core::{Files, Options};
use std::{
    env, fs,
    path::{Component, Path, PathBuf},
};

/// A program begins here.
pub const ENTRY: &str = "main.mig";
/// A file may be this large. Facts have a smaller limit, which the compiler keeps: they come from hosts.
const FILE_SIZE_MAX_BYTES: u64 = 64 << 20;
/// Folders are searched this deep.
const FOLDER_DEPTH_MAX: usize = 32;
/// And so many files are looked at.
const FILE_COUNT_MAX: usize = 10_000;

/// A program on the disk.
#[derive(Debug, Clone)]
pub struct Project {
    /// Its folder, without links.
    root: PathBuf,
    /// What may be read lies below.
    fence: PathBuf,
    /// The file it begins with, below its folder.
    entry: String,
}

impl Project {
    /// A folder, whose program begins at its `main.mig`, or a single file.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let shown = path.display();
        let real = path.canonicalize().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                Failure::new(format!("there is no `{shown}`")).help("name the folder that holds `main.mig`, or a single `.mig` file")
            }
            _ => Failure::new(format!("`{shown}` cannot be opened: {error}")),
        })?;
        if real.is_dir() {
            return Ok(Self { fence: fence(&real), root: real, entry: ENTRY.to_owned() });
        }
        let name = real.file_name().and_then(|n| n.to_str()).map(str::to_owned);
        match (real.parent(), name) {
            (Some(root), Some(entry)) if is_source(&real) => Ok(Self { fence: fence(root), root: root.to_owned(), entry }),
            _ => Err(Failure::usage(format!("`{shown}` is neither a folder nor a `.mig` file"))
                .help("name the folder that holds `main.mig`, or a single `.mig` file")),
        }
    }

    /// The program that a file belongs to, which may not be saved yet, and the file's path below that program's folder: the nearest
    /// `main.mig` above it, no higher than the repository, else the file alone.
    pub fn around(file: &Path) -> Result<(Self, String), String> {
        let shown = file.display();
        let name = file.file_name().and_then(|n| n.to_str()).ok_or_else(|| format!("`{shown}` has no name that is text"))?;
        let folder = file.parent().ok_or_else(|| format!("`{shown}` is in no folder"))?;
        let folder = folder.canonicalize().map_err(|error| format!("the folder of `{shown}` cannot be opened: {error}"))?;
        let top = fence(&folder);
        let within = |a: &&Path| top == folder || a.starts_with(&top);
        let mut above = folder.ancestors().take_while(within);
        let root = if name == ENTRY { Some(folder.as_path()) } else { above.find(|a| a.join(ENTRY).is_file()) };
        let (root, entry) = root.map_or((folder.as_path(), name), |root| (root, ENTRY));
        let below = folder.join(name).strip_prefix(root).ok().and_then(Path::to_str).map(str::to_owned);
        let below = below.ok_or_else(|| format!("`{shown}` is in a folder whose name is no text"))?;
        Ok((Self::at(root, entry), below))
    }

    /// A program whose folder, without links, is known.
    pub fn at(root: &Path, entry: &str) -> Self {
        Self { root: root.to_owned(), fence: fence(root), entry: entry.to_owned() }
    }

    /// Its folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The file that the program begins with.
    pub fn entry(&self) -> &str {
        &self.entry
    }

    /// Its folder as the repository knows it: empty, or with a `/` at its end.
    pub fn folder(&self) -> String {
        let inside = self.root.strip_prefix(&self.fence).unwrap_or(Path::new("")).to_string_lossy();
        if inside.is_empty() { String::new() } else { format!("{inside}/") }
    }

    /// May an edit change that file? A source that may be read; not what migc brings, and not facts.
    pub fn may_write(&self, path: &str) -> bool {
        is_source(Path::new(path)) && !crate::render::names::is_own(path) && self.resolve(path).is_ok()
    }

    /// The folder's name, for people.
    pub fn name(&self) -> String {
        self.root.file_name().map_or_else(|| ".".to_owned(), |n| n.to_string_lossy().into_owned())
    }

    fn resolve(&self, path: &str) -> Result<PathBuf, String> {
        let relative = Path::new(path);
        let plain = relative.components().all(|c| matches!(c, Component::Normal(_) | Component::CurDir | Component::ParentDir));
        if !plain {
            return Err("an absolute path is not read; write it relative to this file".to_owned());
        }
        if path.contains('\0') {
            return Err("its name holds a NUL".to_owned());
        }
        let real = self.root.join(relative).canonicalize().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
            _ => error.to_string(),
        })?;
        if !real.starts_with(&self.fence) {
            let fence = if self.fence == self.root { "the project's folder" } else { "the repository" };
            return Err(format!("it is outside {fence}, and nothing there is read"));
        }
        Ok(real)
    }

    fn collect(&self, folder: &Path, depth: usize, files: &mut Vec<String>) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        let mut paths: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
        paths.sort();
        for path in paths {
            let Some(name) = path.file_name().and_then(|n| n.to_str()) else { continue };
            let Ok(kind) = path.symlink_metadata() else { continue };
            if name.starts_with('.') || files.len() >= FILE_COUNT_MAX {
                continue;
            }
            if kind.is_dir() && depth < FOLDER_DEPTH_MAX && !path.join(ENTRY).exists() {
                self.collect(&path, depth + 1, files);
            } else if kind.is_file() && is_source(&path) {
                files.extend(path.strip_prefix(&self.root).ok().and_then(Path::to_str).map(str::to_owned));
            }
        }
    }
}

impl Files for Project {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        let real = self.resolve(path)?;
        let about = fs::metadata(&real).map_err(|e| e.to_string())?;
        if about.is_dir() {
            return Err("it is a folder".to_owned());
        }
        // A pipe or a device would wait or never end.
        if !about.is_file() {
            return Err("it is not a regular file".to_owned());
        }
        if about.len() > FILE_SIZE_MAX_BYTES {
            return Err(format!("it has {} bytes, and at most {FILE_SIZE_MAX_BYTES} are read", about.len()));
        }
        let bytes = fs::read(&real).map_err(|e| e.to_string())?;
        match std::str::from_utf8(&bytes) {
            Ok(_) => Ok(bytes),
            Err(error) => Err(format!("it is not UTF-8: byte {} is no text", error.valid_up_to())),
        }
    }

    fn list(&self) -> Vec<String> {
        if self.entry != ENTRY {
            return vec![self.entry.clone()];
        }
        let mut files = vec![];
        self.collect(&self.root, 0, &mut files);
        files
    }
}

fn is_source(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "mig")
}

/// The nearest folder at or above the project that holds `.git`, else the project's own.
fn fence(root: &Path) -> PathBuf {
    root.ancestors().find(|a| a.join(".git").exists()).unwrap_or(root).to_owned()
}

/// What the command line, a file of variables and the environment give to parameters. `MIG_VAR_*` is all that is read of the last.
pub fn options(set: &[(String, String)], file: Vec<(String, String)>) -> Result<Options, Failure> {
    let mut environment = vec![];
    for (name, value) in env::vars_os() {
        let Some(name) = name.to_str().and_then(|n| n.strip_prefix("MIG_VAR_")).map(str::to_owned) else { continue };
        let value = value.into_string().map_err(|_| Failure::new(format!("the environment's `MIG_VAR_{name}` is not UTF-8")))?;
        environment.push((name, value));
    }
    environment.sort();
    Ok(Options { set: set.to_vec(), file, environment, age: None })
}

/// What `NAME.migvars` beside the program gives to parameters: a line for each, `name = value`; text may stand in quotes.
pub fn variables(files: &dyn Files, name: &str) -> Result<Vec<(String, String)>, Failure> {
    let path = format!("{name}.migvars");
    let bytes = files
        .read(&path)
        .map_err(|why| Failure::new(format!("`{path}` cannot be read: {why}")).help("`--env NAME` reads NAME.migvars beside main.mig"))?;
    let text = String::from_utf8(bytes).map_err(|_| Failure::new(format!("`{path}` is not UTF-8")))?;
    let mut out = vec![];
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with("//") {
            continue;
        }
        let (name, value) =
            line.split_once('=').map(|(n, v)| (n.trim(), v.trim())).filter(|(n, _)| !n.is_empty()).ok_or_else(|| {
                Failure::new(format!("{path}:{}: this is not `name = value`", number + 1)).help("a comment begins with `//`")
            })?;
        let unquoted = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value);
        out.push((name.to_owned(), unquoted.to_owned()));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = env::temp_dir().join(format!("migc-project-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            fs::create_dir_all(path.join("in/sub/other")).expect("a folder");
            fs::write(path.join("secret.mig"), "x").expect("a file");
            for file in ["main.mig", "net.mig", "sub/a.mig", "sub/other/main.mig", ".hidden.mig"] {
                fs::write(path.join("in").join(file), "let a = 1\n").expect("a file");
            }
            Self(path)
        }

        fn project(&self) -> Project {
            Project::open(&self.0.join("in")).expect("a project")
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn only_what_belongs_to_it_is_read() {
        let folder = Folder::new("fence");
        let project = folder.project();
        symlink(folder.0.join("secret.mig"), folder.0.join("in/link.mig")).expect("a link");
        symlink("net.mig", folder.0.join("in/inner.mig")).expect("a link");
        let outside = "it is outside the project's folder, and nothing there is read";
        assert_eq!(project.read("../secret.mig"), Err(outside.to_owned()));
        assert_eq!(project.read("link.mig"), Err(outside.to_owned()));
        assert_eq!(project.read("nowhere.mig"), Err("there is no such file".to_owned()));
        assert_eq!(project.read("sub"), Err("it is a folder".to_owned()));
        assert!(project.read("/etc/hostname").is_err_and(|e| e.contains("absolute")));
        assert!(project.read("sub/../net.mig").is_ok() && project.read("inner.mig").is_ok());
    }

    #[test]
    fn a_repository_may_share_files() {
        let folder = Folder::new("git");
        fs::create_dir(folder.0.join(".git")).expect("a folder");
        assert!(folder.project().read("../secret.mig").is_ok());
    }

    #[test]
    fn damage_is_named() {
        let folder = Folder::new("damage");
        fs::write(folder.0.join("in/latin.mig"), b"a\xe9b").expect("a file");
        assert_eq!(folder.project().read("latin.mig"), Err("it is not UTF-8: byte 1 is no text".to_owned()));
        let file = fs::File::create(folder.0.join("in/large.mig")).expect("a file");
        file.set_len(FILE_SIZE_MAX_BYTES + 1).expect("a large file");
        assert!(folder.project().read("large.mig").is_err_and(|e| e.contains("at most")));
    }

    #[test]
    fn other_projects_are_not_listed() {
        let folder = Folder::new("list");
        assert_eq!(folder.project().list(), ["main.mig", "net.mig", "sub/a.mig"]);
        let single = Project::open(&folder.0.join("in/net.mig")).expect("a file");
        assert_eq!((single.entry(), single.list()), ("net.mig", vec!["net.mig".to_owned()]));
        assert_eq!(Project::open(&folder.0.join("nowhere")).map(|p| p.name()).map_err(|f| f.status.code()), Err(1));
    }
}
