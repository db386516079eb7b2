//! Requests in AWS Query, from their body to IAM or STS and back as XML.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use claviger_api::{Body, Protocol, Serve};
use claviger_audit::RequestId;
use claviger_iam::{Arrival, Fault, Sender, Service, Unauthenticated};
use claviger_names::Region;
use claviger_wire::{Members, QueryRequest, QuerySource};
use http_body_util::Full;
use hyper::http::request::Parts;
use hyper::{Method, Response, Version};

use crate::apis::{self, ApiAsked, Sent};
use crate::authenticate::{Admission, Audience, Claimed, Refusal};
use crate::body::Whole;
use crate::head::Head;
use crate::listen::Peer;
use crate::node::Node;
use crate::reply;

/// The API whose words tell of a request that names none.
const UNNAMED_SERVICE: Service = Service::Sts;

/// What stands for a version that a request does not name.
const NO_VERSION: &str = "NO_VERSION_SPECIFIED";

/// What a request asks for, as far as it can be told.
struct Asked<'a> {
    service: Service,
    operation: Box<str>,
    members: Result<Members<'a>, Fault>,
}

/// Answers a request; `body` is why it goes no further where it could not be read.
pub(crate) async fn answer(
    node: &Node,
    peer: &Peer,
    parts: &Parts,
    head: &Head<'_>,
    request_id: RequestId,
    body: Result<Whole, claviger_kms::Fault>,
) -> Response<Full<Bytes>> {
    let started = Instant::now();
    let (body, stopped) = match body {
        Ok(body) => (body, None),
        Err(fault) => (Whole::default(), Some(told(fault))),
    };
    let Asked { service, operation, members } = match stopped {
        None => match asked(node, parts, &body) {
            Named::Here(asked) => asked,
            Named::Elsewhere(api, operation, members) => {
                let asked = ApiAsked { api, operation: &operation, protocol: Protocol::Query };
                let (whole, said) = (&*body, Body::Query(members));
                let sent = Sent { request_id, asked, whole, said, stopped: Ok(()) };
                return apis::respond(node, peer, parts, head, sent).await;
            }
        },
        Some(fault) => Asked { service: UNNAMED_SERVICE, operation: "".into(), members: Err(fault) },
    };
    let mut claimed = Claimed::default();
    let admission = match members {
        Ok(members) => admit(node, parts, head, &body, (service, &operation), &mut claimed)
            .await
            .map(|sender| (sender, members)),
        Err(fault) => Err(fault),
    };
    let arrival = Arrival {
        request_id,
        service,
        operation: &operation,
        region: region(service, claimed.region.unwrap_or(node.regions.first())),
        admission,
        claimed_access_key_id: claimed.access_key_id.as_deref(),
        source_ip: peer.ip,
        user_agent: head.user_agent,
        tls: peer.tls.as_ref().map(|session| session.shown(head.host)),
        source: head.source(),
    };
    let reply = node.api.answer(arrival).await;
    node.metrics.operation(reply.operation).answered(reply.error, started.elapsed());
    node.note_refusal(reply.status, reply.error);
    let last = node.is_draining() && parts.version != Version::HTTP_2;
    reply::xml(reply, request_id, last)
}

