//! What does `-v` show? What the runtime logs, a line each on standard error, with its time; never what scripts are given or say.

use std::io;
use tracing::level_filters::LevelFilter;

/// From now on, as often as `-v` was given; once in a process.
pub(super) fn begin(verbose: u8) {
    let level = match verbose {
        ..=1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let log = tracing_subscriber::fmt().with_max_level(level).with_ansi(false).with_target(level == LevelFilter::TRACE);
    // Another one is there only in tests, and stays.
    let _ = log.with_writer(io::stderr).try_init();
}
