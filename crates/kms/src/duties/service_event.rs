//! What the service does on its own, told in the trail: noted in the commit that does it, so that a crash cannot hide it.

use claviger_audit::{EventId, EventType, Identity, Record, Resource, ResourceKind, Shown, SourceIp};
use claviger_clock::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::keyspace::{self, Changes};
use crate::kms::Kms;
use crate::model::{Key, Place};

/// How old a note is that nobody is about to tell: whoever made it is gone.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_secs(60);

/// Notes that are told between two looks for more.
const BATCH_NOTES: usize = 100;

/// What was done with one key. After a crash it may be told twice, under the same event id.
#[derive(Serialize, Deserialize)]
pub(crate) struct ServiceEvent {
    id: u128,
    at: Timestamp,
    name: String,
    account: String,
    region: String,
    key: Box<str>,
    /// Names and texts, in the order of the record.
    details: Vec<(String, String)>,
}

impl ServiceEvent {
    /// What was done with a key, now.
    pub(crate) fn of(
        kms: &Kms,
        key: &Key,
        name: &str,
        details: Vec<(&str, String)>,
    ) -> Result<ServiceEvent, Fault> {
        let Place { account, region } = key.place;
        Ok(ServiceEvent {
            id: u128::from_be_bytes(kms.random_bytes()?),
            at: kms.clock.now(),
            name: name.to_owned(),
            account: account.to_string(),
            region: region.as_str().to_owned(),
            key: key.arn.clone(),
            details: details.into_iter().map(|(name, text)| (name.to_owned(), text)).collect(),
        })
    }

    async fn record(&self, kms: &Kms) -> Result<(), Fault> {
        let details = self.details.iter().fold(Shown::new(), |shown, (name, text)| shown.text(name, text));
        let details = details.done();
        let account = self.account.parse().map_err(Fault::internal)?;
        let resource = Resource { account, arn: self.key.clone(), kind: ResourceKind::Key };
        let record = Record {
            event_time: self.at,
            event_id: EventId::from_random(self.id.to_be_bytes()),
            request_id: None,
            event_source: "kms.amazonaws.com",
            event_name: &self.name,
            region: &self.region,
            source_ip: SourceIp::Internal,
            user_agent: Some("AWS Internal"),
            identity: Identity::ServiceEvent { account },
            error: None,
            request_parameters: None,
            response_elements: None,
            additional_event_data: None,
            resources: &[resource],
            read_only: false,
            event_type: EventType::ServiceEvent,
            recipient_account: Some(account),
            shared_event_id: None,
            service_event_details: details.as_ref(),
            vpc_endpoint_id: None,
            tls: None,
            session_from_console: false,
        };
        kms.append(&record).await.map_err(Fault::internal)
    }
}

/// Commits what was done together with the note of it, tells it, and takes the note back.
pub(crate) async fn commit_and_tell(
    kms: &Kms,
    changes: Changes,
    events: &[ServiceEvent],
) -> Result<(), Fault> {
    let Some(first) = events.first() else { return kms.commit(changes).await };
    let note = keyspace::note_path(first.id)?;
    kms.commit(changes.note(&note, events)).await?;
    tell(kms, events).await?;
    kms.commit(Changes::new().settle_note(&note)).await
}

async fn tell(kms: &Kms, events: &[ServiceEvent]) -> Result<(), Fault> {
    for event in events {
        event.record(kms).await?;
    }
    Ok(())
}

/// Tells what was done and never told, because the node that did it ended in between. Answers how much that was.
pub(super) async fn tell_forgotten(kms: &Kms) -> Result<usize, Fault> {
    let forgotten = |at: Timestamp| at.duration_until(kms.clock.now()) >= FORGOTTEN_AFTER;
    let (mut told, mut after) = (0, None);
    loop {
        let notes =
            keyspace::list_notes::<Vec<ServiceEvent>>(&kms.store, after.as_ref(), BATCH_NOTES).await?;
        let is_last = notes.len() < BATCH_NOTES;
        after = notes.last().map(|(note, _)| note.clone());
        for (note, events) in notes {
            if events.iter().all(|event| forgotten(event.at)) {
                tell(kms, &events).await?;
                kms.commit(Changes::new().settle_note(&note)).await?;
                told += events.len();
            }
        }
        if is_last {
            return Ok(told);
        }
    }
}
