//! Appending from many threads, flushing in groups, and the trail in memory.

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use claviger_audit::{
    Durability, Health, Limits, RECORD_BYTES_MAX, Record, Ticket, Trail, TrailError, verify_chain,
};

use crate::sample::{call, files_ending, json_of, marked_parameters, marks};

const THREADS: usize = 8;
const EACH: usize = 400;

#[test]
fn appends_of_eight_threads_are_all_there_and_none_is_interleaved() {
    let of_thread = |number: usize, trail: &Trail| {
        for n in 0..EACH {
            let parameters = marked_parameters(&format!("{number}-{n}"));
            let record = Record { request_parameters: Some(&parameters), ..call(1, "Encrypt") };
            let ticket = trail.append(&record).unwrap();
            // Some block their thread, some are polled.
            if number.is_multiple_of(2) { ticket.wait() } else { awaited(ticket) }.unwrap();
        }
    };
    for durability in [Durability::OperatingSystem, Durability::Disk] {
        let directory = tempfile::tempdir().unwrap();
        let trail = Trail::open(directory.path(), Limits { file_bytes_max: 0, durability }).unwrap();
        thread::scope(|scope| {
            for number in 0..THREADS {
                let trail = &trail;
                scope.spawn(move || of_thread(number, trail));
            }
        });
        assert_eq!(trail.health(), Health::Writing);
        drop(trail);
        let marks = marks(directory.path());
        assert_eq!(marks.len(), THREADS * EACH);
        assert_eq!(marks.iter().collect::<HashSet<_>>().len(), THREADS * EACH);
        for number in 0..THREADS {
            let prefix = format!("{number}-");
            let own = marks.iter().filter_map(|mark| mark.strip_prefix(&prefix)?.parse::<usize>().ok());
            assert!(own.eq(0..EACH), "thread {number} in its own order");
        }
        assert_eq!(verify_chain(directory.path()).unwrap().records, (THREADS * EACH) as u64);
        assert!(files_ending(directory.path(), "jsonl").len() > 1);
    }
}

#[test]
fn a_ticket_may_be_awaited_on_another_thread_than_its_record_was_appended_on() {
    let directory = tempfile::tempdir().unwrap();
    let trail = Trail::open(directory.path(), Limits::default()).unwrap();
    let tickets: Vec<_> = (0..3).map(|_| trail.append(&call(1, "Encrypt")).unwrap()).collect();
    let own = trail.append(&call(2, "Encrypt")).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| tickets.into_iter().for_each(|ticket| awaited(ticket).unwrap()));
    });
    assert_eq!(trail.head().unwrap().0, 4);
    awaited(own).unwrap();
}

/// Wakes the thread that waits.
struct Unpark(thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn awaited(ticket: Ticket) -> Result<(), TrailError> {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut ticket = pin!(ticket);
    loop {
        match ticket.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(outcome) => return outcome,
            Poll::Pending => thread::park(),
        }
    }
}

#[test]
fn tickets_of_one_group_are_woken_and_the_trail_goes_on_after_it_is_opened_again() {
    let directory = tempfile::tempdir().unwrap();
    let limits = Limits { file_bytes_max: 0, durability: Durability::Disk };
    for _ in 0..3 {
        let trail = Trail::open(directory.path(), limits).unwrap();
        let long = marked_parameters(&"x".repeat(90 * 1024));
        let record = Record { request_parameters: Some(&long), ..call(1, "Encrypt") };
        let tickets: Vec<_> = (0..7).map(|_| trail.append(&record).unwrap()).collect();
        for ticket in tickets {
            assert_eq!(awaited(ticket), Ok(()));
        }
    }
    assert_eq!(verify_chain(directory.path()).unwrap().records, 21);
}

