//! How do the colours of names reach an editor? As differences from one to the next, as the protocol counts them.

use crate::answers::Answers;
use lsp_types::{SemanticToken, SemanticTokenModifier, SemanticTokenType, SemanticTokens};
use mig_core::editor::{self, TokenSort};

/// The sorts, by number.
pub const SORTS: [SemanticTokenType; 9] = [
    SemanticTokenType::NAMESPACE,
    SemanticTokenType::CLASS,
    SemanticTokenType::TYPE,
    SemanticTokenType::ENUM_MEMBER,
    SemanticTokenType::VARIABLE,
    SemanticTokenType::PROPERTY,
    SemanticTokenType::PARAMETER,
    SemanticTokenType::FUNCTION,
    SemanticTokenType::METHOD,
];

/// The marks, by bit.
pub const MODIFIERS: [SemanticTokenModifier; 2] = [SemanticTokenModifier::DECLARATION, SemanticTokenModifier::DEFAULT_LIBRARY];

fn number(sort: TokenSort) -> u32 {
    match sort {
        TokenSort::Module => 0,
        TokenSort::Kind => 1,
        TokenSort::Type => 2,
        TokenSort::Word => 3,
        TokenSort::Variable => 4,
        TokenSort::Property => 5,
        TokenSort::Parameter => 6,
        TokenSort::Function => 7,
        TokenSort::Method => 8,
    }
}

/// The names of a file that stand for something.
pub fn full(answers: &Answers<'_>, file: &str) -> SemanticTokens {
    let (mut line, mut column, mut data) = (0, 0, vec![]);
    for token in editor::tokens(&answers.compiled.loaded, answers.compiled.index(), file) {
        let range = answers.range(file, token.start, token.end);
        let (start, end) = (range.start, range.end);
        // A token stands on one line and after the one before it.
        if start.line != end.line || (start.line, start.character) < (line, column) {
            continue;
        }
        let delta_start = if start.line == line { start.character - column } else { start.character };
        data.push(SemanticToken {
            delta_line: start.line - line,
            delta_start,
            length: end.character - start.character,
            token_type: number(token.sort),
            token_modifiers_bitset: u32::from(token.declares) | (u32::from(token.brought) << 1),
        });
        (line, column) = (start.line, start.character);
    }
    SemanticTokens { result_id: None, data }
}
