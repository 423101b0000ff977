//! Are two trees the same in everything a copy can lose? Read by this program from outside of the hosts, without any code of
//! `migc`, so that a mistake there is not repeated here.

use crate::run::{LIMIT_S, limited};
use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fmt, fs,
    hash::{DefaultHasher, Hasher},
    io::Read,
    os::unix::{
        ffi::OsStrExt,
        fs::{FileTypeExt, MetadataExt},
    },
    path::Path,
};

/// `st_blocks` counts these.
const BLOCK_BYTES: u64 = 512;
/// Filesystems round a little; a hole that was filled is more than this.
const HOLE_SLACK_BYTES: u64 = 256 << 10;
/// So many differences tell enough.
const SHOWN: usize = 20;
const CHUNK_BYTES: usize = 1 << 20;

/// Entries by their path below the root, which may be any bytes; the root itself is the empty path.
#[derive(Debug, Default)]
pub(crate) struct Manifest(BTreeMap<Vec<u8>, Entry>);

/// What is compared of one file, folder, link or pipe.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    kind: &'static str,
    mode: u32,
    owner: (u32, u32),
    mtime_ns: i128,
    /// Of files only; a folder's size is its filesystem's business.
    size: u64,
    content: u64,
    link_target: Vec<u8>,
    /// The first path with the same inode, where there are several.
    same_file_as: Option<Vec<u8>>,
    xattrs: BTreeMap<String, String>,
    allocated: u64,
}

impl Manifest {
    /// Reads a tree.
    pub(crate) fn read(root: &Path) -> Result<Self, String> {
        let mut all = Self::default();
        let mut inodes = BTreeMap::new();
        all.walk(root, &mut vec![], &mut inodes).map_err(|e| format!("{}: {e}", root.display()))?;
        for (path, attributes) in xattrs(root)? {
            if let Some(entry) = all.0.get_mut(&path) {
                entry.xattrs = attributes;
            }
        }
        Ok(all)
    }

    /// How many entries.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Paths, modes and numeric owners only: what can be compared of files that are in use.
    pub(crate) fn owners(&self) -> impl Iterator<Item = (&[u8], u32, (u32, u32))> {
        self.0.iter().map(|(path, entry)| (path.as_slice(), entry.mode, entry.owner))
    }

    fn walk(&mut self, root: &Path, path: &mut Vec<u8>, inodes: &mut BTreeMap<u64, Vec<u8>>) -> std::io::Result<()> {
        let here = if path.is_empty() { root.to_owned() } else { root.join(OsStr::from_bytes(path)) };
        let entry = Entry::read(&here, path, inodes)?;
        let is_folder = entry.kind == "folder";
        self.0.insert(path.clone(), entry);
        if !is_folder {
            return Ok(());
        }
        let mut names: Vec<_> = fs::read_dir(&here)?.map(|e| e.map(|e| e.file_name())).collect::<Result<_, _>>()?;
        // The order of a folder is not the same on both sides, and "the first path" has to be.
        names.sort();
        for name in names {
            let length = path.len();
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend(name.as_bytes());
            self.walk(root, path, inodes)?;
            path.truncate(length);
        }
        Ok(())
    }

    /// What differs, a line each: `a` is what it should be.
    pub(crate) fn differences(a: &Self, b: &Self) -> Vec<Difference> {
        let mut all = vec![];
        for (path, left) in &a.0 {
            match b.0.get(path) {
                None => all.push(Difference::new(path, "presence", "there", "missing")),
                Some(right) => left.compare(right, path, &mut all),
            }
        }
        let extra = b.0.keys().filter(|path| !a.0.contains_key(*path));
        all.extend(extra.map(|path| Difference::new(path, "presence", "absent", "there")));
        all
    }

    /// Fails with what differs.
    pub(crate) fn must_agree(what: &str, a: &Self, b: &Self) -> Result<(), String> {
        let all = Self::differences(a, b);
        if all.is_empty() {
            return Ok(());
        }
        let lines: Vec<String> = all.iter().take(SHOWN).map(|d| format!("    {d}")).collect();
        Err(format!("{what}: {} differences\n{}", all.len(), lines.join("\n")))
    }
}

impl Entry {
    fn read(here: &Path, path: &[u8], inodes: &mut BTreeMap<u64, Vec<u8>>) -> std::io::Result<Self> {
        let meta = fs::symlink_metadata(here)?;
        let kind = meta.file_type();
        let kind = match () {
            () if kind.is_dir() => "folder",
            () if kind.is_file() => "file",
            () if kind.is_symlink() => "link",
            () if kind.is_fifo() => "pipe",
            () => "other",
        };
        let first = (kind != "folder" && meta.nlink() > 1).then(|| inodes.entry(meta.ino()).or_insert_with(|| path.to_owned()).clone());
        Ok(Self {
            kind,
            mode: meta.mode() & 0o7777,
            owner: (meta.uid(), meta.gid()),
            mtime_ns: i128::from(meta.mtime()) * 1_000_000_000 + i128::from(meta.mtime_nsec()),
            size: if kind == "file" { meta.len() } else { 0 },
            content: if kind == "file" { hash(here)? } else { 0 },
            link_target: if kind == "link" { fs::read_link(here)?.as_os_str().as_bytes().to_owned() } else { vec![] },
            same_file_as: first,
            xattrs: BTreeMap::new(),
            allocated: if kind == "file" { meta.blocks() * BLOCK_BYTES } else { 0 },
        })
    }

