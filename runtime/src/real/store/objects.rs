//! A journal in an object store: one object an entry, created only if its name is free, sealed by the key of the state.
//!
//! Credentials and endpoints are the operator's: environment (`AWS_…`, `AZURE_…`, `GOOGLE_…`), the files of the AWS tools, and roles of
//! the machine. Every request has a time limit, its retries included. Who may write is in [`super::lease`].

use super::{
    ENTRY_MAX_BYTES, Store, entry_name, entry_number,
    lease::Lease,
    profile::Profile,
    seal::{Key, Opened},
    sound_id,
};
use crate::StoreError;
use object_store::{Error, ObjectMeta, ObjectStore, ObjectStoreExt as _, PutMode, PutPayload, path::Path};
use std::{
    error::Error as _,
    sync::{Arc, Mutex, Once, PoisonError},
    time::Duration,
};
use tokio::{sync::OnceCell, time::timeout};

/// A request is given up after so long; a successor of a holder waits for it too.
pub(super) const REQUEST_LIMIT_S: u64 = 30;
/// What a store says when it refuses may be a page; so much of it is shown.
const SAID_MAX_CHARS: usize = 600;
/// More than any header of a sealed entry.
const HEADER_MAX_BYTES: u64 = 4 << 10;
/// Variables of the environment that say how a store is reached begin so.
const VARIABLES: [&str; 3] = ["AWS_", "AZURE_", "GOOGLE_"];

/// A journal below a prefix of a bucket.
#[derive(Debug)]
pub(super) struct Objects {
    bucket: Bucket,
    key: Key,
    id: OnceCell<String>,
    /// The right to write, once it was taken.
    lease: Mutex<Option<Arc<Lease>>>,
}

/// A prefix of a bucket, and how it is reached.
#[derive(Debug)]
pub(super) struct Bucket {
    url: String,
    store: Box<dyn ObjectStore>,
    prefix: Path,
}

impl Bucket {
    /// Connects to nothing yet.
    pub(super) fn open(url: &str) -> Result<Self, StoreError> {
        static CIPHERS: Once = Once::new();
        // It can be there already, which is as good.
        CIPHERS.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
        let wrong = |error: &dyn std::fmt::Display| StoreError::Failed(format!("{url}: {error}"));
        let parsed = url::Url::parse(url).map_err(|error| wrong(&error))?;
        let variables = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let mut settings: Vec<_> = variables.filter(|(name, _)| VARIABLES.iter().any(|begin| name.starts_with(begin))).collect();
        if let Some(profile) = Profile::of_environment().filter(|_| parsed.scheme() == "s3") {
            settings.extend(profile.read(&settings)?);
        }
        let (store, prefix) = object_store::parse_url_opts(&parsed, settings).map_err(|error| wrong(&said(&error)))?;
        Ok(Self { url: url.to_owned(), store, prefix })
    }

    fn path(&self, name: &str) -> Path {
        name.split('/').fold(self.prefix.clone(), Path::join)
    }

    /// One request, with its retries, in a bounded time.
    async fn ask<T>(&self, what: impl Future<Output = object_store::Result<T>>) -> Result<Result<T, Error>, StoreError> {
        timeout(Duration::from_secs(REQUEST_LIMIT_S), what)
            .await
            .map_err(|_| StoreError::Failed(format!("{}: no answer came in {REQUEST_LIMIT_S} s", self.url)))
    }

    fn failed(&self, error: &Error) -> StoreError {
        let help = match error {
            Error::Unauthenticated { .. } | Error::PermissionDenied { .. } => {
                ". See that the credentials in the environment may list, read, create and delete there"
            }
            Error::NotFound { .. } => ". See that the bucket is there",
            _ => "",
        };
        StoreError::Failed(format!("{}: {}{help}", self.url, said(error)))
    }

