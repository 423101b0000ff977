//! The process: arguments in, exit status out, and one honest line where the program itself is wrong.

use clap::Parser as _;
use migc::{
    commands::{self, Cli},
    exit::Status,
    terminal::Terminal,
};
use std::{
    panic::{self, AssertUnwindSafe},
    process::ExitCode,
};

/// The stack of what works; nested programs and a debug build need more than the system's default.
///
/// It is a stack for the thread that is there: another thread would get a heap of its own, which the system's allocator
/// enlarges by a page a time, a call each, for a tenth of the time of a large check.
const STACK_SIZE_BYTES: usize = 64 << 20;

fn main() -> ExitCode {
    panic::set_hook(Box::new(|info| report_panic(&info.to_string())));
    stacker::grow(STACK_SIZE_BYTES, run).into()
}

fn run() -> Status {
    let mut terminal = Terminal::new();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return commands::refused(&error, &mut terminal),
    };
    let done = panic::catch_unwind(AssertUnwindSafe(|| {
        commands::run(&cli, &mut terminal).unwrap_or_else(|failure| {
            failure.print(&mut terminal);
            failure.status
        })
    }));
    // The hook has said what there is to say. What was begun on hosts is in the journal.
    done.unwrap_or(if cli.acts() { Status::Partial } else { Status::Refused })
}

fn report_panic(what: &str) {
    let what = migc::visible::line(&what.replace('\n', " "));
    let version = env!("CARGO_PKG_VERSION");
    Terminal::new().error(&format!(
        "error: migc {version} has a mistake of its own: {what}; please report this line with the command and the program that \
         led to it. If hosts were being changed, the journal has what was done, and `migc apply` goes on.\n"
    ));
}
