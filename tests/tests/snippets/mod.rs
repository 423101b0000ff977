//! What do the programs of a page do? Shared by the tests of check pages and of the book; judges one program at a time.
//!
//! docs/testing.md describes the blocks of check pages, `book.rs` what the book has beside them. Marks are written by hand; outputs are rewritten by `cargo bless`.

#![allow(clippy::disallowed_methods, reason = "pages are read, and rewritten where that is asked for")]
#![allow(dead_code, reason = "each test uses its part")]

use crate::tree;
use mig_core::{Files, Options};
use mig_plan::{Diagnostic, Report, Severity, State};
use std::{collections::BTreeMap, env, fmt::Write as _, fs, ops::Range};

/// A fenced block of a page.
pub struct Block<'p> {
    /// What stands behind the fence: `mig`, `json facts/a.json`, `output`.
    pub info: &'p str,
    /// The fence's line, from 1.
    pub line: usize,
    pub body: &'p str,
    pub range: Range<usize>,
}

pub fn blocks(page: &str) -> Vec<Block<'_>> {
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
pub struct Example<'p>(BTreeMap<&'p str, &'p str>);

impl Files for Example<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self.0.get(path).map(|text| text.as_bytes().to_vec()).ok_or_else(|| "there is no such file".to_owned())
    }

    fn list(&self) -> Vec<String> {
        self.0.keys().filter(|path| !path.starts_with("facts/")).map(|path| (*path).to_owned()).collect()
    }
}

impl<'p> Example<'p> {
    /// A program with the facts of its page and the modules it names: of two files of one name the one that stands nearest
    /// before it counts.
    pub fn new(blocks: &[Block<'p>], program: usize) -> Self {
        let text = blocks[program].body;
        let file = |block: &Block<'p>| {
            let facts = block.info.strip_prefix("json ").map(str::trim);
            let module = block.info.strip_prefix("mig ").map(str::trim).filter(|name| text.contains(&format!("\"./{name}\"")));
            Some((facts.or(module)?, block.body))
        };
        let mut files: BTreeMap<&str, &str> = BTreeMap::new();
        for (path, body) in blocks[program..].iter().filter_map(file) {
            files.entry(path).or_insert(body);
        }
        files.extend(blocks[..program].iter().filter_map(file));
        files.insert("main.mig", text);
        Self(files)
    }

    pub fn report(&self) -> Report {
        mig_core::load(self, "main.mig", &Options::default()).compile().report
    }

    /// What `migc test` says of the tests in it that do not hold.
    pub fn failures(&self) -> Vec<Diagnostic> {
        let tests = mig_core::load(self, "main.mig", &Options::default()).test();
        tests.into_iter().flat_map(|test| test.failures).collect()
    }

    /// Names of what a plan says beside what `check` says, where nothing was applied yet.
    pub fn planned(&self) -> Vec<String> {
        let loaded = mig_core::load(self, "main.mig", &Options::default());
        match loaded.compile().plan(&State::default()) {
            Ok(plan) => plan.unproven.iter().map(|u| u.name.clone()).collect(),
            Err(report) => report.diagnostics.iter().map(|d| d.name.clone()).collect(),
        }
    }

    /// What `migc plan` prints where nothing was applied yet.
    fn plan(&self) -> String {
        let loaded = mig_core::load(self, "main.mig", &Options::default());
        let plan = loaded.compile().plan(&State::default());
        plan.map_or_else(
            |report| migc::render::short::report(&report),
            |plan| without_digest(&migc::render::plan::plan(&plan, migc::terminal::Look::PLAIN)),
        )
    }
}

/// A digest is of everything, and tells a reader nothing.
fn without_digest(text: &str) -> String {
    text.lines().fold(String::new(), |mut out, line| {
        let line = line.split_once("sha256:").map_or(line.to_owned(), |(before, _)| format!("{before}sha256:…"));
        let _ = writeln!(out, "{}", line.trim_end());
        out
    })
}

/// Line, from 1, and code of each mark: `// error: MIG2001, warning: MIG2008`.
pub fn marks(program: &str) -> Vec<(u32, String)> {
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

/// Compiles one program of a page and runs its tests: what differs from its marks goes to `problems`, outputs that are not shown as they are to `edits`.
pub fn judge(path: &str, blocks: &[Block<'_>], program: usize, problems: &mut String, edits: &mut Vec<(Range<usize>, String)>) -> Report {
    let block = &blocks[program];
    let example = Example::new(blocks, program);
    let report = example.report();
    let mut marks: Vec<(&str, u32, String)> = vec![];
    for (file, text) in example.0.iter().filter(|(file, _)| !file.starts_with("facts/")) {
        marks.extend(self::marks(text).into_iter().map(|(line, mark)| (*file, line, mark)));
    }
    let failures = example.failures();
    for diagnostic in report.diagnostics.iter().chain(&failures).filter(|d| d.severity != Severity::Hint) {
        let (line, severity, code) = (diagnostic.span.start.line, diagnostic.severity.as_str(), &diagnostic.code);
        match marks.iter().position(|(f, l, c)| *f == diagnostic.file && *l == line && *c == format!("{severity} {code}")) {
            Some(at) => drop(marks.remove(at)),
            None => {
                let place = if diagnostic.file == "main.mig" {
                    format!("{path}:{}", block.line as u32 + line)
                } else {
                    format!("{path}: {}:{line}", diagnostic.file)
                };
                let _ = writeln!(problems, "{place}: not marked: {severity} {code}: {}", diagnostic.message);
            }
        }
    }
    for (_, line, mark) in marks.iter().filter(|(file, ..)| *file == "main.mig") {
        let _ = writeln!(problems, "{path}:{}: marked {mark}, and nothing is reported", block.line as u32 + line);
    }
    for shown in &blocks[program + 1..] {
        let text = match shown.info {
            "output" => migc::render::short::report(&report),
            "plan" => example.plan(),
            "outputs" => example.plan().split_inclusive('\n').filter(|line| line.starts_with("output: ")).collect(),
            _ => break,
        };
        if text != shown.body {
            edits.push((shown.range.clone(), text));
        }
    }
    report
}

/// The page with its edits.
pub fn mended(page: &str, edits: Vec<(Range<usize>, String)>) -> String {
    let mut mended = page.to_owned();
    for (range, text) in edits.into_iter().rev() {
        mended.replace_range(range, &text);
    }
    mended
}

/// Fails with all that is wrong with the pages; `judge` gives each as it should be, if only outputs differ, and these are rewritten
/// where that is asked for.
pub fn settle(pages: &[String], judge: impl Fn(&str, &str, &mut String) -> String) {
    let mut problems = String::new();
    for path in pages {
        let page = tree::read(path);
        let mut wrong = String::new();
        let mended = judge(path, &page, &mut wrong);
        // What is wrong is not made right by writing down what came out.
        if !wrong.is_empty() || mended == page {
            problems.push_str(&wrong);
            continue;
        }
        if env::var_os("MIG_BLESS").is_some() {
            fs::write(tree::root().join(path), mended).expect("a page can be written");
        } else {
            let line = page.lines().zip(mended.lines()).take_while(|(a, b)| a == b).count() + 1;
            let now = mended.lines().nth(line - 1).unwrap_or("");
            let _ = writeln!(problems, "{path}:{line}: the output is not this any more; `cargo bless` rewrites it. Now: {now}");
        }
    }
    assert!(problems.is_empty(), "\n{problems}");
}
