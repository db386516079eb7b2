//! A request as it comes from the listener, and the reply as it goes back.

use std::net::IpAddr;
use std::sync::Arc;

use claviger_audit::{RequestId, Tls};
use claviger_iam::{Credential, Source};
use claviger_names::Region;
use claviger_wire::{Members, WireFault};
use zeroize::Zeroizing;

use crate::Fault;

/// How a request and its reply are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// AWS JSON 1.0 and 1.1.
    Json,
    /// Smithy RPC v2, in CBOR.
    Cbor,
    /// AWS Query.
    Query,
}

/// What a request says beside its operation.
pub enum Body<'a> {
    /// JSON.
    Json(&'a [u8]),
    /// CBOR.
    Cbor(&'a [u8]),
    /// The pairs of a form, but for action and version.
    Query(Members<'a>),
}

impl<'a> Body<'a> {
    /// In which protocol it is.
    pub fn protocol(&self) -> Protocol {
        match self {
            Body::Json(_) => Protocol::Json,
            Body::Cbor(_) => Protocol::Cbor,
            Body::Query(_) => Protocol::Query,
        }
    }

    pub(crate) fn members(self) -> Result<Members<'a>, WireFault> {
        match self {
            Body::Json(bytes) => Members::read(bytes),
            Body::Cbor(bytes) => Members::read_cbor(bytes),
            Body::Query(members) => Ok(members),
        }
    }
}

/// A request whose sender is known, or that is already refused: both are recorded.
pub struct Arrival<'a> {
    /// Names the request to its caller, the log and the trail.
    pub request_id: RequestId,
    /// The operation's name as the caller sent it; empty when there was none.
    pub operation: &'a str,
    /// The Region of the credential scope, or the node's first one when there is none.
    pub region: Region,
    /// Who signed it, or why it goes no further.
    pub admission: Result<Arc<Credential>, Fault>,
    /// The key id that an unverified request claims.
    pub claimed_access_key_id: Option<&'a str>,
    /// Where the connection comes from.
    pub source_ip: IpAddr,
    /// What the client calls itself.
    pub user_agent: Option<&'a str>,
    /// The connection's TLS, if it has any.
    pub tls: Option<Tls<'a>>,
    /// For what it was sent, as its sender says.
    pub source: Source<'a>,
    /// What it says.
    pub body: Body<'a>,
}

/// What goes back: its record is already in the trail.
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// How it is written.
    pub protocol: Protocol,
    /// The body.
    pub body: Zeroizing<Vec<u8>>,
    /// The operation's name, if it is one.
    pub operation: Option<&'static str>,
    /// AWS's error code, if the request failed.
    pub error: Option<&'static str>,
    /// The header of APIs that once spoke AWS Query: its error code, and whose fault it is.
    pub query_error: Option<String>,
}
