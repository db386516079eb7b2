//! What is accepted is delivered or told to be undeliverable, whatever happens between.

use std::path::Path;

use claviger_clock::{SignedDuration, Timestamp};
use claviger_crypto::SystemRandom;
use tokio::task::JoinHandle;

use super::*;
use crate::destination::Way;
use crate::queue::LETTERS_MAX;

const OPS: &str = "arn:aws:sns:us-east-1:111122223333:ops";
const AUDIT: &str = "arn:aws:sns:us-east-1:111122223333:audit";
const START: &str = "2026-11-22T12:00:00Z";

/// Longest that a condition is waited for.
const DEADLINE: Duration = Duration::from_secs(30);

struct SetClock(Mutex<Timestamp>);

impl SetClock {
    fn new() -> Arc<SetClock> {
        Arc::new(SetClock(Mutex::new(START.parse().unwrap())))
    }

    fn advance(&self, by: SignedDuration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

fn destination(arn: &str, file: &Path) -> Destination {
    let arn = arn.to_owned().try_into().unwrap();
    Destination { arn, is_shared: false, way: Way::File(file.to_owned()) }
}

fn open(destinations: Vec<Destination>, directory: &Path, clock: &Arc<SetClock>) -> Arc<Dispatch> {
    let (keeping, clock) = (Keeping::Directory(directory.join("courier")), clock.clone());
    Dispatch::open(DispatchParts { destinations, keeping, clock, random: Arc::new(SystemRandom) }).unwrap()
}

fn message(id: &str) -> Message {
    let account = "111122223333".parse().unwrap();
    let body = format!("{{\"id\": \"{id}\"}}").into();
    Message { account, id: id.into(), subject: "about it".into(), body }
}

fn start(dispatch: &Arc<Dispatch>) -> JoinHandle<()> {
    tokio::spawn(dispatch.clone().run())
}

async fn until(what: impl Fn() -> bool) {
    let waited = tokio::time::timeout(DEADLINE, async {
        while !what() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    waited.await.expect("it never came to be");
}

fn lines(path: &Path) -> Vec<String> {
    std::fs::read_to_string(path).unwrap_or_default().lines().map(str::to_owned).collect()
}

fn spooled(directory: &Path) -> usize {
    std::fs::read_dir(directory.join("courier/spool")).unwrap().count()
}

#[tokio::test]
async fn a_message_is_kept_until_it_is_delivered_and_then_forgotten() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("events.jsonl");
    let dispatch = open(vec![destination(OPS, &file)], directory.path(), &SetClock::new());
    dispatch.send(OPS, message("a")).unwrap();
    dispatch.send(OPS, message("b")).unwrap();
    assert_eq!((spooled(directory.path()), dispatch.counts()[0].waiting), (2, 2));
    let task = start(&dispatch);
    until(|| spooled(directory.path()) == 0).await;
    assert_eq!(lines(&file), [r#"{"id": "a"}"#, r#"{"id": "b"}"#]);
    let counts = Counts { arn: OPS.into(), sent: 2, retried: 0, dead: 0, refused: 0, waiting: 0 };
    assert_eq!(dispatch.counts(), [counts]);
    task.abort();
}

#[tokio::test]
async fn a_process_that_ended_in_between_loses_no_message() {
    let directory = tempfile::tempdir().unwrap();
    let (file, clock) = (directory.path().join("events.jsonl"), SetClock::new());
    let destinations = || vec![destination(OPS, &file)];
    open(destinations(), directory.path(), &clock).send(OPS, message("a")).unwrap();
    let next = open(destinations(), directory.path(), &clock);
    next.send(OPS, message("b")).unwrap();
    let task = start(&next);
    until(|| spooled(directory.path()) == 0).await;
    assert_eq!(lines(&file), [r#"{"id": "a"}"#, r#"{"id": "b"}"#]);
    task.abort();
}

#[tokio::test]
async fn what_fails_is_tried_again_when_its_time_has_come() {
    let directory = tempfile::tempdir().unwrap();
    let (missing, clock) = (directory.path().join("later"), SetClock::new());
    let file = missing.join("events.jsonl");
    let dispatch = open(vec![destination(OPS, &file)], directory.path(), &clock);
    let task = start(&dispatch);
    dispatch.send(OPS, message("a")).unwrap();
    until(|| dispatch.counts()[0].retried == 1).await;
    clock.advance(SignedDuration::from_secs(5));
    until(|| dispatch.counts()[0].retried == 2).await;
    std::fs::create_dir(&missing).unwrap();
    clock.advance(SignedDuration::from_secs(10));
    until(|| dispatch.counts()[0].sent == 1).await;
    until(|| spooled(directory.path()) == 0).await;
    assert_eq!(lines(&file), [r#"{"id": "a"}"#]);
    task.abort();
}

#[tokio::test]
async fn what_nobody_takes_for_a_day_is_written_down_with_the_reason() {
    let directory = tempfile::tempdir().unwrap();
    let (file, clock) = (directory.path().join("missing/events.jsonl"), SetClock::new());
    let dispatch = open(vec![destination(OPS, &file)], directory.path(), &clock);
    let task = start(&dispatch);
    dispatch.send(OPS, message("a")).unwrap();
    until(|| dispatch.counts()[0].retried == 1).await;
    clock.advance(SignedDuration::from_hours(24));
    until(|| spooled(directory.path()) == 0).await;
    let dead = lines(&directory.path().join("courier/dead-letters.jsonl"));
    let dead: serde_json::Value = serde_json::from_str(&dead[0]).unwrap();
    let wanted = serde_json::json!({
        "time": "2026-11-23T12:00:00Z", "destination": OPS, "id": "a", "subject": "about it", "accepted": START,
        "attempts": 2, "reason": "No such file or directory (os error 2)", "body": {"id": "a"},
    });
    assert_eq!((dead, dispatch.counts()[0].dead, dispatch.counts()[0].waiting), (wanted, 1, 0));
    task.abort();
}

#[tokio::test]
async fn a_message_to_where_nothing_goes_any_more_is_dead() {
    let directory = tempfile::tempdir().unwrap();
    let (file, clock) = (directory.path().join("events.jsonl"), SetClock::new());
    open(vec![destination(AUDIT, &file)], directory.path(), &clock).send(AUDIT, message("a")).unwrap();
    open(vec![destination(OPS, &file)], directory.path(), &clock);
    let dead = lines(&directory.path().join("courier/dead-letters.jsonl"));
    assert!(dead[0].contains("there is no such destination any more"), "{dead:?}");
    assert_eq!(spooled(directory.path()), 0);
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("events.jsonl");
    let dispatch = open(vec![destination(OPS, &file)], directory.path(), &SetClock::new());
    assert_eq!(dispatch.send(AUDIT, message("a")), Err(Unsent::Unknown));
    let long = Message { body: "1".repeat(MESSAGE_BYTES_MAX + 1).into(), ..message("a") };
    assert_eq!(dispatch.send(OPS, long), Err(Unsent::TooLong));
    std::fs::remove_dir(directory.path().join("courier/spool")).unwrap();
    assert_eq!(dispatch.send(OPS, message("a")), Err(Unsent::NotKept));
    assert_eq!((dispatch.counts()[0].refused, dispatch.counts()[0].waiting), (1, 0));
}

#[tokio::test]
async fn a_queue_that_is_full_takes_nothing_more() {
    let (clock, random) = (SetClock::new(), Arc::new(SystemRandom));
    let destinations = vec![destination(OPS, Path::new("/"))];
    let parts = DispatchParts { destinations, keeping: Keeping::Memory, clock, random };
    let dispatch = Dispatch::open(parts).unwrap();
    (0..LETTERS_MAX).for_each(|_| dispatch.send(OPS, message("a")).unwrap());
    assert_eq!(dispatch.send(OPS, message("a")), Err(Unsent::Full));
}

#[tokio::test]
async fn who_fills_a_shared_destination_leaves_room_for_others_also_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let (clock, file) = (SetClock::new(), directory.path().join("events.jsonl"));
    let destinations = || vec![Destination { is_shared: true, ..destination(OPS, &file) }];
    let long = || Message { body: "1".repeat(MESSAGE_BYTES_MAX).into(), ..message("a") };
    let other = || Message { account: "444455556666".parse().unwrap(), ..long() };
    let dispatch = open(destinations(), directory.path(), &clock);
    (0..64).for_each(|_| dispatch.send(OPS, long()).unwrap());
    assert_eq!(dispatch.send(OPS, long()), Err(Unsent::Full));
    assert_eq!(dispatch.send(OPS, other()), Ok(()));
    let next = open(destinations(), directory.path(), &clock);
    assert_eq!(next.send(OPS, long()), Err(Unsent::Full));
    assert_eq!(next.send(OPS, other()), Ok(()));
    assert_eq!((next.counts()[0].refused, next.counts()[0].waiting), (1, 66));
}

#[tokio::test]
async fn a_destination_is_known_to_its_own_account_and_region_or_to_all() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("events.jsonl");
    let shared = Destination { is_shared: true, ..destination(AUDIT, &file) };
    let dispatch = open(vec![destination(OPS, &file), shared], directory.path(), &SetClock::new());
    let (own, other) = ("111122223333".parse().unwrap(), "444455556666".parse().unwrap());
    assert!(dispatch.knows(OPS, own, "us-east-1"));
    assert!(!dispatch.knows(OPS, own, "us-west-2"));
    assert!(!dispatch.knows(OPS, other, "us-east-1"));
    assert!(dispatch.knows(AUDIT, other, "us-west-2"));
    assert!(!dispatch.knows("arn:aws:sns:us-east-1:111122223333:none", own, "us-east-1"));
    let twice = vec![destination(OPS, &file), destination(OPS, &file)];
    let parts = DispatchParts {
        destinations: twice,
        keeping: Keeping::Memory,
        clock: SetClock::new(),
        random: Arc::new(SystemRandom),
    };
    assert!(matches!(Dispatch::open(parts), Err(CourierError::Twice(arn)) if arn.as_str() == OPS));
}
