//! Who may write a journal in an object store, and until when? The holder of the newest lease, an object with a number, which is
//! renewed while its holder lives, so that after a crash nobody needs to unlock anything.
//!
//! Needs no more of a store than to create an object once. What is old is told by the store's own clock: whoever finds a lease writes an
//! object of his own and compares their times. The entries themselves are created once whatever leases say.

use super::{
    HoldError,
    objects::{Bucket, Objects, REQUEST_LIMIT_S},
};
use crate::{
    StoreError,
    real::{elapsed_ms, now_ms},
};
use serde::{Deserialize, Serialize};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// A lease that was not renewed for so long has ended for its holder.
const LEASE_S: u64 = 60;
/// It is renewed so often.
const RENEW_S: u64 = 15;
/// For a successor it has ended when also the last request of its holder must have.
const TAKEN_OVER_AFTER_S: u64 = LEASE_S + REQUEST_LIMIT_S;
/// Giving it back may take so long; else it ends by itself.
const RELEASE_LIMIT_S: u64 = 5;
const LEASE_MAX_BYTES: u64 = 4 << 10;
const FOLDER: &str = "lease";
/// An object that tells the store's clock begins so.
const CLOCK: &str = "clock-";
const VERSION: u32 = 1;

/// What a lease says.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Text {
    version: u32,
    by: String,
    since_ms: u64,
    released: bool,
}

/// A lease that is held, as far as is known here.
#[derive(Debug)]
pub(super) struct Lease {
    /// When it was asked for or renewed, as [`elapsed_ms`].
    renewed_ms: AtomicU64,
    /// Another has the next one.
    is_lost: AtomicBool,
}

impl Lease {
    pub(super) fn is_held(&self) -> bool {
        let age_ms = elapsed_ms().saturating_sub(self.renewed_ms.load(Ordering::Relaxed));
        !self.is_lost.load(Ordering::Relaxed) && age_ms < LEASE_S * 1_000
    }
}

/// A lease that is renewed until this is dropped, which gives it back.
#[derive(Debug)]
pub(super) struct Kept {
    /// Dropped first, which ends the thread.
    stop: Option<mpsc::Sender<()>>,
    renewer: Option<JoinHandle<()>>,
}

impl Drop for Kept {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(renewer) = self.renewer.take() {
            let _ = renewer.join();
        }
    }
}

fn name(number: u64) -> String {
    format!("{FOLDER}/{number:08}")
}

/// Takes the next lease, if the newest has ended.
pub(super) async fn take(objects: &Objects, by: &str) -> Result<Kept, HoldError> {
    let bucket = objects.bucket();
    // Nobody shall be asked for what a store cannot do.
    objects.id().await?;
    let newest = newest(bucket).await?;
    if let Some(newest) = newest {
        let text = read(bucket, newest).await?;
        if !text.released {
            let age_s = age_s(bucket, newest).await?;
            if age_s < TAKEN_OVER_AFTER_S {
                return Err(held(&text, TAKEN_OVER_AFTER_S - age_s));
            }
        }
    }
    let number = newest.unwrap_or_default() + 1;
    let text = Text { version: VERSION, by: format!("{by}, process {}", std::process::id()), since_ms: now_ms(), released: false };
    let asked_ms = elapsed_ms();
    if !bucket.create(&name(number), bytes(&text)?).await? {
        return Err(held(&read(bucket, number).await?, TAKEN_OVER_AFTER_S));
    }
    let lease = Arc::new(Lease { renewed_ms: AtomicU64::new(asked_ms), is_lost: AtomicBool::new(false) });
    objects.hold(lease.clone());
    if let Some(newest) = newest {
        // Only tidy; what is left is never the newest.
        let _ = bucket.remove(&name(newest)).await;
    }
    let (stop, stopped) = mpsc::channel();
    let mut renewer = Renewer::open(objects.url(), number, text, lease)?;
    let renewer = thread::Builder::new().name("lease".to_owned()).spawn(move || renewer.run(&stopped))?;
    Ok(Kept { stop: Some(stop), renewer: Some(renewer) })
}

