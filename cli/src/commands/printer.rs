//! Who tells of a run while it acts? Bars on a terminal, lines with the time elsewhere, or an event a line.
//!
//! What is said is in `render::progress`; this file only knows where it goes.

use crate::{
    render::{json, progress},
    terminal::Terminal,
    visible,
};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use mig_plan::Plan;
use mig_runtime::event::Event;
use std::{cell::RefCell, collections::BTreeMap, time::Duration};

/// A bar moves so often.
const TICK: Duration = Duration::from_millis(120);

/// Tells of one run.
pub(super) struct Printer<'p> {
    plan: &'p Plan,
    way: Way,
}

enum Way {
    Json(RefCell<Terminal>),
    Lines(RefCell<Terminal>),
    Bars(Bars),
}

impl<'p> Printer<'p> {
    pub(super) fn new(plan: &'p Plan, as_json: bool, terminal: &Terminal) -> Self {
        let way = if as_json {
            Way::Json(RefCell::default())
        } else if terminal.draws_progress() {
            Way::Bars(Bars::default())
        } else {
            Way::Lines(RefCell::default())
        };
        Self { plan, way }
    }

    /// One thing happened.
    pub(super) fn tell(&self, event: &Event) {
        match &self.way {
            Way::Json(terminal) => terminal.borrow_mut().print(&json::line(event)),
            Way::Lines(terminal) => {
                if let Some(line) = progress::line(self.plan, event) {
                    terminal.borrow_mut().error(&format!("{} {line}\n", time_of_day()));
                }
            }
            Way::Bars(bars) => bars.tell(self.plan, event),
        }
    }

    /// A word of this program's own.
    pub(super) fn say(&self, text: &str) {
        match &self.way {
            Way::Json(terminal) | Way::Lines(terminal) => terminal.borrow_mut().error(&format!("{text}\n")),
            Way::Bars(bars) => bars.say(text),
        }
    }
}

#[derive(Default)]
struct Bars {
    all: MultiProgress,
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
        let bar = self.all.add(ProgressBar::new_spinner());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix} {elapsed} {wide_msg}") {
            bar.set_style(style);
        }
        bar.set_prefix(format!("{} {}", progress::place(plan, step), visible::line(title)));
        bar.enable_steady_tick(TICK);
        self.running.borrow_mut().insert(step.to_owned(), bar);
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

/// `18:04:31Z`, by the operator's clock.
#[allow(clippy::disallowed_methods)] // Lines for people carry the time; nothing is decided by it.
fn time_of_day() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let second = since.as_secs() % 86_400;
    format!("{:02}:{:02}:{:02}Z", second / 3_600, second / 60 % 60, second % 60)
}
