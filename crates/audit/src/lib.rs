//! Audit records in CloudTrail's format, and the durable chained trail that a node appends them to.

mod batch;
mod chain;
mod entries;
mod event;
mod file;
mod flusher;
mod follow;
mod handover;
mod head;
mod heading;
mod hex;
mod identity;
mod ids;
mod index;
mod json;
mod json_text;
mod line;
mod open;
mod outline;
mod reader;
mod record;
mod redact;
mod ring;
mod shown;
mod ticket;
mod time;
mod trail;
mod writer;

pub use chain::Chain;
pub use entries::{Batch, Entry, Place};
pub use event::{Event, EventResource};
pub use follow::{Consumer, ConsumerFault, FollowFault, Follower, MalformedPosition, Position};
pub use head::{Head, MalformedHead, verify_head};
pub use identity::{Identity, Issuer, SessionAttributes, WebFederation};
pub use ids::{EventId, RequestId};
pub use index::{Attribute, Criterion, Found, Index, Indexer, LookUpFault, Lookup, MalformedToken, Token};
pub use json_text::JsonText;
pub use open::OpenError;
pub use outline::Outline;
pub use reader::{Breach, ChainBroken, Records, Summary, read_trail, verify_chain};
pub use record::{
    ADDITIONAL_EVENT_DATA_BYTES_MAX, EventType, RECORD_BYTES_MAX, RECORDED_MEMBER_BYTES_MAX, RESOURCES_MAX,
    Record, RecordedError, Resource, ResourceKind, SourceIp, TEXT_BYTES_MAX, Tls,
};
pub use shown::{Json, Shown};
pub use ticket::Ticket;
pub use time::shown_date;
pub use trail::{Durability, Health, Limits, Trail, TrailError};
