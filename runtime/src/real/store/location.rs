//! How is the place of a state written? As a folder, or as the URL of a bucket and a path in it.

use std::{
    fmt,
    path::{Path, PathBuf},
};

/// Where a state is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// In a folder.
    Folder(PathBuf),
    /// In an object store, `s3://BUCKET/PATH`; without a `/` at its end.
    Url(String),
}

/// Schemes of object stores: Amazon S3 and what speaks its protocol, Azure Blob Storage, Google Cloud Storage. A program names no
/// endpoint: that would be sent the operator's credentials.
const SCHEMES: [&str; 3] = ["s3", "az", "gs"];

/// What may stand where a state is asked for.
const FORM: &str = "the state is in a folder, or at `s3://BUCKET/PATH`, `az://CONTAINER/PATH` or `gs://BUCKET/PATH`";

impl Location {
    /// A folder is relative to `base`. The error says what else could be meant.
    pub fn parse(text: &str, base: &Path) -> Result<Self, String> {
        let Some((scheme, rest)) = text.split_once("://") else { return Ok(Self::Folder(base.join(text))) };
        if !SCHEMES.contains(&scheme) {
            return Err(format!("`{text}` is no place for a state: {FORM}"));
        }
        let rest = rest.trim_end_matches('/');
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        // Nothing that would have to be escaped, climbs, or names credentials or a port.
        let is_part = |part: &str| !part.is_empty() && !part.starts_with('.') && part.chars().all(plain);
        if !rest.split('/').all(is_part) {
            let parts = "each part has letters, digits, `-`, `_` and `.`";
            return Err(format!("`{text}` is no place for a state: {FORM}; {parts}"));
        }
        Ok(Self::Url(format!("{scheme}://{rest}")))
    }

    /// The place of one of several states below this one; `name` is letters, digits, `-` and `_`.
    #[must_use]
    pub fn below(&self, name: &str) -> Self {
        match self {
            Self::Folder(folder) => Self::Folder(folder.join(name)),
            Self::Url(url) => Self::Url(format!("{url}/{name}")),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => folder.display().fmt(f),
            Self::Url(url) => f.write_str(url),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_name_a_bucket_and_plain_parts() {
        let parse = |text: &str| Location::parse(text, Path::new("/p"));
        assert_eq!(parse("state"), Ok(Location::Folder("/p/state".into())));
        assert_eq!(parse("/s"), Ok(Location::Folder("/s".into())));
        assert_eq!(parse("s3://club/moves/"), Ok(Location::Url("s3://club/moves".to_owned())));
        assert_eq!(parse("s3://club").map(|place| place.below("prod").to_string()), Ok("s3://club/prod".to_owned()));
        for wrong in ["http://club/moves", "file:///etc", "s3://", "s3://a//b", "s3://u:p@h/x", "s3://a/../b", "s3://a/b?c", "S3://a"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
