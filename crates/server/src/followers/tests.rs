//! What becomes of the groups that follow: when they look again, and that none of them misses anything.

use std::num::NonZeroUsize;

use claviger_audit::{ConsumerFault, EventId, EventType, Identity, Record, SourceIp};
use futures_util::future;

use super::*;

/// Takes what it is given, or refuses everything.
#[derive(Default)]
struct Reader {
    is_willing: bool,
    position: Option<Position>,
    told_records: Arc<AtomicU64>,
}

impl Consumer for Reader {
    fn name(&self) -> &'static str {
        "reader"
    }

    fn position(&self) -> Option<Position> {
        self.position
    }

    fn take<'a>(&'a mut self, entries: &'a [Entry<'a>]) -> BoxFuture<'a, Result<(), ConsumerFault>> {
        if self.is_willing {
            self.position = entries.last().map(|entry| entry.after);
            self.told_records.fetch_add(entries.len() as u64, Ordering::Relaxed);
        }
        let refused = ConsumerFault("there is no room".to_owned());
        Box::pin(future::ready(if self.is_willing { Ok(()) } else { Err(refused) }))
    }
}

fn busy_trail() -> Arc<Trail> {
    let trail = Arc::new(Trail::in_memory(NonZeroUsize::new(1_000).unwrap()));
    let account = "111122223333".parse().unwrap();
    for _ in 0..BUSY_RECORDS {
        let record = Record {
            event_time: "2026-11-22T10:00:00Z".parse().unwrap(),
            event_id: EventId::from_random([1; 16]),
            request_id: None,
            event_source: "kms.amazonaws.com",
            event_name: "RotateKey",
            region: "us-east-1",
            source_ip: SourceIp::Internal,
            user_agent: None,
            identity: Identity::ServiceEvent { account },
            error: None,
            request_parameters: None,
            response_elements: None,
            additional_event_data: None,
            resources: &[],
            read_only: false,
            event_type: EventType::ServiceEvent,
            recipient_account: Some(account),
            shared_event_id: None,
            service_event_details: None,
            vpc_endpoint_id: None,
            tls: None,
            session_from_console: false,
        };
        trail.append(&record).unwrap().wait().unwrap();
    }
    trail
}

async fn next_look(willing: &[bool]) -> Duration {
    let reader = |is_willing: &bool| -> Box<dyn Consumer> {
        Box::new(Reader { is_willing: *is_willing, ..Reader::default() })
    };
    let groups = vec![willing.iter().map(reader).collect()];
    let followers = Followers::new(busy_trail(), groups, []);
    followers.look(&followers.groups[0]).await
}

#[tokio::test]
async fn who_found_much_looks_sooner_again_and_who_refused_it_does_not() {
    assert_eq!(next_look(&[true]).await, BUSY_LOOK_INTERVAL);
    assert_eq!(next_look(&[false]).await, LOOK_INTERVAL);
    assert_eq!(next_look(&[true, false]).await, LOOK_INTERVAL);
}

#[tokio::test]
async fn who_is_behind_the_others_of_its_group_misses_nothing() {
    let begun = [None, Some(Position { records: BUSY_RECORDS / 2, ..Position::default() }), None];
    let told = begun.map(|position| {
        let reader = Reader { is_willing: true, position, ..Reader::default() };
        (Arc::clone(&reader.told_records), reader)
    });
    let (told, readers): (Vec<_>, Vec<_>) = told.into_iter().unzip();
    let group = readers.into_iter().map(|reader| -> Box<dyn Consumer> { Box::new(reader) }).collect();
    let followers = Followers::new(busy_trail(), vec![group], []);
    let behind = || followers.behind().iter().map(|reading| reading.behind_records).collect::<Vec<_>>();
    assert_eq!(behind(), [BUSY_RECORDS, BUSY_RECORDS / 2, BUSY_RECORDS]);
    followers.look(&followers.groups[0]).await;
    assert_eq!(behind(), [0, 0, 0]);
    let told: Vec<u64> = told.iter().map(|told| told.load(Ordering::Relaxed)).collect();
    assert_eq!(told, [BUSY_RECORDS, BUSY_RECORDS / 2, BUSY_RECORDS]);
}
