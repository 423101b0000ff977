//! Who tells of a run while it acts? Bars on a terminal, lines with the time elsewhere, or an event a line.
//!
//! What is said is in `render::progress` and `render::board`; this file only knows where it goes.

use crate::{
    render::{
        board::{Board, Measured},
        json, progress,
    },
    terminal::Terminal,
    visible,
};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use mig_plan::Plan;
use mig_runtime::event::Event;
use serde::Serialize;
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// A bar moves so often.
const TICK: Duration = Duration::from_millis(120);

/// Without a terminal, what only moves on is told so often.
const STILL_MAX: Duration = Duration::from_secs(30);

/// Tells of one run.
pub(super) struct Printer<'p> {
    plan: &'p Plan,
    board: RefCell<Board<'p>>,
    began: Instant,
    way: Way,
}

enum Way {
    Json(RefCell<Terminal>),
    Lines(RefCell<Terminal>, Cell<Instant>),
    Bars(Bars),
}

impl<'p> Printer<'p> {
    #[allow(clippy::disallowed_methods)] // How long a service was down is shown to people; nothing is decided by it.
    pub(super) fn new(plan: &'p Plan, as_json: bool, terminal: &Terminal) -> Self {
        let began = Instant::now();
        let way = if as_json {
            let mut terminal = Terminal::default();
            terminal.print(&json::line(&Line { time_ms: time_ms(), event: Format { event: "format", version: Event::VERSION } }));
            Way::Json(RefCell::new(terminal))
        } else if terminal.draws_progress() {
            Way::Bars(Bars::default())
        } else {
            Way::Lines(RefCell::default(), Cell::new(began))
        };
        Self { plan, board: RefCell::new(Board::new(plan)), began, way }
    }

    /// One thing happened.
    pub(super) fn tell(&self, event: &Event) {
        self.board.borrow_mut().note(event, self.began.elapsed().as_millis() as u64);
        match &self.way {
            Way::Json(terminal) => terminal.borrow_mut().print(&json::line(&Line { time_ms: time_ms(), event })),
            Way::Lines(terminal, last) => {
                let still = last.get().elapsed() >= STILL_MAX;
                let line = progress::line(self.plan, event).or_else(|| progress::moves_on(self.plan, event).filter(|_| still));
                let Some(line) = line else { return };
                let board = if still { format!("{} {}\n", time_of_day(), self.board.borrow().line()) } else { String::new() };
                terminal.borrow_mut().error(&format!("{} {line}\n{board}", time_of_day()));
                last.set(last.get() + last.get().elapsed());
            }
            Way::Bars(bars) => {
                bars.tell(self.plan, event);
                bars.board(&self.board.borrow().line());
            }
        }
    }

    /// How long services were down.
    pub(super) fn measured(&self) -> Vec<Measured> {
        self.board.borrow().measured()
    }

    /// A word of this program's own.
    pub(super) fn say(&self, text: &str) {
        match &self.way {
            Way::Json(terminal) | Way::Lines(terminal, _) => terminal.borrow_mut().error(&format!("{text}\n")),
            Way::Bars(bars) => bars.say(text),
        }
    }
}

/// An event with its time, milliseconds since 1970.
#[derive(Serialize)]
struct Line<E> {
    #[serde(flatten)]
    event: E,
    time_ms: u64,
}

/// The first line: what the others are.
#[derive(Serialize)]
struct Format {
    event: &'static str,
    version: u32,
}

#[derive(Default)]
struct Bars {
    all: MultiProgress,
    /// Below all others.
    board: RefCell<Option<ProgressBar>>,
    running: RefCell<BTreeMap<String, ProgressBar>>,
}

impl Bars {
    fn say(&self, text: &str) {
        // A terminal that went away must not end a run.
        let _ = self.all.println(text);
    }

    fn tell(&self, plan: &Plan, event: &Event) {
        match event {
            Event::StepStarted { step, title } | Event::Undoing { step, title } => self.begin(plan, step, title),
            Event::Progress { step, bytes, total, text } => {
                if let Some(bar) = self.running.borrow().get(step) {
                    bar.set_message(progress::amount(*bytes, *total, text));
                }
                return;
            }
            Event::StepDone { step, .. }
            | Event::StepFailed { step, .. }
            | Event::Undone { step, .. }
            | Event::UndoFailed { step, .. }
            | Event::Skipped { step, .. } => self.end(step),
            Event::Preflight { .. }
            | Event::Started { .. }
            | Event::Resumed { .. }
            | Event::Retrying { .. }
            | Event::GoingBack { .. }
            | Event::Ended { .. } => {}
        }
        // What begins has a bar; a line would say it twice.
        if !matches!(event, Event::StepStarted { .. })
            && let Some(line) = progress::line(plan, event)
        {
            self.say(&format!("{} {line}", time_of_day()));
        }
    }

    fn begin(&self, plan: &Plan, step: &str, title: &str) {
        let bar = match &*self.board.borrow() {
            Some(board) => self.all.insert_before(board, ProgressBar::new_spinner()),
            None => self.all.add(ProgressBar::new_spinner()),
        };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix} {elapsed} {wide_msg}") {
            bar.set_style(style);
        }
        bar.set_prefix(format!("{} {}", progress::place(plan, step), visible::line(title)));
        bar.enable_steady_tick(TICK);
        self.running.borrow_mut().insert(step.to_owned(), bar);
    }

    /// What runs, what waits and why.
    fn board(&self, line: &str) {
        let mut board = self.board.borrow_mut();
        let bar = board.get_or_insert_with(|| {
            let bar = self.all.add(ProgressBar::new_spinner());
            if let Ok(style) = ProgressStyle::with_template("  {wide_msg}") {
                bar.set_style(style);
            }
            bar
        });
        bar.set_message(line.to_owned());
    }

    fn end(&self, step: &str) {
        if let Some(bar) = self.running.borrow_mut().remove(step) {
            bar.finish_and_clear();
            self.all.remove(&bar);
        }
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        let _ = self.all.clear();
    }
}

#[allow(clippy::disallowed_methods)] // Lines carry the time; nothing is decided by it.
fn time_ms() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    since.as_millis() as u64
}

/// `18:04:31Z`, by the operator's clock.
fn time_of_day() -> String {
    let second = time_ms() / 1_000 % 86_400;
    format!("{:02}:{:02}:{:02}Z", second / 3_600, second / 60 % 60, second % 60)
}
