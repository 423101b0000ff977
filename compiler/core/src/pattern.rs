//! Does a text match a pattern? As `regex-lite` says, and without its machine for the plain patterns that most fields carry.
//!
//! A fleet asks one pattern of each of its ids. A pattern such as `^[0-9a-f]{10}$` is a row of character classes, and one
//! look at each character decides it; everything else is left to the library.

use regex_lite::{Captures, Regex};
use std::cell::OnceCell;

/// So many of a class may follow one another in a row; with more, the library says whether it takes the pattern.
const COUNT_MAX: usize = 1_000;

/// A pattern that was read.
#[derive(Debug)]
pub struct Pattern {
    text: String,
    /// Made when it is first needed, if the pattern is a row.
    regex: OnceCell<Option<Regex>>,
    row: Option<Vec<Class>>,
}

impl Pattern {
    /// Reads one; what is wrong with it, if it is none.
    pub fn new(text: &str) -> Result<Self, regex_lite::Error> {
        let row = row(text);
        let regex = if row.is_some() { OnceCell::new() } else { OnceCell::from(Some(Regex::new(text)?)) };
        Ok(Self { text: text.to_owned(), regex, row })
    }

    /// Is something in the text as the pattern says?
    pub fn is_match(&self, text: &str) -> bool {
        match &self.row {
            Some(row) => is_row(row, text.as_bytes()),
            None => self.regex().is_some_and(|regex| regex.is_match(text)),
        }
    }

    /// What its groups found first.
    pub fn captures<'t>(&self, text: &'t str) -> Option<Captures<'t>> {
        self.regex()?.captures(text)
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// A row is a pattern of the library too.
    fn regex(&self) -> Option<&Regex> {
        self.regex.get_or_init(|| Regex::new(&self.text).ok()).as_ref()
    }
}

/// Characters of ASCII, and how many of them follow one another.
#[derive(Debug, Clone, Copy)]
struct Class {
    /// A bit for each.
    of: u128,
    least: usize,
    most: usize,
}

/// Takes as many of each class as are there: right, because no class shares a character with what may come after it.
fn is_row(row: &[Class], text: &[u8]) -> bool {
    let mut rest = text;
    for class in row {
        let taken = rest.iter().take(class.most).take_while(|byte| byte.is_ascii() && class.of >> **byte & 1 == 1).count();
        if taken < class.least {
            return false;
        }
        rest = &rest[taken..];
    }
    rest.is_empty()
}

/// The classes of a pattern from `^` to `$`, where it is nothing but such a row and has one way to match.
fn row(pattern: &str) -> Option<Vec<Class>> {
    let mut rest = pattern.strip_prefix('^')?.strip_suffix('$')?;
    let mut row = vec![];
    while !rest.is_empty() {
        let of;
        (of, rest) = if let Some(inside) = rest.strip_prefix('[') { set(inside)? } else { one(rest, "()|^$+*?{}[].")? };
        let (least, most);
        ((least, most), rest) = count(rest)?;
        row.push(Class { of, least, most });
    }
    has_one_way(&row).then_some(row)
}

/// Does every class that may take more or fewer end where the next begins?
fn has_one_way(row: &[Class]) -> bool {
    row.iter().enumerate().filter(|(_, class)| class.least != class.most).all(|(number, class)| {
        let after = &row[number + 1..];
        let must = after.iter().position(|next| next.least > 0).map_or(after.len(), |at| at + 1);
        after[..must].iter().all(|next| next.of & class.of == 0)
    })
}

/// What stands in brackets, behind the opening one.
fn set(text: &str) -> Option<(u128, &str)> {
    let mut rest = text;
    let mut of = 0;
    loop {
        if let Some(behind) = rest.strip_prefix(']') {
            return (of != 0).then_some((of, behind));
        }
        let (low, behind) = one(rest, "[]^&~-")?;
        rest = behind;
        of |= low;
        // `a-z`; of a class such as `\d` no range begins.
        if let Some(behind) = rest.strip_prefix('-').filter(|_| low.is_power_of_two()) {
            let (high, behind) = one(behind, "[]^&~-")?;
            if !high.is_power_of_two() || high < low {
                return None;
            }
            of |= (high - low) | high;
            rest = behind;
        }
    }
}

