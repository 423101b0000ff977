//! What is copied, and what is known of what is there?

use crate::Digest;
use serde::{Deserialize, Serialize};

/// A folder, or a single file, and where it goes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Tree {
    /// Absolute, on the source.
    pub source: String,
    /// Absolute, on the target.
    pub target: String,
    /// Absolute paths below `source` that are left out.
    pub exclude: Vec<String>,
}

/// A tree of which it is known what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownTree {
    /// Absolute.
    pub path: String,
    /// Absolute paths below `path` that are left out.
    pub exclude: Vec<String>,
    /// Digest of its manifest when it was compared; absent where a person lets go what is there.
    pub manifest: Option<Digest>,
}
