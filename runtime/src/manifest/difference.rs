//! In what do two trees differ? By entry and by property, and what could not be compared.
//!
//! Decides nothing: a live copy takes it as work to do, a verification as a failure.

use super::{Depth, EntryType, Manifest, ManifestEntry, is_compared};
use std::collections::{BTreeMap, BTreeSet};

/// Filesystems round what they allocate; a source that lacks less than this has no holes worth the name.
const HOLES_MIN_BYTES: u64 = 64 << 10;
/// The target may use so much more than the source, beside a quarter of it, before its holes count as lost.
const HOLES_SLACK_BYTES: u64 = 1 << 20;

/// In what an entry can differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Property {
    /// File, folder, symlink, …
    Type,
    /// Permission bits.
    Mode,
    /// Numeric user and group.
    Owner,
    /// Bytes.
    Size,
    /// Time of the last change, to the nanosecond.
    Modified,
    /// Target of a symlink.
    Target,
    /// Which paths are one file.
    HardLinks,
    /// A sparse file is no longer.
    Holes,
    /// Extended attributes, ACLs, capabilities.
    Attributes,
    /// Number of a device file.
    Number,
    /// SHA-256.
    Content,
}

impl Property {
    /// For people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Type => "type",
            Self::Mode => "mode",
            Self::Owner => "owner",
            Self::Size => "size",
            Self::Modified => "mtime",
            Self::Target => "link target",
            Self::HardLinks => "hard links",
            Self::Holes => "holes",
            Self::Attributes => "extended attributes",
            Self::Number => "device number",
            Self::Content => "content",
        }
    }
}

/// What [`difference`] found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Difference {
    /// In the source only.
    pub missing: BTreeSet<Vec<u8>>,
    /// In the target only.
    pub extra: BTreeSet<Vec<u8>>,
    /// In both, and not the same.
    pub changed: BTreeMap<Vec<u8>, BTreeSet<Property>>,
    /// What could not be compared, and why; "equal" says nothing of it.
    pub not_verified: BTreeSet<String>,
}

impl Difference {
    /// Is everything that was compared the same?
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.extra.is_empty() && self.changed.is_empty()
    }

    /// How many entries differ.
    pub fn count(&self) -> usize {
        self.missing.len() + self.extra.len() + self.changed.len()
    }

    /// How often each property differs, for people: "3 mtime, 1 content, 2 missing".
    pub fn summary(&self) -> String {
        let mut counts = BTreeMap::<Property, usize>::new();
        for property in self.changed.values().flatten() {
            *counts.entry(*property).or_default() += 1;
        }
        let mut parts: Vec<String> = counts.iter().map(|(property, count)| format!("{count} {}", property.as_str())).collect();
        for (name, paths) in [("missing", &self.missing), ("too much", &self.extra)] {
            if !paths.is_empty() {
                parts.push(format!("{} {name}", paths.len()));
            }
        }
        parts.join(", ")
    }

    /// The first `count` entries that differ, for people, each with its properties.
    pub fn examples(&self, count: usize) -> Vec<String> {
        let changed = self.changed.iter().map(|(path, properties)| {
            let names: Vec<&str> = properties.iter().map(|property| property.as_str()).collect();
            format!("{}: {}", display(path), names.join(", "))
        });
        let missing = self.missing.iter().map(|path| format!("{}: missing", display(path)));
        let extra = self.extra.iter().map(|path| format!("{}: too much", display(path)));
        changed.chain(missing).chain(extra).take(count).collect()
    }
}

/// A path for people: control characters and what is not UTF-8 are escaped.
fn display(path: &[u8]) -> String {
    if path.is_empty() { "(the tree itself)".to_owned() } else { path.escape_ascii_but_text() }
}

trait EscapeText {
    fn escape_ascii_but_text(&self) -> String;
}

impl EscapeText for [u8] {
    /// Text stays readable; a byte or character that a terminal would act on is escaped.
    fn escape_ascii_but_text(&self) -> String {
        let mut out = String::new();
        for chunk in self.utf8_chunks() {
            for character in chunk.valid().chars() {
                if character.is_control() || is_directional(character) {
                    out.extend(character.escape_default());
                } else {
                    out.push(character);
                }
            }
            out.push_str(&chunk.invalid().escape_ascii().to_string());
        }
        out
    }
}

/// Characters that turn the direction of text and can make a line read as another.
pub(crate) fn is_directional(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Compares two trees, as deep as asked.
pub fn difference(source: &Manifest, target: &Manifest, depth: Depth) -> Difference {
    let mut found = Difference::default();
    let attributes = source.attributes_read && target.attributes_read;
    if !attributes {
        found.not_verified.insert("extended attributes, ACLs and capabilities: `getfattr` is missing on a side".to_owned());
    }
    let (source_leaders, target_leaders) = (source.leaders(), target.leaders());
    for (path, entry) in source.entries.iter().filter(|(_, entry)| entry.entry_type != EntryType::Socket) {
        let Some(other) = target.entries.get(path) else {
            found.missing.insert(path.clone());
            continue;
        };
        let mut properties = compare(entry, other, attributes, depth);
        if source_leaders.of(path, entry) != target_leaders.of(path, other) {
            properties.insert(Property::HardLinks);
        }
        if !properties.is_empty() {
            found.changed.insert(path.clone(), properties);
        }
    }
    found.extra.extend(target.entries.keys().filter(|path| !source.entries.contains_key(*path)).cloned());
    found
}

fn compare(source: &ManifestEntry, target: &ManifestEntry, attributes: bool, depth: Depth) -> BTreeSet<Property> {
    if source.entry_type != target.entry_type {
        return BTreeSet::from([Property::Type]);
    }
    let file = source.entry_type == EntryType::File;
    let mut found = BTreeSet::new();
    let mut note = |differs: bool, property| {
        if differs {
            found.insert(property);
        }
    };
    note(source.mode != target.mode, Property::Mode);
    note((source.uid, source.gid) != (target.uid, target.gid), Property::Owner);
    note(file && source.size != target.size, Property::Size);
    note(source.modified != target.modified, Property::Modified);
    note(source.target != target.target, Property::Target);
    note(source.number != target.number, Property::Number);
    note(attributes && !same_attributes(source, target), Property::Attributes);
    note(file && lost_holes(source, target), Property::Holes);
    // A digest that is missing on either side proves nothing, so it counts as a difference.
    note(depth == Depth::Full && file && (source.content.is_none() || source.content != target.content), Property::Content);
    found
}

fn same_attributes(source: &ManifestEntry, target: &ManifestEntry) -> bool {
    let compared = |entry: &'_ ManifestEntry| -> Vec<(Vec<u8>, String)> {
        entry.attributes.iter().filter(|(name, _)| is_compared(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    source.attributes.is_empty() && target.attributes.is_empty() || compared(source) == compared(target)
}

fn lost_holes(source: &ManifestEntry, target: &ManifestEntry) -> bool {
    let sparse = source.allocated.saturating_add(HOLES_MIN_BYTES) < source.size;
    sparse && target.allocated > source.allocated.saturating_add(source.allocated / 4).saturating_add(HOLES_SLACK_BYTES)
}
