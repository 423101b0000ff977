//! The language server: offsets to positions, requests to questions of `mig_core`. Synchronous, and without a disk of its own.
//!
//! What a program means is decided in `mig_core`; which files may be read is decided by the [`Host`].

mod actions;
mod answers;
mod capabilities;
mod complete;
mod diagnostics;
mod documents;
mod format;
mod hover;
mod position;
mod projects;
mod queue;
mod requests;
mod server;
mod signature;
mod symbols;
mod tokens;
mod uri;

use mig_core::{Files, Options};
use std::path::{Path, PathBuf};

pub use lsp_server::Connection;
pub use position::{Encoding, Lines};
pub use server::{End, serve};

/// Where a program lies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Home {
    /// Its folder, absolute and without links.
    pub root: PathBuf,
    /// The file it begins with, below its folder.
    pub entry: String,
}

/// The world outside of the protocol: disk and environment, behind the door that `check` reads through too.
pub trait Host {
    /// The program that a file belongs to, and the file's path below its folder: the nearest `main.mig` above it, else the file alone. `None`
    /// for a text of the standard library that [`Host::standard`] wrote.
    fn home_of(&self, file: &Path) -> Result<Option<(Home, String)>, String>;
    /// The files of a program.
    fn files<'h>(&'h self, home: &Home) -> Box<dyn Files + 'h>;
    /// What the environment gives to parameters.
    fn options(&self) -> Options;
    /// A file, not to be written to, with this text of the standard library.
    fn standard(&self, name: &str, text: &str) -> Result<PathBuf, String>;
}
