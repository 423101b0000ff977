//! What is said when an apply is over? Problems with their hosts and what to do, then the summary.

use crate::{
    exit::Status,
    render::{
        board::{self, Measured},
        json,
    },
    terminal::Terminal,
    visible,
};
use mig_plan::Plan;
use mig_runtime::{
    executor::{ApplyResult, Exit},
    journal::JournalError,
    preflight::Problem,
};
use serde::Serialize;
use std::fmt::Write as _;

/// The last line of `--json`.
#[derive(Serialize)]
struct Last<'r> {
    event: &'static str,
    #[serde(flatten)]
    result: &'r ApplyResult,
    downtimes: &'r [Measured],
}

/// Tells how it ended, and with which status.
pub(super) fn result(result: &ApplyResult, downtimes: &[Measured], as_json: bool, terminal: &mut Terminal) -> Status {
    if as_json {
        terminal.print(&json::line(&Last { event: "result", result, downtimes }));
        return status(result.exit);
    }
    terminal.error(&problems(&result.problems));
    terminal.print(&board::downtimes(downtimes));
    terminal.print(&result.summary.iter().fold("\n".to_owned(), |out, line| out + &visible::line(line) + "\n"));
    status(result.exit)
}

/// All is as it should be.
pub(in crate::commands) fn nothing(plan: &Plan, text: &str, as_json: bool, terminal: &mut Terminal) {
    let result = ApplyResult::new(Exit::Done, plan, vec![], vec![text.to_owned()]);
    if as_json {
        terminal.print(&json::line(&Last { event: "result", result: &result, downtimes: &[] }));
    } else {
        terminal.print(&format!("{}\n", result.summary.join("\n")));
    }
}

/// A journal that could not be read when a run was to go on.
pub(super) fn journal(plan: &Plan, error: &JournalError) -> ApplyResult {
    let exit = if error.is_of_another() { Exit::Held } else { Exit::PartWay };
    ApplyResult::new(exit, plan, vec![Problem::new(error.to_string(), error.help())], vec!["nothing more was changed".to_owned()])
}

/// What is wrong before a host was asked.
pub(super) fn refused(plan: &Plan, problems: Vec<Problem>) -> ApplyResult {
    ApplyResult::new(Exit::Refused, plan, problems, vec!["nothing was done".to_owned()])
}

fn status(exit: Exit) -> Status {
    match exit {
        Exit::Done => Status::Done,
        Exit::Refused => Status::Refused,
        Exit::Held => Status::Held,
        Exit::PartWay => Status::Partial,
        Exit::NotVerified => Status::Unverified,
        Exit::Undone => Status::Undone,
        Exit::Interrupted => Status::Interrupted,
    }
}

/// What is wrong, and what to do.
pub(super) fn problems(problems: &[Problem]) -> String {
    problems.iter().fold(String::new(), |mut out, problem| {
        let host = problem.host.as_ref().filter(|h| !problem.message.contains(h.as_str())).map(|h| format!("{h}: ")).unwrap_or_default();
        let _ = writeln!(out, "error: {}", visible::line(&format!("{host}{}", problem.message)));
        if let Some(origin) = &problem.origin {
            let _ = writeln!(out, "  asked for at {}:{}:{}", visible::line(&origin.file), origin.line, origin.column);
        }
        if !problem.help.is_empty() {
            let _ = writeln!(out, "  help: {}", visible::line(&problem.help));
        }
        out
    })
}
