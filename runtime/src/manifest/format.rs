//! How does a manifest travel? NUL-separated records, as `scripts/tree_list.sh` prints them with find, getfattr and sha256sum.
//!
//! Takes what a host sent as hostile: everything has a limit, and nothing is believed that does not parse.

use super::{Depth, EntryType, Manifest, ManifestEntry, Root, Time};
use memchr::memchr;
use std::collections::BTreeMap;

/// A listing may have so many entries.
const ENTRY_COUNT_MAX: usize = 20_000_000;
/// A path, or a symlink's target, may have so many bytes.
const PATH_LENGTH_MAX_BYTES: usize = 64 << 10;
const MAGIC: &[u8] = b"migc-tree 1";
const BLOCK_BYTES: u64 = 512;
const NANOSECONDS: u32 = 1_000_000_000;
/// Exit status of xargs, and of the tools it runs, when a file vanished under them; the listing is then used, but not complete.
const OK: &[u8] = b"0";

/// Why a listing could not be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the listing of a tree is damaged: {0}")]
pub struct FormatError(pub String);

fn damaged<T>(what: impl Into<String>) -> Result<T, FormatError> {
    Err(FormatError(what.into()))
}

/// What is left of a listing; after the last NUL comes one more record, then nothing.
struct Records<'a>(Option<&'a [u8]>);

impl<'a> Records<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self(Some(bytes))
    }

    fn next(&mut self, what: &str) -> Result<&'a [u8], FormatError> {
        let Some(left) = self.0 else { return damaged(format!("it ends before {what}")) };
        let (record, rest) = match memchr(0, left).and_then(|end| left.split_at_checked(end)) {
            Some((record, rest)) => (record, rest.get(1..)),
            None => (left, None),
        };
        self.0 = rest;
        Ok(record)
    }

    fn text(&mut self, what: &str) -> Result<&'a str, FormatError> {
        std::str::from_utf8(self.next(what)?).or_else(|_| damaged(format!("{what} is no text")))
    }
}

/// Reads a listing.
pub fn decode(bytes: &[u8]) -> Result<Manifest, FormatError> {
    let mut records = Records::new(bytes);
    if records.next("its first record")? != MAGIC {
        return damaged("it does not begin as one; is standard output written to by a login script?");
    }
    let depth = if records.text("its depth")? == Depth::Full.as_str() { Depth::Full } else { Depth::Meta };
    let root = match records.text("its root")? {
        "absent" => return Ok(Manifest::absent(depth)),
        "folder" => Root::Folder,
        "file" => Root::File,
        other => return damaged(format!("unknown root {other:?}")),
    };
    let prefix = records.next("its prefix")?;
    let mut manifest = Manifest { root, depth, attributes_read: false, complete: true, entries: BTreeMap::new() };
    decode_entries(&mut manifest, &mut records)?;
    if !manifest.entries.contains_key(&b""[..]) {
        // Without this an error of find would read as an empty tree, and nothing would be copied.
        return damaged("it has no entries; is `find` GNU's?");
    }
    decode_devices(&mut manifest, &mut records, prefix)?;
    decode_attributes(&mut manifest, &mut records, prefix)?;
    if depth == Depth::Full {
        decode_contents(&mut manifest, &mut records, prefix)?;
    }
    if records.next("its end")? != b"done" {
        return damaged("something follows its last section");
    }
    Ok(manifest)
}

/// The status in a record `end STATUS`, if it is one.
fn end_of(record: &[u8]) -> Option<&[u8]> {
    record.strip_prefix(b"end ")
}

fn decode_entries(manifest: &mut Manifest, records: &mut Records<'_>) -> Result<(), FormatError> {
    loop {
        let fields = records.next("the end of its entries")?;
        if let Some(status) = end_of(fields) {
            manifest.complete &= status == OK;
            return Ok(());
        }
        let path = records.next("the path of an entry")?;
        if path.len() > PATH_LENGTH_MAX_BYTES || fields.len() > PATH_LENGTH_MAX_BYTES {
            return damaged("a path is too long");
        }
        if manifest.entries.len() >= ENTRY_COUNT_MAX {
            return damaged(format!("it has more than {ENTRY_COUNT_MAX} entries"));
        }
        check_path(path)?;
        let Some(entry) = decode_fields(fields) else {
            return damaged(format!("the entry {:?} does not parse", String::from_utf8_lossy(path)));
        };
        if manifest.entries.insert(path.to_vec(), entry).is_some() {
            return damaged(format!("the entry {:?} is there twice", String::from_utf8_lossy(path)));
        }
    }
}

