//! Does the compiler survive every text? Every program of the repository with random damage, from fixed seeds.
#![allow(missing_docs, reason = "a test")]

mod common;

use common::{Memory, folder, load, projects};
use mig_plan::State;
use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
};

/// How many programs are damaged; `MIG_MUTATIONS` at build time asks for another number. A debug build is a hundred times slower.
const MUTATIONS: usize = if cfg!(debug_assertions) { 1_000 } else { 40_000 };
/// How many are compiled with the checks they need and with all.
const COMPARED: usize = MUTATIONS / 2;
/// One in so many is a whole project, which takes ten times as long as a program of a page.
const PROJECT_EVERY: usize = 50;
/// A debug build nests deeper than the stack of a test thread allows.
const STACK_SIZE_BYTES: usize = 64 << 20;

/// What is put into texts.
const PIECES: [&str; 32] = [
    "{", "}", "(", ")", "[", "]", "\"", "\"\"\"", "=", "==", ":", ",", "\n", "\n\n", ".", "?", "??", "=>", " in ", "0", "9", "GiB", "EUR",
    "é", "self", "all(", "\r", "-", "*", "//", "sh\"", "\u{feff}",
];

/// A generator that gives the same numbers everywhere.
struct Numbers(u64);

impl Numbers {
    /// Neighbouring seeds give unlike numbers.
    fn new(seed: usize) -> Self {
        Self((seed as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

/// The programs of the repository.
struct Sources {
    projects: Vec<Memory>,
    programs: Vec<Memory>,
}

impl Sources {
    fn read() -> Self {
        let projects = projects("examples").iter().map(|name| folder(name)).collect();
        let mut programs = vec![];
        for place in ["stdlib", "grammar/tests", "tests/gallery", "compiler/core/tests"] {
            let files = folder(place).0.into_iter().filter(|(path, _)| has_ending(path, "mig"));
            programs.extend(files.map(|(_, text)| Memory(BTreeMap::from([("main.mig".to_owned(), text)]))));
        }
        programs.extend(folder("docs").0.into_iter().filter(|(path, _)| has_ending(path, "md")).flat_map(|(_, page)| of_page(&page)));
        Self { projects, programs }
    }
}

fn has_ending(path: &str, ending: &str) -> bool {
    Path::new(path).extension().is_some_and(|found| found == ending)
}

/// The programs of a page, each with the other files of the page beside it.
fn of_page(page: &str) -> Vec<Memory> {
    let (mut programs, mut beside) = (vec![], BTreeMap::new());
    for block in page.split("\n```").skip(1) {
        let (head, text) = block.split_once('\n').unwrap_or((block, ""));
        match head.split_once(' ') {
            None if head == "mig" => programs.push(text.to_owned()),
            Some(("mig" | "json", name)) => {
                beside.insert(name.to_owned(), text.to_owned());
            }
            _ => {}
        }
    }
    let with_files = |main| beside.clone().into_iter().chain([("main.mig".to_owned(), main)]).collect();
    programs.into_iter().map(|main| Memory(with_files(main))).collect()
}

/// The program of that number, damaged in one to four places.
fn mutant(sources: &Sources, number: usize) -> Memory {
    let mut numbers = Numbers::new(number);
    let list = if number.is_multiple_of(PROJECT_EVERY) { &sources.projects } else { &sources.programs };
    let mut files = Memory(list[numbers.below(list.len())].0.clone());
    let names: Vec<String> = files.0.keys().cloned().collect();
    let text = files.0.get_mut(&names[numbers.below(names.len())]).unwrap();
    for _ in 0..=numbers.below(4) {
        damage(text, &mut numbers);
    }
    files
}

fn damage(text: &mut String, numbers: &mut Numbers) {
    let at = boundary(text, numbers.below(text.len()));
    match numbers.below(5) {
        0 => text.truncate(at),
        1 | 2 => text.insert_str(at, PIECES[numbers.below(PIECES.len())]),
        3 if at < text.len() => {
            text.remove(at);
        }
        _ => {
            // A piece of the text again elsewhere: names twice, circles, fields in other kinds.
            let end = boundary(text, (at + numbers.below(60)).min(text.len()));
            let piece = text[at..end].to_owned();
            let to = boundary(text, numbers.below(text.len()));
            text.insert_str(to, &piece);
        }
    }
}

fn boundary(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Does that with the number of each mutant, on every processor.
fn each(wanted: usize, work: impl Fn(usize) + Sync) {
    let next = AtomicUsize::new(0);
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= wanted {
                return;
            }
            work(number);
        }
    };
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            std::thread::Builder::new().stack_size(STACK_SIZE_BYTES).spawn_scoped(scope, work).unwrap();
        }
    });
}

#[test]
fn no_damage_makes_the_compiler_fall() {
    let wanted = option_env!("MIG_MUTATIONS").and_then(|n| n.parse().ok()).unwrap_or(MUTATIONS);
    let sources = Sources::read();
    assert!(sources.projects.len() > 2 && sources.programs.len() > 100, "the repository has programs");
    each(wanted, |number| {
        let files = mutant(&sources, number);
        let compiled = catch_unwind(AssertUnwindSafe(|| {
            let loaded = load(&files);
            let _ = loaded.compile().plan(&State::default());
        }));
        assert!(compiled.is_ok(), "mutant {number} makes the compiler fall:\n{}", files.0["main.mig"]);
    });
}

/// Checks that a program declares nothing for are left out; with all of them its answer is the same.
#[test]
fn no_check_that_is_left_out_is_missed() {
    let sources = Sources::read();
    let left_out = AtomicUsize::new(0);
    each(COMPARED, |number| {
        let files = mutant(&sources, number);
        let needed = load(&files);
        let all = mig_core::load_again(&files, "main.mig", &mig_core::Options::default(), &mut mig_core::Parsed::default());
        let (needed, all) = (needed.compile(), all.compile());
        let text = |report: &mig_plan::Report| format!("{report:#?}");
        assert_eq!(text(&needed.report), text(&all.report), "mutant {number}:\n{}", files.0["main.mig"]);
        assert_eq!(needed.checks, all.checks, "mutant {number}");
        left_out.fetch_add(needed.loaded.checks_left_out(), Ordering::Relaxed);
    });
    assert!(left_out.into_inner() > 10 * COMPARED, "most programs need few checks");
}
