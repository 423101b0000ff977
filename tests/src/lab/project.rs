//! Which program do the cases run? A copy of examples/lab-move with the facts of the hosts of this run, changed where a case
//! says so, and with a state of its own.

use super::{facts, hosts::Pair, paths};
use std::{
    fs,
    path::{Path, PathBuf},
};

const EXAMPLE: &str = include_str!("../../../examples/lab-move/main.mig");
/// The network that the example is written for.
const EXAMPLE_NETWORK: &str = "10.99.0.";

/// A project folder.
#[derive(Debug)]
pub(crate) struct Project(PathBuf);

impl Project {
    /// Writes one, named after its case. `changes` replace parts of the program.
    pub(crate) fn write(name: &str, pair: &Pair, changes: &[(&str, &str)]) -> Result<Self, String> {
        let folder = paths::at("work").join(name);
        let mut program = EXAMPLE.replace(EXAMPLE_NETWORK, &format!("{}.", pair.network));
        for (from, to) in changes {
            if !program.contains(from) {
                return Err(format!("examples/lab-move does not contain `{from}` any more"));
            }
            program = program.replace(from, to);
        }
        let project = Self(folder);
        project.put("main.mig", &program)?;
        project.put("facts/old.json", &facts::of(&pair.old, true)?)?;
        project.put("facts/new.json", &facts::of(&pair.new, false)?)?;
        Ok(project)
    }

    /// Another program on `new`, with its facts: those of `old` are left out.
    pub(crate) fn own(name: &str, pair: &Pair, program: &str) -> Result<Self, String> {
        let project = Self(paths::at("work").join(name));
        project.rewrite(program)?;
        project.put("facts/new.json", &facts::of(&pair.new, false)?)?;
        Ok(project)
    }

    /// The same project with another program.
    pub(crate) fn rewrite(&self, program: &str) -> Result<(), String> {
        self.put("main.mig", program)
    }

    /// How many entries its journal has.
    pub(crate) fn entries(&self) -> usize {
        let files = fs::read_dir(self.0.join(".migc/state")).into_iter().flatten().flatten();
        files.filter(|file| file.file_name().to_string_lossy().trim_end_matches(".json").bytes().all(|byte| byte.is_ascii_digit())).count()
    }

    /// Its folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.0
    }

    fn put(&self, name: &str, text: &str) -> Result<(), String> {
        let path = self.0.join(name);
        let made = path.parent().map_or(Ok(()), fs::create_dir_all);
        made.and_then(|()| fs::write(&path, text)).map_err(|e| format!("{}: {e}", path.display()))
    }
}