/// Paths of a listing are given to scripts again, so none may lead out of its tree.
fn check_path(path: &[u8]) -> Result<(), FormatError> {
    let sound = path.is_empty() || path.split(|&byte| byte == b'/').all(|part| !matches!(part, b"" | b"." | b".."));
    if sound { Ok(()) } else { damaged(format!("the path {:?} leads out of the tree", String::from_utf8_lossy(path))) }
}

/// `TYPE MODE UID GID SIZE MTIME CTIME DEVICE INODE LINKS BLOCKS TARGET`
fn decode_fields(fields: &[u8]) -> Option<ManifestEntry> {
    let mut parts = fields.splitn(12, |&byte| byte == b' ');
    let mut next = || parts.next();
    let entry = ManifestEntry {
        entry_type: EntryType::from_letter(std::str::from_utf8(next()?).ok()?)?,
        mode: u32::try_from(number(next()?, 8)?).ok().filter(|&mode| mode <= 0o7777)?,
        uid: u32::try_from(number(next()?, 10)?).ok()?,
        gid: u32::try_from(number(next()?, 10)?).ok()?,
        size: number(next()?, 10)?,
        modified: decode_time(next()?)?,
        changed: decode_time(next()?)?,
        device: number(next()?, 10)?,
        inode: number(next()?, 10)?,
        links: number(next()?, 10)?,
        allocated: number(next()?, 10)?.checked_mul(BLOCK_BYTES)?,
        target: vec![],
        number: String::new(),
        attributes: BTreeMap::new(),
        content: None,
    };
    Some(ManifestEntry { target: parts.next()?.to_vec(), ..entry })
}

/// Digits and nothing else. Listings have a dozen numbers an entry, so they are read where they stand.
fn number(digits: &[u8], base: u64) -> Option<u64> {
    let add = |sum: u64, &byte: &u8| {
        let digit = u64::from(byte.wrapping_sub(b'0'));
        sum.checked_mul(base)?.checked_add(digit).filter(|_| digit < base)
    };
    (!digits.is_empty()).then(|| digits.iter().try_fold(0, add))?
}

/// `-12.3450000000`: seconds and a fraction of nine digits or more, as find prints `%T@`.
fn decode_time(text: &[u8]) -> Option<Time> {
    let at = text.iter().position(|&byte| byte == b'.');
    let (seconds, fraction) = at.and_then(|at| Some((text.get(..at)?, text.get(at + 1..)?))).unwrap_or((text, b"0"));
    let digits = fraction.get(..9).unwrap_or(fraction);
    let scale = 10_u32.checked_pow(u32::try_from(9 - digits.len()).ok()?)?;
    let nanoseconds = u32::try_from(number(digits, 10)?).ok()?.checked_mul(scale).filter(|&n| n < NANOSECONDS)?;
    let (sign, digits) = seconds.strip_prefix(b"-").map_or((1, seconds), |digits| (-1, digits));
    Some(Time { seconds: i64::try_from(number(digits, 10)?).ok()? * sign, nanoseconds })
}

fn decode_devices(manifest: &mut Manifest, records: &mut Records<'_>, prefix: &[u8]) -> Result<(), FormatError> {
    loop {
        let number = records.text("the end of its devices")?;
        if let Some(status) = end_of(number.as_bytes()) {
            manifest.complete &= status == OK;
            return Ok(());
        }
        let name = records.next("the path of a device")?;
        if let Some(entry) = relative(name, prefix).and_then(|path| manifest.entries.get_mut(path)) {
            number.clone_into(&mut entry.number);
        }
    }
}

/// What `getfattr -h -d -m - -e hex` prints: `# file: NAME`, lines `NAME=0x…`, an empty line.
fn decode_attributes(manifest: &mut Manifest, records: &mut Records<'_>, prefix: &[u8]) -> Result<(), FormatError> {
    let dump = records.next("its extended attributes")?;
    let status = records.next("the end of its extended attributes")?;
    manifest.attributes_read = end_of(status).is_some_and(|status| status != b"missing");
    manifest.complete &= end_of(status) == Some(OK) || !manifest.attributes_read;
    let mut current = None;
    for line in dump.split(|&byte| byte == b'\n') {
        if let Some(name) = line.strip_prefix(b"# file: ") {
            let name = unescape(name);
            current = relative(&name, prefix).map(<[u8]>::to_vec).filter(|path| manifest.entries.contains_key(path));
        } else if let Some(at) = line.iter().rposition(|&byte| byte == b'=') {
            let (name, value) = line.split_at(at);
            let Some(entry) = current.as_ref().and_then(|path| manifest.entries.get_mut(path)) else { continue };
            entry.attributes.insert(unescape(name), String::from_utf8_lossy(value.get(1..).unwrap_or_default()).into_owned());
        }
    }
    Ok(())
}

