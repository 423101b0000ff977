//! How does an explanation look in an editor? A head as code, what is written about it, and the values below.

use crate::answers::Answers;
use lsp_types::{Hover, HoverContents, InlayHint, InlayHintKind, InlayHintLabel, InlayHintTooltip, MarkupContent, MarkupKind};
use mig_core::editor;
use mig_plan::visible;

/// The answer to a hover.
pub fn shown(answers: &Answers<'_>, file: &str, hover: &editor::Hover, has_markdown: bool) -> Hover {
    let place = hover.declared.as_ref().filter(|p| p.file != file).map(|p| format!("declared in {}", p.file));
    let values = (!hover.values.is_empty()).then(|| hover.values.join("\n"));
    let docs = (!hover.docs.is_empty()).then(|| hover.docs.clone());
    let (kind, parts) = if has_markdown {
        let code = |language: &str, text: &str| fenced(language, &visible::text(text));
        let parts = [Some(code("mig", &hover.head)), docs, values.map(|v| code("text", &v)), place.map(|p| format!("*{}*", escaped(&p)))];
        (MarkupKind::Markdown, parts)
    } else {
        (MarkupKind::PlainText, [Some(hover.head.clone()), docs, values, place])
    };
    let text = parts.into_iter().flatten().collect::<Vec<_>>().join("\n\n");
    let range = answers.range(file, hover.span.0, hover.span.1);
    Hover { contents: HoverContents::Markup(MarkupContent { kind, value: visible::text(&text) }), range: Some(range) }
}

/// Code that nothing in it ends: a fence is longer than any run of its mark.
fn fenced(language: &str, text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(3.max(longest + 1));
    format!("{fence}{language}\n{text}\n{fence}")
}

/// Text in which nothing is a mark.
fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        if c.is_ascii_punctuation() {
            out.push('\\');
        }
        out.push(c);
        out
    })
}

/// A hint beside the program.
pub fn hint(answers: &Answers<'_>, file: &str, hint: &editor::Hint) -> InlayHint {
    InlayHint {
        position: answers.range(file, hint.at, hint.at).start,
        label: InlayHintLabel::String(visible::line(&hint.text)),
        kind: hint.is_type.then_some(InlayHintKind::TYPE),
        text_edits: None,
        tooltip: (!hint.more.is_empty()).then(|| InlayHintTooltip::String(visible::text(&hint.more))),
        padding_left: Some(!hint.is_type),
        padding_right: None,
        data: None,
    }
}
