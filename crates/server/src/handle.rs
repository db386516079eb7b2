//! The straight line of a request: head, body, sender, KMS, reply. Whatever parsed as HTTP is recorded once.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use claviger_audit::RequestId;
use claviger_iam::Credential;
use claviger_kms::{Arrival, Fault, Performed};
use claviger_monitor::InFlight;
use http_body_util::Full;
use hyper::body::{Body, Incoming};
use hyper::http::request::Parts;
use hyper::{Request, Response, Version};

use crate::authenticate::{Admission, Audience, Claimed, Refusal};
use crate::body::{self, Whole};
use crate::head::{Head, Protocol};
use crate::listen::{Answer, Peer};
use crate::node::Node;
use crate::{apis, query, reply};

/// A request up to the point where the KMS takes it.
struct Admitted {
    body: Whole,
    sender: Result<Arc<Credential>, Fault>,
    claimed: Claimed,
}

impl Answer for Node {
    fn connected(&self) -> Option<InFlight> {
        Some(self.metrics.connection())
    }

    async fn answer(self: Arc<Self>, peer: Arc<Peer>, request: Request<Incoming>) -> Response<Full<Bytes>> {
        handle(&self, &peer, request).await
    }
}

async fn handle<B>(node: &Node, peer: &Peer, request: Request<B>) -> Response<Full<Bytes>>
where
    B: Body<Data = Bytes>,
{
    let _in_flight = node.metrics.request();
    let version = request.version();
    // Boxed: the room is given back before the reply is awaited, and the next request gets it while the processor's cache
    // has it. As a part of each connection it would be cold every time.
    let (request_id, started, performed) = match Box::pin(take(node, peer, request)).await {
        Taken::Performed(request_id, started, performed) => (request_id, started, performed),
        Taken::Answered(response) => return response,
    };
    let reply = performed.reply().await;
    let meter = node.metrics.operation(reply.operation);
    meter.answered(reply.error, started.elapsed());
    if let Some(key_spec) = reply.key_spec {
        meter.answered_on_key(key_spec, reply.error);
    }
    node.note_refusal(reply.status, reply.error);
    // HTTP/2 says the same with a GOAWAY frame, and has no such header.
    let last = node.is_draining() && version != Version::HTTP_2;
    reply::response(reply, request_id, last)
}

/// What became of a request.
enum Taken<'k> {
    /// The KMS performed the request of this name, begun then.
    Performed(RequestId, Instant, Performed<'k>),
    /// Another API answered it.
    Answered(Response<Full<Bytes>>),
}

async fn take<'k, B>(node: &'k Node, peer: &Peer, request: Request<B>) -> Taken<'k>
where
    B: Body<Data = Bytes>,
{
    let (parts, incoming) = request.into_parts();
    let (request_id, has_id) = node.request_id();
    let mut head = Head::read(&parts, node.body_limits.bytes_max, &node.apis);
    let body = match has_id.and(std::mem::replace(&mut head.verdict, Ok(()))) {
        Ok(()) => body::read(incoming, &node.body_limits).await,
        Err(fault) => Err(fault),
    };
    let started = Instant::now();
    if head.protocol == Protocol::Query {
        // Boxed, so that requests to KMS do not carry the room that IAM's need.
        let answered = Box::pin(query::answer(node, peer, &parts, &head, request_id, body));
        return Taken::Answered(answered.await);
    }
    if let Some(asked) = head.elsewhere.take() {
        let answered = Box::pin(apis::answer(node, peer, &parts, &head, request_id, asked, body));
        return Taken::Answered(answered.await);
    }
    let Admitted { body, sender, claimed } = match body {
        Ok(body) => admit(node, &parts, &head, body).await,
        Err(fault) => Admitted { body: Whole::default(), sender: Err(fault), claimed: Claimed::default() },
    };
    let arrival = Arrival {
        request_id,
        asked: head.asked,
        region: claimed.region.unwrap_or(node.regions.first()),
        admission: sender,
        claimed_access_key_id: claimed.access_key_id.as_deref(),
        source_ip: peer.ip,
        user_agent: head.user_agent,
        tls: peer.tls.as_ref().map(|session| session.shown(head.host)),
        source: head.source(),
        body: &body,
    };
    Taken::Performed(request_id, started, node.kms.perform(arrival).await)
}

async fn admit(node: &Node, parts: &Parts, head: &Head<'_>, body: Whole) -> Admitted {
    let signed = claviger_sigv4::Request {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: parts.uri.query(),
        headers: &head.headers,
        body: &body,
    };
    let Admission { verdict, claimed } = node.authenticator.authenticate(&signed, Audience::KMS).await;
    let sender = verdict.map_err(|refusal| match refusal {
        Refusal::Directory(fault) => fault,
        Refusal::Unauthenticated(why, reason) => {
            node.metrics.authentication_failed(reason);
            Fault::Unauthenticated(why)
        }
    });
    Admitted { body, sender, claimed }
}
