//! What a record's writer waits on.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::TrailError;
use crate::batch::Batch;
use crate::flusher::Flush;

/// Says when a record is as durable as the trail's setting asks. Await it, or `wait`. The first of several tickets that
/// is awaited writes for all of them, after everything else that is ready to run has run: what is appended meanwhile
/// goes with it. A ticket that is dropped is written all the same.
#[derive(Debug)]
#[must_use = "the record is only as durable as the setting asks when this has completed"]
pub struct Ticket(Due);

#[derive(Debug)]
enum Due {
    Done,
    Write { batch: Arc<Batch>, part: Part },
    Flush(Flush),
}

/// What the ticket's holder does for the batch.
#[derive(Clone, Copy, Debug)]
enum Part {
    /// It was not awaited yet.
    Unasked,
    /// It writes when it is awaited next, unless somebody is writing just now.
    Writes,
    /// It waits for that somebody, and writes.
    Insists,
    /// Another one writes.
    Waits,
}

impl Ticket {
    /// Of nothing that would have to be written.
    pub fn done() -> Ticket {
        Ticket(Due::Done)
    }

    pub(crate) fn queued(batch: Arc<Batch>) -> Ticket {
        Ticket(Due::Write { batch, part: Part::Unasked })
    }

    /// Blocks the thread until the record is durable.
    pub fn wait(mut self) -> Result<(), TrailError> {
        if let Due::Write { batch, .. } = &self.0 {
            batch.trail.write(batch);
            self.0 = batch.trail.after(batch.wait()?).map_or(Due::Done, Due::Flush);
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
        if let Due::Write { batch, part } = &mut self.0 {
            match part {
                Part::Unasked if batch.is_mine_to_write() => {
                    *part = Part::Writes;
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Part::Unasked => *part = Part::Waits,
                Part::Writes if !batch.trail.write_if_free(batch) => {
                    *part = Part::Insists;
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Part::Insists => batch.trail.write(batch),
                Part::Writes => {}
                Part::Waits => {}
            }
            let Poll::Ready(outcome) = batch.poll(context.waker()) else { return Poll::Pending };
            let next = outcome.map(|position| batch.trail.after(position).map_or(Due::Done, Due::Flush));
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
        if let Due::Write { batch, part: Part::Unasked | Part::Writes | Part::Insists } = &self.0 {
            batch.trail.write(batch);
        }
    }
}
