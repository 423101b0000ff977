//! On what was it measured? Processors and load, for the reader of a table; they are not corrected for.

use std::{fs, thread};

/// `2 processors`.
pub(super) fn processors() -> String {
    thread::available_parallelism().map_or_else(|_| "unknown processors".to_owned(), |n| format!("{n} processors"))
}

/// The mean number of busy or waiting tasks in the last minute; our own are among them.
pub(super) fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().unwrap_or("unknown").to_owned()
}
