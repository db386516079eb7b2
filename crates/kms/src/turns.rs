//! Turns: requests that change the same row wait for each other, instead of overtaking each other until one gives up.

use std::hash::{BuildHasher as _, Hash, RandomState};
use std::mem::replace;
use std::sync::{Mutex, PoisonError};

use futures_channel::oneshot::{Receiver, Sender, channel};

/// Lines that keys are spread over. That two keys share one costs a wait, and nothing else.
const LINES: usize = 64;

/// Whose turn it is, key by key, in the order of arrival. On this node alone, and no more than a courtesy: who leaves a
/// line lets the next one go too early, and other nodes stand in none. It is the guards of a commit that decide.
pub(crate) struct Turns {
    /// What tells that the last one in each line is done.
    lines: [Mutex<Receiver<()>>; LINES],
    spread: RandomState,
}

/// A turn, which lasts until it is dropped.
pub(crate) struct Turn(#[expect(dead_code, reason = "its end is what the next one waits for")] Sender<()>);

impl Turns {
    pub(crate) fn new() -> Turns {
        Turns { lines: std::array::from_fn(|_| Mutex::new(channel().1)), spread: RandomState::new() }
    }

    /// Waits for the turn of this key, or of whatever else is changed.
    pub(crate) async fn of(&self, changed: &(impl Hash + ?Sized)) -> Turn {
        let line = &self.lines[self.spread.hash_one(changed) as usize % LINES];
        let (turn, done) = channel();
        let before = replace(&mut *line.lock().unwrap_or_else(PoisonError::into_inner), done);
        // Nothing is ever sent: a turn ends by being dropped.
        let _ = before.await;
        Turn(turn)
    }
}

#[cfg(test)]
mod tests {
    use claviger_names::KeyId;
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn turns_come_in_the_order_of_arrival_and_one_at_a_time() {
        let (turns, key) = (Turns::new(), KeyId::single_region([7; 16]));
        let first = turns.of(&key).now_or_never();
        let (mut second, mut third) = (Box::pin(turns.of(&key)), Box::pin(turns.of(&key)));
        assert!(second.as_mut().now_or_never().is_none());
        assert!(third.as_mut().now_or_never().is_none());
        drop(first);
        assert!(third.as_mut().now_or_never().is_none());
        let second = second.now_or_never();
        assert!(third.as_mut().now_or_never().is_none());
        drop(second);
        assert!(third.now_or_never().is_some());
    }

    #[test]
    fn whoever_leaves_the_line_holds_up_nobody() {
        let (turns, key) = (Turns::new(), KeyId::single_region([7; 16]));
        let first = turns.of(&key).now_or_never();
        let mut second = Box::pin(turns.of(&key));
        assert!(second.as_mut().now_or_never().is_none());
        drop((first, second));
        assert!(turns.of(&key).now_or_never().is_some());
    }
}