/// What `sha256sum -z` prints: `HEX  NAME`.
fn decode_contents(manifest: &mut Manifest, records: &mut Records<'_>, prefix: &[u8]) -> Result<(), FormatError> {
    const DIGEST_LENGTH: usize = 64;
    loop {
        let record = records.next("the end of its contents")?;
        if let Some(status) = end_of(record) {
            manifest.complete &= status == OK;
            return Ok(());
        }
        let digest = record.get(..DIGEST_LENGTH).filter(|digest| digest.iter().all(u8::is_ascii_hexdigit));
        let (Some(digest), Some(name)) = (digest, record.get(DIGEST_LENGTH + 2..)) else {
            return damaged("a digest of contents does not parse");
        };
        if let Some(entry) = relative(name, prefix).and_then(|path| manifest.entries.get_mut(path)) {
            entry.content = Some(String::from_utf8_lossy(digest).into_owned());
        }
    }
}

/// `./a/b` under the prefix `.` is `a/b`; the prefix itself is the tree.
fn relative<'a>(name: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let rest = name.strip_prefix(prefix)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix(b"/") }
}

/// getfattr writes bytes that would break its lines as a backslash and three octal digits.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        let octal = after.get(..3).filter(|digits| digits.iter().all(|digit| (b'0'..=b'7').contains(digit)));
        let byte = octal.and_then(|digits| std::str::from_utf8(digits).ok()).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        if let (b'\\', Some(byte)) = (first, byte) {
            out.push(byte);
            rest = after.get(3..).unwrap_or_default();
        } else {
            out.push(first);
            rest = after;
        }
    }
    out
}

fn escape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for &byte in text {
        if matches!(byte, b'\\' | b'\n' | b'\r' | b'=') || byte < b' ' {
            out.extend_from_slice(format!("\\{byte:03o}").as_bytes());
        } else {
            out.push(byte);
        }
    }
    out
}

/// Writes a listing as the script does; what a simulated host answers.
pub fn encode(manifest: &Manifest) -> Vec<u8> {
    let mut out = Vec::with_capacity(LISTING_SIZE_BYTES + manifest.entries.len() * ENTRY_SIZE_BYTES);
    let root = match manifest.root {
        Root::Absent => "absent",
        Root::Folder => "folder",
        Root::File => "file",
    };
    push_record(&mut out, &[MAGIC]);
    push_record(&mut out, &[manifest.depth.as_str().as_bytes()]);
    push_record(&mut out, &[root.as_bytes()]);
    if manifest.root == Root::Absent {
        return out;
    }
    push_record(&mut out, &[b"."]);
    for (path, entry) in &manifest.entries {
        push_fields(&mut out, entry);
        push_record(&mut out, &[]);
        push_record(&mut out, &[path]);
    }
    push_record(&mut out, &[if manifest.complete { &b"end 0"[..] } else { b"end 1" }]);
    for (path, entry) in manifest.entries.iter().filter(|(_, entry)| !entry.number.is_empty()) {
        push_record(&mut out, &[entry.number.as_bytes()]);
        push_record(&mut out, &name_of(path));
    }
    push_record(&mut out, &[b"end 0"]);
    push_record(&mut out, &[&encode_attributes(manifest)]);
    push_record(&mut out, &[if manifest.attributes_read { &b"end 0"[..] } else { b"end missing" }]);
    if manifest.depth == Depth::Full {
        for (path, entry) in &manifest.entries {
            let Some(content) = &entry.content else { continue };
            let [prefix, path] = name_of(path);
            push_record(&mut out, &[content.as_bytes(), b"  ", prefix, path]);
        }
        push_record(&mut out, &[b"end 0"]);
    }
    push_record(&mut out, &[b"done"]);
    out
}

/// What a listing and each of its entries take about.
const LISTING_SIZE_BYTES: usize = 64;
const ENTRY_SIZE_BYTES: usize = 192;

fn push_record(out: &mut Vec<u8>, parts: &[&[u8]]) {
    for part in parts {
        out.extend_from_slice(part);
    }
    out.push(0);
}

