//! A request's body, whole, within its size, its time, and the room there is for bodies.

use std::future::poll_fn;
use std::ops::Deref;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use claviger_kms::Fault;
use http_body_util::BodyExt as _;
use hyper::body::Body;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// How large a body may be, how long it may take, and what room there is for all of them.
pub(crate) struct BodyLimits {
    pub bytes_max: usize,
    pub time_max: Duration,
    /// A permit for each byte of a body that had to be put together.
    room: Arc<Semaphore>,
}

impl BodyLimits {
    pub(crate) fn new(bytes_max: usize, time_max: Duration, room_bytes: usize) -> BodyLimits {
        BodyLimits { bytes_max, time_max, room: Arc::new(Semaphore::new(room_bytes)) }
    }
}

/// A body, and the room that it takes for as long as it is held. No `Debug`: it may be plaintext.
#[derive(Default)]
pub(crate) struct Whole {
    bytes: Bytes,
    _room: Option<OwnedSemaphorePermit>,
}

impl Deref for Whole {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Reads all of it. What arrives in one frame is handed on as it is; nothing is set aside for what is only announced.
pub(crate) async fn read<B: Body<Data = Bytes>>(body: B, limits: &BodyLimits) -> Result<Whole, Fault> {
    if body.is_end_stream() {
        return Ok(Whole::default());
    }
    let mut whole = pin!(collect(body, limits));
    // Most bodies have come with their head: for those no timer is set.
    match poll_fn(|context| Poll::Ready(whole.as_mut().poll(context))).await {
        Poll::Ready(whole) => whole,
        Poll::Pending => timeout(limits.time_max, whole).await.unwrap_or(Err(Fault::TooSlow)),
    }
}

async fn collect<B: Body<Data = Bytes>>(body: B, limits: &BodyLimits) -> Result<Whole, Fault> {
    let mut body = pin!(body);
    let first = next(body.as_mut()).await?.unwrap_or_default();
    if first.len() > limits.bytes_max {
        return Err(Fault::TooLarge);
    }
    let Some(second) = next(body.as_mut()).await? else { return Ok(Whole { bytes: first, _room: None }) };
    let mut room = take_room(limits, first.len())?;
    let mut bytes = BytesMut::from(&*first);
    drop(first);
    let mut more = Some(second);
    while let Some(data) = more {
        if bytes.len() + data.len() > limits.bytes_max {
            return Err(Fault::TooLarge);
        }
        room.merge(take_room(limits, data.len())?);
        bytes.extend_from_slice(&data);
        more = next(body.as_mut()).await?;
    }
    Ok(Whole { bytes: bytes.freeze(), _room: Some(room) })
}

/// The next frame of data. Trailers are dropped: nothing that decides what is done may come after the body.
async fn next<B: Body<Data = Bytes>>(mut body: std::pin::Pin<&mut B>) -> Result<Option<Bytes>, Fault> {
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Fault::BadRequest("The body ended before its announced length"))?;
        match frame.into_data() {
            Ok(data) if !data.is_empty() => return Ok(Some(data)),
            Ok(_) | Err(_) => {}
        }
    }
    Ok(None)
}

fn take_room(limits: &BodyLimits, bytes: usize) -> Result<OwnedSemaphorePermit, Fault> {
    let bytes = u32::try_from(bytes).map_err(|_| Fault::TooLarge)?;
    Arc::clone(&limits.room).try_acquire_many_owned(bytes).map_err(|_| Fault::Unavailable)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use http_body_util::StreamBody;
    use hyper::body::Frame;

    use super::*;

    fn limits(bytes_max: usize, room_bytes: usize) -> BodyLimits {
        BodyLimits::new(bytes_max, Duration::from_secs(3600), room_bytes)
    }

    fn body(frames: &[&'static str]) -> impl Body<Data = Bytes> {
        let frames: Vec<_> = frames
            .iter()
            .map(|text| Ok::<_, Infallible>(Frame::data(Bytes::from_static(text.as_bytes()))))
            .collect();
        StreamBody::new(futures_util::stream::iter(frames))
    }

    #[tokio::test]
    async fn a_body_in_one_frame_is_not_copied() {
        let text = "{\"a\":1}";
        let whole = read(body(&[text]), &limits(100, 0)).await.unwrap();
        assert_eq!((whole.as_ptr(), whole.len()), (text.as_ptr(), text.len()));
    }

    #[tokio::test]
    async fn frames_are_put_together_and_empty_ones_skipped() {
        assert_eq!(&*read(body(&["a", "", "b", "cd", ""]), &limits(4, 4)).await.unwrap(), b"abcd");
        assert_eq!(&*read(body(&[]), &limits(4, 4)).await.unwrap(), b"");
        assert!(matches!(read(body(&["a", "bcde"]), &limits(4, 9)).await, Err(Fault::TooLarge)));
        assert!(matches!(read(body(&["abcde"]), &limits(4, 9)).await, Err(Fault::TooLarge)));
    }

    #[tokio::test]
    async fn bodies_take_no_more_room_than_there_is_and_give_it_back() {
        let limits = limits(10, 6);
        let held = read(body(&["ab", "cd"]), &limits).await.unwrap();
        assert!(matches!(read(body(&["ab", "cd"]), &limits).await, Err(Fault::Unavailable)));
        assert_eq!(&*read(body(&["abcd"]), &limits).await.unwrap(), b"abcd");
        drop(held);
        assert_eq!(&*read(body(&["abc", "def"]), &limits).await.unwrap(), b"abcdef");
        assert_eq!(limits.room.available_permits(), 6);
    }
}