    /// An object, if it is there; refused if it is longer than `max_bytes`.
    pub(super) async fn get(&self, name: &str, max_bytes: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.path(name);
        let got = self.ask(async {
            let got = self.store.get(&path).await?;
            let size = got.meta.size;
            Ok(if size > max_bytes { Err(size) } else { Ok(got.bytes().await?) })
        });
        match got.await? {
            Ok(Ok(bytes)) => Ok(Some(bytes.to_vec())),
            Ok(Err(size)) => Err(StoreError::Failed(format!("{}/{name} has {size} bytes; {max_bytes} are the most", self.url))),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// Creates an object, or says that the name is taken.
    pub(super) async fn create(&self, name: &str, bytes: Vec<u8>) -> Result<bool, StoreError> {
        let path = self.path(name);
        let put = self.store.put_opts(&path, PutPayload::from(bytes), PutMode::Create.into());
        match self.ask(put).await? {
            Ok(_) => Ok(true),
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => Ok(false),
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// Writes an object, whatever was there.
    pub(super) async fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        let path = self.path(name);
        let put = self.store.put(&path, PutPayload::from(bytes));
        self.ask(put).await?.map(drop).map_err(|error| self.failed(&error))
    }

    /// Removes an object; one that is gone already is as good.
    pub(super) async fn remove(&self, name: &str) -> Result<(), StoreError> {
        let path = self.path(name);
        match self.ask(self.store.delete(&path)).await? {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// The names of objects in a folder below the prefix, with what is known of each.
    pub(super) async fn list(&self, folder: &str) -> Result<Vec<(String, ObjectMeta)>, StoreError> {
        let path = if folder.is_empty() { self.prefix.clone() } else { self.path(folder) };
        let listed = self.ask(self.store.list_with_delimiter(Some(&path))).await?.map_err(|error| self.failed(&error))?;
        let named = |meta: ObjectMeta| Some((meta.location.filename()?.to_owned(), meta));
        Ok(listed.objects.into_iter().filter_map(named).collect())
    }
}

impl Objects {
    pub(super) fn open(url: &str, key: Option<&str>) -> Result<Self, StoreError> {
        let named = |what: &str| StoreError::Failed(format!("the secret `{}`, which seals the entries at {url}, {what}", Store::KEY_NAME));
        let how =
            format!("is not there: put it into the environment as `MIG_SECRET_{}` or where `project {{ secrets }}` says", Store::KEY_NAME);
        let key = Key::new(key.ok_or_else(|| named(&how))?).map_err(|what| named(&what))?;
        Ok(Self { bucket: Bucket::open(url)?, key, id: OnceCell::new(), lease: Mutex::default() })
    }

    pub(super) fn url(&self) -> &str {
        &self.bucket.url
    }

    pub(super) fn bucket(&self) -> &Bucket {
        &self.bucket
    }

    /// From now on nothing is written once that has ended.
    pub(super) fn hold(&self, lease: Arc<Lease>) {
        *self.lease.lock().unwrap_or_else(PoisonError::into_inner) = Some(lease);
    }

    pub(super) async fn id(&self) -> Result<String, StoreError> {
        if let Some(id) = self.known_id().await? {
            return Ok(id);
        }
        self.begin(&crate::wire::new_mark()?).await
    }

    /// The id, which is this one unless another was first.
    pub(super) async fn begin(&self, id: &str) -> Result<String, StoreError> {
        let bytes = || id.as_bytes().to_vec();
        if self.bucket.create("id", bytes()).await? && self.bucket.create("id", bytes()).await? {
            let url = self.url();
            return Err(StoreError::Failed(format!(
                "{url}: the store creates what is there already, so that two runs could write one entry. It lacks conditional writes \
                 (`If-None-Match: *`); keep the state in another one"
            )));
        }
        let id = self.known_id().await?;
        id.ok_or_else(|| StoreError::Failed(format!("{}: what was written there is not found again", self.url())))
    }

    pub(super) async fn known_id(&self) -> Result<Option<String>, StoreError> {
        if let Some(id) = self.id.get() {
            return Ok(Some(id.clone()));
        }
        let Some(bytes) = self.bucket.get("id", HEADER_MAX_BYTES).await? else { return Ok(None) };
        let id = sound_id(&String::from_utf8_lossy(&bytes))
            .ok_or_else(|| StoreError::Failed(format!("{}/id is damaged; put it back from a copy", self.url())))?;
        Ok(Some(self.id.get_or_init(|| async { id }).await.clone()))
    }

    pub(super) async fn numbers(&self) -> Result<Vec<u64>, StoreError> {
        let mut numbers: Vec<u64> = self.bucket.list("").await?.iter().filter_map(|(name, _)| entry_number(name)).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    pub(super) async fn remove_before(&self, number: u64) -> Result<usize, StoreError> {
        let old: Vec<u64> = self.numbers().await?.into_iter().take_while(|old| *old < number).collect();
        for number in &old {
            self.may_write()?;
            self.bucket.remove(&entry_name(*number)).await?;
        }
        Ok(old.len())
    }

    pub(super) async fn read(&self, number: u64) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.opened(number).await?.map(|opened| opened.entry))
    }

    async fn opened(&self, number: u64) -> Result<Option<Opened>, StoreError> {
        let Some(object) = self.bucket.get(&entry_name(number), ENTRY_MAX_BYTES + HEADER_MAX_BYTES).await? else { return Ok(None) };
        let Some(id) = self.known_id().await? else {
            return Err(StoreError::Failed(format!("{}/id is missing, though there are entries; put it back from a copy", self.url())));
        };
        self.key.open(&id, number, &object).map(Some)
    }

    pub(super) async fn create(&self, number: u64, bytes: &[u8]) -> Result<(), StoreError> {
        let (id, writer) = (self.id().await?, crate::wire::new_mark()?);
        let object = self.key.seal(&id, number, &writer, bytes)?;
        self.may_write()?;
        if self.bucket.create(&entry_name(number), object).await? {
            return Ok(());
        }
        // A request whose answer was lost is sent again, and then meets its own entry.
        match self.opened(number).await? {
            Some(opened) if opened.writer == writer => Ok(()),
            _ => Err(StoreError::Taken(number)),
        }
    }

    fn may_write(&self) -> Result<(), StoreError> {
        let lease = self.lease.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if lease.is_none_or(|lease| lease.is_held()) { Ok(()) } else { Err(StoreError::LeaseEnded) }
    }
}

/// What came of a request, on one line that is not too long. The crate tells of its requests and retries first, so the last causes
/// count.
fn said(error: &Error) -> String {
    let mut causes = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(error) = cause {
        causes.push(error.to_string());
        cause = error.source();
    }
    if causes.iter().any(|text| text.contains(METADATA_ADDRESS)) {
        return NO_CREDENTIALS.to_owned();
    }
    if causes.iter().any(|text| text.contains("URL scheme is not allowed")) {
        return NOT_SEALED.to_owned();
    }
    let last = causes.pop().unwrap_or_default();
    let last = last.rsplit(" - ").next().unwrap_or_default();
    let before = causes.pop().filter(|before| !before.contains(last) && !before.contains(" - "));
    let text = before.map_or_else(|| last.to_owned(), |before| format!("{before}: {last}"));
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown: String = line.chars().take(SAID_MAX_CHARS).collect();
    crate::wire::printable(shown.as_bytes())
}

/// What the crate says nothing helpful of.
const NOT_SEALED: &str = "its endpoint begins with `http://`, so others could read and change what is sent on the way; name one with \
                          `https://`, or say `AWS_ALLOW_HTTP=true` (`AZURE_…`, `GOOGLE_…`)";
/// Where a machine of a cloud is asked for its role, which is done where the environment has no credentials.
const METADATA_ADDRESS: &str = "169.254.169.254";
const NO_CREDENTIALS: &str = "there are no credentials for it: neither are they in the environment, nor in the files of its tools, nor has this machine a role that gives some";
