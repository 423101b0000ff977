//! How does a text become a tree? It is cut at its items, parsed in pieces, and lowered. Total: every text has a tree.

use crate::ast::{Damage, Module, Span};
use crate::grammar::{Mig, Rule};
use crate::lower::Lower;
use crate::split;
use core::ops::Range;
use pest::Parser;

/// A longer text is not parsed: spans are 32 bits.
pub const TEXT_BYTES_MAX: usize = 1 << 30;

/// Of a piece: as large as stays in the processor's cache with its pairs.
pub(crate) const PIECE_BYTES: usize = 32 << 10;

/// The tree of one file. What is broken is in [`Module::damage`]; nothing makes it fail.
pub fn parse(text: &str) -> Module {
    if text.len() > TEXT_BYTES_MAX {
        return refused(text);
    }
    let mut lower = Lower::new(text);
    lower_part(&mut lower, text, 0..text.len());
    lower.finish()
}

/// Parses and lowers a part of a text that begins and ends where it may be cut.
pub(crate) fn lower_part(lower: &mut Lower<'_>, text: &str, part: Range<usize>) {
    let bom = if part.start == 0 && text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let from = part.start + bom;
    for (at, piece) in split::pieces(&text[from..part.end], PIECE_BYTES) {
        let base = from + at;
        match Mig::parse(Rule::file, piece) {
            Ok(pairs) => lower.file(pairs, base),
            Err(_) => lower.unread(Span::new(base, base + piece.len())),
        }
    }
}

/// Says that the text is too long.
fn refused(text: &str) -> Module {
    let span = Span { start: 0, end: 0 };
    let message = format!("this file has {} bytes and may have {TEXT_BYTES_MAX}", text.len());
    Module {
        damage: vec![Damage { span, message, help: Some("split it into files that `use` each other".into()), mend: None }],
        ..Module::default()
    }
}