    fn compare(&self, other: &Self, path: &[u8], all: &mut Vec<Difference>) {
        let mut differs = |what, a: &dyn fmt::Debug, b: &dyn fmt::Debug| {
            let (a, b) = (format!("{a:?}"), format!("{b:?}"));
            if a != b {
                all.push(Difference::new(path, what, &a, &b));
            }
        };
        differs("kind", &self.kind, &other.kind);
        differs("mode", &format_args!("{:o}", self.mode), &format_args!("{:o}", other.mode));
        differs("owner", &self.owner, &other.owner);
        differs("mtime", &self.mtime_ns, &other.mtime_ns);
        differs("size", &self.size, &other.size);
        differs("content", &self.content, &other.content);
        differs("link", &text(&self.link_target), &text(&other.link_target));
        differs("hard link", &self.same_file_as.as_deref().map(text), &other.same_file_as.as_deref().map(text));
        differs("xattr", &self.xattrs, &other.xattrs);
        if other.allocated > self.allocated + HOLE_SLACK_BYTES {
            all.push(Difference::new(path, "hole", &self.allocated.to_string(), &other.allocated.to_string()));
        }
    }
}

/// One thing that is not the same.
#[derive(Debug)]
pub(crate) struct Difference {
    /// Below the root.
    pub(crate) path: String,
    /// `owner`, `mtime`, `xattr`, …
    pub(crate) what: &'static str,
    values: (String, String),
}

impl Difference {
    fn new(path: &[u8], what: &'static str, a: &str, b: &str) -> Self {
        Self { path: text(path), what, values: (a.to_owned(), b.to_owned()) }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{:?}: {} was {}, is {}", self.path, self.what, self.values.0, self.values.1)
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Differs if the content does, but for chance; nobody forges files here.
fn hash(path: &Path) -> std::io::Result<u64> {
    let mut file = fs::File::open(path)?;
    let mut hasher = DefaultHasher::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let length = file.read(&mut chunk)?;
        if length == 0 {
            return Ok(hasher.finish());
        }
        hasher.write(chunk.get(..length).unwrap_or_default());
    }
}

type Attributes = BTreeMap<String, String>;

/// All extended attributes below a root, access lists and capabilities among them.
fn xattrs(root: &Path) -> Result<Vec<(Vec<u8>, Attributes)>, String> {
    let mut command = limited("getfattr", LIMIT_S);
    command.args(["--recursive", "--physical", "--no-dereference", "--dump", "--match=-", "--encoding=hex"]);
    let output = command.arg("--").arg(".").current_dir(root).output().map_err(|e| format!("getfattr: {e}"))?;
    if !output.status.success() {
        return Err(format!("getfattr in {}: {}", root.display(), text(&output.stderr)));
    }
    Ok(parse_xattrs(&output.stdout))
}

fn parse_xattrs(dump: &[u8]) -> Vec<(Vec<u8>, Attributes)> {
    let mut all: Vec<(Vec<u8>, Attributes)> = vec![];
    for line in dump.split(|b| *b == b'\n') {
        if let Some(name) = line.strip_prefix(b"# file: ") {
            let path = unescape(name);
            let path = path.strip_prefix(b"./").unwrap_or(&path);
            all.push((if path == b"." { vec![] } else { path.to_owned() }, Attributes::new()));
        } else if let (Some((_, attributes)), Some(at)) = (all.last_mut(), line.iter().position(|b| *b == b'=')) {
            let (name, value) = line.split_at(at);
            attributes.insert(text(name), text(value));
        } else if let (Some((_, attributes)), false) = (all.last_mut(), line.is_empty()) {
            attributes.insert(text(line), String::new());
        }
    }
    all
}

/// getfattr writes `\` and control characters of a name as three octal digits.
fn unescape(name: &[u8]) -> Vec<u8> {
    let mut bytes = vec![];
    let mut rest = name;
    while let Some((first, after)) = rest.split_first() {
        let octal = (*first == b'\\').then(|| after.get(..3)).flatten();
        let code = octal.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { after.get(3..).unwrap_or_default() } else { after };
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_getfattr_are_read_back() {
        let dump = b"# file: a\\012b\nuser.x=0x00\nuser.empty\n\n# file: .\nuser.y=0x01\n";
        let all = parse_xattrs(dump);
        assert_eq!(all[0].0, b"a\nb");
        assert_eq!(all[0].1.len(), 2);
        assert_eq!(all[1].0, b"");
    }

    #[test]
    fn two_folders_with_other_contents_differ() {
        let base = std::env::temp_dir().join(format!("mig-manifest-{}", std::process::id()));
        for (side, word) in [("a", "one"), ("b", "two")] {
            fs::create_dir_all(base.join(side)).unwrap();
            fs::write(base.join(side).join("f"), word).unwrap();
        }
        let walk = |side| {
            let mut all = Manifest::default();
            all.walk(&base.join(side), &mut vec![], &mut BTreeMap::new()).unwrap();
            all
        };
        let differences = Manifest::differences(&walk("a"), &walk("b"));
        fs::remove_dir_all(&base).unwrap();
        assert!(differences.iter().any(|d| d.path == "f" && d.what == "content"), "{differences:?}");
    }
}
