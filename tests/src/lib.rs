//! Harness and data of the tests.
#![allow(clippy::disallowed_methods, reason = "the harness works on the machine itself: its processes and environment")]

pub mod workspace;
