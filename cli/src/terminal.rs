//! Where does output go, and what can be shown there? Standard output and error, colour, width, and whether a person answers.
//!
//! Knows nothing of what is printed. A reader that goes away (`migc checks | head`) ends the printing and not the command.

#![allow(clippy::disallowed_methods)] // The one place that asks the environment what a terminal can show.

use std::{
    env,
    io::{self, BufRead as _, IsTerminal as _, Write as _},
};

/// Columns where nothing tells.
const WIDTH_DEFAULT: usize = 100;
/// Longer lines are hard to read.
const WIDTH_MAX: usize = 120;
/// A terminal that says less is not asked again.
const WIDTH_MIN: usize = 40;

/// How texts look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// ANSI colours.
    pub colour: bool,
    /// Lines and arrows beyond ASCII.
    pub unicode: bool,
    /// Columns.
    pub width: usize,
}

impl Look {
    /// For files, pipes and tests: the same everywhere.
    pub const PLAIN: Self = Self { colour: false, unicode: true, width: WIDTH_DEFAULT };
}

/// Both outputs of this process.
#[derive(Debug)]
pub struct Terminal {
    /// Nobody reads standard output any more.
    deaf: bool,
    /// Lines of a log come between, which would tear what is drawn.
    logs: bool,
}

impl Default for Terminal {
    fn default() -> Self {
        Self::new()
    }
}

impl Terminal {
    /// Of this process.
    pub fn new() -> Self {
        Self { deaf: false, logs: false }
    }

    /// Prints an answer, at once.
    pub fn print(&mut self, text: &str) {
        if self.deaf {
            return;
        }
        let mut out = io::stdout().lock();
        // A pipe that is closed, or a disk that is full, must not end a command that is changing hosts.
        self.deaf = out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_err();
    }

    /// Prints a message beside the answer.
    pub fn error(&mut self, text: &str) {
        let mut out = io::stderr().lock();
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }

    /// Begins on an empty screen; what scrolled away stays. Nothing happens where nothing is shown.
    pub fn clear(&mut self) {
        let dumb = env::var_os("TERM").is_some_and(|t| t == "dumb");
        if io::stdout().is_terminal() && !dumb {
            self.print("\u{1b}[2J\u{1b}[H");
        }
    }

    /// Could the answer not be printed to its end?
    pub fn is_deaf(&self) -> bool {
        self.deaf
    }

    /// Is a person there to be asked?
    pub fn is_interactive(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// From now on a log is written beside the messages.
    pub fn expect_log(&mut self) {
        self.logs = true;
    }

    /// Can progress be drawn?
    pub fn draws_progress(&self) -> bool {
        !self.logs && io::stderr().is_terminal() && env::var_os("TERM").is_none_or(|t| t != "dumb")
    }

    /// Asks, and gives the answer without the white space around it; nothing if there is no answer to be had.
    pub fn ask(&mut self, question: &str) -> Option<String> {
        self.error(question);
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line).ok()?;
        (read > 0).then(|| line.trim().to_owned())
    }

    /// How standard output looks.
    pub fn look(&self) -> Look {
        look(io::stdout().is_terminal())
    }

    /// How standard error looks.
    pub fn error_look(&self) -> Look {
        look(io::stderr().is_terminal())
    }
}

fn look(terminal: bool) -> Look {
    if !terminal {
        return Look::PLAIN;
    }
    let set = |name: &str| env::var_os(name).is_some_and(|v| !v.is_empty());
    let dumb = env::var_os("TERM").is_some_and(|t| t == "dumb");
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|n| env::var(n).ok().filter(|v| !v.is_empty()));
    // Without a word about it a terminal of this century shows UTF-8; one that says otherwise is believed.
    let unicode = locale.is_none_or(|l| l.to_ascii_lowercase().replace('-', "").contains("utf8"));
    let width = terminal_size::terminal_size().map_or(WIDTH_DEFAULT, |(width, _)| usize::from(width.0));
    Look { colour: !set("NO_COLOR") && !dumb, unicode: unicode && !dumb, width: width.clamp(WIDTH_MIN, WIDTH_MAX) }
}