fn held(text: &Text, ends_s: u64) -> HoldError {
    HoldError::Held { by: crate::wire::printable(text.by.as_bytes()), since_ms: text.since_ms, lease_ends_s: Some(ends_s) }
}

async fn newest(bucket: &Bucket) -> Result<Option<u64>, StoreError> {
    Ok(bucket.list(FOLDER).await?.iter().filter_map(|(name, _)| name.parse().ok()).max())
}

async fn read(bucket: &Bucket, number: u64) -> Result<Text, StoreError> {
    let read = bucket.get(&name(number), LEASE_MAX_BYTES).await?;
    // Another has given it back and somebody has tidied meanwhile; or it is no lease. Its age alone decides.
    let unknown = Text { version: VERSION, by: "another process".to_owned(), since_ms: 0, released: false };
    Ok(read.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or(unknown))
}

/// For how long was it not renewed, by the store's clock? 0 if it is gone, for then another was quicker.
async fn age_s(bucket: &Bucket, number: u64) -> Result<u64, HoldError> {
    let clock = format!("{CLOCK}{}", crate::wire::new_mark()?);
    bucket.put(&format!("{FOLDER}/{clock}"), vec![]).await?;
    let listed = bucket.list(FOLDER).await;
    bucket.remove(&format!("{FOLDER}/{clock}")).await?;
    let listed = listed?;
    let time = |wanted: &str| listed.iter().find(|(name, _)| name == wanted).map(|(_, meta)| meta.last_modified);
    let now = time(&clock).ok_or_else(|| HoldError::Failed("what was written just now is not listed".to_owned()))?;
    Ok(time(&format!("{number:08}")).map_or(0, |then| (now - then).num_seconds().max(0) as u64))
}

fn bytes(text: &Text) -> Result<Vec<u8>, StoreError> {
    Ok(serde_json::to_vec(text)?)
}

/// What renews a lease, on a thread and connections of its own: whatever the run does, it goes on.
struct Renewer {
    runtime: tokio::runtime::Runtime,
    bucket: Bucket,
    number: u64,
    text: Text,
    lease: Arc<Lease>,
}

impl Renewer {
    fn open(url: &str, number: u64, text: Text, lease: Arc<Lease>) -> Result<Self, HoldError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { runtime, bucket: Bucket::open(url)?, number, text, lease })
    }

    fn run(&mut self, stopped: &mpsc::Receiver<()>) {
        while stopped.recv_timeout(Duration::from_secs(RENEW_S)) == Err(mpsc::RecvTimeoutError::Timeout) {
            if self.lease.is_lost.load(Ordering::Relaxed) {
                return;
            }
            if let Err(error) = self.runtime.block_on(renew(&self.bucket, self.number, &self.text, &self.lease)) {
                tracing::warn!(%error, "the lease of the state was not renewed");
            }
        }
        self.text.released = true;
        let (bucket, number, text) = (&self.bucket, self.number, &self.text);
        let release = async { bucket.put(&name(number), bytes(text)?).await };
        let limit = Duration::from_secs(RELEASE_LIMIT_S);
        if self.lease.is_held() && !matches!(self.runtime.block_on(async { tokio::time::timeout(limit, release).await }), Ok(Ok(()))) {
            tracing::warn!("the lease of the state was not given back, and ends by itself");
        }
        self.lease.is_lost.store(true, Ordering::Relaxed);
    }
}

async fn renew(bucket: &Bucket, number: u64, text: &Text, lease: &Lease) -> Result<(), StoreError> {
    let asked_ms = elapsed_ms();
    if !lease.is_held() || newest(bucket).await?.is_some_and(|newest| newest > number) {
        lease.is_lost.store(true, Ordering::Relaxed);
        return Ok(());
    }
    bucket.put(&name(number), bytes(text)?).await?;
    lease.renewed_ms.store(asked_ms, Ordering::Relaxed);
    Ok(())
}
