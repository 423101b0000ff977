//! Where are the secrets of a project, beside the environment? Places only: no value is ever here, in a plan or in the state.

/// A place that has entries `NAME=VALUE`, a line each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// A file that `age` opens.
    Age(String),
    /// A file that only its owner may read.
    File(String),
    /// What a program prints; its words are given as they are, to no shell.
    Command(Vec<String>),
}
