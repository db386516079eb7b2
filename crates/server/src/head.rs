//! What must be right of a request's head before its body is read: what is ambiguous is refused here.

use claviger_api::Protocol as ApiProtocol;
use claviger_iam::Source;
use claviger_kms::{Asked, Fault};
use hyper::header::{
    AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, DATE, HOST, HeaderMap, HeaderName, TRANSFER_ENCODING,
    USER_AGENT,
};
use hyper::http::request::Parts;
use hyper::{Method, Version};

use crate::apis::{ApiAsked, Apis};

/// What begins every target of KMS.
const TARGET_PREFIX: &str = "TrentService.";

/// The header that names the operation.
static TARGET: HeaderName = HeaderName::from_static("x-amz-target");

/// The header that names Smithy's protocol, and the one that is spoken.
static SMITHY_PROTOCOL: HeaderName = HeaderName::from_static("smithy-protocol");
const RPC_V2_CBOR: &str = "rpc-v2-cbor";

/// The headers in which services tell for which resource they act, as AWS's own do.
const SOURCE_ARN: &str = "x-amz-source-arn";
const SOURCE_ACCOUNT: &str = "x-amz-source-account";

/// The media type of AWS Query.
const FORM: &[u8] = b"application/x-www-form-urlencoded";

/// What names the operation of a request in AWS Query that has no body.
const ACTION: &str = "Action=";

/// Headers that decide what is done: two of one would be two readings.
static SOLE: [HeaderName; 11] = [
    HOST,
    CONTENT_TYPE,
    CONTENT_LENGTH,
    AUTHORIZATION,
    DATE,
    HeaderName::from_static("x-amz-target"),
    HeaderName::from_static("smithy-protocol"),
    HeaderName::from_static("content-encoding"),
    HeaderName::from_static("x-amz-date"),
    HeaderName::from_static("x-amz-security-token"),
    HeaderName::from_static("x-amz-content-sha256"),
];

/// The protocols that a client may speak, by its content type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// AWS JSON 1.1; also whatever names no other protocol.
    Json,
    /// AWS Query, as IAM and STS speak it.
    Query,
}

/// A request's head, as far as it can be told; `verdict` says whether the request goes on.
pub(crate) struct Head<'a> {
    pub protocol: Protocol,
    /// What of KMS is asked for; no name when the target is none of KMS.
    pub asked: Asked<'a>,
    /// What of another API is asked for.
    pub elsewhere: Option<ApiAsked<'a>>,
    /// Every header in lower case, with the one host there is.
    pub headers: Vec<(&'a str, &'a [u8])>,
    /// The host that the client named; empty when it named none.
    pub host: &'a str,
    pub user_agent: Option<&'a str>,
    pub verdict: Result<(), Fault>,
}

impl<'a> Head<'a> {
    pub(crate) fn read(parts: &'a Parts, body_bytes_max: usize, apis: &Apis) -> Head<'a> {
        let target = text(&parts.headers, &TARGET).unwrap_or_default();
        let of_kms = target.strip_prefix(TARGET_PREFIX);
        let asked = Asked::by(of_kms.unwrap_or_default());
        let elsewhere = if of_kms.is_some() { None } else { elsewhere(parts, target, apis) };
        let is_form = is_form(parts);
        let protocol = protocol(parts, is_form);
        Head {
            protocol,
            asked,
            verdict: check(parts, protocol, is_form, (asked, elsewhere.as_ref()), body_bytes_max),
            elsewhere,
            headers: headers(parts),
            host: host(parts),
            user_agent: text(&parts.headers, &USER_AGENT),
        }
    }
}

impl Head<'_> {
    /// For what the request is sent, as a service says it: these headers are signed like all of AWS's.
    pub(crate) fn source(&self) -> Source<'_> {
        let mut source = Source::default();
        for (name, value) in &self.headers {
            match *name {
                SOURCE_ARN => source.arn = std::str::from_utf8(value).ok(),
                SOURCE_ACCOUNT => source.account = std::str::from_utf8(value).ok(),
                _ => {}
            }
        }
        source
    }
}

/// The operation of another API: in its path Smithy RPC v2 names it, and nothing else may; else the target does.
fn elsewhere<'a>(parts: &'a Parts, target: &'a str, apis: &Apis) -> Option<ApiAsked<'a>> {
    let is_rpc = parts.headers.get(&SMITHY_PROTOCOL).is_some_and(|value| value == RPC_V2_CBOR);
    match (is_rpc, target.is_empty()) {
        (true, true) => apis.by_path(parts.uri.path()),
        (false, false) => apis.by_target(target),
        (true, false) | (false, true) => None,
    }
}

