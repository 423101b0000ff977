//! What time is it in a simulation? Time passes only when everything waits, and then up to the first who wakes.
//!
//! Knows nothing but instants and wakers. What passes and what the operator's clock shows are two things: a clock may be set.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
};

/// A clock that is advanced by hand.
pub(super) struct Clock {
    true_ms: Cell<u64>,
    /// What the operator's clock shows beside the truth.
    offset_ms: Cell<i64>,
    next_timer: Cell<u64>,
    /// By when, then by who came first.
    timers: RefCell<BTreeMap<(u64, u64), Waker>>,
}

impl Clock {
    pub(super) fn new(now_ms: u64) -> Self {
        Self { true_ms: Cell::new(now_ms), offset_ms: Cell::new(0), next_timer: Cell::new(0), timers: RefCell::default() }
    }

    /// Another clock that shows the same, for which nobody waits.
    pub(super) fn fork(&self) -> Self {
        let fork = Self::new(self.true_ms());
        fork.set_offset_ms(self.offset_ms.get());
        fork
    }

    /// What the operator's clock shows.
    pub(super) fn now_ms(&self) -> u64 {
        self.true_ms.get().saturating_add_signed(self.offset_ms.get())
    }

    /// What it should show, and what waits go by.
    pub(super) fn true_ms(&self) -> u64 {
        self.true_ms.get()
    }

    /// Time passes, and nobody is woken before the next [`Clock::advance`].
    pub(super) fn pass_to(&self, true_ms: u64) {
        self.true_ms.set(true_ms);
    }

    /// The operator's clock is wrong by so much from now on.
    pub(super) fn set_offset_ms(&self, offset_ms: i64) {
        self.offset_ms.set(offset_ms);
    }

    /// Goes on to the first timer and wakes who waits for it; `false` if nobody waits.
    pub(super) fn advance(&self) -> bool {
        let Some(((at_ms, _), waker)) = self.timers.borrow_mut().pop_first() else { return false };
        self.true_ms.set(self.true_ms.get().max(at_ms));
        waker.wake();
        true
    }

    pub(super) fn sleep(&self, milliseconds: u64) -> Sleep<'_> {
        let number = self.next_timer.get();
        self.next_timer.set(number + 1);
        Sleep { clock: self, key: (self.true_ms().saturating_add(milliseconds), number) }
    }
}

/// Until an instant.
pub(super) struct Sleep<'c> {
    clock: &'c Clock,
    key: (u64, u64),
}

impl Future for Sleep<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.clock.true_ms() >= self.key.0 {
            return Poll::Ready(());
        }
        self.clock.timers.borrow_mut().insert(self.key, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        self.clock.timers.borrow_mut().remove(&self.key);
    }
}
