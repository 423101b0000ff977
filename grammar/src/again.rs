//! What of a tree is still right after an edit? The items before and behind it; those between are parsed again.
//!
//! The tree is the one that the whole text has: cuts are made where `split` may cut, and behind an item that is kept, so that
//! nothing stands above the next one that was not read.

use crate::{
    ast::{Module, shift::Shift},
    lower::Lower,
    parse::{TEXT_BYTES_MAX, lower_part, parse},
    split::heads,
};
use core::ops::Range;

/// So far a head looks ahead, to see whether it is one.
const HEAD_BYTES: usize = 4;
/// So many bytes are compared at once.
const CHUNK_BYTES: usize = 64;

/// The tree of `text`, made of the one that `old` has.
pub fn parse_again(old: &str, tree: Module, text: &str) -> Module {
    match Edit::between(old, &tree, text).filter(|_| text.len() <= TEXT_BYTES_MAX) {
        Some(edit) => edit.applied(tree, text),
        None => parse(text),
    }
}

/// What is parsed again.
struct Edit {
    /// From here, in both texts.
    from: usize,
    /// Up to here in the old text.
    old_to: usize,
    /// Up to here in the new one.
    to: usize,
    /// So many items are kept before it.
    before: usize,
    /// From this item on all are kept behind it.
    behind: usize,
}

impl Edit {
    /// The items that differ, with one on each side; `None` where everything is parsed again.
    fn between(old: &str, tree: &Module, text: &str) -> Option<Self> {
        let same = same_at_start(old.as_bytes(), text.as_bytes());
        let same_end = same_at_end(&old.as_bytes()[same..], &text.as_bytes()[same..]);
        let changed_to = old.len() - same_end;
        let (from, before) = cut_before(old, tree, same);
        let (old_to, behind) = cut_behind(old, tree, changed_to);
        let to = text.len() - (old.len() - old_to);
        // Where no item stands above it, `//!` documents the module, and what stands before the edit says whether one does.
        let has_module_docs = before > 0 && text[from..to].contains("//!");
        (!has_module_docs && text.is_char_boundary(from) && text.is_char_boundary(to)).then_some(Self { from, old_to, to, before, behind })
    }

    fn applied(self, mut tree: Module, text: &str) -> Module {
        let Self { from, old_to, to, before, behind } = self;
        let mut lower = Lower::new(text);
        lower_part(&mut lower, text, from..to);
        let middle = lower.finish();
        let bytes = to as i64 - old_to as i64;
        // What is missing at the end of the text stands there and not behind it.
        let behind_all = behind == tree.items.len();
        let span = |start: u32| (start as usize >= from, !behind_all && start as usize >= old_to);
        replace(&mut tree.items, before..behind, middle.items, bytes);
        let comments = range(&tree.comments, |comment| span(comment.start));
        replace(&mut tree.comments, comments, middle.comments, bytes);
        let damage = range(&tree.damage, |damage| span(damage.span.start));
        replace(&mut tree.damage, damage, middle.damage, bytes);
        if before == 0 {
            tree.docs = middle.docs;
        }
        tree
    }
}

/// Those of a list in order that are neither before nor behind an edit; `place` says of one whether it is not before it, and whether it
/// is behind.
fn range<T>(list: &[T], place: impl Fn(&T) -> (bool, bool)) -> Range<usize> {
    list.partition_point(|one| !place(one).0)..list.partition_point(|one| !place(one).1)
}

/// Puts others in the place of some, and moves those behind them.
fn replace<T: Shift>(list: &mut Vec<T>, at: Range<usize>, by: Vec<T>, bytes: i64) {
    if bytes != 0 {
        for one in &mut list[at.end..] {
            one.shift(bytes);
        }
    }
    list.splice(at, by);
}

/// How many bytes are the same at the start?
fn same_at_start(a: &[u8], b: &[u8]) -> usize {
    let whole = a.chunks(CHUNK_BYTES).zip(b.chunks(CHUNK_BYTES)).take_while(|(x, y)| x == y).map(|(x, _)| x.len()).sum();
    whole + a[whole..].iter().zip(&b[whole..]).take_while(|(x, y)| x == y).count()
}

/// How many bytes are the same at the end?
fn same_at_end(a: &[u8], b: &[u8]) -> usize {
    let whole: usize = a.rchunks(CHUNK_BYTES).zip(b.rchunks(CHUNK_BYTES)).take_while(|(x, y)| x == y).map(|(x, _)| x.len()).sum();
    let rest = |bytes: &[u8]| bytes.len() - whole;
    whole + a[..rest(a)].iter().rev().zip(b[..rest(b)].iter().rev()).take_while(|(x, y)| x == y).count()
}

/// The last cut with one item at least between it and byte `same`, and how many items stand before it; the start without one.
fn cut_before(old: &str, tree: &Module, same: usize) -> (usize, usize) {
    let whole = tree.items.partition_point(|item| (item.span.end as usize) < same);
    for before in (1..whole).rev() {
        let end = tree.items[before - 1].span.end as usize;
        if let Some(at) = heads(&old[end..]).next().map(|at| end + at)
            && at + HEAD_BYTES <= same
            && at <= tree.items[before].span.start as usize
        {
            return (at, before);
        }
    }
    (0, 0)
}

/// The first cut with an item on lines of its own between byte `changed_to` and it, and the number of the item behind it; the end without one.
fn cut_behind(old: &str, tree: &Module, changed_to: usize) -> (usize, usize) {
    let first = tree.items.partition_point(|item| (item.span.start as usize) <= changed_to);
    // The first may stand on the line that has changed.
    for behind in first + 2..tree.items.len() {
        let end = tree.items[behind - 1].span.end as usize;
        if let Some(at) = heads(&old[end..]).next().map(|at| end + at)
            && at <= tree.items[behind].span.start as usize
        {
            return (at, behind);
        }
    }
    (old.len(), tree.items.len())
}
