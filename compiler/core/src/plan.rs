//! Which steps lead from the state to the program? A draft is read off the model once; lowering it needs no model.
//!
//! One file each: `codes` names what may be wrong, `draft` reads, `pairing` finds what is moved, `steps` collects, `services`, `moves` and
//! `resources` (of kinds whose lifecycle `called` reads) lower, `observed` compares with what hosts say, `estimate` reckons,
//! `proven` looks whether what came of it loses nothing.

mod called;
pub(crate) mod codes;
mod containers;
pub(crate) mod declared;
mod destroy;
mod draft;
mod estimate;
mod held;
mod import;
mod lower;
mod moves;
mod named;
mod observed;
mod pairing;
mod proven;
mod rebuild;
mod renamed;
mod resources;
mod restarts;
mod services;
mod settled;
mod steps;
mod surveys;
pub(crate) mod targets;

/// Is an address that of a declaration, of something in it, or of one of its keys?
pub fn is_below(address: &str, outer: &str) -> bool {
    address.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

pub(crate) use draft::{Draft, draft, facts};
pub use import::Import;
pub(crate) use import::Refused;
pub use observed::Terms;
pub use rebuild::Rebuilt;
pub use surveys::Surveyed;
