//! What do the tests of commands share? A folder of a test's own.

#![allow(clippy::disallowed_methods, reason = "folders and files are made for a test")]
#![allow(dead_code, reason = "each test file uses its own part")]

use std::{fs, path::PathBuf};

/// A folder of a test's own, removed with it.
pub struct Folder(pub PathBuf);

impl Folder {
    /// An empty one; the name tells the tests of one file apart.
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("migc-{}-{name}-{}", env!("CARGO_CRATE_NAME"), std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, bytes).expect("a file");
        path
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).expect("a text")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
