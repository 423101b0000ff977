//! `migc lsp`: the language server, on standard input and output, for editors.
//!
//! Reads files through the same door as `check`, and writes nothing but texts of the standard library, for an editor to open.

#![allow(clippy::disallowed_methods)] // The cache of texts is written here and nowhere else.

use crate::{
    exit::{Failure, Outcome, Status},
    project::{self, Project},
};
use mig_core::{Files, Options};
use mig_lsp::{Connection, End, Home, Host};
use std::{
    env, fs,
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

/// Answer an editor on standard input and output, by the language server protocol
///
/// Editors start it. Opens no socket, starts no process, and changes no file of the project.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Accepted because some editors add it; there is no other way
    #[arg(long, hide = true)]
    stdio: bool,
}

pub(super) fn run(args: &Args) -> Outcome {
    let Args { stdio: _ } = args;
    let (connection, threads) = Connection::stdio();
    let desk = Desk { cache: cache() };
    let end = mig_lsp::serve(connection, &desk);
    if let Err(error) = threads.join() {
        return Err(Failure::new(format!("the editor's message could not be read: {error}")));
    }
    match end {
        End::Orderly => Ok(Status::Done),
        End::Abrupt => Ok(Status::Refused),
    }
}

/// The disk and the environment, as an editor's questions need them.
struct Desk {
    /// Where texts of the standard library are written; `None` where no folder is known for them.
    cache: Option<PathBuf>,
}

impl Host for Desk {
    fn home_of(&self, file: &Path) -> Result<Option<(Home, String)>, String> {
        if self.cache.as_ref().is_some_and(|cache| file.starts_with(cache)) {
            return Ok(None);
        }
        let (project, below) = Project::around(file)?;
        Ok(Some((Home { root: project.root().to_owned(), entry: project.entry().to_owned() }, below)))
    }

    fn files<'h>(&'h self, home: &Home) -> Box<dyn Files + 'h> {
        Box::new(Project::at(&home.root, &home.entry))
    }

    fn options(&self) -> Options {
        project::options(&[], vec![]).unwrap_or_default()
    }

    fn standard(&self, name: &str, text: &str) -> Result<PathBuf, String> {
        let cache = self.cache.as_ref().ok_or("neither XDG_CACHE_HOME nor HOME is set")?;
        let path = cache.join(name);
        if fs::read(&path).is_ok_and(|known| known == text.as_bytes()) {
            return Ok(path);
        }
        write(&path, text).map_err(|error| format!("`{}` cannot be written: {error}", path.display()))?;
        Ok(path)
    }
}

/// `$XDG_CACHE_HOME/migc/VERSION/stdlib`
fn cache() -> Option<PathBuf> {
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    let base = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")))?;
    Some(base.join("migc").join(env!("CARGO_PKG_VERSION")).join("stdlib"))
}

/// Whole or not at all, and not to be written to: another server may write the same file now.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let new = path.with_extension(format!("new-{}", std::process::id()));
    let _ = fs::remove_file(&new);
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o444).open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn texts_of_the_standard_library_are_read_only_and_replaced_whole() {
        let folder = env::temp_dir().join(format!("migc-lsp-cache-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        let desk = Desk { cache: Some(folder.clone()) };
        let path = desk.standard("checks/a.mig", "let a = 1\n").expect("a file");
        assert_eq!(fs::metadata(&path).map(|m| m.permissions().mode() & 0o777).ok(), Some(0o444));
        desk.standard("checks/a.mig", "let a = 2\n").expect("the same file");
        assert_eq!(fs::read_to_string(&path).ok().as_deref(), Some("let a = 2\n"));
        assert_eq!(fs::read_dir(folder.join("checks")).map(Iterator::count).ok(), Some(1), "nothing else is left there");
        assert_eq!(desk.home_of(&path), Ok(None));
        let _ = fs::remove_dir_all(&folder);
    }
}
