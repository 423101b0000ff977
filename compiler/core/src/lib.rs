//! The compiler: sources and facts to a program, a model, diagnostics, a plan. No I/O, no clock, no network.
//!
//! `load` parses, `program` resolves, `typing` types, `model` evaluates, `check` checks, `plan` lowers.

use mig_plan::{Facts, HostId, Observed, Plan, Reads, Report, SecretSource, State};
use std::{collections::BTreeMap, sync::Arc};

mod accepted;
mod allows;
mod answers;
mod arithmetic;
mod assume;
mod brought;
mod calls;
mod check;
mod circles;
mod code;
mod conform;
mod damage;
mod decide;
mod declare;
mod drivers;
pub mod editor;
mod entries;
mod eval;
mod facts;
mod fields;
mod functions;
mod graph;
mod habits;
mod infer;
mod interval;
mod keys;
mod lifecycle;
mod literal;
mod load;
mod lookup;
mod members;
mod methods;
mod model;
mod operators;
mod parsed;
mod pattern;
mod plan;
mod planned;
mod program;
mod project;
mod quantity;
mod records;
mod recursion;
mod refused;
mod report;
mod rules;
mod scripts;
mod shell;
mod signatures;
mod source;
mod tables;
mod tested;
mod tests;
mod texts;
mod time;
mod type_names;
mod types;
mod typing;
mod unique;
mod value;
mod walk;
mod watch;
mod ways;
mod why;
mod written;

pub use check::{Clock, Cost, Ran};
pub use literal::quoted;
pub use parsed::Parsed;
pub use plan::{Import, Rebuilt, Surveyed, Terms, is_below};
pub use tests::Tested;
pub use why::Link;

pub mod embedded {
    //! Texts that are compiled in: the standard library, the pages of checks and those of codes.
    include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
}

/// Codes and names of what the compiler itself reports, of the language and of plans.
pub fn codes() -> impl Iterator<Item = (&'static str, &'static str)> {
    report::ALL.iter().chain(&plan::codes::ALL).map(|code| (code.0, code.1))
}

/// Names of the scalar types, which docs/reference.md lists.
pub fn scalars() -> impl Iterator<Item = &'static str> {
    types::SCALARS.into_iter()
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
    /// Of the file that `--env` names; stronger than the environment.
    pub file: Vec<(String, String)>,
    /// `MIG_VAR_name`.
    pub environment: Vec<(String, String)>,
    /// Facts that are older are warned of; without it nothing depends on the time.
    pub age: Option<AgeLimit>,
}

/// How old facts may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgeLimit {
    /// The time that counts as now, in seconds since 1970: the compiler has no clock.
    pub now_s: i64,
    /// From when they were taken until then.
    pub max_s: i64,
}

/// Texts by the name that diagnostics use for their file.
#[derive(Debug, Clone, Default)]
pub struct Sources(pub BTreeMap<String, Arc<String>>);

/// Sources of a program, read and parsed; what is compiled borrows from it.
#[derive(Debug, Default)]
pub struct Loaded {
    /// For the renderers: every text a diagnostic may point into.
    pub sources: Sources,
    syntax: load::Syntax,
}

/// What came of a program.
#[derive(Debug)]
pub struct Compilation<'a> {
    /// All that is to be said.
    pub report: Report,
    /// Facts that were read, by the address of their server.
    pub facts: BTreeMap<HostId, Facts>,
    /// The checks that ran, by name.
    pub checks: Vec<Ran>,
    /// Where it came from.
    pub loaded: &'a Loaded,
    draft: plan::Draft,
}

/// Why something is not taken into the state.
#[derive(Debug)]
pub enum Refused {
    /// What is wrong, and what to do.
    Said(String, String),
    /// The program does not fit the state.
    Report(Report),
}

/// Reads and parses the program that begins at `entry`, with all that it uses and the facts it names. Checks of the standard library
/// that can find nothing in it are left out: they hold.
pub fn load(files: &dyn Files, entry: &str, options: &Options) -> Loaded {
    Loaded::of(load::load(files, entry, options, &mut Parsed::default(), load::Extent::Needed))
}

/// The same for one who compiles again and again: what did not change is not parsed again. An editor may ask about any check, so none
/// is left out.
pub fn load_again(files: &dyn Files, entry: &str, options: &Options, parsed: &mut Parsed) -> Loaded {
    Loaded::of(load::load(files, entry, options, parsed, load::Extent::All))
}

impl Loaded {
    fn of(syntax: load::Syntax) -> Self {
        Self { sources: Sources(syntax.texts.by_name()), syntax }
    }

    /// The folder of the state that the program names: `project geekpie { state = "…" }`, a plain string.
    pub fn state(&self) -> Option<String> {
        self.syntax.project_state()
    }

    /// The file that the program begins with.
    pub fn entry(&self) -> &str {
        self.syntax.modules.iter().find(|m| m.own).map_or("", |m| self.syntax.texts.name(m.file))
    }

    /// How many checks of the standard library were left out, because they can find nothing.
    pub fn checks_left_out(&self) -> usize {
        self.syntax.checks_left_out().count()
    }

    /// Where the value of `ADDRESS.FIELD` comes from, or why that cannot be said.
    pub fn why(&self, path: &str) -> Result<Vec<Link>, String> {
        why::why(&program::Program::new(&self.syntax), path)
    }

