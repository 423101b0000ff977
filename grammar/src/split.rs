//! Where may a text be cut? At the first columns where items begin; what is in them is not looked at.

/// Cuts `text` into pieces of whole items of about `bytes` each, with the offset of each.
///
/// A piece parses to the same tree alone as within the text, because no item goes on over a line break
/// that an item follows.
pub(crate) fn pieces(text: &str, bytes: usize) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut from = 0;
    for at in heads(text) {
        if at - from >= bytes {
            found.push((from, &text[from..at]));
            from = at;
        }
    }
    found.push((from, &text[from..]));
    found
}

/// Offsets after a line break where an item, its annotation or its documentation begins.
pub(crate) fn heads(text: &str) -> impl Iterator<Item = usize> + '_ {
    memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1).filter(|at| is_head(&text.as_bytes()[*at..]))
}

/// What the grammar lets no item go on with: a letter, `_`, `@`, or `///` without a fourth.
fn is_head(rest: &[u8]) -> bool {
    match rest {
        [b'/', b'/', b'/', b'/', ..] => false,
        [b'/', b'/', b'/', ..] => true,
        [first, ..] => first.is_ascii_alphabetic() || matches!(first, b'_' | b'@'),
        [] => false,
    }
}
