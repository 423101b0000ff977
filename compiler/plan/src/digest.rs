//! What is a thing's fingerprint? SHA-256 over its canonical JSON.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// `sha256:` and 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct Digest(String);

impl Digest {
    /// Of bytes.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        let hash = Sha256::digest(bytes);
        let mut text = String::with_capacity(PREFIX.len() + 2 * hash.len());
        text.push_str(PREFIX);
        push_hex(&mut text, &hash);
        Self(text)
    }

    /// Of a value, by the JSON that serde writes for it; maps must be ordered ones.
    pub fn of<T: Serialize>(value: &T) -> Self {
        Self::of_bytes(&serde_json::to_vec(value).unwrap_or_default())
    }

    /// The first `length` hexadecimal digits, for names that people read.
    pub fn short(&self, length: usize) -> &str {
        let digits = self.0.strip_prefix(PREFIX).unwrap_or(&self.0);
        digits.get(..length).unwrap_or(digits)
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Has it the right shape?
    pub fn is_well_formed(&self) -> bool {
        self.0.strip_prefix(PREFIX).is_some_and(|d| d.len() == 64 && d.bytes().all(|b| b.is_ascii_hexdigit()))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const PREFIX: &str = "sha256:";

/// Digests are made for every entry and every tree, and `{:02x}` for each byte takes longer than the hash of a short text.
fn push_hex(out: &mut String, bytes: &[u8]) {
    let digit = |half: u8| char::from(if half < 10 { b'0' + half } else { b'a' + half - 10 });
    for byte in bytes {
        out.push(digit(byte >> 4));
        out.push(digit(byte & 0xf));
    }
}
