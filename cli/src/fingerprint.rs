//! Is it the same problem as last time? A short digest of what a problem is about, which stays when its lines move.
//!
//! It is of the code, the declaration (or the file, where a problem is about none) and the message without its numbers. So it also
//! stays when a size that is too small is changed to another that is too small.

use mig_plan::{Diagnostic, Digest, Unproven};

/// The name and version of this digest, as SARIF wants it.
pub const NAME: &str = "migcProblem/v1";
/// So many digits tell any two problems of a program apart.
const LENGTH: usize = 20;

/// Of a problem.
pub fn of(diagnostic: &Diagnostic) -> String {
    let about = if diagnostic.address.is_empty() { &diagnostic.file } else { &diagnostic.address };
    digest(&[&diagnostic.code, about, &without_numbers(&diagnostic.message)])
}

/// Of a check that lacked a fact.
pub fn of_unproven(entry: &Unproven) -> String {
    digest(&[&entry.code, &entry.address, &without_numbers(&entry.needs)])
}

fn digest(parts: &[&str]) -> String {
    Digest::of(&parts).short(LENGTH).to_owned()
}

/// `uses 54 GiB, and web2 has 30` is `uses # GiB, and web2 has #`: a number that is part of a name stays.
fn without_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_word = false;
    for c in text.chars() {
        if c.is_ascii_digit() && !in_word {
            if !out.ends_with('#') {
                out.push('#');
            }
            continue;
        }
        in_word = c.is_alphabetic() || c == '_' || (in_word && (c.is_ascii_digit() || c == '-'));
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::human::tests::report;

    #[test]
    fn numbers_go_and_names_stay() {
        for (text, expected) in [
            ("uses 54 GiB, and web2 has 30", "uses # GiB, and web2 has #"),
            ("10.147.17.12 in club", "#.#.#.# in club"),
            ("web-1 and 3306/tcp", "web-1 and #/tcp"),
            ("12.5%", "#.#%"),
        ] {
            assert_eq!(without_numbers(text), expected);
        }
    }

    #[test]
    fn it_stays_when_lines_move() {
        let first = report().diagnostics.remove(0);
        let mut moved = first.clone();
        moved.span.start.line += 7;
        moved.file = "elsewhere.mig".to_owned();
        moved.help = None;
        assert_eq!(of(&first), of(&moved));
        let mut other = first.clone();
        other.address = "brent.overlay".to_owned();
        assert_ne!(of(&first), of(&other));
    }
}
