//! Requests to the APIs around the KMS, from their body to the API and back.

use std::io::Read as _;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use claviger_api::{Arrival, Body, Fault, Protocol, Serve};
use claviger_audit::RequestId;
use claviger_iam::Credential;
use flate2::read::GzDecoder;
use http_body_util::Full;
use hyper::header::CONTENT_ENCODING;
use hyper::http::request::Parts;
use hyper::{Response, Version};

use crate::authenticate::{Admission, Audience, Claimed, Refusal};
use crate::body::Whole;
use crate::head::Head;
use crate::listen::Peer;
use crate::node::Node;
use crate::{query, reply};

/// What stands before the API in the path of a request in Smithy RPC v2, and before its operation.
const RPC_SERVICE: &str = "/service/";
const RPC_OPERATION: &str = "/operation/";

/// The one content encoding that clients use.
const GZIP: &[u8] = b"gzip";

/// The APIs that a node serves beside KMS, IAM and STS.
#[derive(Default)]
pub struct Apis(Box<[Arc<dyn Serve>]>);

/// An operation of one of them.
#[derive(Clone)]
pub(crate) struct ApiAsked<'a> {
    pub api: Arc<dyn Serve>,
    /// As it was sent.
    pub operation: &'a str,
    pub protocol: Protocol,
}

impl Apis {
    /// These.
    pub fn new(apis: impl IntoIterator<Item = Arc<dyn Serve>>) -> Apis {
        Apis(apis.into_iter().collect())
    }

    /// The API that this target is of; none when it is of KMS or nobody.
    pub(crate) fn by_target<'a>(&self, target: &'a str) -> Option<ApiAsked<'a>> {
        let (service, operation) = target.rsplit_once('.')?;
        self.find(service, operation, Protocol::Json)
    }

    /// The API that this path is of.
    pub(crate) fn by_path<'a>(&self, path: &'a str) -> Option<ApiAsked<'a>> {
        let (service, operation) = path.strip_prefix(RPC_SERVICE)?.split_once(RPC_OPERATION)?;
        self.find(service, operation, Protocol::Cbor)
            .filter(|asked| asked.api.service().cbor_namespace.is_some())
    }

    /// The API of this version in AWS Query.
    pub(crate) fn by_version(&self, version: &str) -> Option<&Arc<dyn Serve>> {
        self.0.iter().find(|api| api.service().query.is_some_and(|query| query.version == version))
    }

    fn find<'a>(&self, service: &str, operation: &'a str, protocol: Protocol) -> Option<ApiAsked<'a>> {
        let api = self.0.iter().find(|api| api.service().targets.contains(&service))?;
        Some(ApiAsked { api: Arc::clone(api), operation, protocol })
    }
}

/// Answers a request whose body was read, or why it goes no further.
pub(crate) async fn answer(
    node: &Node,
    peer: &Peer,
    parts: &Parts,
    head: &Head<'_>,
    request_id: RequestId,
    asked: ApiAsked<'_>,
    body: Result<Whole, claviger_kms::Fault>,
) -> Response<Full<Bytes>> {
    let (body, mut stopped) = match body {
        Ok(body) => (body, Ok(())),
        Err(fault) => (Whole::default(), Err(of_listener(query::told(fault)))),
    };
    let inflated = inflated(head, &body, node.body_limits.bytes_max).unwrap_or_else(|fault| {
        stopped = Err(fault);
        None
    });
    let plain = inflated.as_deref().unwrap_or(&body);
    let said = match asked.protocol {
        Protocol::Cbor => Body::Cbor(plain),
        Protocol::Json | Protocol::Query => Body::Json(plain),
    };
    let sent = Sent { request_id, asked, whole: &body, said, stopped };
    respond(node, peer, parts, head, sent).await
}

/// The body as it was before its sender compressed it, as clients of CloudWatch do with long ones; none when it was not.
fn inflated(head: &Head<'_>, body: &[u8], bytes_max: usize) -> Result<Option<Vec<u8>>, Fault> {
    let encoding = head.headers.iter().find(|(name, _)| *name == CONTENT_ENCODING.as_str());
    match encoding.map(|(_, value)| *value) {
        None => Ok(None),
        Some(value) if value == GZIP => {
            let mut plain = Vec::new();
            let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
            let read = GzDecoder::new(body).take(limit).read_to_end(&mut plain);
            read.map_err(|_| Fault::Serialization(None))?;
            if plain.len() > bytes_max { Err(Fault::TooLarge) } else { Ok(Some(plain)) }
        }
        Some(_) => Err(Fault::BadRequest("The only content encoding that is understood is gzip")),
    }
}

/// A request as it was sent.
pub(crate) struct Sent<'a> {
    pub request_id: RequestId,
    pub asked: ApiAsked<'a>,
    /// What was signed.
    pub whole: &'a [u8],
    /// What it says.
    pub said: Body<'a>,
    /// Whether it goes on.
    pub stopped: Result<(), Fault>,
}

pub(crate) async fn respond(
    node: &Node,
    peer: &Peer,
    parts: &Parts,
    head: &Head<'_>,
    sent: Sent<'_>,
) -> Response<Full<Bytes>> {
    let started = Instant::now();
    let Sent { request_id, asked: ApiAsked { api, operation, .. }, whole, said, stopped } = sent;
    let mut claimed = Claimed::default();
    let admission = match stopped {
        Ok(()) => admit(node, parts, head, whole, &*api, &mut claimed).await,
        Err(fault) => Err(fault),
    };
    let arrival = Arrival {
        request_id,
        operation,
        region: claimed.region.unwrap_or(node.regions.first()),
        admission,
        claimed_access_key_id: claimed.access_key_id.as_deref(),
        source_ip: peer.ip,
        user_agent: head.user_agent,
        tls: peer.tls.as_ref().map(|session| session.shown(head.host)),
        source: head.source(),
        body: said,
    };
    let reply = api.answer(arrival).await;
    node.metrics.operation(reply.operation).answered(reply.error, started.elapsed());
    node.note_refusal(reply.status, reply.error);
    let last = node.is_draining() && parts.version != Version::HTTP_2;
    reply::of_api(reply, request_id, last)
}

async fn admit(
    node: &Node,
    parts: &Parts,
    head: &Head<'_>,
    body: &[u8],
    api: &dyn Serve,
    claimed: &mut Claimed,
) -> Result<Arc<Credential>, Fault> {
    let signed = claviger_sigv4::Request {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: parts.uri.query(),
        headers: &head.headers,
        body,
    };
    let audience = Audience::of_names(api.service().signing_names);
    let Admission { verdict, claimed: said } = node.authenticator.authenticate(&signed, audience).await;
    *claimed = said;
    verdict.map_err(|refusal| match refusal {
        Refusal::Directory(fault) => of_listener(query::told(fault)),
        Refusal::Unauthenticated(why, reason) => {
            node.metrics.authentication_failed(reason);
            Fault::Unauthenticated(query::unauthenticated(why))
        }
    })
}

/// What stops a request before it is known what it asks for.
fn of_listener(fault: claviger_iam::Fault) -> Fault {
    use claviger_iam::Fault as Listener;
    match fault {
        Listener::BadRequest(text) => Fault::BadRequest(text),
        Listener::TooLarge => Fault::TooLarge,
        Listener::TooSlow => Fault::TooSlow,
        Listener::Unavailable => Fault::Unavailable,
        Listener::Unauthenticated(why) => Fault::Unauthenticated(why),
        Listener::Internal(claviger_iam::Cause(cause)) => Fault::internal(cause),
        other => Fault::internal(other.code()),
    }
}
