//! Is what the book shows what the program prints? Each `$ migc …` in a block `console` is run in the repository's folder.
//!
//! `| head -N` and `| tail -N` are understood. `cargo bless` rewrites what is shown. Blocks with other commands are left alone.

#![allow(clippy::disallowed_methods, reason = "a process is started, and the book is read and rewritten")]

use std::{
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("cli/ is in the repository").to_owned()
}

/// What a terminal would show of it: the answer, and what is said beside it.
fn output(line: &str) -> String {
    let (command, filter) = line.split_once(" | ").unwrap_or((line, ""));
    let words: Vec<&str> = command.split_whitespace().skip(1).collect();
    let mut migc = Command::new(env!("CARGO_BIN_EXE_migc"));
    let output = migc.current_dir(root()).args(&words).stdin(Stdio::null()).env_remove("MIG_STATE").output().expect("migc can be started");
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<&str> = stdout.lines().collect();
    let count = |prefix: &str| filter.strip_prefix(prefix).and_then(|n| n.trim().parse::<usize>().ok());
    let shown = match (count("head -"), count("tail -")) {
        (Some(count), _) => lines.iter().take(count).copied().collect(),
        (_, Some(count)) => lines.iter().skip(lines.len().saturating_sub(count)).copied().collect(),
        _ => lines,
    };
    shown.iter().fold(String::new(), |mut out, line| {
        // A digest is of everything, and tells a reader nothing.
        let line = line.split_once("sha256:").map_or((*line).to_owned(), |(before, _)| format!("{before}sha256:…"));
        let _ = writeln!(out, "{}", line.trim_end());
        out
    })
}

/// The page with every command's output as it is now.
fn mended(page: &str) -> String {
    let mut out = String::new();
    let mut lines = page.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        out.push_str(line);
        if line.trim_end() != "```console" || !lines.peek().is_some_and(|next| next.starts_with("$ migc ")) {
            continue;
        }
        let mut inside = vec![];
        while let Some(line) = lines.next_if(|line| !line.starts_with("```")) {
            inside.push(line);
        }
        let commands: Vec<String> = inside
            .iter()
            .filter_map(|line| Some(line.strip_prefix("$ ")?.trim_end()))
            .map(|command| format!("$ {command}\n{}", output(command)))
            .collect();
        out.push_str(&commands.join("\n"));
    }
    out
}

#[test]
fn the_book_shows_what_is_printed() {
    let mut pages = vec![root().join("README.md")];
    let entries = fs::read_dir(root().join("docs")).expect("there is a folder docs");
    pages.extend(entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.extension().is_some_and(|e| e == "md")));
    let mut problems = String::new();
    for path in pages {
        let page = fs::read_to_string(&path).expect("a page can be read");
        let mended = mended(&page);
        if page == mended {
            continue;
        }
        if env::var_os("MIG_BLESS").is_some() {
            fs::write(&path, mended).expect("a page can be written");
        } else {
            let line = page.lines().zip(mended.lines()).take_while(|(a, b)| a == b).count();
            let now = mended.lines().nth(line).unwrap_or("");
            let _ = writeln!(problems, "{}:{}: not what is printed; `cargo bless` rewrites it. Now: {now}", path.display(), line + 1);
        }
    }
    assert!(problems.is_empty(), "\n{problems}");
}
