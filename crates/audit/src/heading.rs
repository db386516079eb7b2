//! The first line of a trail file: a service event that says what came before the file.

use jiff::Timestamp;
use serde::Deserialize;

use crate::EventId;
use crate::chain::Chain;
use crate::json::Object;
use crate::record::{EVENT_VERSION, within};
use crate::time::event_time;

/// Version of the file format.
const FORMAT_VERSION: u64 = 1;

const EVENT_SOURCE: &[u8] = b"claviger";
const EVENT_NAME: &[u8] = b"StartTrailFile";
const INTERNAL: &[u8] = b"AWS Internal";

/// What a file begins with.
#[derive(Debug)]
pub(crate) struct Heading {
    /// When the file was begun.
    pub(crate) begun: Timestamp,
    /// The Region of the record that the file was begun for: CloudTrail asks one of every record.
    pub(crate) region: String,
    pub(crate) event_id: EventId,
    /// The file's place in the trail, from 1.
    pub(crate) sequence: u64,
    /// Headings do not count.
    pub(crate) records_before: u64,
    /// The chain's value before this heading.
    pub(crate) previous: Chain,
}

/// The members of a heading that differ from one to the next.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Members {
    event_time: String,
    aws_region: String,
    #[serde(rename = "eventID")]
    event_id: String,
    service_event_details: Details,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    sequence: u64,
    records_before: u64,
    previous_chain: String,
}

impl Heading {
    /// The heading's record, of which `write` makes exactly these bytes; none if it is anything else.
    pub(crate) fn parse(record: &str) -> Option<Heading> {
        let Members { event_time, aws_region, event_id, service_event_details } =
            serde_json::from_str(record).ok()?;
        let heading = Heading {
            begun: event_time.parse().ok()?,
            region: aws_region,
            event_id: EventId::parse(&event_id)?,
            sequence: service_event_details.sequence,
            records_before: service_event_details.records_before,
            previous: Chain::parse(service_event_details.previous_chain.as_bytes())?,
        };
        let mut canonical = Vec::new();
        heading.write(&mut canonical);
        (canonical == record.as_bytes()).then_some(heading)
    }

    /// Appends the heading's record to `out`.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let mut object = Object::open(out);
        object.ascii("eventVersion", EVENT_VERSION.as_bytes());
        let mut identity = object.object("userIdentity");
        identity.ascii("invokedBy", INTERNAL);
        identity.close();
        object.ascii("eventTime", &event_time(self.begun));
        object.ascii("eventSource", EVENT_SOURCE);
        object.ascii("eventName", EVENT_NAME);
        object.text("awsRegion", within(&self.region));
        object.ascii("sourceIPAddress", INTERNAL);
        object.ascii("userAgent", INTERNAL);
        object.null("requestParameters");
        object.null("responseElements");
        object.ascii("eventID", &self.event_id.text());
        object.flag("readOnly", false);
        object.ascii("eventType", b"AwsServiceEvent");
        object.flag("managementEvent", true);
        self.write_details(&mut object);
        object.ascii("eventCategory", b"Management");
        object.close();
    }

    fn write_details(&self, object: &mut Object<'_>) {
        let mut details = object.object("serviceEventDetails");
        details.number("formatVersion", FORMAT_VERSION);
        details.number("sequence", self.sequence);
        details.number("recordsBefore", self.records_before);
        details.ascii("previousChain", &self.previous.text());
        details.close();
    }
}
