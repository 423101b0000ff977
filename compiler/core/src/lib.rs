//! The compiler: sources and facts to a program, a model, diagnostics, a plan. No I/O, no clock, no network.

use mig_plan::{Facts, HostId, Plan, Report, State};
use std::collections::BTreeMap;

pub mod embedded {
    //! Texts that are compiled in: the standard library and the check pages.
    include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
}

/// Where sources and facts come from. Paths are relative to the project, with `/`.
pub trait Files {
    /// The bytes of a file, or why they cannot be had ("there is no such file", "it is outside the project", …).
    fn read(&self, path: &str) -> Result<Vec<u8>, String>;
    /// Every `.mig` file of the project, below its folder and not below another `main.mig`; for those that nothing uses.
    fn list(&self) -> Vec<String>;
}

/// What the command line says.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `--set name=value`, stronger than the environment.
    pub set: Vec<(String, String)>,
    /// `MIG_VAR_name`.
    pub environment: Vec<(String, String)>,
}

/// Texts by the name that diagnostics use for their file.
#[derive(Debug, Clone, Default)]
pub struct Sources(pub BTreeMap<String, String>);

/// Sources of a program, read and parsed; what is compiled borrows from it.
#[derive(Debug, Default)]
pub struct Loaded {
    /// For the renderers: every text a diagnostic may point into.
    pub sources: Sources,
}

/// What came of a program.
#[derive(Debug)]
pub struct Compilation<'a> {
    /// All that is to be said.
    pub report: Report,
    /// Facts that were read, by the address of their server.
    pub facts: BTreeMap<HostId, Facts>,
    /// Names of the checks that ran.
    pub checks: Vec<String>,
    /// Where it came from.
    pub loaded: &'a Loaded,
}

/// Reads and parses the program that begins at `entry`, with all that it uses and the facts it names.
pub fn load(_files: &dyn Files, _entry: &str, _options: &Options) -> Loaded {
    Loaded::default()
}

impl Loaded {
    /// Resolves, types, evaluates and checks.
    pub fn compile(&self) -> Compilation<'_> {
        Compilation { report: Report::new(vec![], vec![]), facts: BTreeMap::new(), checks: vec![], loaded: self }
    }
}

impl Compilation<'_> {
    /// The plan that leads from the state to the program, or why there is none.
    pub fn plan(&self, _state: &State) -> Result<Plan, Report> {
        Err(Report::new(vec![], vec![]))
    }
}
