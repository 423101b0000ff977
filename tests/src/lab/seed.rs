//! Which files does a copy lose something of? They are made here, on the host that everything moves away from.
//!
//! Database files are made by a database (`database.rs`).

use super::hosts::Host;
use crate::run::{LIMIT_S, limited, must};
use std::{
    ffi::OsStr,
    fs::{self, File, FileTimes, Permissions},
    io::{Seek, SeekFrom, Write},
    os::unix::{
        ffi::OsStrExt,
        fs::{PermissionsExt, chown, lchown, symlink},
    },
    path::{Path, PathBuf},
    time::{Duration, UNIX_EPOCH},
};

/// Folders that get the files: one is a service's volume, one is moved for itself.
pub(crate) const TREES: [&str; 2] = ["/data/tree", "/srv/loose"];
/// No account of any host has these numbers.
const STRANGER: (u32, u32) = (4242, 4343);
/// So large that a copy has a middle in which it can be interrupted.
const BULK_BYTES: usize = 64 << 20;
const SPARSE_BYTES: u64 = 64 << 20;
const ISLAND_BYTES: usize = 4096;
const SMALL_FILES: u32 = 500;
/// 2009-02-13, with nanoseconds that no tool rounds to by accident.
const MTIME: Duration = Duration::new(1_234_567_890, 123_456_789);
/// Beyond what 32 bits hold.
const LATE_MTIME: Duration = Duration::new(2_208_988_801, 1);
/// `cap_net_bind_service=ep`, as the kernel keeps it; a change of owner removes it silently.
const CAPABILITY: &str = "0x0100000200040000000000000000000000000000";

/// Makes both trees.
pub(crate) fn trees(host: &Host) -> Result<(), String> {
    for tree in TREES {
        let root = host.folder(tree);
        plant(&root, tree == TREES[0]).map_err(|e| format!("{}: {e}", root.display()))?;
        attributes(&root)?;
        times(&root).map_err(|e| format!("{}: {e}", root.display()))?;
    }
    Ok(())
}

fn plant(root: &Path, with_bulk: bool) -> std::io::Result<()> {
    fs::create_dir_all(root.join("deep/er/still"))?;
    fs::create_dir(root.join("empty"))?;
    file(&root.join("plain"), b"of a stranger\n", 0o640)?;
    chown(root.join("plain"), Some(STRANGER.0), Some(STRANGER.1))?;
    file(&root.join("zero"), b"", 0o600)?;
    file(&root.join("closed"), b"no right at all\n", 0o000)?;
    file(&root.join("setuid"), b"#!/bin/sh\n", 0o755)?;
    chown(root.join("setuid"), Some(STRANGER.0), Some(0))?;
    fs::set_permissions(root.join("setuid"), Permissions::from_mode(0o4755))?;
    folder(&root.join("setgid"), 0o2775)?;
    folder(&root.join("sticky"), 0o1777)?;
    links(root)?;
    names(root)?;
    sparse(&root.join("sparse.img"))?;
    fs::create_dir(root.join("many"))?;
    for number in 0..SMALL_FILES {
        file(&root.join(format!("many/{number}")), number.to_string().as_bytes(), 0o644)?;
    }
    if with_bulk {
        file(&root.join("bulk.bin"), &noise(BULK_BYTES), 0o644)?;
    }
    Ok(())
}

/// Hard links across folders, and symbolic ones that point somewhere, nowhere, and out of the tree.
fn links(root: &Path) -> std::io::Result<()> {
    file(&root.join("linked"), b"one file, three names\n", 0o644)?;
    fs::hard_link(root.join("linked"), root.join("deep/linked too"))?;
    fs::hard_link(root.join("linked"), root.join("deep/er/linked"))?;
    symlink("plain", root.join("to-plain"))?;
    symlink("no such file", root.join("to-nothing"))?;
    symlink("/etc/hostname", root.join("to-outside"))?;
    symlink("..", root.join("deep/er/to-folder"))?;
    lchown(root.join("to-nothing"), Some(STRANGER.0), Some(STRANGER.1))
}

