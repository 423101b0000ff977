//! What do checks and tests consist of? Their clauses; expressions and declarations are beside this file.

use super::{Annotation, Declaration, Expr, Let, Name, Span};
use serde::{Deserialize, Serialize};

/// `check name: CODE severity { … }`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Check {
    /// Says the problem.
    pub name: Name,
    /// Short and stable.
    pub code: Name,
    /// Names and codes it had before, or those of checks whose place it took: `@moved(from = old)` above.
    pub former: Vec<Name>,
    /// `error`, `warning`, `hint`.
    pub severity: Name,
    /// Was there a `!`: not to be silenced?
    pub unsilenceable: bool,
    /// `for a, b in …`, in order; they nest.
    pub bindings: Vec<Binding>,
    /// `when …`; all must hold. `warning when …` gives the severity in its first part.
    pub conditions: Vec<Condition>,
    /// `at …`.
    pub at: Option<Expr>,
    /// `also …: "text"`.
    pub also: Vec<(Expr, Option<Expr>)>,
    /// `say "…"`.
    pub say: Option<Expr>,
    /// `help "…"`.
    pub help: Option<Expr>,
    /// `fix x.f = …`.
    pub fix: Option<(Expr, Expr)>,
    /// `///` above.
    pub docs: String,
    /// All of it.
    pub span: Span,
}

impl Check {
    /// Is it meant by this name or code, now or formerly?
    pub fn is_called(&self, word: &str) -> bool {
        self.words().any(|own| own == word)
    }

    /// Its name and code, and those it had.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        [&self.name, &self.code].into_iter().chain(&self.former).map(|word| word.text.as_str())
    }
}

/// `when COND`, or `warning when COND`: the same problem, less grave.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Condition {
    /// The severity before `when`.
    pub severity: Option<Name>,
    /// The condition.
    pub value: Expr,
}

/// `for a, b in list`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Binding {
    /// One name, or one for each part of a tuple.
    pub names: Vec<Name>,
    /// What is gone through.
    pub list: Expr,
}

/// `test "…" { … }`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Test {
    /// What it says.
    pub title: Expr,
    /// `let`s.
    pub lets: Vec<Let>,
    /// Declarations.
    pub declarations: Vec<Declaration>,
    /// `@…` above each of `declarations`, in the same order.
    pub declaration_annotations: Vec<Vec<Annotation>>,
    /// `expect …`.
    pub expects: Vec<Expect>,
}

/// `expect [severity] VALUE [at PATH]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Expect {
    /// `error`, `warning`, `hint`: only what is reported so.
    pub severity: Option<Name>,
    /// A condition, `none`, or the name or code of what is reported.
    pub value: Expr,
    /// Where it is reported.
    pub place: Option<Expr>,
}
