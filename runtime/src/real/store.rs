//! Where is the journal? In a local folder: one file an entry, created durably and only once, and a lock for who writes.
//!
//! Knows nothing of what entries say.

use crate::StoreError;
use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Read as _, Seek as _, Write as _},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

/// An entry may have so many bytes.
const ENTRY_MAX_BYTES: u64 = 64 << 20;
const HOLDER_MAX_BYTES: u64 = 4 << 10;
const ID_MAX_BYTES: usize = 80;

/// A journal in a folder.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
}

/// The right to write a journal; given back when dropped, and by the kernel when this process dies.
#[derive(Debug)]
pub struct Held {
    _file: File,
}

/// Why the right was not had.
#[derive(Debug, thiserror::Error)]
pub enum HoldError {
    /// Another has it.
    #[error("{by} holds the state since {}", ago(*since_ms))]
    Held {
        /// `user@machine`, and the process.
        by: String,
        /// Milliseconds since 1970, by that machine's clock; 0 if it is not known.
        since_ms: u64,
    },
    /// The lock could not be read or written.
    #[error("the lock of the state: {0}")]
    Failed(#[from] io::Error),
}

fn ago(since_ms: u64) -> String {
    let minutes = now_ms().saturating_sub(since_ms) / 60_000;
    match (since_ms, minutes) {
        (0, _) => "a time that is not known".to_owned(),
        (_, 0) => "less than a minute".to_owned(),
        (_, 1..=119) => format!("{minutes} minutes"),
        _ => format!("{} hours", minutes / 60),
    }
}

fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

impl Store {
    /// The journal in a folder, which is made when it is first written to.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// A name for this journal that no other has; hosts keep their records under it.
    pub fn id(&self) -> io::Result<String> {
        if let Some(id) = self.known_id()? {
            return Ok(id);
        }
        self.make_folder()?;
        let id = crate::wire::new_mark()?;
        match self.create_file("id", format!("{id}\n").as_bytes()) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => self.id(),
            other => other.map(|()| id),
        }
    }

    /// The same, if it has one.
    pub(super) fn known_id(&self) -> io::Result<Option<String>> {
        let path = self.folder.join("id");
        match fs::read_to_string(&path) {
            Ok(text) => {
                let id = text.trim();
                let sound = !id.is_empty() && id.len() <= ID_MAX_BYTES && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
                if sound { Ok(Some(id.to_owned())) } else { Err(io::Error::other(format!("{} is damaged", path.display()))) }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Takes the right to write until it is dropped. `by` is who asks, see [`operator`].
    pub fn hold(&self, by: &str) -> Result<Held, HoldError> {
        self.make_folder()?;
        let path = self.folder.join("lock");
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let _ = file.take(HOLDER_MAX_BYTES).read_to_string(&mut text);
                let mut lines = text.lines();
                let by = lines.next().filter(|by| !by.is_empty()).unwrap_or("another process");
                let by = crate::wire::printable(by.as_bytes());
                return Err(HoldError::Held { by, since_ms: lines.next().and_then(|line| line.parse().ok()).unwrap_or(0) });
            }
            Err(TryLockError::Error(error)) => return Err(HoldError::Failed(error)),
        }
        file.set_len(0)?;
        file.rewind()?;
        file.write_all(format!("{by}, process {}\n{}\n", std::process::id(), now_ms()).as_bytes())?;
        file.sync_all()?;
        Ok(Held { _file: file })
    }

    /// The numbers of all entries, the smallest first.
    pub fn numbers(&self) -> Result<Vec<u64>, StoreError> {
        let names = match fs::read_dir(&self.folder) {
            Ok(names) => names,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
            Err(error) => return Err(failed(&self.folder, &error)),
        };
        let mut numbers = vec![];
        for name in names {
            let name = name.map_err(|error| failed(&self.folder, &error))?.file_name();
            numbers.extend(name.to_str().and_then(entry_number));
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// Removes the entries before that number, the first one first, so that what is left when it is interrupted has no gap.
    pub fn remove_before(&self, number: u64) -> Result<usize, StoreError> {
        let old: Vec<u64> = self.numbers()?.into_iter().take_while(|old| *old < number).collect();
        for number in &old {
            let path = self.folder.join(entry_name(*number));
            fs::remove_file(&path).map_err(|error| failed(&path, &error))?;
        }
        File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(|error| failed(&self.folder, &error))?;
        Ok(old.len())
    }

    /// The bytes of an entry, if it is there.
    pub fn read(&self, number: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.folder.join(entry_name(number));
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(&path, &error)),
        };
        let mut bytes = Vec::new();
        file.take(ENTRY_MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| failed(&path, &error))?;
        if bytes.len() as u64 > ENTRY_MAX_BYTES {
            return Err(StoreError::Failed(format!("{} has more than {ENTRY_MAX_BYTES} bytes", path.display())));
        }
        Ok(Some(bytes))
    }

    /// Creates an entry. When this returns it is on disk, whole, under its number.
    pub fn create(&self, number: u64, bytes: &[u8]) -> Result<(), StoreError> {
        let name = entry_name(number);
        let path = self.folder.join(&name);
        tracing::debug!(number, bytes = bytes.len(), "an entry of the journal");
        self.make_folder().map_err(|error| failed(&self.folder, &error))?;
        self.create_file(&name, bytes).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => StoreError::Taken(number),
            _ => failed(&path, &error),
        })
    }

    /// A hard link is made only if the name is free, and never shows half a file; a rename would replace what is there.
    fn create_file(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let temporary = self.folder.join(format!(".{name}.{}", crate::wire::new_mark()?));
        let written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary).and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        });
        let linked = written.and_then(|()| fs::hard_link(&temporary, self.folder.join(name)));
        let _ = fs::remove_file(&temporary);
        linked?;
        File::open(&self.folder)?.sync_all()
    }

    fn make_folder(&self) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)
    }
}

fn entry_name(number: u64) -> String {
    format!("{number:08}.json")
}

/// The number of the entry of that name, if it is one's.
fn entry_number(name: &str) -> Option<u64> {
    let number = name.strip_suffix(".json")?.parse().ok()?;
    (number > 0 && entry_name(number) == name).then_some(number)
}

fn failed(path: &Path, error: &io::Error) -> StoreError {
    StoreError::Failed(format!("{}: {error}", path.display()))
}

/// `user@machine` of who runs this program.
pub fn operator() -> String {
    let user = ["LOGNAME", "USER"].iter().find_map(|name| std::env::var(name).ok()).unwrap_or_else(|| "somebody".to_owned());
    let machine = ["/proc/sys/kernel/hostname", "/etc/hostname"].iter().find_map(|path| fs::read_to_string(path).ok());
    let machine = machine.or_else(|| std::env::var("HOSTNAME").ok()).unwrap_or_else(|| "this machine".to_owned());
    crate::wire::printable(format!("{user}@{}", machine.trim()).as_bytes())
}
