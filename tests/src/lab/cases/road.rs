//! What if a step cuts the road to its host? A real firewall drops what comes to port 22, and the host takes that back by itself,
//! whether migc is cut off, keeps its old connection, or was killed. What cuts nothing stays.

use crate::lab::{paths, project::Project, scene::Scene};
use std::{
    thread::sleep,
    time::{Duration, Instant},
};

const WITHIN_SECONDS: u64 = 20;
/// An undo that takes longer is none.
const UNDONE_LIMIT: Duration = Duration::from_secs(WITHIN_SECONDS + 15);
const POLL: Duration = Duration::from_millis(200);

/// Nothing comes through any more.
pub(crate) fn cut(scene: &Scene) -> Result<(), String> {
    comes_back(scene, "road-cut", "INPUT -p tcp --dport 22 -j DROP")
}

/// Who is connected stays so, and nobody else gets in: a connection that is kept would notice nothing.
pub(crate) fn closed_to_new(scene: &Scene) -> Result<(), String> {
    comes_back(scene, "road-closed-to-new", "INPUT -p tcp --dport 22 --syn -j DROP")
}

/// A rule for another port.
pub(crate) fn harmless(scene: &Scene) -> Result<(), String> {
    let rule = "INPUT -p tcp --dport 2222 -j DROP";
    let project = project(scene, "road-harmless", rule)?;
    let began = Instant::now();
    scene.migc.apply(&project)?.must_exit(0)?;
    if began.elapsed() > Duration::from_secs(WITHIN_SECONDS) {
        return Err("what cuts nothing was waited for".to_owned());
    }
    sleep(UNDONE_LIMIT.saturating_sub(began.elapsed()));
    if !is_there(scene, rule) {
        return Err("what was disarmed was undone all the same".to_owned());
    }
    // When its declaration goes, that is armed too, and nothing is left.
    project.rewrite(&program(scene, ""))?;
    scene.migc.apply(&project)?.must_exit(0)?;
    if is_there(scene, rule) { Err("the rule is still there".to_owned()) } else { Ok(()) }
}

/// Nobody is there who would notice.
pub(crate) fn killed(scene: &Scene) -> Result<(), String> {
    let rule = "INPUT -p tcp --dport 22 -j DROP";
    let project = project(scene, "road-killed", rule)?;
    let mut run = scene.migc.start("apply", &project, &["--yes"])?;
    run.until("the rule was there", || is_there(scene, rule))?;
    run.kill()?;
    let began = Instant::now();
    while is_there(scene, rule) {
        if began.elapsed() > UNDONE_LIMIT {
            return Err(format!("the rule is still there after {} s", UNDONE_LIMIT.as_secs()));
        }
        sleep(POLL);
    }
    let ended = scene.migc.apply(&project)?;
    ended.must_exit(6)?;
    ended.must_complain(&["undid it by itself"])
}

/// An apply with a rule that cuts the road: the host takes it back, migc says so, and all that was done is undone.
fn comes_back(scene: &Scene, name: &str, rule: &str) -> Result<(), String> {
    let project = project(scene, name, rule)?;
    let planned = scene.migc.run("plan", &project, &[])?;
    planned.must_exit(0)?;
    planned.must_say(&["armed: it may cut the road to new, which undoes it by itself after 20 s"])?;
    let ended = scene.migc.apply(&project)?;
    let is_left = is_there(scene, rule);
    ended.must_exit(6)?;
    ended.must_complain(&["undid it by itself"])?;
    if is_left {
        return Err("the rule is still there".to_owned());
    }
    // It is reached as before.
    project.rewrite(&program(scene, "host.command look { on = new, run = sh\"true\", check = sh\"true\" }\n"))?;
    scene.migc.apply(&project)?.must_exit(0)
}

fn project(scene: &Scene, name: &str, rule: &str) -> Result<Project, String> {
    let wall = format!(
        "host.command wall {{\n  on    = new\n  run   = sh\"iptables -I {rule}\"\n  check = sh\"iptables -C {rule}\"\n  \
         undo  = sh\"iptables -D {rule}\"\n  cuts  = {WITHIN_SECONDS}s\n}}\n"
    );
    Project::own(name, &scene.pair, &program(scene, &wall))
}

fn program(scene: &Scene, things: &str) -> String {
    let (address, key) = (&scene.pair.new.address, paths::key());
    format!(
        "use ssh\nuse host\n\nproject lab_road {{ name = \"lab-road\" }}\n\nserver new: ssh.host {{\n  address = {address}\n  \
         login = {{ user = \"root\", identity_file = \"{}\" }}\n  facts = survey(\"facts/new.json\")\n}}\n\n{things}",
        key.display()
    )
}

fn is_there(scene: &Scene, rule: &str) -> bool {
    scene.pair.new.sh(&format!("iptables -C {rule}")).is_ok()
}