/// Faults in the order in which AWS finds them: framing, then what is asked for, then its size.
fn check(
    parts: &Parts,
    protocol: Protocol,
    is_form: bool,
    (asked, elsewhere): (Asked<'_>, Option<&ApiAsked<'_>>),
    body_bytes_max: usize,
) -> Result<(), Fault> {
    check_framing(parts)?;
    check_host(parts)?;
    // A path that is none of Smithy RPC v2 names nothing.
    if parts.uri.path() != "/" && elsewhere.is_none_or(|asked| asked.protocol != ApiProtocol::Cbor) {
        return Err(Fault::UnknownOperation);
    }
    match protocol {
        // What it asks for stands in its body.
        Protocol::Query => {}
        Protocol::Json if parts.method != Method::POST || is_form => {
            return Err(Fault::UnknownOperation);
        }
        Protocol::Json if elsewhere.is_some() => {}
        Protocol::Json => drop(asked.entry().ok_or(Fault::UnknownOperation)?),
    }
    match content_length(&parts.headers)? {
        Some(bytes) if bytes > body_bytes_max as u64 => Err(Fault::TooLarge),
        Some(_) | None => Ok(()),
    }
}

fn check_framing(parts: &Parts) -> Result<(), Fault> {
    // hyper drops a Content-Length that comes with a Transfer-Encoding, so that here the ambiguity can no longer be
    // seen. No client of KMS sends bodies of unknown length: the signature covers the body's hash.
    if parts.headers.contains_key(TRANSFER_ENCODING) {
        return Err(Fault::BadRequest("Transfer-Encoding is not accepted; send Content-Length"));
    }
    match has_repeated(&parts.headers) {
        true => Err(Fault::BadRequest("A header that may be given once only is given more than once")),
        false => Ok(()),
    }
}

/// Whether one of the headers that stand once only stands twice; most requests have none twice at all.
fn has_repeated(headers: &HeaderMap) -> bool {
    if headers.len() == headers.keys_len() {
        return false;
    }
    SOLE.iter().any(|name| headers.get_all(name).iter().nth(1).is_some())
}

/// There is one host: HTTP/1 has it in its header alone; HTTP/2 in `:authority`, and a header may only repeat it.
fn check_host(parts: &Parts) -> Result<(), Fault> {
    let authority = parts.uri.authority().map(|authority| authority.as_str());
    let header = parts.headers.get(HOST).map(|value| value.as_bytes());
    match (parts.version, authority, header) {
        (Version::HTTP_2, Some(authority), Some(header)) if header != authority.as_bytes() => {
            Err(Fault::BadRequest("The host header is not the authority"))
        }
        (Version::HTTP_2, _, _) | (_, None, _) => Ok(()),
        (_, Some(_), _) => Err(Fault::BadRequest("The request target must be a path")),
    }
}

/// A target is never one of AWS Query: with it, a form would have two readings.
fn protocol(parts: &Parts, is_form: bool) -> Protocol {
    let has_target = || parts.headers.contains_key(&TARGET);
    let has_action =
        || parts.uri.query().is_some_and(|query| query.split('&').any(|pair| pair.starts_with(ACTION)));
    match parts.method {
        Method::POST if is_form && !has_target() => Protocol::Query,
        Method::GET if has_action() && !has_target() => Protocol::Query,
        _ => Protocol::Json,
    }
}

fn is_form(parts: &Parts) -> bool {
    let Some(content_type) = parts.headers.get(CONTENT_TYPE) else { return false };
    let media_type = content_type.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
    media_type.trim_ascii().eq_ignore_ascii_case(FORM)
}

fn content_length(headers: &HeaderMap) -> Result<Option<u64>, Fault> {
    let Some(value) = headers.get(CONTENT_LENGTH) else { return Ok(None) };
    let length = value.to_str().ok().and_then(|text| text.parse().ok());
    length.map(Some).ok_or(Fault::BadRequest("Content-Length is not a number"))
}

fn host(parts: &Parts) -> &str {
    match parts.uri.authority() {
        Some(authority) => authority.as_str(),
        None => text(&parts.headers, &HOST).unwrap_or_default(),
    }
}

fn headers(parts: &Parts) -> Vec<(&str, &[u8])> {
    let mut headers = Vec::with_capacity(parts.headers.len() + 1);
    let authority = parts.uri.authority();
    headers.extend(authority.map(|authority| (HOST.as_str(), authority.as_str().as_bytes())));
    for (name, value) in &parts.headers {
        if authority.is_none() || *name != HOST {
            headers.push((name.as_str(), value.as_bytes()));
        }
    }
    headers
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| std::str::from_utf8(value.as_bytes()).ok())
}
