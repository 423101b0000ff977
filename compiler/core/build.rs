//! Compiles `stdlib/`, `docs/checks/` and `docs/errors/` in, so that migc is one file. The standard library is parsed here, once, and not at each run.

#![allow(clippy::disallowed_methods, reason = "a build script reads what it compiles in")]

use std::{
    env, fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../..");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("embedded.rs");
    let mut file = fs::File::create(out)?;
    list(&mut file, "STDLIB", &root.join("stdlib"), "mig")?;
    trees(&mut file, &root.join("stdlib"))?;
    list(&mut file, "PAGES", &root.join("docs/checks"), "md")?;
    list(&mut file, "ERRORS", &root.join("docs/errors"), "md")
}

fn list(out: &mut fs::File, name: &str, root: &Path, ending: &str) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", root.display());
    let mut files = vec![];
    collect(root, ending, &mut files)?;
    files.sort();
    writeln!(out, "/// Path below the folder, text.\npub static {name}: &[(&str, &str)] = &[")?;
    for file in files {
        let short = file.strip_prefix(root).unwrap_or(&file);
        let (short, full) = (short.to_string_lossy(), file.canonicalize()?);
        writeln!(out, "    ({short:?}, include_str!({:?})),", full.to_string_lossy())?;
    }
    writeln!(out, "];")
}

/// The tree of each file of the standard library, in the order of the texts.
fn trees(out: &mut fs::File, root: &Path) -> io::Result<()> {
    let folder = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let mut files = vec![];
    collect(root, "mig", &mut files)?;
    files.sort();
    writeln!(out, "/// Trees as postcard writes them, in the order of `STDLIB`.\npub(crate) static TREES: &[&[u8]] = &[")?;
    for (number, file) in files.iter().enumerate() {
        let tree = mig_syntax::parse(&fs::read_to_string(file)?);
        if let Some(damage) = tree.damage.first() {
            return Err(io::Error::other(format!("{}: {} at byte {}", file.display(), damage.message, damage.span.start)));
        }
        let target = folder.join(format!("{number}.tree"));
        fs::write(&target, postcard::to_allocvec(&tree).map_err(io::Error::other)?)?;
        writeln!(out, "    include_bytes!({:?}),", target.to_string_lossy())?;
    }
    writeln!(out, "];")
}

fn collect(folder: &Path, ending: &str, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            println!("cargo::rerun-if-changed={}", path.display());
            collect(&path, ending, files)?;
        } else if path.extension().is_some_and(|e| e == ending) {
            files.push(path);
        }
    }
    Ok(())
}
