//! How is a source replaced? At once, with its mode and owner kept, and shown as a difference before.
//!
//! Does not know what is written, nor why.

#![allow(clippy::disallowed_methods)] // Writing sources that the command line names is what this file is for.

use crate::visible;
use std::{
    ffi::OsString,
    fs,
    io::{self, Write as _},
    os::unix::fs::{MetadataExt as _, fchown},
    path::Path,
};

/// Lines around a difference.
const CONTEXT_LINES: usize = 3;

/// What would be changed, as `diff -u` prints it.
pub fn difference(shown: &str, written: &str, new: &str) -> String {
    let diff = similar::TextDiff::from_lines(written, new);
    let text = diff.unified_diff().context_radius(CONTEXT_LINES).header(shown, shown).to_string();
    // A file is hostile until it is read: what is printed has no marks that steer a terminal.
    visible::text(&text)
}

/// Replaces a file at once: it has its old text or its new one, also after a crash. A link stays one.
pub fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = fs::canonicalize(path)?;
    let about = fs::metadata(&path)?;
    if about.permissions().readonly() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"));
    }
    beside(&path, text, |file| {
        // Only root can give a file away; for everybody else it is the same owner anyway, or stays their own.
        let _ = fchown(file, Some(about.uid()), Some(about.gid()));
        file.set_permissions(about.permissions())
    })
}

/// Writes a file that may not be there yet, at once.
pub fn create(path: &Path, text: &str) -> io::Result<()> {
    if path.exists() { replace(path, text) } else { beside(path, text, |_| Ok(())) }
}

/// Writes a new file next to the place, and moves it there when it is whole.
fn beside(path: &Path, text: &str, prepare: impl FnOnce(&fs::File) -> io::Result<()>) -> io::Result<()> {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.new", std::process::id()));
    let new = path.with_file_name(name);
    let done = fs::OpenOptions::new().write(true).create_new(true).open(&new).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        prepare(&file)?;
        file.sync_all()
    });
    let done = done.and_then(|()| fs::rename(&new, path));
    if done.is_err() {
        let _ = fs::remove_file(&new);
    }
    done
}
