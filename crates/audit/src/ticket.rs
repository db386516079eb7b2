//! What a record's writer waits on.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::TrailError;
use crate::batch::Batch;
use crate::flusher::Flush;
use crate::trail::Durable;

/// Says when a record is as durable as the trail's setting asks. Await it, or `wait`. The first of several tickets that
/// is awaited writes for all of them, after everything else that is ready to run has run: what is appended meanwhile
/// goes with it. A ticket that is dropped is written all the same.
#[derive(Debug)]
#[must_use = "the record is only as durable as the setting asks when this has completed"]
pub struct Ticket(Due);

#[derive(Debug)]
enum Due {
    Done,
    Write { trail: Arc<Durable>, batch: Arc<Batch>, part: Part },
    Flush(Flush),
}

/// What the ticket's holder does for the batch.
#[derive(Clone, Copy, Debug)]
enum Part {
    /// It was not awaited yet.
    Unasked,
    /// It writes when it is awaited next.
    Writes,
    /// Another one writes.
    Waits,
}

impl Ticket {
    pub(crate) fn done() -> Ticket {
        Ticket(Due::Done)
    }

    pub(crate) fn queued(trail: Arc<Durable>, batch: Arc<Batch>) -> Ticket {
        Ticket(Due::Write { trail, batch, part: Part::Unasked })
    }

    /// Blocks the thread until the record is durable.
    pub fn wait(mut self) -> Result<(), TrailError> {
        if let Due::Write { trail, batch, .. } = &self.0 {
            trail.write(batch);
            self.0 = trail.after(batch.wait()?).map_or(Due::Done, Due::Flush);
        }
        match &self.0 {
            Due::Flush(flush) => flush.wait(),
            Due::Done | Due::Write { .. } => Ok(()),
        }
    }
}

impl Future for Ticket {
    type Output = Result<(), TrailError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Due::Write { trail, batch, part } = &mut self.0 {
            match part {
                Part::Unasked if batch.is_mine_to_write() => {
                    *part = Part::Writes;
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Part::Unasked => *part = Part::Waits,
                Part::Writes => trail.write(batch),
                Part::Waits => {}
            }
            let Poll::Ready(outcome) = batch.poll(context.waker()) else { return Poll::Pending };
            let next = outcome.map(|position| trail.after(position).map_or(Due::Done, Due::Flush));
            match next {
                Ok(due) => self.0 = due,
                Err(error) => {
                    self.0 = Due::Done;
                    return Poll::Ready(Err(error));
                }
            }
        }
        match &self.0 {
            Due::Flush(flush) => flush.poll(context.waker()),
            Due::Done | Due::Write { .. } => Poll::Ready(Ok(())),
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let Due::Write { trail, batch, part: Part::Unasked | Part::Writes } = &self.0 {
            trail.write(batch);
        }
    }
}
