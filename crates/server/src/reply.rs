//! A reply of the KMS as an HTTP response.

use bytes::Bytes;
use claviger_audit::RequestId;
use claviger_kms::Reply;
use http_body_util::Full;
use hyper::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_TYPE, EXPIRES, HeaderMap, HeaderName, HeaderValue, PRAGMA,
};
use hyper::{Response, StatusCode};

const AMZ_JSON: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.1");

const UNCACHED: HeaderValue = HeaderValue::from_static("no-cache, no-store, must-revalidate, private");

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// Headers of every answer.
const HEADERS: usize = 8;

/// The response; hyper adds `date` and `content-length`. `last` says that the connection is closed after it.
pub(crate) fn response(reply: Reply, request_id: RequestId, last: bool) -> Response<Full<Bytes>> {
    let mut headers = HeaderMap::with_capacity(HEADERS);
    if let Ok(id) = HeaderValue::from_maybe_shared(Bytes::from(request_id.to_string())) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(CACHE_CONTROL, UNCACHED);
    headers.insert(EXPIRES, HeaderValue::from_static("0"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    headers.insert(CONTENT_TYPE, AMZ_JSON);
    if last {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    // The body may hold a plaintext key: its owner overwrites it once it is sent.
    let mut response = Response::new(Full::new(Bytes::from_owner(reply.body)));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = headers;
    response
}
