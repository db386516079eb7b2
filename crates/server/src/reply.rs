//! Replies as HTTP responses.

use std::sync::LazyLock;

use bytes::Bytes;
use claviger_api::Protocol;
use claviger_audit::RequestId;
use claviger_kms::Reply;
use http_body_util::Full;
use hyper::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_TYPE, EXPIRES, HeaderMap, HeaderName, HeaderValue, PRAGMA,
};
use hyper::{Response, StatusCode};
use zeroize::Zeroizing;

const XML: HeaderValue = HeaderValue::from_static("text/xml");

const AMZ_JSON: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.1");

const CBOR: HeaderValue = HeaderValue::from_static("application/cbor");

const SMITHY_PROTOCOL: HeaderName = HeaderName::from_static("smithy-protocol");

const RPC_V2_CBOR: HeaderValue = HeaderValue::from_static("rpc-v2-cbor");

const QUERY_ERROR: HeaderName = HeaderName::from_static("x-amzn-query-error");

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// The headers of every answer.
static COMMON: LazyLock<HeaderMap> = LazyLock::new(|| {
    HeaderMap::from_iter([
        (REQUEST_ID, HeaderValue::from_static("")),
        (CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store, must-revalidate, private")),
        (EXPIRES, HeaderValue::from_static("0")),
        (PRAGMA, HeaderValue::from_static("no-cache")),
        (CONTENT_TYPE, AMZ_JSON),
    ])
});

/// The response of the KMS; hyper adds `date` and `content-length`. `last` says that the connection is closed after it.
pub(crate) fn response(reply: Reply, request_id: RequestId, last: bool) -> Response<Full<Bytes>> {
    respond(AMZ_JSON, reply.status, reply.body, request_id, last)
}

/// The response of IAM or STS.
pub(crate) fn xml(reply: claviger_iam::Reply, request_id: RequestId, last: bool) -> Response<Full<Bytes>> {
    respond(XML, reply.status, reply.body, request_id, last)
}

/// The response of one of the APIs around them.
pub(crate) fn of_api(reply: claviger_api::Reply, request_id: RequestId, last: bool) -> Response<Full<Bytes>> {
    let content_type = match reply.protocol {
        Protocol::Json => AMZ_JSON,
        Protocol::Cbor => CBOR,
        Protocol::Query => XML,
    };
    let mut response = respond(content_type, reply.status, reply.body, request_id, last);
    if reply.protocol == Protocol::Cbor {
        response.headers_mut().insert(SMITHY_PROTOCOL, RPC_V2_CBOR);
    }
    if let Some(value) = reply.query_error.and_then(|text| HeaderValue::try_from(text).ok()) {
        response.headers_mut().insert(QUERY_ERROR, value);
    }
    response
}

fn respond(
    content_type: HeaderValue,
    status: u16,
    body: Zeroizing<Vec<u8>>,
    request_id: RequestId,
    last: bool,
) -> Response<Full<Bytes>> {
    let mut headers = COMMON.clone();
    if let Ok(id) = HeaderValue::from_bytes(&request_id.text()) {
        headers.insert(REQUEST_ID, id);
    }
    if content_type != AMZ_JSON {
        headers.insert(CONTENT_TYPE, content_type);
    }
    if last {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    // The body may hold a plaintext key: its owner overwrites it once it is sent.
    let mut response = Response::new(Full::new(Bytes::from_owner(body)));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = headers;
    response
}
