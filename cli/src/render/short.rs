//! How does a report look on one line a problem? `file:line:col: error[MIG3030]: message`, for editors, logs and pages.
//!
//! Shows no source. Places are those the compiler counted; no file is read for them.

use crate::visible;
use codespan_reporting::{
    diagnostic::{self, Label, LabelStyle},
    files::{self, Error, Files, Location},
    term::{self, Config, DisplayStyle},
};
use mig_plan::{Diagnostic, Report, Severity};
use std::ops::Range;

/// A line for each diagnostic, then one for each check that lacked a fact.
pub fn report(report: &Report) -> String {
    let mut out: String = report.diagnostics.iter().map(line).collect();
    for entry in &report.unproven {
        out.push_str(&super::unproven(entry));
        out.push('\n');
    }
    out
}

fn line(diagnostic: &Diagnostic) -> String {
    let severity = match diagnostic.severity {
        Severity::Error => diagnostic::Severity::Error,
        Severity::Warning => diagnostic::Severity::Warning,
        Severity::Hint => diagnostic::Severity::Help,
    };
    let view = diagnostic::Diagnostic::new(severity)
        .with_code(visible::line(&diagnostic.code))
        .with_message(visible::line(&diagnostic.message))
        .with_label(Label::new(LabelStyle::Primary, (), 0..0));
    let config = Config { display_style: DisplayStyle::Short, ..Config::default() };
    let mut out = String::new();
    match term::emit_to_string(&mut out, &config, &Place(diagnostic), &view) {
        Ok(()) => out,
        Err(error) => format!("{}: {error}\n", visible::line(&diagnostic.message)),
    }
}

/// The one place of a diagnostic, as codespan wants to be told of it.
struct Place<'d>(&'d Diagnostic);

impl<'f> Files<'f> for Place<'_> {
    type FileId = ();
    type Name = String;
    type Source = &'f str;

    fn name(&'f self, (): ()) -> Result<String, Error> {
        Ok(visible::line(&self.0.file))
    }

    fn source(&'f self, (): ()) -> Result<&'f str, Error> {
        Ok("")
    }

    fn line_index(&'f self, (): (), _byte: usize) -> Result<usize, Error> {
        Ok(0)
    }

    fn line_range(&'f self, (): (), _line: usize) -> Result<Range<usize>, Error> {
        Ok(0..0)
    }

    fn location(&'f self, (): (), _byte: usize) -> Result<files::Location, Error> {
        let start = self.0.span.start;
        Ok(Location { line_number: start.line as usize, column_number: start.column as usize })
    }
}

#[cfg(test)]
mod tests {
    use crate::render::human::tests::report;

    #[test]
    fn a_line_each() {
        insta::assert_snapshot!(super::report(&report()), @r"
        main.mig:3:28: error[MIG3030]: `prim` and `brent` would be one node of `club`\u{1b}[2J
        old.mig:0:0: warning[MIG1009]: there is no such file
        not proven[MIG2001]: disk_too_small for kruskal_services: needs a survey of `kruskal_azure`
        ");
    }
}
