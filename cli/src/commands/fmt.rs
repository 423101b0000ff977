//! `migc fmt`: which files are not written by the rules of style? They are rewritten, listed, or shown.
//!
//! How a text is written is `mig_syntax`'s to say; here are files, folders and standard input. There are no options of style.

#![allow(clippy::disallowed_methods)] // Reading and writing the files that the command line names.

use crate::{
    exit::{Failure, Status, reason},
    rewrite,
    terminal::Terminal,
    visible,
};
use std::{
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

/// Files larger than this are not read.
const SIZE_MAX_BYTES: u64 = 64 << 20;
/// Folders are gone through so deep.
const FOLDER_DEPTH_MAX: usize = 64;

/// Write programs by the rules of style; what is broken is left as it is
///
/// Keeps every comment and every meaning. Without a path, the files below this folder.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Files, folders with all `.mig` files below them, or `-` for standard input
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// Change nothing; list the files that differ, and fail if there are any
    #[arg(long)]
    check: bool,
    /// Change nothing; print what would be changed
    #[arg(long)]
    diff: bool,
}

pub(super) fn run(args: &Args, terminal: &mut Terminal) -> Status {
    let (mut files, mut failures) = (Vec::new(), Vec::new());
    for path in &args.paths {
        if path.as_os_str() == "-" {
            files.push(path.clone());
        } else if fs::metadata(path).is_ok_and(|found| found.is_dir()) {
            below(path, 0, &mut files, &mut failures);
        } else {
            files.push(path.clone());
        }
    }
    let mut named = std::collections::HashSet::new();
    files.retain(|path| named.insert(path.clone()));
    let mut differ = false;
    for path in &files {
        match one(args, path, terminal) {
            Ok(is_different) => differ |= is_different,
            Err(failure) => failures.push(failure),
        }
    }
    for failure in &failures {
        failure.print(terminal);
    }
    if failures.is_empty() && !(args.check && differ) { Status::Done } else { Status::Refused }
}

/// The `.mig` files below a folder, in the order of their names; hidden folders and links to folders are not entered.
fn below(folder: &Path, depth: usize, files: &mut Vec<PathBuf>, failures: &mut Vec<Failure>) {
    let unreadable = |error: io::Error| Failure::new(format!("`{}` cannot be read: {}", folder.display(), reason(&error)));
    if depth > FOLDER_DEPTH_MAX {
        failures.push(Failure::new(format!("`{}` is more than {FOLDER_DEPTH_MAX} folders deep", folder.display())));
        return;
    }
    let entries = match fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
        Ok(entries) => entries,
        Err(error) => return failures.push(unreadable(error)),
    };
    let mut entries = entries;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        let path = if folder.as_os_str() == "." { PathBuf::from(&name) } else { folder.join(&name) };
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && !name.as_encoded_bytes().starts_with(b".") => below(&path, depth + 1, files, failures),
            Ok(kind) if !kind.is_dir() && path.extension().is_some_and(|extension| extension == "mig") => {
                // A link to a folder may be named like a file.
                if fs::metadata(&path).is_ok_and(|found| found.is_file()) {
                    files.push(path);
                }
            }
            Ok(_) => {}
            Err(error) => failures.push(unreadable(error)),
        }
    }
}

/// Formats one file as the command line asks; says whether it differs.
fn one(args: &Args, path: &Path, terminal: &mut Terminal) -> Result<bool, Failure> {
    let is_input = path.as_os_str() == "-";
    let shown = if is_input { "standard input".to_owned() } else { visible::line(&path.display().to_string()) };
    let written = read(path, is_input, &shown)?;
    let new = mig_syntax::format(&written);
    let differs = new != written;
    if args.diff && differs {
        terminal.print(&rewrite::difference(&shown, &written, &new));
    }
    if args.check {
        if differs && !args.diff {
            terminal.print(&format!("{shown}\n"));
        }
    } else if is_input && !args.diff {
        terminal.print(&new);
    } else if differs && !args.diff {
        rewrite::replace(path, &new).map_err(|error| Failure::new(format!("`{shown}` cannot be written: {}", reason(&error))))?;
    }
    Ok(differs)
}

/// The text of a file or of standard input.
fn read(path: &Path, is_input: bool, shown: &str) -> Result<String, Failure> {
    let unreadable = |error: io::Error| Failure::new(format!("`{shown}` cannot be read: {}", reason(&error)));
    let mut bytes = Vec::new();
    if is_input {
        io::stdin().lock().take(SIZE_MAX_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    } else {
        let found = fs::metadata(path).map_err(unreadable)?;
        if !found.is_file() {
            return Err(Failure::new(format!("`{shown}` is no file")));
        }
        fs::File::open(path).and_then(|file| file.take(SIZE_MAX_BYTES + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
    }
    if bytes.len() as u64 > SIZE_MAX_BYTES {
        return Err(Failure::new(format!("`{shown}` has more than {SIZE_MAX_BYTES} bytes")));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at].split(|byte| *byte == b'\n').count();
        Failure::new(format!("`{shown}` is not UTF-8: line {line} has a byte that is of no character")).help("save it as UTF-8")
    })
}
