//! What is compared, and on what input? The parts of the benchmark; the command line is in `bin/bench.rs`.

pub(crate) mod editor;
mod fleet;
pub(crate) mod journal;
pub(crate) mod languages;
mod machine;
mod measure;
mod peers;
pub(crate) mod rehearse;
pub(crate) mod survey;
mod table;
