//! A signature in the query: a presigned URL.

use std::borrow::Cow;

use crate::{
    ALGORITHM, PRESIGNED_LIFETIME_MAX_SECONDS, Request, Scope, SignedHeaders,
    claim::Claim,
    escape,
    fault::{Echo, SigV4Fault, Window},
    hex,
    signed_headers::Dated,
    time::SigningTime,
};

/// The query parameters that make up a signature, in the order in which AWS misses them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum QueryPart {
    /// `X-Amz-Algorithm`.
    Algorithm,
    /// `X-Amz-Credential`.
    Credential,
    /// `X-Amz-Signature`.
    Signature,
    /// `X-Amz-SignedHeaders`.
    SignedHeaders,
    /// `X-Amz-Date`.
    Date,
    /// `X-Amz-Expires`; without it a URL lives as long as a signed header.
    Expires,
    /// `X-Amz-Security-Token`, of session credentials only.
    SecurityToken,
}

const PARTS: [QueryPart; 7] = [
    QueryPart::Algorithm,
    QueryPart::Credential,
    QueryPart::Signature,
    QueryPart::SignedHeaders,
    QueryPart::Date,
    QueryPart::Expires,
    QueryPart::SecurityToken,
];

impl QueryPart {
    /// The parameter's name, as it is spelled in the query.
    pub fn name(self) -> &'static str {
        match self {
            QueryPart::Algorithm => "X-Amz-Algorithm",
            QueryPart::Credential => "X-Amz-Credential",
            QueryPart::Signature => "X-Amz-Signature",
            QueryPart::SignedHeaders => "X-Amz-SignedHeaders",
            QueryPart::Date => "X-Amz-Date",
            QueryPart::Expires => "X-Amz-Expires",
            QueryPart::SecurityToken => "X-Amz-Security-Token",
        }
    }

    fn named(name: &[u8]) -> Option<QueryPart> {
        PARTS.into_iter().find(|part| part.name().as_bytes() == name)
    }
}

/// The parts of a signature that the query has, decoded.
#[derive(Default)]
pub(crate) struct Parts<'a>([Option<Cow<'a, str>>; PARTS.len()]);

impl<'a> Parts<'a> {
    /// Collects them; a part given twice is refused.
    pub(crate) fn read(request: &Request<'a>) -> Result<Parts<'a>, SigV4Fault> {
        let mut parts = Parts::default();
        let Some(query) = request.query else { return Ok(parts) };
        for (name, value) in escape::pairs(query) {
            let name = escape::decode(name).map_err(|_| SigV4Fault::IllegalEscape)?;
            let Some(part) = QueryPart::named(&name) else { continue };
            let value = text(value, part)?;
            if parts.0[part as usize].replace(value).is_some() {
                return Err(SigV4Fault::RepeatedPart { name: part.name() });
            }
        }
        Ok(parts)
    }

    /// The first part there is, if any.
    pub(crate) fn any(&self) -> Option<QueryPart> {
        PARTS.into_iter().find(|part| self.0[*part as usize].is_some())
    }

    fn take(&mut self, part: QueryPart) -> Cow<'a, str> {
        self.0[part as usize].take().unwrap_or_default()
    }

    /// Reads the claim that the parts make; faults come in AWS's order.
    pub(crate) fn parse(mut self, request: &Request<'a>) -> Result<Claim<'a>, SigV4Fault> {
        self.check_complete()?;
        let signed_at = signing_time(request, self.take(QueryPart::Date))?;
        let window = window(self.0[QueryPart::Expires as usize].as_deref())?;
        let signed_headers = SignedHeaders::parse(self.take(QueryPart::SignedHeaders), request, Dated::Amz)?;
        let algorithm = self.take(QueryPart::Algorithm);
        if algorithm != ALGORITHM {
            return Err(SigV4Fault::UnsupportedAlgorithm { got: Echo::of(&algorithm) });
        }
        let (access_key_id, scope) = Scope::split(self.take(QueryPart::Credential))?;
        Ok(Claim {
            request: *request,
            access_key_id,
            scope,
            signed_at,
            window,
            security_token: security_token(request, self.0[QueryPart::SecurityToken as usize].take())?,
            signed_headers,
            signature: hex::decode(&self.take(QueryPart::Signature)),
        })
    }

    fn check_complete(&self) -> Result<(), SigV4Fault> {
        let is_missing = |part: &QueryPart| match part {
            QueryPart::Expires | QueryPart::SecurityToken => false,
            part => self.0[*part as usize].as_deref().unwrap_or_default().is_empty(),
        };
        let missing: Vec<QueryPart> = PARTS.into_iter().filter(is_missing).collect();
        if missing.is_empty() { Ok(()) } else { Err(SigV4Fault::MissingQueryParts { missing }) }
    }
}

fn text(value: &str, part: QueryPart) -> Result<Cow<'_, str>, SigV4Fault> {
    let unreadable = SigV4Fault::Unreadable { name: part.name() };
    match escape::decode(value).map_err(|_| SigV4Fault::IllegalEscape)? {
        Cow::Borrowed(_) => Ok(Cow::Borrowed(value)),
        Cow::Owned(bytes) => String::from_utf8(bytes).map(Cow::Owned).map_err(|_| unreadable),
    }
}

/// The time in the query; a second one in a header is refused.
fn signing_time<'a>(request: &Request<'_>, text: Cow<'a, str>) -> Result<SigningTime<'a>, SigV4Fault> {
    if request.values("x-amz-date").next().is_some() {
        return Err(SigV4Fault::RepeatedPart { name: QueryPart::Date.name() });
    }
    let fault = SigV4Fault::MalformedDate { got: Echo::of(&text) };
    SigningTime::from_basic(text).ok_or(fault)
}

fn window(expires: Option<&str>) -> Result<Window, SigV4Fault> {
    let Some(text) = expires else { return Ok(Window::Clock) };
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(seconds @ 1..=PRESIGNED_LIFETIME_MAX_SECONDS) if digits => Ok(Window::Presigned { seconds }),
        _ => Err(SigV4Fault::MalformedExpires { got: Echo::of(text) }),
    }
}

fn security_token<'a>(
    request: &Request<'a>,
    in_query: Option<Cow<'a, str>>,
) -> Result<Option<Cow<'a, str>>, SigV4Fault> {
    let in_header = request.sole_text("x-amz-security-token")?.map(Cow::Borrowed);
    match (in_query, in_header) {
        (Some(_), Some(_)) => Err(SigV4Fault::RepeatedPart { name: QueryPart::SecurityToken.name() }),
        (in_query, in_header) => Ok(in_query.or(in_header)),
    }
}
