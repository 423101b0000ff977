//! `migc check --fix`: which of the offered edits are made, and what becomes of the files?
//!
//! All edits are made in memory first, round by round until none is left, and each round is compiled; then the files are
//! written. Which edits are safe is the compiler's to say.

use super::{Args, load};
use crate::{
    exit::Failure,
    project::Project,
    render::{count, names},
    rewrite,
    terminal::Terminal,
    visible,
};
use mig_core::{Files, Sources};
use mig_plan::{Edit, Report};
use std::collections::{BTreeMap, BTreeSet};

/// An edit can make another possible; a circle of edits ends here.
const ROUNDS_MAX: usize = 20;

/// A project with edits that are not on the disk yet.
struct Edited<'p> {
    project: &'p Project,
    texts: BTreeMap<String, String>,
}

impl Files for Edited<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self.texts.get(path).map_or_else(|| self.project.read(path), |text| Ok(text.clone().into_bytes()))
    }

    fn list(&self) -> Vec<String> {
        self.project.list()
    }
}

/// What was found to do.
#[derive(Default)]
struct Done {
    /// A line for each edit that was made.
    lines: Vec<String>,
    /// So many are offered that are not safe.
    unsafe_count: usize,
    /// The text of each file before its first edit.
    before: BTreeMap<String, String>,
}

/// Makes the edits and tells of them.
pub(super) fn run(args: &Args, project: &Project, terminal: &mut Terminal) -> Result<(), Failure> {
    let mut files = Edited { project, texts: BTreeMap::new() };
    let done = rounds(args, &mut files)?;
    write(&files, &done)?;
    let folder = args.program.folder();
    for line in &done.lines {
        terminal.error(&format!("{}\n", names::file(&folder, line)));
    }
    let more = match done.unsafe_count {
        0 => String::new(),
        number => format!("; {} more with `--unsafe`", count(number, "edit")),
    };
    let made = match done.lines.len() {
        0 => "nothing to edit".to_owned(),
        number => format!("{} made in {}", count(number, "edit"), count(files.texts.len(), "file")),
    };
    terminal.error(&format!("{made}{more}\n"));
    Ok(())
}

fn rounds(args: &Args, files: &mut Edited<'_>) -> Result<Done, Failure> {
    let mut done = Done::default();
    let mut seen: BTreeSet<BTreeMap<String, String>> = BTreeSet::new();
    let mut damage = None;
    for _ in 0..ROUNDS_MAX {
        let loaded = load(args, files.project, files)?;
        let report = loaded.compile().report;
        let now = report.diagnostics.iter().filter(|d| d.code == "MIG1001").count();
        if damage.is_some_and(|before| now > before) {
            return Err(Failure::new("the edits would damage the program, so nothing was written")
                .help("please report this with the program; make the edits by hand that `migc check` shows"));
        }
        let chosen = choose(&report, args.r#unsafe, files.project);
        done.unsafe_count = if args.r#unsafe { 0 } else { offered(&report) };
        // Edits that lead back to where they began settle nothing.
        if chosen.is_empty() || !seen.insert(files.texts.clone()) {
            break;
        }
        // Damage that is mended may have hidden more of it.
        damage = Some(now).filter(|_| !chosen.iter().any(|c| c.mends));
        make(&chosen, &loaded.sources, files, &mut done);
    }
    Ok(done)
}

/// Edits that are offered and not safe.
fn offered(report: &Report) -> usize {
    report.diagnostics.iter().filter(|d| d.fixes.first().is_some_and(|fix| !fix.safe)).count()
}

/// An edit with what is told of it.
struct Chosen<'r> {
    edit: &'r Edit,
    line: String,
    /// Is it about text that is not of the language?
    mends: bool,
}

/// The first way out of each problem, unless it overlaps with one that was chosen before; the next round sees that one.
fn choose<'r>(report: &'r Report, unsafe_too: bool, project: &Project) -> Vec<Chosen<'r>> {
    let mut chosen: Vec<Chosen<'r>> = vec![];
    for diagnostic in &report.diagnostics {
        let Some(fix) = diagnostic.fixes.first().filter(|fix| fix.safe || unsafe_too) else { continue };
        let is_free = |edit: &Edit| project.may_write(&edit.file) && !chosen.iter().any(|other| overlap(edit, other.edit));
        if !fix.edits.iter().all(is_free) {
            continue;
        }
        for edit in &fix.edits {
            let at = edit.span.start;
            let what = visible::line(&format!("{}:{}:{}: {} ({})", edit.file, at.line, at.column, fix.title, diagnostic.code));
            chosen.push(Chosen { edit, line: what, mends: diagnostic.code == "MIG1001" });
        }
    }
    chosen
}

/// Two insertions at one place overlap too: nobody said which comes first.
fn overlap(a: &Edit, b: &Edit) -> bool {
    let (a_start, a_end, b_start, b_end) = (a.span.start.byte, a.span.end.byte, b.span.start.byte, b.span.end.byte);
    a.file == b.file && (a_start == b_start || (a_start < b_end && b_start < a_end))
}

