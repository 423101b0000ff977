//! As what else may a secret show up in what a program says? As it is, and as JSON, URLs and base64 write it.
//!
//! Only looks for what is known; whoever writes has to ask.

use std::fmt::Write as _;

/// A form that is shorter would be found in words that are no secret.
const FORM_LENGTH_MIN: usize = 4;

/// The secret itself and how it may be written, the longest first.
pub(crate) fn forms(secret: &str) -> Vec<String> {
    if secret.is_empty() {
        return vec![];
    }
    let bytes = secret.as_bytes();
    let json = serde_json::to_string(secret).unwrap_or_default();
    let mut forms = vec![json.trim_start_matches('"').trim_end_matches('"').to_owned(), in_url(bytes, "%20"), in_url(bytes, "+")];
    for alphabet in [STANDARD, URL_SAFE] {
        // In the middle of other bytes its bits lie in one of three ways.
        forms.extend((0..3).map(|before| base64(bytes, before, alphabet)));
    }
    forms.retain(|form| form.len() >= FORM_LENGTH_MIN && form != secret);
    forms.push(secret.to_owned());
    forms.sort_by(|one, other| (other.len(), other).cmp(&(one.len(), one)));
    forms.dedup();
    forms
}

fn in_url(bytes: &[u8], space: &str) -> String {
    bytes.iter().fold(String::new(), |mut out, &byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            b' ' => out.push_str(space),
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
        out
    })
}

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The characters that only these bytes decide, when so many other bytes come before them.
fn base64(bytes: &[u8], before: usize, alphabet: &[u8; 64]) -> String {
    let skipped = (before * 8).div_ceil(6);
    let whole = ((before + bytes.len()) * 8) / 6;
    let byte = |at: usize| bytes.get(at).copied().map_or(0, u16::from);
    // The six bits may reach into the next byte.
    let letter = |place: usize| {
        let at = place * 6 - before * 8;
        let both = byte(at / 8) << 8 | byte(at / 8 + 1);
        usize::from(both >> (10 - at % 8) & 0x3f)
    };
    let mut out = String::with_capacity(whole - skipped);
    out.extend((skipped..whole).filter_map(|place| alphabet.get(letter(place)).map(|&byte| char::from(byte))));
    out
}

#[cfg(test)]
mod tests {
    use super::forms;

    #[test]
    fn a_secret_is_known_in_other_clothes() {
        let forms = forms("p\"ss w\u{f6}rd");
        // What base64 writes of it alone, after one byte and after two, without the letters that the neighbours have a part in.
        for form in ["p\\\"ss w\u{f6}rd", "p%22ss%20w%C3%B6rd", "p%22ss+w%C3%B6rd", "cCJzcyB3w7Zy", "Aic3Mgd8O2cm", "InNzIHfDtnJk"] {
            assert!(forms.iter().any(|known| known.contains(form)), "{form}: {forms:?}");
        }
        assert!(forms.is_sorted_by(|one, other| one.len() >= other.len()));
        assert_eq!(super::forms(""), Vec::<String>::new());
        assert_eq!(super::forms("a"), ["a"]);
    }
}