/// Counts how often it is woken.
#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn the_first_ticket_that_is_awaited_writes_what_was_appended_meanwhile_and_wakes_the_others() {
    let directory = tempfile::tempdir().unwrap();
    let trail = Trail::open(directory.path(), Limits::default()).unwrap();
    let woken: [Arc<Woken>; 3] = Default::default();
    let wakers = woken.clone().map(Waker::from);
    let mut tickets: Vec<_> = (0..3).map(|_| Box::pin(trail.append(&call(1, "Encrypt")).unwrap())).collect();
    let count = |at: usize| woken[at].0.load(Ordering::SeqCst);
    for (ticket, waker) in tickets.iter_mut().zip(&wakers) {
        assert_eq!(ticket.as_mut().poll(&mut Context::from_waker(waker)), Poll::Pending);
    }
    assert_eq!((count(0), count(1), count(2)), (1, 0, 0), "the writer asks to run again");
    assert!(files_ending(directory.path(), "jsonl").is_empty(), "nothing is written yet");
    let late = trail.append(&call(1, "Decrypt")).unwrap();
    for (ticket, waker) in tickets.iter_mut().zip(&wakers) {
        assert_eq!(ticket.as_mut().poll(&mut Context::from_waker(waker)), Poll::Ready(Ok(())));
    }
    assert_eq!((count(1), count(2)), (1, 1));
    assert_eq!(verify_chain(directory.path()).unwrap().records, 4);
    late.wait().unwrap();
    assert_eq!(verify_chain(directory.path()).unwrap().records, 4, "it went with the others");
}

#[test]
fn a_record_whose_ticket_is_dropped_is_written_all_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let trail = Trail::open(directory.path(), Limits::default()).unwrap();
    drop(trail.append(&call(1, "Encrypt")).unwrap());
    assert_eq!(verify_chain(directory.path()).unwrap().records, 1);
    let mut writer = Box::pin(trail.append(&call(1, "Encrypt")).unwrap());
    let mut waits = Box::pin(trail.append(&call(1, "Encrypt")).unwrap());
    let mut context = Context::from_waker(Waker::noop());
    assert_eq!(writer.as_mut().poll(&mut context), Poll::Pending);
    assert_eq!(waits.as_mut().poll(&mut context), Poll::Pending);
    drop(writer);
    assert_eq!(waits.as_mut().poll(&mut context), Poll::Ready(Ok(())));
    assert_eq!(verify_chain(directory.path()).unwrap().records, 3);
}

#[test]
fn a_trail_in_memory_keeps_the_newest_records() {
    let trail = Trail::in_memory(NonZeroUsize::new(2).unwrap());
    for event_name in ["Encrypt", "Decrypt", "ReEncrypt"] {
        trail.append(&call(1, event_name)).unwrap().wait().unwrap();
    }
    assert_eq!(trail.recent(), [json_of(&call(1, "Decrypt")), json_of(&call(1, "ReEncrypt"))]);
    assert_eq!((trail.health(), trail.probe(), trail.head()), (Health::Writing, Health::Writing, None));
}

#[test]
fn records_that_are_written_together_are_parted_where_a_file_is_full() {
    let directory = tempfile::tempdir().unwrap();
    let trail = Trail::open(directory.path(), Limits { file_bytes_max: 0, ..Limits::default() }).unwrap();
    let parameters = marked_parameters(&"x".repeat(99 * 1024));
    let record = Record { request_parameters: Some(&parameters), ..call(1, "Encrypt") };
    let tickets: Vec<Ticket> = (0..12).map(|_| trail.append(&record).unwrap()).collect();
    tickets.into_iter().for_each(|ticket| ticket.wait().unwrap());
    let files = files_ending(directory.path(), "jsonl");
    assert_eq!(files.len(), 3);
    let two_longest_lines = 2 * (RECORD_BYTES_MAX as u64 + 100);
    assert!(files.iter().all(|file| std::fs::metadata(file).unwrap().len() <= two_longest_lines));
    assert_eq!(verify_chain(directory.path()).unwrap().records, 12);
}