/// Of which API a request is.
enum Named<'a> {
    /// IAM or STS.
    Here(Asked<'a>),
    /// Another one.
    Elsewhere(Arc<dyn Serve>, Box<str>, Members<'a>),
}

fn asked<'a>(node: &Node, parts: &'a Parts, body: &'a Whole) -> Named<'a> {
    let (text, source) = match parts.method {
        Method::GET => (parts.uri.query().unwrap_or_default().as_bytes(), QuerySource::Url),
        _ => (&**body, QuerySource::Body),
    };
    let request = match QueryRequest::read(text, source) {
        Ok(request) => request,
        Err(fault) => {
            let members = Err(fault.into());
            return Named::Here(Asked { service: UNNAMED_SERVICE, operation: "".into(), members });
        }
    };
    let QueryRequest { action, version, members } = request;
    let operation = Box::from(&*action);
    match (Service::of_version(&version), node.apis.by_version(&version)) {
        (Some(service), _) => Named::Here(Asked { service, operation, members: Ok(members) }),
        (None, Some(api)) => Named::Elsewhere(Arc::clone(api), operation, members),
        (None, None) => {
            let version = if version.is_empty() { NO_VERSION } else { &version };
            let text = format!("Could not find operation {action} for version {version}");
            let members = Err(Fault::InvalidAction(text.into()));
            Named::Here(Asked { service: UNNAMED_SERVICE, operation, members })
        }
    }
}

async fn admit(
    node: &Node,
    parts: &Parts,
    head: &Head<'_>,
    body: &Whole,
    (service, operation): (Service, &str),
    claimed: &mut Claimed,
) -> Result<Sender, Fault> {
    if service.find(operation).is_some_and(claviger_iam::Entry::is_unsigned) {
        return Ok(Sender::Anonymous);
    }
    let signed = claviger_sigv4::Request {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: parts.uri.query(),
        headers: &head.headers,
        body,
    };
    let Admission { verdict, claimed: said } =
        node.authenticator.authenticate(&signed, Audience::of(service)).await;
    *claimed = said;
    match verdict {
        Ok(credential) => Ok(Sender::Signed(credential)),
        Err(Refusal::Directory(fault)) => Err(told(fault)),
        Err(Refusal::Unauthenticated(why, reason)) => {
            node.metrics.authentication_failed(reason);
            Err(Fault::Unauthenticated(unauthenticated(why)))
        }
    }
}

/// The Region that a request is recorded in: IAM is in one of each partition.
fn region(service: Service, region: Region) -> Region {
    let global = match (service, region.partition()) {
        (Service::Sts, _) => return region,
        (Service::Iam, "aws-cn") => "cn-north-1",
        (Service::Iam, "aws-us-gov") => "us-gov-west-1",
        (Service::Iam, _) => "us-east-1",
    };
    global.parse().unwrap_or(region)
}

/// What stops a request before it is known what it asks for, in the words of this protocol.
pub(crate) fn told(fault: claviger_kms::Fault) -> Fault {
    use claviger_kms::Fault as Kms;
    match fault {
        Kms::BadRequest(text) => Fault::BadRequest(text),
        Kms::TooLarge => Fault::TooLarge,
        Kms::TooSlow => Fault::TooSlow,
        Kms::Unavailable => Fault::Unavailable,
        Kms::Unauthenticated(why) => Fault::Unauthenticated(unauthenticated(why)),
        Kms::UnknownOperation => Fault::BadRequest("There is nothing at this path"),
        Kms::Internal(claviger_kms::Cause(cause)) => Fault::internal(cause),
        // What the operations of KMS say, and nobody before them.
        Kms::Serialization(_)
        | Kms::Validation(_)
        | Kms::AccessDenied(_)
        | Kms::NotFound(_)
        | Kms::InvalidArn(_)
        | Kms::InvalidGrantId
        | Kms::ReservedAlias
        | Kms::AlreadyExists(_)
        | Kms::ReplicaExists(_)
        | Kms::Disabled(_)
        | Kms::InvalidState(..)
        | Kms::InvalidKeyUsage(_)
        | Kms::IncorrectKey
        | Kms::InvalidCiphertext
        | Kms::InvalidSignature
        | Kms::InvalidMac
        | Kms::InvalidPublicKey
        | Kms::InvalidGrantToken
        | Kms::InvalidImportToken
        | Kms::ExpiredImportToken
        | Kms::IncorrectKeyMaterial
        | Kms::MaterialWaits(_)
        | Kms::NoMaterialWaits(_)
        | Kms::Tag(_)
        | Kms::MalformedPolicy(_)
        | Kms::Throttled
        | Kms::LimitExceeded(_)
        | Kms::Unsupported(_)
        | Kms::InvalidMarker
        | Kms::CustomKeyStoreNotFound
        | Kms::CloudHsmClusterNotFound
        | Kms::XksProxyUriUnreachable
        | Kms::XksProxyVpcEndpointServiceNotFound
        | Kms::Conflict(_)
        | Kms::DryRun
        | Kms::DependencyTimeout
        | Kms::Overtaken => Fault::internal(fault.code()),
    }
}

pub(crate) fn unauthenticated(why: claviger_kms::Unauthenticated) -> Unauthenticated {
    use claviger_kms::Unauthenticated as Kms;
    match why {
        Kms::MissingToken => Unauthenticated::MissingToken,
        Kms::Incomplete(text) => Unauthenticated::Incomplete(text),
        Kms::InvalidSignature(text) => Unauthenticated::InvalidSignature(text),
        Kms::UnknownAccessKey => Unauthenticated::UnknownAccessKey,
        Kms::ExpiredToken => Unauthenticated::ExpiredToken,
    }
}
