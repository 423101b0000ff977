//! `migc init`: how does a project begin? A folder with a program that checks clean, and a place for its state, which is tried out.

use super::store;
use crate::{
    exit::{Failure, Outcome, Status, reason},
    terminal::Terminal,
    visible,
};
use std::path::{Path, PathBuf};

/// Begin a project: a program with one server, one service, a rule and its tests, which checks clean
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder; it is made if it is not there
    #[arg(default_value = ".")]
    path: PathBuf,

    /// Where its state is to be: a folder, or `s3://BUCKET/PATH`, `az://…`, `gs://…`. It is tried out first: that it can be written, and that nothing there is created twice; then the program names it. Of an object store the key is needed, the secret `state_key`
    #[arg(long, value_name = "PLACE")]
    state: Option<String>,
}

const PROGRAM: &str = r#"//! Say here what this program is for.

use ssh
use docker

project NAME { name = "NAME"STATE }

/// A server that SSH reaches; `login` says how, where your ssh configuration does not.
existing server first: ssh.host {
  address = 192.0.2.1
}

/// A service on it.
service web: docker.container {
  on      = first
  image   = "nginx:1.28.0"
  publish = [80/tcp]
  healthy = tcp(80, within = 60s)
}

/// A rule of your own: a service that does not say how it answers counts as up when its process runs.
check service_without_answer: OWN001 error {
  for   s in all(service)
  when  not s.healthy?
  at    s
  say   "{s} does not say how it answers"
  help  "add `healthy = tcp(80)`, `http(…)` or `command(…)`"
}

test "a service says how it answers" {
  service silent: docker.container { on = first, image = "nginx:1.28.0" }
  expect error service_without_answer at silent
}

test "the service starts only when its container is there" {
  expect web.on == first
  expect plan.before(s => s.action == create, s => s.action == start)
}
"#;

const IGNORED: &str = "# The journal of what migc did; share it with a state folder that all of you reach.\n.migc/\n";

pub(super) fn run(args: &Args, terminal: &mut Terminal) -> Outcome {
    let name = name_of(&args.path);
    let main = args.path.join("main.mig");
    if main.exists() {
        return Err(is_there(&main, "it is there already"));
    }
    let (mut state, mut tried) = (String::new(), String::new());
    if let Some(place) = &args.state {
        let id = store::begin(place, &args.path)?;
        state = format!(", state = {}", mig_core::quoted(place));
        tried = format!("the state is at {}: it can be written, and creates nothing twice; its id is {id}\n", visible::line(place));
    }
    write(&main, &PROGRAM.replace("NAME", &name).replace("STATE", &state))?;
    // A project that is kept in a repository already has such a file.
    let _ = write(&args.path.join(".gitignore"), IGNORED);
    let shown = visible::line(&args.path.display().to_string());
    let next = format!("{shown}/main.mig is there; look at it, then\n  migc check {shown}\n  migc test {shown}\n  migc plan {shown}\n");
    terminal.print(&(tried + &next));
    Ok(Status::Done)
}

/// A name of the language out of the folder's.
#[allow(clippy::disallowed_methods)] // `.` has no name of its own.
fn name_of(path: &Path) -> String {
    let full = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let name = full.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
    let clean: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if clean.starts_with(|c: char| c.is_ascii_lowercase()) { clean } else { format!("p_{clean}") }
}

/// A new file; one that is there stays as it is.
#[allow(clippy::disallowed_methods)] // Writing what the user asked for.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    use std::{fs, io::Write as _};
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|e| Failure::new(format!("`{}` cannot be made: {}", folder.display(), reason(&e))))?;
    }
    let made = fs::OpenOptions::new().write(true).create_new(true).open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    made.map_err(|e| is_there(path, &reason(&e)))
}

fn is_there(path: &Path, why: &str) -> Failure {
    let failure = Failure::new(format!("`{}` cannot be written: {why}", path.display()));
    failure.help("nothing that was there was changed; begin in another folder, or go on with what is there")
}
