//! The command line: commands, what they print, and with which status they end.
//!
//! Knows people, terminals and exit statuses. What a program means is `mig_core`'s, what happens to hosts `mig_runtime`'s.

pub mod baseline;
pub mod commands;
pub mod exit;
pub mod fingerprint;
pub mod pages;
pub mod project;
pub mod reference;
pub mod render;
pub mod rewrite;
pub mod terminal;
pub use mig_plan::visible;
