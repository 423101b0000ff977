//! How long will it take? Rough figures from sizes and the link; they are shown, and nothing is decided by them.

use mig_plan::Estimate;

/// A link whose speed nobody said.
pub(super) const LINK_BITS_PER_SECOND: u64 = 100_000_000;
/// Reading and hashing on both sides at once.
const HASH_BYTES_PER_SECOND: u64 = 150_000_000;
/// What changes while a service runs between the first and the final pass, as parts of a hundred.
const CHANGED_PERCENT: u64 = 3;
/// Listing both sides.
const LIST_SECONDS: u64 = 2;
/// A container that ends by itself.
pub(super) const STOP_SECONDS: u64 = 10;
/// A container until it answers.
pub(super) const START_SECONDS: u64 = 10;
/// Anything that is one short script.
pub(super) const SCRIPT_SECONDS: u64 = 1;

/// One short script, or another time without data.
pub(super) fn seconds(seconds: u64) -> Estimate {
    Estimate { seconds: Some(seconds), bytes: None }
}

/// All of it over the link.
pub(super) fn transfer(bytes: Option<u64>, link: u64) -> Estimate {
    Estimate { seconds: bytes.map(|b| LIST_SECONDS + b.saturating_mul(8).div_ceil(link)), bytes }
}

/// What changed since the first pass.
pub(super) fn final_pass(bytes: Option<u64>, link: u64) -> Estimate {
    transfer(bytes.map(|b| b.saturating_mul(CHANGED_PERCENT) / 100), link)
}

/// A service that reads all it holds.
pub(super) fn proof(bytes: Option<u64>) -> Estimate {
    verification(bytes)
}

/// Both sides hashed.
pub(super) fn verification(bytes: Option<u64>) -> Estimate {
    Estimate { seconds: bytes.map(|b| LIST_SECONDS + b.div_ceil(HASH_BYTES_PER_SECOND)), bytes: None }
}
