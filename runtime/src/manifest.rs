//! What is in a tree, so that two trees can be compared without sending either? Entries with all that a copy may lose.
//!
//! Does not say how a listing is made (`scripts/tree_list.sh`) nor what is done about a difference (`actions`).

mod difference;
mod format;

pub(crate) use difference::is_directional;
pub use difference::{Difference, Property, difference};
pub use format::{FormatError, decode, encode};

use mig_plan::Digest;
use std::collections::BTreeMap;

/// How much of a tree is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// All but the contents of files.
    Meta,
    /// A SHA-256 of each file too.
    Full,
}

impl Depth {
    /// As a word for a script.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::Full => "full",
        }
    }
}

/// What is at the path of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Root {
    /// Nothing.
    Absent,
    /// A folder with what is below it.
    Folder,
    /// One file.
    File,
}

/// What sort of thing an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryType {
    /// With contents.
    File,
    /// With entries.
    Folder,
    /// With a target.
    Symlink,
    /// A named pipe.
    Fifo,
    /// Made anew by the program that listens on it; neither sent nor compared.
    Socket,
    /// With a device number.
    CharacterDevice,
    /// With a device number.
    BlockDevice,
}

impl EntryType {
    /// The letter that `find -printf %y` prints.
    pub fn letter(self) -> char {
        match self {
            Self::File => 'f',
            Self::Folder => 'd',
            Self::Symlink => 'l',
            Self::Fifo => 'p',
            Self::Socket => 's',
            Self::CharacterDevice => 'c',
            Self::BlockDevice => 'b',
        }
    }

    /// The opposite of [`EntryType::letter`].
    pub fn from_letter(letter: &str) -> Option<Self> {
        [Self::File, Self::Folder, Self::Symlink, Self::Fifo, Self::Socket, Self::CharacterDevice, Self::BlockDevice]
            .into_iter()
            .find(|entry| letter.len() == 1 && letter.starts_with(entry.letter()))
    }
}

/// A point in time as the kernel keeps it: whole seconds since 1970, which may be negative, and nanoseconds after them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Time {
    /// Since 1970.
    pub seconds: i64,
    /// After those, below 1,000,000,000.
    pub nanoseconds: u32,
}

/// One entry of a tree. Its path, relative to the tree and empty for the tree itself, is its key in [`Manifest::entries`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestEntry {
    /// What it is.
    pub entry_type: EntryType,
    /// Permission bits, 0 to 0o7777.
    pub mode: u32,
    /// Numeric.
    pub uid: u32,
    /// Numeric.
    pub gid: u32,
    /// Bytes; of folders it means nothing.
    pub size: u64,
    /// Of the last change of the contents.
    pub modified: Time,
    /// Of the last change of the entry (ctime); differs on both sides by nature and is never compared.
    pub changed: Time,
    /// Device the entry is on; with `inode` what hard links have in common.
    pub device: u64,
    /// Inode number.
    pub inode: u64,
    /// How many names the inode has, in the tree or outside.
    pub links: u64,
    /// Bytes of disk in use; less than `size` for a file with holes.
    pub allocated: u64,
    /// Target of a symlink, as bytes.
    pub target: Vec<u8>,
    /// `major:minor` of a device file, in hexadecimal; empty for others.
    pub number: String,
    /// Extended attributes, ACLs and capabilities among them: hexadecimal values by name.
    pub attributes: BTreeMap<Vec<u8>, String>,
    /// SHA-256 of the contents in hexadecimal; of files, in a full listing.
    pub content: Option<String>,
}

/// A tree as it was listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// What is at its path.
    pub root: Root,
    /// How much was looked at.
    pub depth: Depth,
    /// Could extended attributes be read? Not without `getfattr`.
    pub attributes_read: bool,
    /// Did anything change or vanish while it was listed?
    pub complete: bool,
    /// By path.
    pub entries: BTreeMap<Vec<u8>, ManifestEntry>,
}

impl Manifest {
    /// Of what is not there.
    pub fn absent(depth: Depth) -> Self {
        Self { root: Root::Absent, depth, attributes_read: true, complete: true, entries: BTreeMap::new() }
    }

    /// Bytes of all files, each group of hard links counted once.
    pub fn bytes(&self) -> u64 {
        let leaders = self.leaders();
        let files = self.entries.iter().filter(|(_, entry)| entry.entry_type == EntryType::File);
        files.filter(|(path, entry)| leaders.of(path, entry) == path.as_slice()).map(|(_, entry)| entry.size.min(entry.allocated)).sum()
    }

    /// One line of evidence for the journal: equal for trees that are the same in all that is compared but holes.
    pub fn digest(&self) -> Digest {
        let leaders = self.leaders();
        let mut bytes = Vec::new();
        for (path, entry) in self.entries.iter().filter(|(_, entry)| entry.entry_type != EntryType::Socket) {
            let size = if entry.entry_type == EntryType::Folder { 0 } else { entry.size };
            let fields = format!(
                "{} {:o} {}:{} {size} {}.{:09} {} {}",
                entry.entry_type.letter(),
                entry.mode,
                entry.uid,
                entry.gid,
                entry.modified.seconds,
                entry.modified.nanoseconds,
                entry.number,
                entry.content.as_deref().unwrap_or_default(),
            );
            for part in [path.as_slice(), fields.as_bytes(), &entry.target, leaders.of(path, entry)] {
                bytes.extend_from_slice(part);
                bytes.push(0);
            }
            for (name, value) in entry.attributes.iter().filter(|(name, _)| is_compared(name)) {
                bytes.extend_from_slice(name);
                bytes.push(b'=');
                bytes.extend_from_slice(value.as_bytes());
                bytes.push(0);
            }
            bytes.push(b'\n');
        }
        Digest::of_bytes(&bytes)
    }

    /// The groups of hard links.
    pub(crate) fn leaders(&self) -> Leaders<'_> {
        let mut leaders = BTreeMap::new();
        for (path, entry) in self.entries.iter().filter(|(_, entry)| may_be_linked(entry)) {
            leaders.entry((entry.device, entry.inode)).or_insert(path.as_slice());
        }
        Leaders(leaders)
    }
}

/// For each inode with several names the first of its paths in the tree, which stands for the group.
pub(crate) struct Leaders<'a>(BTreeMap<(u64, u64), &'a [u8]>);

impl<'a> Leaders<'a> {
    /// The path that stands for the entry's group; its own if it is alone.
    pub(crate) fn of(&self, path: &'a [u8], entry: &ManifestEntry) -> &'a [u8] {
        if may_be_linked(entry) { self.0.get(&(entry.device, entry.inode)).copied().unwrap_or(path) } else { path }
    }
}

fn may_be_linked(entry: &ManifestEntry) -> bool {
    entry.links > 1 && entry.entry_type != EntryType::Folder
}

/// The label of a mandatory access control belongs to the host's own policy, not to the data.
pub(crate) fn is_compared(attribute: &[u8]) -> bool {
    attribute != b"security.selinux"
}