/// Makes edits in memory, from the last place of each file to its first.
fn make(chosen: &[Chosen<'_>], sources: &Sources, files: &mut Edited<'_>, done: &mut Done) {
    let mut by_place: Vec<&Chosen<'_>> = chosen.iter().collect();
    by_place.sort_by_key(|c| std::cmp::Reverse(c.edit.span.start.byte));
    for Chosen { edit, .. } in by_place {
        let Some(source) = sources.0.get(&edit.file) else { continue };
        done.before.entry(edit.file.clone()).or_insert_with(|| source.to_string());
        let text = files.texts.entry(edit.file.clone()).or_insert_with(|| source.to_string());
        let range = edit.span.start.byte as usize..edit.span.end.byte as usize;
        if text.get(range.clone()).is_some() {
            text.replace_range(range, &edit.text);
        }
    }
    done.lines.extend(chosen.iter().map(|c| c.line.clone()));
}

/// Writes each file at once, after all of them were seen to be as they were read.
fn write(files: &Edited<'_>, done: &Done) -> Result<(), Failure> {
    for (path, before) in &done.before {
        let now = files.project.read(path).map_err(|why| Failure::new(format!("`{path}` cannot be read again: {why}")))?;
        if now != before.as_bytes() {
            return Err(Failure::new(format!("`{path}` was changed while it was checked, so nothing was written")).help("run it again"));
        }
    }
    let mut written = vec![];
    for (path, text) in &files.texts {
        rewrite::replace(&files.project.root().join(path), text).map_err(|error| {
            let told = if written.is_empty() { "nothing was written".to_owned() } else { format!("written were {}", written.join(", ")) };
            Failure::new(format!("`{path}` cannot be written: {error}; {told}"))
        })?;
        written.push(path.as_str());
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)]
mod tests {
    use super::*;
    use mig_plan::{Position, Span};
    use std::{fs, path::PathBuf};

    fn edit(start: u32, end: u32) -> Edit {
        let at = |byte| Position { line: 1, column: byte + 1, byte };
        Edit { file: "main.mig".to_owned(), span: Span { start: at(start), end: at(end) }, text: String::new() }
    }

    #[test]
    fn edits_that_touch_the_same_text_overlap() {
        let is = |a: (u32, u32), b: (u32, u32)| overlap(&edit(a.0, a.1), &edit(b.0, b.1)) && overlap(&edit(b.0, b.1), &edit(a.0, a.1));
        assert!(is((0, 4), (3, 5)) && is((0, 9), (3, 5)) && is((2, 2), (2, 2)) && is((2, 2), (2, 5)) && is((3, 3), (2, 5)));
        assert!(!is((0, 3), (3, 5)) && !is((5, 5), (2, 5)) && !is((0, 0), (1, 1)));
    }

    /// A project of two files, both edited in memory.
    fn edited(name: &str) -> (PathBuf, Project, Done) {
        let root = std::env::temp_dir().join(format!("migc-edited-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(&root).expect("a folder");
        let mut done = Done::default();
        for file in ["main.mig", "other.mig"] {
            fs::write(root.join(file), "old").expect("a file");
            done.before.insert(file.to_owned(), "old".to_owned());
        }
        let project = Project::open(&root).expect("a project");
        (root, project, done)
    }

    fn texts() -> BTreeMap<String, String> {
        ["main.mig", "other.mig"].into_iter().map(|file| (file.to_owned(), "new".to_owned())).collect()
    }

    #[test]
    fn what_somebody_else_wrote_meanwhile_is_not_lost() {
        let (root, project, done) = edited("meanwhile");
        fs::write(root.join("other.mig"), "theirs").expect("a file");
        let failure = write(&Edited { project: &project, texts: texts() }, &done).expect_err("it was changed");
        assert_eq!(failure.message, "`other.mig` was changed while it was checked, so nothing was written");
        let now = ["main.mig", "other.mig"].map(|file| fs::read_to_string(root.join(file)).expect("a file"));
        assert_eq!(now, ["old", "theirs"]);
        fs::remove_file(root.join("other.mig")).expect("it was there");
        let failure = write(&Edited { project: &project, texts: texts() }, &done).expect_err("it is gone");
        assert!(failure.message.contains("cannot be read again: there is no such file"), "{failure}");
        fs::remove_dir_all(root).expect("it was there");
    }

    #[test]
    fn a_link_stays_one() {
        let (root, project, done) = edited("link");
        fs::rename(root.join("other.mig"), root.join("real.mig")).expect("it is there");
        std::os::unix::fs::symlink("real.mig", root.join("other.mig")).expect("a link");
        write(&Edited { project: &project, texts: texts() }, &done).expect("it is written");
        assert_eq!(fs::read_to_string(root.join("real.mig")).ok().as_deref(), Some("new"));
        assert!(fs::symlink_metadata(root.join("other.mig")).expect("it is there").is_symlink());
        fs::remove_dir_all(root).expect("it was there");
    }
}
