//! What is compared, and on what input? The parts of the benchmark; the command line is in `bin/bench.rs`.

mod delay;
pub(crate) mod editor;
mod fleet;
pub(crate) mod journal;
pub(crate) mod languages;
mod machine;
mod measure;
pub(crate) mod operations;
mod peers;
pub(crate) mod rehearse;
mod sshd;
pub(crate) mod survey;
mod table;