    /// Declarations and what they refer to, in the DOT language.
    pub fn graph(&self) -> String {
        graph::dot(&program::Program::new(&self.syntax))
    }

    /// Runs the tests of the project's own modules.
    pub fn test(&self) -> Vec<Tested> {
        tests::run(&self.syntax)
    }

    /// Resolves, types, evaluates and checks.
    pub fn compile(&self) -> Compilation<'_> {
        self.compiled(|model| check::run(model, None))
    }

    /// The same, and each check tells what it cost.
    pub fn compile_timed(&self, clock: Clock<'_>) -> Compilation<'_> {
        self.compiled(|model| check::run(model, Some(clock)))
    }

    /// The same without the checks, for one who asks which hosts there are: what is wrong with them is no hindrance to look at them.
    pub fn compile_unchecked(&self) -> Compilation<'_> {
        self.compiled(|_| vec![])
    }

    fn compiled(&self, checks: impl Fn(&model::Model<'_, '_>) -> Vec<Ran>) -> Compilation<'_> {
        let program = program::Program::new(&self.syntax);
        let Judged { checks, facts, draft } = judge(&program, checks);
        let report = program.problems.into_inner().finish(&self.syntax.texts);
        Compilation { report, facts, checks, loaded: self, draft }
    }
}

/// What is known of a program besides its problems.
struct Judged {
    checks: Vec<Ran>,
    facts: BTreeMap<HostId, Facts>,
    draft: plan::Draft,
}

/// Types, evaluates, checks and lowers a program; its problems are in it.
fn judge(program: &program::Program<'_>, checks: impl Fn(&model::Model<'_, '_>) -> Vec<Ran>) -> Judged {
    typing::check(program);
    let model = model::Model::new(program);
    model.compute_all();
    let checks = checks(&model);
    let facts = plan::facts(&model);
    let draft = plan::draft(&model, &facts);
    Judged { checks, facts, draft }
}

impl Compilation<'_> {
    /// What is doubtful of the program beside that state: an `@moved` that moves nothing.
    pub fn remarks(&self, state: &State) -> Report {
        let problems = report::Problems { list: self.draft.useless_moved(state), unproven: vec![] };
        problems.finish(&self.loaded.syntax.texts)
    }

    /// Every server with the way to it, also in a program that has mistakes elsewhere.
    pub fn surveys(&self) -> BTreeMap<HostId, Surveyed> {
        self.draft.surveys()
    }

    /// Where the project's secrets are looked up, also in a program that has mistakes elsewhere; nowhere, if that is one.
    pub fn secret_sources(&self) -> &[SecretSource] {
        &self.draft.secrets
    }

    /// What hosts have to be asked before a plan from that state is made, for these addresses or, if there are none, for all.
    pub fn reads(&self, state: &State, targets: &[String]) -> Reads {
        self.draft.reads(state, targets)
    }

    /// The plan that takes away all that the state knows, or what the terms name of it.
    pub fn destruction(&self, state: &State, terms: &Terms) -> Result<Plan, Report> {
        if self.report.has_errors() {
            return Err(self.report.clone());
        }
        let texts = &self.loaded.syntax.texts;
        self.draft.destruction(state, terms, texts).map_err(|problems| problems.finish(texts))
    }

    /// What to ask before what is there already is taken into the state; or what is wrong, and what to do.
    pub fn import_reads(&self, address: &str) -> Result<Reads, (String, String)> {
        self.draft.import_reads(address)
    }

    /// The plan that takes it into the state, and what differs.
    pub fn import(&self, state: &State, observed: &Observed, address: &str) -> Result<Import, Refused> {
        let texts = &self.loaded.syntax.texts;
        self.draft.import(state, observed, address, texts).map_err(|refused| self.refused(refused))
    }

    /// What to ask before a state that was lost is made anew.
    pub fn rebuild_reads(&self) -> Reads {
        self.draft.rebuild_reads()
    }

    /// What the state is to know, by what hosts said; `done` are the moves that a person says are done.
    pub fn rebuild(&self, observed: &Observed, done: &[String]) -> Result<Rebuilt, Refused> {
        self.draft.rebuild(observed, done).map_err(|refused| self.refused(refused))
    }

    fn refused(&self, refused: plan::Refused) -> Refused {
        match refused {
            plan::Refused::Said(message, help) => Refused::Said(message, help),
            plan::Refused::Problems(problems) => Refused::Report(problems.finish(&self.loaded.syntax.texts)),
        }
    }

    /// Every address of the program and of the state, of which a plan may be for some.
    pub fn addresses<'c>(&'c self, state: &'c State) -> impl Iterator<Item = &'c str> {
        self.draft.everything(state)
    }

    /// The plan that leads from the state to the program, or why there is none. No host was asked.
    pub fn plan(&self, state: &State) -> Result<Plan, Report> {
        self.plan_on(state, &Terms::default())
    }

    /// The same on terms.
    pub fn plan_on(&self, state: &State, terms: &Terms) -> Result<Plan, Report> {
        if self.report.has_errors() {
            return Err(self.report.clone());
        }
        let texts = &self.loaded.syntax.texts;
        self.draft.against(state, terms, &self.report.unproven, texts).map_err(|problems| problems.finish(texts))
    }
}
