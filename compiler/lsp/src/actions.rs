//! Which edits mend what is reported in a range?

use crate::{answers::Answers, diagnostics};
use lsp_types::{CodeAction, CodeActionKind, CodeActionOrCommand};
use mig_core::editor::{self, Place};

/// What may be done about the problems that touch a part of a file.
pub fn of_range(answers: &Answers<'_>, file: &str, from: usize, to: usize) -> Vec<CodeActionOrCommand> {
    let mut list = vec![];
    let report = &answers.compiled.report;
    let touches = |d: &&mig_plan::Diagnostic| d.file == file && d.span.start.byte as usize <= to && from <= d.span.end.byte as usize;
    for problem in report.diagnostics.iter().filter(touches) {
        for action in editor::actions(&answers.compiled.loaded, problem) {
            let edits: Vec<(&Place, &str)> = action.edits.iter().map(|(place, text)| (place, text.as_str())).collect();
            list.push(CodeActionOrCommand::CodeAction(CodeAction {
                title: action.title.clone(),
                kind: Some(CodeActionKind::QUICKFIX),
                diagnostics: Some(vec![diagnostics::one(answers, problem)]),
                edit: Some(answers.edit(edits)),
                is_preferred: Some(action.mends && problem.fixes.len() == 1),
                ..CodeAction::default()
            }));
        }
    }
    list
}
