//! Plan to world: journal, executor, actions, transfer, real and simulated hosts.
//!
//! Sees a [`mig_plan::Plan`] and never the compiler.

pub mod actions;
pub mod manifest;
pub mod script;
pub mod scripts;
pub mod world;

pub use script::{Output, Script};
pub use world::{Piped, StoreError, World, WorldError};