/// One character, or a class with a name; none of `special`, which mean something else there.
fn one<'t>(text: &'t str, special: &str) -> Option<(u128, &'t str)> {
    let range = |from: u8, to: u8| (from..=to).fold(0, |of, byte| of | 1_u128 << byte);
    let mut chars = text.chars();
    let of = match chars.next()? {
        '\\' => match chars.next()? {
            'd' => range(b'0', b'9'),
            'w' => range(b'0', b'9') | range(b'a', b'z') | range(b'A', b'Z') | 1 << b'_',
            c if c.is_ascii_punctuation() && !matches!(c, '<' | '>') => 1 << c as u32,
            _ => return None,
        },
        c if c.is_ascii() && !special.contains(c) => 1 << c as u32,
        _ => return None,
    };
    Some((of, chars.as_str()))
}

/// How many of it: `{10}`, `{1,63}`, `+`, `*`, `?`, or one.
fn count(text: &str) -> Option<((usize, usize), &str)> {
    let (count, rest) = match text.as_bytes().first() {
        Some(b'+') => ((1, usize::MAX), &text[1..]),
        Some(b'*') => ((0, usize::MAX), &text[1..]),
        Some(b'?') => ((0, 1), &text[1..]),
        Some(b'{') => {
            let (inside, rest) = text[1..].split_once('}')?;
            let (least, most) = inside.split_once(',').unwrap_or((inside, inside));
            let most = if most.is_empty() { usize::MAX } else { most.parse().ok()? };
            ((least.parse().ok()?, most), rest)
        }
        _ => return Some(((1, 1), text)),
    };
    // Lazy ones, and those of a repetition, are the library's.
    let is_more = rest.starts_with(['+', '*', '?', '{']);
    let is_small = count.0 <= COUNT_MAX && (count.1 <= COUNT_MAX || count.1 == usize::MAX);
    (!is_more && is_small && count.0 <= count.1).then_some((count, rest))
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    const PATTERNS: &[&str] = &[
        "^[0-9a-f]{10}$",
        "^[a-z][a-z0-9-]*$",
        "^[a-z]+-[0-9]+$",
        "^[A-Za-z_][A-Za-z0-9_]{0,3}$",
        "^\\d+\\.\\d+(\\.\\d+)?$",
        "^a?b?c$",
        "^a*a$",
        "^a*b?a$",
        "^[a-c]{2}[b-d]{2,}$",
        "^[ab]{1,2}[bc]$",
        "^i-[\\w]{2,4}$",
        "^[\\-a.]+$",
        "^[^a]+$",
        "^x|y$",
        "^a+?$",
        "^.$",
        "^$",
        "^[a-]$",
        "^[]a]$",
        "^a\\$",
        "^[a&&b]$",
        "^a{2}{3}$",
        "^/[a-z/]+$",
        "^€+$",
        "^[a-z]$|^$",
        "a",
    ];

    #[test]
    fn a_row_of_classes_says_what_the_library_says() {
        let alphabet = ["", "a", "b", "c", "d", "x", "y", "0", "9", "-", ".", "_", "€", "\n", "]", "$", "i-"];
        let mut texts: Vec<String> = vec![String::new()];
        for _ in 0..3 {
            texts = texts.iter().flat_map(|text| alphabet.iter().map(move |more| format!("{text}{more}"))).collect();
            texts.sort_unstable();
            texts.dedup();
        }
        texts.extend(
            ["0123456789", "012345678", "0123456789a", "abcdefabcd", "aaabbbcc", "abc-123", "12.5.7", "i-abcde"].map(str::to_owned),
        );
        let mut rows = 0;
        for pattern in PATTERNS {
            let Ok(read) = Pattern::new(pattern) else { continue };
            let regex = read.regex().expect("a row is a pattern too");
            rows += usize::from(read.row.is_some());
            for text in &texts {
                assert_eq!(read.is_match(text), regex.is_match(text), "{pattern} on {text:?}");
            }
        }
        assert_eq!(rows, 9, "patterns that are plain rows");
    }
}
