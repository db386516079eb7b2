//! A future that is carried to its end, also when nobody waits for it any longer.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Runs where it is awaited, without a task of its own; if it is dropped half-way, a task finishes it. What a request
/// has begun is then done and recorded, whether or not its client still listens.
pub(crate) struct Finish<T: Send + 'static>(Option<Pin<Box<dyn Future<Output = T> + Send>>>);

impl<T: Send + 'static> Finish<T> {
    /// Inlined, so that the future is not moved on its way into the box.
    #[inline(always)]
    pub(crate) fn new(future: impl Future<Output = T> + Send + 'static) -> Finish<T> {
        Finish(Some(Box::pin(future)))
    }
}

impl<T: Send + 'static> Future for Finish<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let Some(future) = &mut self.0 else { return Poll::Pending };
        let poll = future.as_mut().poll(context);
        if poll.is_ready() {
            self.0 = None;
        }
        poll
    }
}

impl<T: Send + 'static> Drop for Finish<T> {
    fn drop(&mut self) {
        let Some(future) = self.0.take() else { return };
        // A future that panicked cannot go on.
        if std::thread::panicking() {
            return;
        }
        // Outside a runtime there is nobody to finish it: the process is ending.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(future);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn what_is_dropped_half_way_is_still_done() {
        let (go, gate) = oneshot::channel::<()>();
        let (done, end) = oneshot::channel();
        let mut work = Finish::new(async move {
            gate.await.unwrap();
            done.send("done").unwrap();
        });
        assert!(polled(&mut work).await.is_pending());
        drop(work);
        go.send(()).unwrap();
        assert_eq!(end.await, Ok("done"));
    }

    async fn polled(work: &mut Finish<()>) -> Poll<()> {
        std::future::poll_fn(|context| Poll::Ready(Pin::new(&mut *work).poll(context))).await
    }
}
