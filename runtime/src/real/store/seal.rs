//! Was an entry written by somebody who has the key? An HMAC before it, over the entry, its number and its journal.
//!
//! Whoever may write to the bucket but lacks the key can hide the newest entries, and change none. What stands before the entry is a
//! line of JSON; the rest are its bytes.

use crate::StoreError;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::{fmt, fmt::Write as _};

/// So many characters of a key can be tried by nobody, if they are random: `openssl rand -hex 32` prints 64.
const KEY_MIN_CHARS: usize = 32;
/// Of the line before an entry.
const VERSION: u32 = 1;
/// What is sealed begins so, and no other use of the key does.
const PURPOSE: &str = "migc journal entry 1";

/// The key of a state.
pub(super) struct Key(String);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

/// What stands before an entry.
#[derive(Serialize, Deserialize)]
struct Header {
    seal: u32,
    /// Random: whoever finds an entry with it knows whether it is his own.
    writer: String,
    hmac: String,
}

/// What an object says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Opened {
    pub(super) writer: String,
    pub(super) entry: Vec<u8>,
}

impl Key {
    /// A key of enough characters.
    pub(super) fn new(text: &str) -> Result<Self, String> {
        let count = text.chars().count();
        if count < KEY_MIN_CHARS {
            return Err(format!("has {count} characters, and {KEY_MIN_CHARS} are the least; `openssl rand -hex 32` prints one"));
        }
        Ok(Self(text.to_owned()))
    }

    fn mac(&self, id: &str, number: u64, writer: &str, entry: &[u8]) -> Result<Hmac<Sha256>, StoreError> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_bytes()).map_err(|error| StoreError::Failed(error.to_string()))?;
        // No part holds a line break but the last.
        mac.update(format!("{PURPOSE}\n{id}\n{number}\n{writer}\n").as_bytes());
        mac.update(entry);
        Ok(mac)
    }

    /// The object of an entry.
    pub(super) fn seal(&self, id: &str, number: u64, writer: &str, entry: &[u8]) -> Result<Vec<u8>, StoreError> {
        let hmac = hex(&self.mac(id, number, writer, entry)?.finalize().into_bytes());
        let header = Header { seal: VERSION, writer: writer.to_owned(), hmac };
        let mut object = serde_json::to_vec(&header)?;
        object.push(b'\n');
        object.extend_from_slice(entry);
        Ok(object)
    }

    /// The entry of an object.
    pub(super) fn open(&self, id: &str, number: u64, object: &[u8]) -> Result<Opened, StoreError> {
        let forged = || StoreError::Forged(number);
        let end = object.iter().position(|byte| *byte == b'\n').ok_or_else(forged)?;
        let (line, rest) = object.split_at(end);
        let header: Header = serde_json::from_slice(line).map_err(|_| forged())?;
        let entry = rest.get(1..).unwrap_or_default();
        if header.seal != VERSION || header.writer.contains('\n') {
            return Err(forged());
        }
        let told = unhex(&header.hmac).ok_or_else(forged)?;
        // In a time that does not depend on where they differ.
        self.mac(id, number, &header.writer, entry)?.verify_slice(&told).map_err(|_| forged())?;
        Ok(Opened { writer: header.writer, entry: entry.to_vec() })
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect();
    digits?.chunks(2).map(|pair| if let [high, low] = pair { Some(high << 4 | low) } else { None }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_opens_only_as_it_was_sealed() {
        let key = Key::new(&"k".repeat(KEY_MIN_CHARS)).unwrap();
        let object = key.seal("state", 7, "w", b"{\n}").unwrap();
        assert_eq!(key.open("state", 7, &object), Ok(Opened { writer: "w".to_owned(), entry: b"{\n}".to_vec() }));
        assert_eq!(key.open("state", 8, &object), Err(StoreError::Forged(8)));
        assert_eq!(key.open("other", 7, &object), Err(StoreError::Forged(7)));
        let other = Key::new(&"l".repeat(KEY_MIN_CHARS)).unwrap();
        assert_eq!(other.open("state", 7, &object), Err(StoreError::Forged(7)));
        for place in 0..object.len() {
            let mut edited = object.clone();
            edited[place] ^= 1;
            assert_eq!(key.open("state", 7, &edited), Err(StoreError::Forged(7)), "byte {place}");
            assert_eq!(key.open("state", 7, &object[..place]), Err(StoreError::Forged(7)), "{place} bytes");
        }
    }

    /// RFC 4231, test case 2, by the same functions.
    #[test]
    fn it_is_the_hmac_of_the_standard() {
        let mut mac = Hmac::<Sha256>::new_from_slice(b"Jefe").unwrap();
        mac.update(b"what do ya want for nothing?");
        let text = hex(&mac.finalize().into_bytes());
        assert_eq!(text, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        assert_eq!(unhex(&text).map(|bytes| hex(&bytes)), Some(text));
    }

    #[test]
    fn a_short_key_is_refused() {
        assert!(Key::new("secret").is_err());
    }
}
