//! What does typing the standard library give? The same in every program, since it names nothing of one: it is done once a thread.
//!
//! An editor that wants to know what each of its names stands for has it typed again.

use crate::{
    load::Module,
    program::Program,
    quantity::Dim,
    source::{FileId, Loc},
    types::Type,
    typing,
};
use rustc_hash::FxHashSet as HashSet;
use std::cell::RefCell;

/// What later stages ask of it.
#[derive(Debug, Default)]
struct Known {
    paths: Vec<Loc>,
    /// Files that were typed.
    files: HashSet<FileId>,
    words: Vec<Loc>,
    sums: Vec<(Loc, Dim)>,
    inferred: Vec<(Loc, Option<Type>)>,
}

thread_local! {
    static KNOWN: RefCell<Known> = RefCell::default();
}

/// Types the modules of the standard library that are part of every program that needs them; they come first, so that they have one
/// number in all.
pub(crate) fn check(program: &Program<'_>) {
    if program.watch.is_some() {
        return typing::brought(program, |module| module.prelude);
    }
    let (known, missing) = KNOWN.with_borrow(|known| {
        known.tell(program);
        let missing = |module: &&Module| module.prelude && !module.tree.items.is_empty() && !known.files.contains(&module.file);
        (known.files.clone(), program.syntax.modules.iter().filter(missing).map(|module| module.file).collect::<HashSet<_>>())
    });
    if missing.is_empty() {
        return;
    }
    let before = program.problems.borrow().list.len();
    typing::brought(program, |module| missing.contains(&module.file));
    if program.problems.borrow().list.len() == before {
        KNOWN.set(Known::of(program, &known | &missing));
    }
}

impl Known {
    fn of(program: &Program<'_>, files: HashSet<FileId>) -> Self {
        let brought: HashSet<FileId> = program.syntax.modules.iter().filter(|m| m.prelude).map(|m| m.file).collect();
        let is_brought = |at: &Loc| brought.contains(&at.file);
        Self {
            files,
            words: program.words.borrow().iter().copied().filter(is_brought).collect(),
            paths: program.paths.borrow().iter().copied().filter(is_brought).collect(),
            sums: program.sums.borrow().iter().map(|(at, dim)| (*at, *dim)).filter(|(at, _)| is_brought(at)).collect(),
            inferred: program.inferred.borrow().iter().map(|(at, ty)| (*at, ty.clone())).filter(|(at, _)| is_brought(at)).collect(),
        }
    }

    fn tell(&self, program: &Program<'_>) {
        program.words.borrow_mut().extend(&self.words);
        program.paths.borrow_mut().extend(&self.paths);
        program.sums.borrow_mut().extend(self.sums.iter().copied());
        program.inferred.borrow_mut().extend(self.inferred.iter().cloned());
    }
}
