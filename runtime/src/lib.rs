//! Plan to world: journal, executor, actions, transfer, real and simulated hosts.
//!
//! Sees a [`mig_plan::Plan`] and never the compiler.

pub mod actions;
mod clock;
pub mod downtime;
pub mod event;
pub mod executor;
pub mod journal;
pub mod local;
pub mod manifest;
pub mod names;
pub mod observe;
pub mod preflight;
pub mod real;
pub mod rehearse;
pub mod script;
pub mod scripts;
pub mod sim;
pub mod states;
pub mod survey;
pub mod validate;
mod wire;
pub mod world;

pub use clock::utc;
pub use script::{Output, Recorded, Script};
pub use world::{NamesError, Piped, StoreError, World, WorldError};
