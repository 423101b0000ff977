//! Does every check page tell the truth? Its programs are compiled with its facts; what is marked in them, and only that, is
//! reported, and the output shown is what `migc check --format short` prints.
//!
//! docs/testing.md describes the format. `cargo bless` rewrites outputs; marks are written by hand.

#![allow(clippy::disallowed_methods, reason = "pages are read, and rewritten where that is asked for")]

mod tree;

use mig_core::{Files, Options};
use mig_plan::Report;
use std::{collections::BTreeMap, env, fmt::Write as _, fs, ops::Range};

/// A fenced block of a page.
struct Block<'p> {
    /// What stands behind the fence: `mig`, `json facts/a.json`, `output`.
    info: &'p str,
    /// The fence's line, from 1.
    line: usize,
    body: &'p str,
    range: Range<usize>,
}

fn blocks(page: &str) -> Vec<Block<'_>> {
    let (mut blocks, mut open, mut at) = (vec![], None::<(&str, usize, usize)>, 0);
    for (index, line) in page.split_inclusive('\n').enumerate() {
        if let Some(info) = line.strip_prefix("```") {
            match open.take() {
                None => open = Some((info.trim(), index + 1, at + line.len())),
                Some((info, first, start)) => blocks.push(Block { info, line: first, body: &page[start..at], range: start..at }),
            }
        }
        at += line.len();
    }
    blocks
}

/// The files of one example.
struct Example<'p>(BTreeMap<&'p str, &'p str>);

impl Files for Example<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self.0.get(path).map(|text| text.as_bytes().to_vec()).ok_or_else(|| "there is no such file".to_owned())
    }

    fn list(&self) -> Vec<String> {
        self.0.keys().filter(|path| !path.starts_with("facts/")).map(|path| (*path).to_owned()).collect()
    }
}

impl<'p> Example<'p> {
    /// A program with the facts of its page: of two files of one name the one that stands nearest before it counts.
    fn new(blocks: &[Block<'p>], program: usize) -> Self {
        let facts = |range: Range<usize>| blocks[range].iter().filter_map(|b| Some((b.info.strip_prefix("json ")?.trim(), b.body)));
        let mut files: BTreeMap<&str, &str> = BTreeMap::new();
        for (path, body) in facts(program..blocks.len()) {
            files.entry(path).or_insert(body);
        }
        files.extend(facts(0..program));
        files.insert("main.mig", blocks[program].body);
        Self(files)
    }

    fn report(&self) -> Report {
        let loaded = mig_core::load(self, "main.mig", &Options::default());
        loaded.compile().report
    }
}

/// Line, from 1, and code of each mark: `// error: MIG2001, warning: MIG2008`.
fn marks(program: &str) -> Vec<(u32, String)> {
    let mut marks = vec![];
    for (index, line) in program.lines().enumerate() {
        let Some((_, comment)) = line.rsplit_once("// ") else { continue };
        for part in comment.split(',') {
            if let Some((severity @ ("error" | "warning"), code)) = part.trim().split_once(": ") {
                marks.push((index as u32 + 1, format!("{severity} {}", code.trim())));
            }
        }
    }
    marks.sort();
    marks
}

/// What is wrong with one page; and the page as it should be, if only outputs differ.
fn judge(path: &str, page: &str, problems: &mut String) -> String {
    let blocks = blocks(page);
    let name = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".md");
    let mut edits: Vec<(Range<usize>, String)> = vec![];
    let (mut shows, mut clean) = (false, false);
    for (index, block) in blocks.iter().enumerate().filter(|(_, b)| b.info == "mig") {
        let report = Example::new(&blocks, index).report();
        let found: Vec<_> = report.diagnostics.iter().filter(|d| d.severity != mig_plan::Severity::Hint).collect();
        shows |= found.iter().any(|d| d.name == name) || report.unproven.iter().any(|u| u.name == name);
        clean |= found.is_empty();
        let mut marks = marks(block.body);
        for diagnostic in found {
            let (line, severity, code) = (diagnostic.span.start.line, diagnostic.severity.as_str(), &diagnostic.code);
            match marks.iter().position(|(l, c)| *l == line && *c == format!("{severity} {code}")) {
                Some(at) if diagnostic.file == "main.mig" => drop(marks.remove(at)),
                _ => {
                    let place = if diagnostic.file == "main.mig" {
                        format!("{path}:{}", block.line as u32 + line)
                    } else {
                        format!("{path}: {}:{line}", diagnostic.file)
                    };
                    let _ = writeln!(problems, "{place}: not marked: {severity} {code}: {}", diagnostic.message);
                }
            }
        }
        for (line, mark) in marks {
            let _ = writeln!(problems, "{path}:{}: marked {mark}, and nothing is reported", block.line as u32 + line);
        }
        if let Some(output) = blocks.get(index + 1).filter(|b| b.info == "output") {
            let text = migc::render::short::report(&report);
            if text != output.body {
                edits.push((output.range.clone(), text));
            }
        }
    }
    if !(shows && clean) {
        let _ = writeln!(problems, "{path}: it needs an example that reports {name}, and one that is clean");
    }
    let mut mended = page.to_owned();
    for (range, text) in edits.into_iter().rev() {
        mended.replace_range(range, &text);
    }
    mended
}

#[test]
fn every_page_tells_the_truth() {
    let mut problems = String::new();
    for path in tree::files("docs/checks", ".md") {
        let page = tree::read(&path);
        let mut wrong = String::new();
        let mended = judge(&path, &page, &mut wrong);
        // What is wrong is not made right by writing down what came out.
        if !wrong.is_empty() || mended == page {
            problems.push_str(&wrong);
            continue;
        }
        if env::var_os("MIG_BLESS").is_some() {
            fs::write(tree::root().join(&path), mended).expect("a page can be written");
        } else {
            let line = page.lines().zip(mended.lines()).take_while(|(a, b)| a == b).count() + 1;
            let now = mended.lines().nth(line - 1).unwrap_or("");
            let _ = writeln!(problems, "{path}:{line}: the output is not this any more; `cargo bless` rewrites it. Now: {now}");
        }
    }
    assert!(problems.is_empty(), "\n{problems}");
}
