//! Which steps lead from the state to the program? A draft is read off the model once; lowering it needs no model.
//!
//! One file each: `draft` reads, `pairing` finds what is moved, `steps` collects, `services` and `moves` lower, `estimate` reckons.

mod draft;
mod estimate;
mod lower;
mod moves;
mod pairing;
mod services;
mod steps;

pub(crate) use draft::{Draft, draft, facts};
