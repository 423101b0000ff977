//! What does `migc survey` cost beyond its script? The same script by hand over ssh, on an sshd of its own on loopback.

use super::{
    languages, machine,
    sshd::{Sshd, identity},
};
use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

/// Odd, so that there is a median.
const RUN_COUNT: usize = 21;
const SCRIPT: &str = concat!(include_str!("../../../runtime/src/scripts/head.sh"), include_str!("../../../runtime/src/scripts/survey.sh"));

/// Measures both, one after the other in turns, so that a machine that does other work troubles both alike.
pub(crate) fn run() -> Result<(), String> {
    let load_before = machine::load();
    let program = languages::migc()?;
    let host = Surveyed::start()?;
    let (mut by_hand, mut by_migc) = (vec![], vec![]);
    for turn in 0..=RUN_COUNT {
        let pair = (timed(&mut host.script()?)?, timed(&mut host.survey(&program))?);
        // The first turn warms caches.
        if turn > 0 {
            by_hand.push(pair.0);
            by_migc.push(pair.1);
        }
    }
    let (by_hand, by_migc) = (median(by_hand), median(by_migc));
    println!("| | median of {RUN_COUNT} |\n| --- | ---: |");
    println!("| the script over ssh, by hand | {by_hand:.0} ms |\n| `migc survey --no-sizes` | {by_migc:.0} ms |");
    println!("| ratio, which should be 1.5 at most | {:.2} |", by_migc / by_hand);
    println!("\n{}, load {load_before} before and {} after; sshd on loopback.", machine::processors(), machine::load());
    Ok(())
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}

fn timed(command: &mut Command) -> Result<f64, String> {
    let start = Instant::now();
    let output = command.output().map_err(|e| e.to_string())?;
    let time = start.elapsed().as_secs_f64() * 1e3;
    if output.status.success() { Ok(time) } else { Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr))) }
}

/// Its folder is removed when it is dropped.
struct Surveyed {
    sshd: Sshd,
    folder: PathBuf,
}

impl Surveyed {
    fn start() -> Result<Self, String> {
        let folder = std::env::temp_dir().join(format!("migc-bench-{}", std::process::id()));
        let told = |e: io::Error| format!("{}: {e}", folder.display());
        fs::create_dir_all(folder.join("project/facts")).map_err(told)?;
        let sshd = Sshd::start(&folder, "host")?;
        let Sshd { port, key, .. } = &sshd;
        fs::write(folder.join("known"), format!("[127.0.0.1]:{port} {key}\n")).map_err(told)?;
        let facts = format!("{{\"version\": 1, \"host\": \"here\", \"host_keys\": [\"{key}\"]}}\n");
        fs::write(folder.join("project/facts/here.json"), facts).map_err(told)?;
        let identity = identity(&folder).map_err(told)?;
        let program = format!(
            "use ssh\nexisting server here: ssh.host {{\n  address = 127.0.0.1\n  login   = {{ port = {port}/tcp, identity_file = \"{}\" }}\n  \
             facts   = survey(\"facts/here.json\")\n}}\n",
            identity.display()
        );
        fs::write(folder.join("project/main.mig"), program).map_err(told)?;
        Ok(Self { sshd, folder })
    }

    fn script(&self) -> Result<Command, String> {
        let at = |name: &str| self.folder.join(name).display().to_string();
        let script = at("script");
        fs::write(&script, SCRIPT).map_err(|e| e.to_string())?;
        let mut ssh = Command::new("ssh");
        ssh.args(["-F", "none", "-p", &self.sshd.port.to_string(), "-i", &at("id"), "-o", &format!("UserKnownHostsFile={}", at("known"))]);
        // `eval`, because parts of the script would else read the rest of it as their input.
        ssh.args(["127.0.0.1", "sh -c 'eval \"$(cat)\"' sh mark quick 0"]);
        ssh.stdin(fs::File::open(script).map_err(|e| e.to_string())?);
        Ok(ssh)
    }

    fn survey(&self, program: &Path) -> Command {
        let mut survey = Command::new(program);
        survey.args(["survey", "--no-sizes"]).current_dir(self.folder.join("project")).stdin(Stdio::null());
        survey
    }
}

impl Drop for Surveyed {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}
