//! For which step does the world work? Steps take turns on one thread, so it is told before and after each turn.

use crate::World;
use std::{
    future::{Future, poll_fn},
    pin::pin,
};

/// Does the work of a step.
pub(super) async fn attended<W: World, F: Future>(world: &W, step: &str, work: F) -> F::Output {
    let mut work = pin!(work);
    poll_fn(|context| {
        world.attend(Some(step));
        let turn = work.as_mut().poll(context);
        world.attend(None);
        turn
    })
    .await
}
