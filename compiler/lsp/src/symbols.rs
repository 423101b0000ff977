//! How do outlines and folds look in an editor?

use crate::answers::Answers;
use lsp_types::{DocumentSymbol, FoldingRange, FoldingRangeKind, Location, SymbolInformation, SymbolKind};
use mig_core::editor::{self, FoldSort, Outline, OutlineSort};

/// Symbols of a workspace request.
const SYMBOLS_MAX: usize = 1_000;

fn kind(sort: OutlineSort) -> SymbolKind {
    match sort {
        OutlineSort::Module => SymbolKind::MODULE,
        OutlineSort::Constant => SymbolKind::CONSTANT,
        OutlineSort::Function | OutlineSort::Check => SymbolKind::FUNCTION,
        OutlineSort::Type => SymbolKind::STRUCT,
        OutlineSort::Enum => SymbolKind::ENUM,
        OutlineSort::Word => SymbolKind::ENUM_MEMBER,
        OutlineSort::Kind => SymbolKind::CLASS,
        OutlineSort::Field => SymbolKind::FIELD,
        OutlineSort::Test => SymbolKind::EVENT,
        OutlineSort::Table => SymbolKind::ARRAY,
        OutlineSort::Declaration => SymbolKind::OBJECT,
    }
}

/// The outline of a file.
pub fn of_document(answers: &Answers<'_>, file: &str) -> Vec<DocumentSymbol> {
    editor::outline(&answers.compiled.loaded, file).iter().map(|one| symbol(answers, file, one)).collect()
}

#[expect(deprecated, reason = "the protocol's type still has the old field")]
fn symbol(answers: &Answers<'_>, file: &str, one: &Outline) -> DocumentSymbol {
    DocumentSymbol {
        name: one.name.clone(),
        detail: (!one.detail.is_empty()).then(|| one.detail.clone()),
        kind: kind(one.sort),
        tags: None,
        deprecated: None,
        range: answers.range(file, one.span.0, one.span.1),
        selection_range: answers.range(file, one.at.0, one.at.1),
        children: (!one.children.is_empty()).then(|| one.children.iter().map(|c| symbol(answers, file, c)).collect()),
    }
}

/// What a program's own files declare, where the name holds the letters of the query in their order.
pub fn of_program(answers: &Answers<'_>, query: &str, found: &mut Vec<SymbolInformation>) {
    let files: Vec<&String> = answers.compiled.loaded.sources.0.keys().filter(|f| !f.starts_with("stdlib/")).collect();
    for file in files {
        for one in editor::outline(&answers.compiled.loaded, file) {
            collect(answers, file, &one, None, query, found);
        }
    }
}

#[expect(deprecated, reason = "the protocol's type still has the old field")]
fn collect(answers: &Answers<'_>, file: &str, one: &Outline, inside: Option<&str>, query: &str, found: &mut Vec<SymbolInformation>) {
    let wanted = matches(&one.name, query) && !matches!(one.sort, OutlineSort::Field | OutlineSort::Word);
    if wanted
        && found.len() < SYMBOLS_MAX
        && let Some(uri) = answers.address(file)
    {
        found.push(SymbolInformation {
            name: one.name.clone(),
            kind: kind(one.sort),
            tags: None,
            deprecated: None,
            location: Location { uri, range: answers.range(file, one.at.0, one.at.1) },
            container_name: inside.map(str::to_owned),
        });
    }
    for child in &one.children {
        collect(answers, file, child, Some(&one.name), query, found);
    }
}

fn matches(name: &str, query: &str) -> bool {
    let mut letters = name.chars().flat_map(char::to_lowercase);
    query.chars().flat_map(char::to_lowercase).all(|wanted| letters.any(|c| c == wanted))
}

/// What may be folded in a file, by lines.
pub fn folds(answers: &Answers<'_>, file: &str) -> Vec<FoldingRange> {
    let found = editor::folds(&answers.compiled.loaded, file);
    let fold = |one: &editor::Fold| {
        let range = answers.range(file, one.start, one.end);
        FoldingRange {
            start_line: range.start.line,
            end_line: range.end.line,
            kind: match one.sort {
                FoldSort::Region => None,
                FoldSort::Comment => Some(FoldingRangeKind::Comment),
                FoldSort::Imports => Some(FoldingRangeKind::Imports),
            },
            ..FoldingRange::default()
        }
    };
    found.iter().map(fold).collect()
}
