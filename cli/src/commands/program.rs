//! Which program is meant, and what does the compiler say of it? What `check`, `plan`, `apply` and `rehearse` share.
//!
//! Does not look at hosts or state.

use crate::{
    exit::{Failure, Status},
    project::{self, ENTRY, Project},
    render::{human, json, names},
    terminal::Terminal,
};
use mig_core::{AgeLimit, Files, Loaded, Options};
use mig_plan::{Plan, Report};
use mig_runtime::{preflight::Problem, real::Secrets};
use std::path::{Path, PathBuf};

/// The program and its parameters.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Program {
    /// A folder whose program begins at its `main.mig`, or a single file
    #[arg(default_value = ".")]
    pub(super) path: PathBuf,
    /// Give a parameter its value; stronger than `MIG_VAR_NAME` in the environment
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_set)]
    pub(super) set: Vec<(String, String)>,
    /// Take parameters from NAME.migvars beside the program, and keep a state of its own
    #[arg(long, value_name = "NAME", value_parser = parse_env)]
    pub(super) env: Option<String>,
}

impl Program {
    /// That of the folder one is in.
    pub(super) fn here(env: Option<&str>) -> Self {
        Self { path: PathBuf::from("."), set: vec![], env: env.map(str::to_owned) }
    }

    /// Where the program lies.
    pub(super) fn open(&self) -> Result<Project, Failure> {
        Project::open(&self.path)
    }

    /// Its sources, read and parsed.
    pub(super) fn load(&self, project: &Project) -> Result<Loaded, Failure> {
        self.load_from(project, project.entry(), None)
    }

    /// The same, seen through whoever holds edits or wants to know what is read; facts are warned of that are too old.
    pub(super) fn load_from(&self, files: &dyn Files, entry: &str, age: Option<AgeLimit>) -> Result<Loaded, Failure> {
        let file = self.env.as_ref().map(|name| project::variables(files, name)).transpose()?.unwrap_or_default();
        let options = Options { age, ..project::options(&self.set, file)? };
        Ok(mig_core::load(files, entry, &options))
    }

    /// The file of a plan that stands where a program may.
    pub(super) fn plan_file(&self) -> Option<&Path> {
        self.path.extension().is_some_and(|ending| ending == "json").then_some(self.path.as_path())
    }

    /// The secrets of a plan, from the environment and where the project says. A plan in a file is of the project in whose folder
    /// one is, if there is one: what it says itself starts no program here.
    pub(super) fn secrets(&self, plan: &Plan) -> Result<Result<Secrets, Vec<Problem>>, Failure> {
        let is_plan = self.plan_file().is_some();
        let here = Path::new(".");
        if plan.secrets.is_empty() || (is_plan && !here.join(ENTRY).exists()) {
            return Ok(Ok(Secrets::default()));
        }
        let project = if is_plan { Project::open(here)? } else { self.open()? };
        self.find_secrets(&plan.secrets, &project)
    }

    /// Secrets of these names, from the environment and where the program of a project says.
    pub(super) fn find_secrets(&self, names: &[String], project: &Project) -> Result<Result<Secrets, Vec<Problem>>, Failure> {
        let loaded = self.load(project)?;
        let compilation = loaded.compile_unchecked();
        let found = Secrets::find(names, compilation.secret_sources(), project.root());
        Ok(super::store::runtime()?.block_on(found))
    }

    /// The folder of its files as a person named it: empty, or with a `/` at its end.
    pub(super) fn folder(&self) -> String {
        let folder = if self.path.is_dir() { Some(self.path.as_path()) } else { self.path.parent() };
        match folder.map(|folder| folder.display().to_string()).unwrap_or_default().trim_end_matches('/') {
            "" if self.path.is_absolute() => "/".to_owned(),
            "" | "." => String::new(),
            folder => format!("{}/", folder.trim_start_matches("./")),
        }
    }

    /// Tells people on standard error what is wrong or doubtful, when a command wants to go on.
    pub(super) fn warn(&self, report: &Report, loaded: &Loaded, terminal: &mut Terminal) {
        // The plan itself lists what is not proven.
        let spoken = Report { unproven: vec![], ..report.clone() };
        self.tell(&spoken, loaded, terminal);
    }

    /// A program that cannot be planned: its report, as data where data were asked for, and the status.
    pub(super) fn refuse(&self, report: &Report, loaded: &Loaded, as_json: bool, terminal: &mut Terminal) -> Status {
        if as_json {
            terminal.print(&json::pretty(report));
        } else {
            self.tell(report, loaded, terminal);
            let errors = crate::render::count(report.summary.errors, "error");
            terminal.error(&format!("{errors}: nothing was planned, and nothing was done\n"));
        }
        Status::Refused
    }

    fn tell(&self, report: &Report, loaded: &Loaded, terminal: &mut Terminal) {
        let folder = self.folder();
        let look = terminal.error_look();
        terminal.error(&human::report(&names::report(&folder, report), &loaded.sources, &folder, look));
    }
}

/// `production`: part of file names, so nothing but a name.
pub(super) fn parse_env(text: &str) -> Result<String, String> {
    let is_name =
        text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') && text.starts_with(|c: char| c.is_ascii_alphanumeric());
    if is_name { Ok(text.to_owned()) } else { Err(format!("`{text}` is not the name of an environment")) }
}

/// `region=cn-shanghai`
pub(super) fn parse_set(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as NAME=VALUE")?;
    let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !name.is_empty();
    if is_name { Ok((name.to_owned(), value.to_owned())) } else { Err(format!("`{name}` is not the name of a parameter")) }
}