fn push_fields(out: &mut Vec<u8>, entry: &ManifestEntry) {
    out.push(entry.entry_type.letter() as u8);
    out.push(b' ');
    push_number(out, u64::from(entry.mode), 8, 1);
    for number in [u64::from(entry.uid), u64::from(entry.gid), entry.size] {
        out.push(b' ');
        push_number(out, number, 10, 1);
    }
    for Time { seconds, nanoseconds } in [entry.modified, entry.changed] {
        out.extend_from_slice(if seconds < 0 { b" -" } else { b" " });
        push_number(out, seconds.unsigned_abs(), 10, 1);
        out.push(b'.');
        push_number(out, u64::from(nanoseconds), 10, 9);
        out.push(b'0');
    }
    for number in [entry.device, entry.inode, entry.links, entry.allocated / BLOCK_BYTES] {
        out.push(b' ');
        push_number(out, number, 10, 1);
    }
    out.push(b' ');
    out.extend_from_slice(&entry.target);
}

/// With so many digits at least. A rehearsal writes millions of them, for which `write!` takes several times as long.
fn push_number(out: &mut Vec<u8>, number: u64, base: u64, digit_count_min: usize) {
    let begin = out.len();
    let mut rest = number;
    while rest > 0 || out.len() < begin + digit_count_min {
        out.push(b'0' + (rest % base) as u8);
        rest /= base;
    }
    if let Some(digits) = out.get_mut(begin..) {
        digits.reverse();
    }
}

fn encode_attributes(manifest: &Manifest) -> Vec<u8> {
    let mut dump = Vec::new();
    for (path, entry) in manifest.entries.iter().filter(|(_, entry)| manifest.attributes_read && !entry.attributes.is_empty()) {
        dump.extend_from_slice(b"# file: ");
        dump.extend_from_slice(&escape(&name_of(path).concat()));
        dump.push(b'\n');
        for (name, value) in &entry.attributes {
            dump.extend_from_slice(&[&escape(name), &b"="[..], value.as_bytes(), b"\n"].concat());
        }
        dump.push(b'\n');
    }
    dump
}

/// As find calls it from inside the tree, in two parts.
fn name_of(path: &[u8]) -> [&[u8]; 2] {
    if path.is_empty() { [&b"."[..], b""] } else { [&b"./"[..], path] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(entries: &str, rest: &str) -> Vec<u8> {
        format!("migc-tree 1|full|folder|.|{entries}end 0|{rest}").replace('|', "\0").into_bytes()
    }

    const ENTRIES: &str =
        "d 755 0 0 4096 1.5000000000 2.0 1 2 2 8 ||f 4755 1 2 3 -1.0000000070 2.0 1 3 1 8 |a b|l 777 0 0 3 1.0 1.0 1 4 1 0 x y|l|";
    const REST: &str = "end 0|# file: ./a\\040b\nuser.x\\075y=0x00\n\n|end 0|e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  ./a b|end 0|done|";

    #[test]
    fn a_listing_is_read_as_it_was_meant() {
        let manifest = decode(&listing(ENTRIES, REST)).unwrap();
        let file = &manifest.entries[&b"a b"[..]];
        assert_eq!((file.mode, file.uid, file.gid, file.allocated), (0o4755, 1, 2, 4096));
        assert_eq!(file.modified, Time { seconds: -1, nanoseconds: 7 });
        assert_eq!(file.attributes[&b"user.x=y"[..]], "0x00");
        assert!(file.content.is_some());
        assert_eq!(manifest.entries[&b"l"[..]].target, b"x y");
        assert_eq!(decode(&encode(&manifest)).unwrap(), manifest);
    }

    #[test]
    fn what_is_damaged_is_refused() {
        let whole = listing(ENTRIES, REST);
        for length in 0..whole.len() - 1 {
            assert!(decode(&whole[..length]).is_err(), "cut at {length}");
        }
        for (place, byte) in (0..whole.len()).flat_map(|place| [0, b' ', b'/', 0xff].map(|byte| (place, byte))) {
            let mut bent = whole.clone();
            bent[place] = byte;
            let _ = decode(&bent);
        }
        for path in ["../x", "/etc", "a/../../b", "a//b", "."] {
            let error = decode(&listing(&format!("f 644 0 0 3 1.0 1.0 1 4 1 0 |{path}|"), REST)).unwrap_err();
            assert!(error.0.contains("leads out"), "{error}");
        }
    }
}
