//! A request as it comes from the listener, and the reply as it goes back.

use std::net::IpAddr;
use std::sync::Arc;

use claviger_audit::{RequestId, Tls};
use claviger_names::Region;
use claviger_wire::Members;
use zeroize::Zeroizing;

use super::{Fault, Service};
use crate::{Credential, Source};

/// A request whose sender is known, or that is already refused: both are recorded.
pub struct Arrival<'a> {
    /// Names the request to its caller, the log and the trail.
    pub request_id: RequestId,
    /// The API that it is for.
    pub service: Service,
    /// The operation's name as the caller sent it; empty when there was none.
    pub operation: &'a str,
    /// The Region of the credential scope, or the node's first one when there is none.
    pub region: Region,
    /// Who sent what, or why it goes no further.
    pub admission: Result<(Sender, Members<'a>), Fault>,
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
}

/// Who sent a request.
pub enum Sender {
    /// Who signed it.
    Signed(Arc<Credential>),
    /// It has no signature, and its operation needs none.
    Anonymous,
}

/// What goes back: its record is already in the trail.
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// The body, XML; it may hold a secret, so it is overwritten when dropped.
    pub body: Zeroizing<Vec<u8>>,
    /// The operation's name, if it is one.
    pub operation: Option<&'static str>,
    /// AWS's error code, if the request failed.
    pub error: Option<&'static str>,
}
