//! `migc check --watch`: when is the program checked again? When a file changed that it read, that it looked for, or that is new.
//!
//! Files are looked at several times a second and not announced by the system: that works on every file system, and a program has
//! few files. Ctrl-C ends it with status 130.

#![allow(clippy::disallowed_methods)] // Files are watched where they lie.

use super::Args;
use crate::{
    commands::store,
    exit::{Outcome, Status},
    project::Project,
    render::count,
    terminal::Terminal,
};
use mig_core::Files;
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::MetadataExt as _,
    path::PathBuf,
    time::{Duration, SystemTime},
};

/// Between two looks. An editor writes a file within one of them.
const LOOK_MS: u64 = 150;

/// Checks until it is interrupted, or until nobody reads.
pub(super) fn run(args: &Args, terminal: &mut Terminal) -> Outcome {
    store::runtime()?.block_on(watch(args, terminal))
}

async fn watch(args: &Args, terminal: &mut Terminal) -> Outcome {
    // Asked for before the first check, so that no Ctrl-C is lost.
    let interrupt = tokio::signal::ctrl_c();
    tokio::pin!(interrupt);
    while !terminal.is_deaf() {
        terminal.clear();
        let watched = Watched::new(args);
        let before = watched.look();
        if let Err(failure) = watched.check(args, terminal) {
            failure.print(terminal);
        }
        // What was read counts from when it was read; what was only now heard of, from now.
        let known: Look =
            watched.look().into_iter().map(|(path, sign)| before.get(&path).map_or((path.clone(), sign), |s| (path, *s))).collect();
        let number = known.values().filter(|sign| sign.is_some()).count();
        terminal.error(&format!("watching {}; Ctrl-C ends\n", count(number, "file")));
        tokio::select! {
            () = changed(&watched, known) => {}
            _ = &mut interrupt => return Ok(Status::Interrupted),
        }
    }
    Ok(Status::Done)
}

/// Waits until something is different and then stays as it is, so that a file which is being written is not read half.
async fn changed(watched: &Watched, known: Look) {
    let mut last = known;
    let mut differs = false;
    loop {
        tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
        let now = watched.look();
        let is_still = now == last;
        if differs && is_still {
            return;
        }
        differs |= !is_still;
        last = now;
    }
}

/// When a file was written last, how long it is and which it is; nothing for one that is not there.
type Sign = Option<(SystemTime, u64, u64)>;
type Look = BTreeMap<PathBuf, Sign>;

/// A project that remembers what was asked of it.
struct Watched {
    project: Result<Project, crate::exit::Failure>,
    /// Beside the program: the folder itself and the baseline.
    always: Vec<PathBuf>,
    asked: RefCell<BTreeSet<String>>,
}

impl Watched {
    fn new(args: &Args) -> Self {
        let path = &args.program.path;
        let always = [path.clone(), path.join(crate::project::ENTRY)].into_iter().chain(args.baseline.clone()).collect();
        Self { project: args.program.open(), always, asked: RefCell::default() }
    }

    fn check(&self, args: &Args, terminal: &mut Terminal) -> Outcome {
        let project = self.project.as_ref().map_err(Clone::clone)?;
        super::once(args, project, self, terminal).map(|(status, _)| status)
    }

    fn look(&self) -> Look {
        let mut paths: BTreeSet<PathBuf> = self.always.iter().cloned().collect();
        if let Ok(project) = &self.project {
            let asked = self.asked.borrow();
            paths.extend(asked.iter().cloned().chain(project.list()).map(|name| project.root().join(name)));
        }
        paths.into_iter().map(|path| (sign(&path), path)).map(|(sign, path)| (path, sign)).collect()
    }
}

fn sign(path: &std::path::Path) -> Sign {
    let about = fs::metadata(path).ok()?;
    // A folder counts by being there: what is written in it is looked at file by file.
    if about.is_dir() {
        return Some((SystemTime::UNIX_EPOCH, 0, 0));
    }
    Some((about.modified().ok()?, about.len(), about.ino()))
}

impl Files for Watched {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self.asked.borrow_mut().insert(path.to_owned());
        match &self.project {
            Ok(project) => project.read(path),
            Err(failure) => Err(failure.message.clone()),
        }
    }

    fn list(&self) -> Vec<String> {
        self.project.as_ref().map(Files::list).unwrap_or_default()
    }
}
