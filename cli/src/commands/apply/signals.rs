//! What does a signal do to a run? The first one asks it to stop, the second one to leave at once, a third one does not wait for it.
//!
//! Ctrl-C, a termination and a terminal that goes away are the same to a run: whoever is at work on hosts at night loses a line or a
//! machine, and what runs there must end all the same.

use mig_runtime::executor::Stop;
use std::{future::poll_fn, io, task::Poll, time::Duration};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// So long a run may take to write down that it is left.
const LEAVE_MAX: Duration = Duration::from_secs(10);

/// The signals that a run lives through.
pub(super) struct Signals(Vec<Signal>);

impl Signals {
    /// From now on they end nothing by themselves; `None` if the system does not let them be caught.
    pub(super) fn catch() -> Option<Self> {
        let caught: io::Result<_> =
            [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].into_iter().map(signal).collect();
        caught.ok().map(Self)
    }

    /// Until any of them arrives.
    async fn next(&mut self) {
        let signals = &mut self.0;
        poll_fn(|context| if signals.iter_mut().any(|s| s.poll_recv(context).is_ready()) { Poll::Ready(()) } else { Poll::Pending }).await;
    }
}

/// Asks the run to stop, once and again, and ends when it is not to be waited for any longer; `say` tells a person.
pub(super) async fn watch(signals: Option<Signals>, stop: &Stop, say: &dyn Fn(&str)) {
    let Some(mut signals) = signals else { return std::future::pending().await };
    signals.next().await;
    stop.ask();
    say("stopping: steps that run are let end, no other begins; Ctrl-C again leaves at once");
    signals.next().await;
    stop.ask();
    say("leaving at once: the journal notes what ran");
    let _ = tokio::time::timeout(LEAVE_MAX, signals.next()).await;
}
