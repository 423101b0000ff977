//! Where are a host's facts kept? In a file below the project, replaced at once and only by what is whole.

#![allow(clippy::disallowed_methods)] // Reading and writing the facts files that a program names is what this file is for.

use crate::{exit::Failure, render::json, rewrite, visible};
use mig_plan::Facts;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// A facts file, there or not.
pub(super) struct File {
    root: PathBuf,
    path: String,
}

impl File {
    /// The path is one from the project's folder.
    pub(super) fn new(root: &Path, path: &str) -> Self {
        Self { root: root.to_owned(), path: path.to_owned() }
    }

    /// As the program names it.
    pub(super) fn shown(&self) -> &str {
        &self.path
    }

    /// What was known before; nothing if there is no such file, or a survey could not have written it.
    pub(super) fn read(&self) -> Result<Option<Facts>, Failure> {
        let place = self.place()?;
        let about = match fs::metadata(&place) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(|error| self.failure("read", &error.to_string()))?,
        };
        if !about.is_file() {
            return Err(self.failure("read", "it is not a regular file"));
        }
        if about.len() > Facts::SIZE_MAX_BYTES as u64 {
            return Ok(None);
        }
        let bytes = fs::read(&place).map_err(|error| self.failure("read", &error.to_string()))?;
        let facts: Option<Facts> = serde_json::from_slice(&bytes).ok();
        Ok(facts.filter(|facts| facts.version == Some(Facts::VERSION)))
    }

    /// The text of a facts file.
    pub(super) fn write(&self, facts: &Facts) -> Result<(), Failure> {
        let text = json::pretty(facts);
        if text.len() > Facts::SIZE_MAX_BYTES {
            let why = format!("the facts have {} bytes, and at most {} are read", text.len(), Facts::SIZE_MAX_BYTES);
            return Err(self.failure("written", &why));
        }
        let place = self.place()?;
        let folder = place.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder).map_err(|error| self.failure("written", &error.to_string()))?;
        rewrite::create(&place, &text).map_err(|error| self.failure("written", &error.to_string()))
    }

    /// The place on the disk, which no link leads out of the project.
    fn place(&self) -> Result<PathBuf, Failure> {
        let place = self.root.join(&self.path);
        let there = place.ancestors().find_map(|path| path.canonicalize().ok());
        if there.is_none_or(|real| !real.starts_with(&self.root)) {
            return Err(self.failure("used", "it leads out of the project's folder"));
        }
        if place.symlink_metadata().is_ok_and(|about| about.is_symlink()) && !place.exists() {
            return Err(self.failure("used", "it is a link to nothing"));
        }
        Ok(place)
    }

    fn failure(&self, what: &str, why: &str) -> Failure {
        Failure::new(format!("the facts `{}` cannot be {what}: {}", self.path, visible::line(why)))
            .help("see that the path lies below the project and can be written, and survey again")
    }
}
