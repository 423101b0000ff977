//! What does typing the standard library give? The same in every program, since it names nothing of one: it is done once a thread.
//!
//! An editor that wants to know what each of its names stands for has it typed again.

use crate::{
    program::Program,
    quantity::Dim,
    source::{FileId, Loc},
    types::Type,
    typing,
};
use rustc_hash::FxHashSet as HashSet;
use std::cell::OnceCell;

/// What later stages ask of it.
#[derive(Debug, Default)]
struct Known {
    paths: Vec<Loc>,
    words: Vec<Loc>,
    sums: Vec<(Loc, Dim)>,
    inferred: Vec<(Loc, Option<Type>)>,
}

thread_local! {
    static KNOWN: OnceCell<Known> = const { OnceCell::new() };
}

/// Types the modules of the standard library that are always there, which come first.
pub(crate) fn check(program: &Program<'_>) {
    if program.watch.is_some() {
        return typing::always_there(program);
    }
    KNOWN.with(|cell| match cell.get() {
        Some(known) => known.tell(program),
        None => {
            let before = program.problems.borrow().list.len();
            typing::always_there(program);
            if program.problems.borrow().list.len() == before {
                let _ = cell.set(Known::of(program));
            }
        }
    });
}

impl Known {
    fn of(program: &Program<'_>) -> Self {
        let files: HashSet<FileId> = program.syntax.modules.iter().filter(|m| m.prelude).map(|m| m.file).collect();
        let brought = |at: &Loc| files.contains(&at.file);
        Self {
            words: program.words.borrow().iter().copied().filter(brought).collect(),
            paths: program.paths.borrow().iter().copied().filter(brought).collect(),
            sums: program.sums.borrow().iter().map(|(at, dim)| (*at, *dim)).filter(|(at, _)| brought(at)).collect(),
            inferred: program.inferred.borrow().iter().map(|(at, ty)| (*at, ty.clone())).filter(|(at, _)| brought(at)).collect(),
        }
    }

    fn tell(&self, program: &Program<'_>) {
        program.words.borrow_mut().extend(&self.words);
        program.paths.borrow_mut().extend(&self.paths);
        program.sums.borrow_mut().extend(self.sums.iter().copied());
        program.inferred.borrow_mut().extend(self.inferred.iter().cloned());
    }
}
