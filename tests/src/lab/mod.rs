//! Does `migc` move real services between real hosts? The lab starts two, runs the cases in order, and removes everything.
//!
//! This file is the order of things; each topic has a file of its own, and what is asserted is in `cases/`.

mod cases;
mod cleanup;
mod database;
mod engine;
mod facts;
pub(crate) mod guardian;
mod hosts;
mod images;
mod lock;
mod manifest;
mod migc;
mod paths;
mod process;
mod project;
mod scene;
mod seed;
mod snapshot;

use crate::{install, options::Options, part::Outcome};
use guardian::Guardian;
use hosts::Pair;
use lock::Lock;
use mig_tests::workspace;
use scene::Scene;
use std::{fs, time::Instant};

/// How many cases went how.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Right.
    pub(crate) passed: u32,
    /// Wrong, or not tried because of one before.
    pub(crate) failed: u32,
}

/// The whole tier.
pub(crate) fn run(options: &Options, tally: &mut Tally) -> Outcome {
    if !install::is_root() {
        return Outcome::Failed("the lab needs root, for its container engine; `--no-lab` leaves it out".to_owned());
    }
    match guarded(options, tally) {
        Ok(()) if tally.failed == 0 => Outcome::Done,
        Ok(()) => Outcome::Failed(format!("{} of {} cases", tally.failed, tally.failed + tally.passed)),
        Err(message) => Outcome::Failed(message),
    }
}

/// Between the first thing that is started and the last thing that is removed there is always somebody who will remove it.
fn guarded(options: &Options, tally: &mut Tally) -> Result<(), String> {
    let _lock = Lock::wait()?;
    if options.clean {
        return cleanup::everything();
    }
    let given = options.migc.as_ref().map(|file| file.canonicalize().map_err(|e| format!("{}: {e}", file.display())));
    let migc = given.unwrap_or_else(workspace::migc)?;
    let guardian = Guardian::start()?;
    let result = cleanup::leftovers().and_then(|()| with_hosts(options, migc, tally));
    let cleaned = cleanup::all();
    guardian.dismiss();
    println!("{}", images::kept());
    result.and(cleaned)
}

fn with_hosts(options: &Options, migc: std::path::PathBuf, tally: &mut Tally) -> Result<(), String> {
    forget_logs()?;
    timed("engine", engine::start)?;
    let images = timed("images", images::build)?;
    let pair = timed("hosts", || Pair::start(&images))?;
    timed("services", || {
        seed::trees(&pair.old)?;
        database::start(&pair.old)?;
        scene::start_files(&pair.old)
    })?;
    let scene = Scene::new(pair, images, migc::Migc::new(migc));
    if options.hold { hold(&scene) } else { run_cases(options, &scene, tally) }
}

fn run_cases(options: &Options, scene: &Scene, tally: &mut Tally) -> Result<(), String> {
    let wanted = options.case.as_deref().unwrap_or_default();
    let cases: Vec<_> = cases::all(options.long).into_iter().filter(|case| case.name.contains(wanted)).collect();
    if cases.is_empty() {
        return Err(format!("no case has `{wanted}` in its name"));
    }
    for case in cases {
        let start = Instant::now();
        let result = (case.body)(scene);
        let seconds = start.elapsed().as_secs_f64();
        match result {
            Ok(()) => {
                tally.passed += 1;
                println!("ok     {seconds:>6.1} s  {}", case.name);
            }
            Err(message) => {
                tally.failed += 1;
                println!("FAILED {seconds:>6.1} s  {}\n{message}", case.name);
                // What a case that failed left behind must not make the next one fail.
                if let Err(message) = scene.reset() {
                    println!("and the hosts do not come back: {message}");
                }
            }
        }
        process::end_marked();
    }
    Ok(())
}

/// For trying things by hand.
fn hold(scene: &Scene) -> Result<(), String> {
    let project = scene.project("by-hand", &[])?;
    println!("hosts:   ssh -F {} old (or new)", paths::run().join("ssh_config").display());
    println!("project: {}", project.folder().display());
    println!("Enter ends it.");
    std::io::stdin().read_line(&mut String::new()).map(|_| ()).map_err(|e| e.to_string())
}

fn forget_logs() -> Result<(), String> {
    let folder = paths::logs();
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))
}

fn timed<T>(what: &str, body: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    let start = Instant::now();
    let result = body()?;
    println!("up     {:>6.1} s  {what}", start.elapsed().as_secs_f64());
    Ok(result)
}
