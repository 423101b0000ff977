//! Does a person want the run to stop, and how soon? Asked once: running steps end and no other begins; asked again: at once.
//!
//! Knows no signals; whoever catches them asks here.

use std::{future::pending, sync::Arc};
use tokio::sync::watch;

/// What was asked for so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
enum Wish {
    #[default]
    GoOn,
    Finish,
    Leave,
}

/// Shared by the one who asks and the run.
#[derive(Debug, Clone)]
pub struct Stop(Arc<watch::Sender<Wish>>);

impl Default for Stop {
    fn default() -> Self {
        Self(Arc::new(watch::channel(Wish::GoOn).0))
    }
}

impl Stop {
    /// Asks; the second time for more than the first.
    pub fn ask(&self) {
        self.0.send_modify(|wish| *wish = if *wish == Wish::GoOn { Wish::Finish } else { Wish::Leave });
    }

    /// Must no other step begin?
    pub fn is_asked(&self) -> bool {
        *self.0.borrow() >= Wish::Finish
    }

    /// Until no other step may begin.
    pub(super) async fn asked(&self) {
        self.at_least(Wish::Finish).await;
    }

    /// Until the run is to be left at once.
    pub(super) async fn leaving(&self) {
        self.at_least(Wish::Leave).await;
    }

    async fn at_least(&self, wanted: Wish) {
        if self.0.subscribe().wait_for(|wish| *wish >= wanted).await.is_err() {
            pending::<()>().await;
        }
    }
}
