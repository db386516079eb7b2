//! A request as it comes from the listener, and the reply as it goes back.

use std::net::IpAddr;
use std::sync::Arc;

use claviger_audit::{RequestId, Tls};
use claviger_clock::Timestamp;
use claviger_iam::{Credential, Origin, Source};
use claviger_names::Region;
use zeroize::Zeroizing;

use crate::Fault;
use crate::op::{self, Entry};

/// A request whose sender is known, or that is already refused: both are recorded.
pub struct Arrival<'a> {
    /// Names the request to its caller, the log and the trail.
    pub request_id: RequestId,
    /// What it asks for.
    pub asked: Asked<'a>,
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
    /// The body, whole.
    pub body: &'a [u8],
}

/// What a request asks for.
#[derive(Clone, Copy)]
pub enum Asked<'a> {
    /// One of the operations.
    Operation(&'static Entry),
    /// None of them: the name as the caller sent it; empty when there was none.
    Nothing(&'a str),
}

impl<'a> Asked<'a> {
    /// The operation of this name, if it is one.
    pub fn by(name: &'a str) -> Asked<'a> {
        op::find(name).map_or(Asked::Nothing(name), Asked::Operation)
    }

    /// The operation, if there is one.
    pub fn entry(self) -> Option<&'static Entry> {
        match self {
            Asked::Operation(entry) => Some(entry),
            Asked::Nothing(_) => None,
        }
    }

    /// The operation's name, or what stands for one.
    pub(crate) fn name(self) -> &'a str {
        match self {
            Asked::Operation(entry) => entry.facts.name,
            Asked::Nothing(name) => name,
        }
    }
}

impl<'a> Arrival<'a> {
    /// Where the request comes from, at this time.
    pub(crate) fn origin(&self, now: Timestamp) -> Origin<'a> {
        let Arrival { region, source_ip, user_agent, source, .. } = *self;
        Origin { region, now, source_ip, user_agent, is_secure: self.tls.is_some(), source }
    }
}

/// What goes back: its record is already in the trail.
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// The body; it may hold plaintext, so it is overwritten when dropped.
    pub body: Zeroizing<Vec<u8>>,
    /// The operation's name, if it is one.
    pub operation: Option<&'static str>,
    /// The spec of the key that it was about, once that was found and might be used.
    pub key_spec: Option<&'static str>,
    /// AWS's error code, if the request failed.
    pub error: Option<&'static str>,
}
