//! How does a proposal look in an editor?

use crate::answers::Answers;
use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionTextEdit, Documentation, InsertTextFormat, MarkupContent, MarkupKind, TextEdit,
};
use mig_core::editor::{Completion, CompletionSort};

/// One proposal; from its beginning up to the cursor is replaced.
pub fn item(answers: &Answers<'_>, file: &str, byte: usize, one: Completion, has_snippets: bool) -> CompletionItem {
    let kind = match one.sort {
        CompletionSort::Keyword => CompletionItemKind::KEYWORD,
        CompletionSort::Module => CompletionItemKind::MODULE,
        CompletionSort::Kind => CompletionItemKind::CLASS,
        CompletionSort::Type => CompletionItemKind::STRUCT,
        CompletionSort::Word => CompletionItemKind::ENUM_MEMBER,
        CompletionSort::Field => CompletionItemKind::FIELD,
        CompletionSort::Value => CompletionItemKind::VARIABLE,
        CompletionSort::Function | CompletionSort::Check => CompletionItemKind::FUNCTION,
        CompletionSort::Unit => CompletionItemKind::UNIT,
    };
    let snippet = one.snippet.filter(|_| has_snippets);
    let format = if snippet.is_some() { InsertTextFormat::SNIPPET } else { InsertTextFormat::PLAIN_TEXT };
    let docs = Documentation::MarkupContent(MarkupContent { kind: MarkupKind::Markdown, value: one.docs.clone() });
    let import = one.import.map(|(at, text)| vec![TextEdit { range: answers.range(file, at, at), new_text: text }]);
    CompletionItem {
        additional_text_edits: import,
        text_edit: Some(CompletionTextEdit::Edit(TextEdit {
            range: answers.range(file, one.start, byte),
            new_text: snippet.unwrap_or_else(|| one.label.clone()),
        })),
        kind: Some(kind),
        detail: (!one.detail.is_empty()).then_some(one.detail),
        documentation: (!one.docs.is_empty()).then_some(docs),
        insert_text_format: Some(format),
        sort_text: Some(format!("{}{}", one.rank, one.label)),
        label: one.label,
        ..CompletionItem::default()
    }
}
