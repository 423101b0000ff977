//! Where is the journal? In a folder, or in an object store; an entry is created once, and one run at a time holds it.
//!
//! Knows nothing of what entries say.

mod folder;
mod lease;
mod location;
mod objects;
mod profile;
mod seal;

pub use location::Location;

use super::now_ms;
use crate::StoreError;
use folder::Folder;
use objects::Objects;
use std::{
    fmt,
    fs::{self, File},
    io,
    path::Path,
    sync::Arc,
};

/// An entry may have so many bytes.
const ENTRY_MAX_BYTES: u64 = 64 << 20;
const ID_MAX_BYTES: usize = 80;

/// A journal, wherever it is. Clones are the same one.
#[derive(Debug, Clone)]
pub struct Store(Inner);

#[derive(Debug, Clone)]
enum Inner {
    Folder(Folder),
    Objects(Arc<Objects>),
}

/// The right to write a journal; given back when dropped. When this process dies, the kernel gives a folder's back at once, and an
/// object store's ends with its lease.
#[derive(Debug)]
pub struct Held(#[allow(dead_code, reason = "it is only dropped")] Right);

#[derive(Debug)]
enum Right {
    Folder(#[allow(dead_code, reason = "it is only dropped")] File),
    Objects(#[allow(dead_code, reason = "it is only dropped")] lease::Kept),
}

/// Why the right was not had.
#[derive(Debug, thiserror::Error)]
pub enum HoldError {
    /// Another has it.
    #[error("{by} holds the state since {}{}", ago(*since_ms), ends(*lease_ends_s))]
    Held {
        /// `user@machine`, and the process.
        by: String,
        /// Milliseconds since 1970, by that machine's clock; 0 if it is not known.
        since_ms: u64,
        /// In so many seconds another may have it, unless the holder renews its lease; of a folder nobody needs to wait for it.
        lease_ends_s: Option<u64>,
    },
    /// The lock could not be read or written.
    #[error("the lock of the state: {0}")]
    Failed(String),
}

impl From<io::Error> for HoldError {
    fn from(error: io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<StoreError> for HoldError {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.to_string())
    }
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

fn ends(seconds: Option<u64>) -> String {
    seconds.map_or_else(String::new, |seconds| format!("; the lease ends in {seconds} s unless it is renewed"))
}

impl Store {
    /// The journal in a folder, which is made when it is first written to.
    pub fn new(folder: &Path) -> Self {
        Self(Inner::Folder(Folder { folder: folder.to_owned() }))
    }

    /// The journal at a place. One in an object store needs the key that seals its entries, [`Store::KEY_NAME`] among the secrets.
    /// Nothing is asked yet.
    pub fn open(location: &Location, key: Option<&str>) -> Result<Self, StoreError> {
        match location {
            Location::Folder(folder) => Ok(Self::new(folder)),
            Location::Url(url) => Ok(Self(Inner::Objects(Arc::new(Objects::open(url, key)?)))),
        }
    }

    /// The secret that seals the entries of a journal in an object store.
    pub const KEY_NAME: &str = "state_key";

    /// A name for this journal that no other has; hosts keep their records under it. An object store that would overwrite it
    /// when it is created a second time is refused: two runs could write one entry there.
    pub async fn id(&self) -> Result<String, StoreError> {
        match &self.0 {
            Inner::Folder(folder) => folder.id().map_err(|error| self.failed(&error)),
            Inner::Objects(objects) => objects.id().await,
        }
    }

    /// Begins a journal under the id of one that was lost, so that hosts know it again. The id that it has then: another, if one was
    /// there already.
    pub async fn begin(&self, id: &str) -> Result<String, StoreError> {
        let id = sound_id(id).ok_or_else(|| StoreError::Failed(format!("`{}` is no id of a state", id.escape_debug())))?;
        match &self.0 {
            Inner::Folder(folder) => folder.begin(&id).map_err(|error| self.failed(&error)),
            Inner::Objects(objects) => objects.begin(&id).await,
        }
    }

    /// The same, if it has one.
    pub async fn known_id(&self) -> Result<Option<String>, StoreError> {
        match &self.0 {
            Inner::Folder(folder) => folder.known_id().map_err(|error| self.failed(&error)),
            Inner::Objects(objects) => objects.known_id().await,
        }
    }

    /// Takes the right to write until it is dropped. `by` is who asks, see [`operator`]. What is written without it in an object
    /// store, or after it ended, is refused.
    pub async fn hold(&self, by: &str) -> Result<Held, HoldError> {
        Ok(Held(match &self.0 {
            Inner::Folder(folder) => Right::Folder(folder.hold(by)?),
            Inner::Objects(objects) => Right::Objects(lease::take(objects, by).await?),
        }))
    }

    /// The numbers of all entries, the smallest first.
    pub async fn numbers(&self) -> Result<Vec<u64>, StoreError> {
        match &self.0 {
            Inner::Folder(folder) => folder.numbers(),
            Inner::Objects(objects) => objects.numbers().await,
        }
    }

    /// Removes the entries before that number, the first one first, so that what is left when it is interrupted has no gap.
    pub async fn remove_before(&self, number: u64) -> Result<usize, StoreError> {
        match &self.0 {
            Inner::Folder(folder) => folder.remove_before(number),
            Inner::Objects(objects) => objects.remove_before(number).await,
        }
    }

    /// The bytes of an entry, if it is there.
    pub async fn read(&self, number: u64) -> Result<Option<Vec<u8>>, StoreError> {
        match &self.0 {
            Inner::Folder(folder) => folder.read(number),
            Inner::Objects(objects) => objects.read(number).await,
        }
    }

    /// Creates an entry. When this returns it is durable, whole, under its number.
    pub async fn create(&self, number: u64, bytes: &[u8]) -> Result<(), StoreError> {
        tracing::debug!(number, bytes = bytes.len(), "an entry of the journal");
        match &self.0 {
            Inner::Folder(folder) => folder.create(number, bytes),
            Inner::Objects(objects) => objects.create(number, bytes).await,
        }
    }

    fn failed(&self, error: &io::Error) -> StoreError {
        StoreError::Failed(format!("{self}: {error}"))
    }
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Inner::Folder(folder) => folder.folder.display().fmt(f),
            Inner::Objects(objects) => f.write_str(objects.url()),
        }
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

/// What an `id` says, if that can be one.
fn sound_id(text: &str) -> Option<String> {
    let id = text.trim();
    let is_sound = !id.is_empty() && id.len() <= ID_MAX_BYTES && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_sound.then(|| id.to_owned())
}

/// `user@machine` of who runs this program.
pub fn operator() -> String {
    let user = ["LOGNAME", "USER"].iter().find_map(|name| std::env::var(name).ok()).unwrap_or_else(|| "somebody".to_owned());
    let machine = ["/proc/sys/kernel/hostname", "/etc/hostname"].iter().find_map(|path| fs::read_to_string(path).ok());
    let machine = machine.or_else(|| std::env::var("HOSTNAME").ok()).unwrap_or_else(|| "this machine".to_owned());
    crate::wire::printable(format!("{user}@{}", machine.trim()).as_bytes())
}
