//! Harness and data of the tests.
