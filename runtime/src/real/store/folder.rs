//! A journal in a local folder: one file an entry, created durably and only once, and a lock for who writes.
//!
//! Knows nothing of what entries say. Not over `object_store`, whose local files are not on disk when they are written.

use super::{ENTRY_MAX_BYTES, HoldError, entry_name, entry_number, now_ms, sound_id};
use crate::StoreError;
use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Read as _, Seek as _, Write as _},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

const HOLDER_MAX_BYTES: u64 = 4 << 10;

/// A journal in a folder, which is made when it is first written to.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    pub(super) folder: PathBuf,
}

impl Folder {
    pub(super) fn id(&self) -> io::Result<String> {
        if let Some(id) = self.known_id()? {
            return Ok(id);
        }
        self.begin(&crate::wire::new_mark()?)
    }

    /// The id, which is this one unless another was first.
    pub(super) fn begin(&self, id: &str) -> io::Result<String> {
        self.make_folder()?;
        match self.create_file("id", format!("{id}\n").as_bytes()) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => self.id(),
            other => other.map(|()| id.to_owned()),
        }
    }

    pub(super) fn known_id(&self) -> io::Result<Option<String>> {
        let path = self.folder.join("id");
        match fs::read_to_string(&path) {
            Ok(text) => sound_id(&text).map(Some).ok_or_else(|| io::Error::other(format!("{} is damaged", path.display()))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The kernel gives the lock back when the file is closed, also when this process dies.
    pub(super) fn hold(&self, by: &str) -> Result<File, HoldError> {
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
                let since_ms = lines.next().and_then(|line| line.parse().ok()).unwrap_or(0);
                return Err(HoldError::Held { by, since_ms, lease_ends_s: None });
            }
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        file.set_len(0)?;
        file.rewind()?;
        file.write_all(format!("{by}, process {}\n{}\n", std::process::id(), now_ms()).as_bytes())?;
        file.sync_all()?;
        Ok(file)
    }

    pub(super) fn numbers(&self) -> Result<Vec<u64>, StoreError> {
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

    pub(super) fn remove_before(&self, number: u64) -> Result<usize, StoreError> {
        let old: Vec<u64> = self.numbers()?.into_iter().take_while(|old| *old < number).collect();
        for number in &old {
            let path = self.folder.join(entry_name(*number));
            fs::remove_file(&path).map_err(|error| failed(&path, &error))?;
        }
        File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(|error| failed(&self.folder, &error))?;
        Ok(old.len())
    }

    pub(super) fn read(&self, number: u64) -> Result<Option<Vec<u8>>, StoreError> {
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

    pub(super) fn create(&self, number: u64, bytes: &[u8]) -> Result<(), StoreError> {
        let name = entry_name(number);
        let path = self.folder.join(&name);
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

fn failed(path: &Path, error: &io::Error) -> StoreError {
    StoreError::Failed(format!("{}: {error}", path.display()))
}