/// Names that break scripts which split lines or words, or which take a name for an option.
fn names(root: &Path) -> std::io::Result<()> {
    let long = "n".repeat(255);
    let all: [&[u8]; 12] = [
        b"two\nlines",
        b"-rf",
        b"--help",
        "中文".as_bytes(),
        b"\xff\xfe not UTF-8",
        b" spaces ",
        b"'quoted' \"twice\"",
        b"back\\slash\\012",
        b"$(touch oops)",
        b"*",
        b"tab\there",
        long.as_bytes(),
    ];
    for name in all {
        file(&root.join(OsStr::from_bytes(name)), name, 0o644)?;
    }
    folder(&root.join(OsStr::from_bytes(b"folder\nof two lines")), 0o755)?;
    file(&root.join(OsStr::from_bytes(b"folder\nof two lines/-inside")), b"x", 0o644)
}

/// Two islands in a sea of nothing, and nothing after the last.
fn sparse(path: &Path) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    file.set_len(SPARSE_BYTES)?;
    for part in [1, 2] {
        file.seek(SeekFrom::Start(part * SPARSE_BYTES / 4))?;
        file.write_all(&[b'#'; ISLAND_BYTES])?;
    }
    Ok(())
}

/// What std cannot set.
fn attributes(root: &Path) -> Result<(), String> {
    let set = |name: &str, value: &str, path: &str| {
        must(limited("setfattr", LIMIT_S).args(["-n", name, "-v", value, "--"]).arg(root.join(path))).map(|_| ())
    };
    file(&root.join("with-xattr"), b"x", 0o644).map_err(|e| e.to_string())?;
    set("user.origin", "0x00ff0a2261", "with-xattr")?;
    set("user.empty", "", "with-xattr")?;
    set("user.of-folder", "here", "empty")?;
    file(&root.join("with-capability"), b"x", 0o755).map_err(|e| e.to_string())?;
    set("security.capability", CAPABILITY, "with-capability")?;
    file(&root.join("with-acl"), b"x", 0o640).map_err(|e| e.to_string())?;
    fs::create_dir(root.join("with-default-acl")).map_err(|e| e.to_string())?;
    let acl = |words: &[&str], path: &str| must(limited("setfacl", LIMIT_S).args(words).arg("--").arg(root.join(path))).map(|_| ());
    acl(&["-m", "u:4242:rw,g:4343:r"], "with-acl")?;
    acl(&["-d", "-m", "u:4242:rwx"], "with-default-acl")?;
    must(limited("mkfifo", LIMIT_S).arg("--").arg(root.join("pipe"))).map(|_| ())
}

/// Times last, folders after what is in them, since everything above changes them.
fn times(root: &Path) -> std::io::Result<()> {
    for path in ["plain", "linked", "-rf", "sparse.img", "deep/er", "deep", "empty", ""] {
        set_time(&root.join(path), MTIME)?;
    }
    set_time(&root.join("zero"), LATE_MTIME)?;
    let link = root.join("to-plain");
    must(limited("touch", LIMIT_S).args(["-h", "-d", "@1111111111.111111111", "--"]).arg(link)).map_err(std::io::Error::other)?;
    Ok(())
}

fn set_time(path: &Path, since_1970: Duration) -> std::io::Result<()> {
    File::open(path)?.set_times(FileTimes::new().set_modified(UNIX_EPOCH + since_1970))
}

fn file(path: &PathBuf, bytes: &[u8], mode: u32) -> std::io::Result<()> {
    fs::write(path, bytes)?;
    fs::set_permissions(path, Permissions::from_mode(mode))
}

fn folder(path: &Path, mode: u32) -> std::io::Result<()> {
    fs::create_dir(path)?;
    fs::set_permissions(path, Permissions::from_mode(mode))
}

/// Bytes that do not compress, the same in every run.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}
