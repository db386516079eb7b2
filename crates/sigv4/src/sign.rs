//! The client's side: the headers that make a request a signed one.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::{ALGORITHM, Request, Scope, SigningKey, TERMINATOR, canonical, hex, time};

/// Headers that proxies and HTTP libraries change on the way, and that are therefore left unsigned.
const UNSIGNED: [&str; 7] =
    ["connection", "expect", "keep-alive", "te", "transfer-encoding", "user-agent", "x-amzn-trace-id"];

/// Headers that signing adds, and that the request must not have yet.
const ADDED: [&str; 4] = ["authorization", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"];

/// Who signs. No `Debug`: it holds the secret.
pub struct Credentials<'a> {
    /// `AKIA…` or `ASIA…`.
    pub access_key_id: &'a str,
    /// The secret access key.
    pub secret: &'a [u8],
    /// The session token, of temporary credentials only.
    pub session_token: Option<&'a str>,
}

/// Whether the body's hash is also sent in `x-amz-content-sha256`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BodyHash {
    /// It is only signed.
    Implied,
    /// It is sent.
    InHeader,
}

/// How to sign.
pub struct Signing<'a> {
    /// Who signs.
    pub credentials: Credentials<'a>,
    /// The Region that is addressed.
    pub region: &'a str,
    /// The service's signing name.
    pub service: &'a str,
    /// The time of signing.
    pub at: Timestamp,
    /// Whether the body's hash is sent.
    pub body_hash: BodyHash,
}

/// Why a request cannot be signed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SignFault {
    /// There is no `host` header.
    #[error("a request must have a host header before it is signed")]
    NoHost,
    /// The request has a header that signing adds.
    #[error("the request has the header {name} already")]
    AlreadyPresent {
        /// Its name.
        name: &'static str,
    },
    /// The query has a `%` without its two digits.
    #[error("the query has a percent sign that no two hexadecimal digits follow")]
    IllegalEscape,
}

/// The headers to add to a request, in the order of their names.
pub struct AddedHeaders(Vec<(&'static str, String)>);

impl AddedHeaders {
    /// Lower-case name and value of each.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }
}

/// Signs every header of `request` but those that change on the way, and answers the headers to add.
pub fn sign_request(request: &Request<'_>, signing: &Signing<'_>) -> Result<AddedHeaders, SignFault> {
    if let Some(name) = ADDED.into_iter().find(|name| request.values(name).next().is_some()) {
        return Err(SignFault::AlreadyPresent { name });
    }
    if request.values("host").next().is_none() {
        return Err(SignFault::NoHost);
    }
    let payload = hex::sha256(request.body);
    let date = time::basic(signing.at);
    let mut added = Vec::with_capacity(ADDED.len());
    if signing.body_hash == BodyHash::InHeader {
        added.push(("x-amz-content-sha256", String::from_utf8_lossy(&payload).into_owned()));
    }
    added.push(("x-amz-date", date));
    if let Some(token) = signing.credentials.session_token {
        added.push(("x-amz-security-token", token.to_owned()));
    }
    let authorization = authorization(request, &added, signing, &payload)?;
    added.insert(0, ("authorization", authorization));
    Ok(AddedHeaders(added))
}

fn authorization(
    request: &Request<'_>,
    added: &[(&'static str, String)],
    signing: &Signing<'_>,
    payload: &hex::Hex,
) -> Result<String, SignFault> {
    let mut headers = request.headers.to_vec();
    headers.extend(added.iter().map(|(name, value)| (*name, value.as_bytes())));
    let mut names: Vec<&str> =
        headers.iter().map(|header| header.0).filter(|name| !UNSIGNED.contains(name)).collect();
    names.sort_unstable();
    names.dedup();
    let signed = names.join(";");
    let time = time::SigningTime { at: signing.at, text: Cow::Owned(time::basic(signing.at)) };
    let scope = Scope::new(time.day(), signing.region, signing.service);
    let request = Request { headers: &headers, ..*request };
    let text = canonical::string_to_sign(&request, &signed, payload, &time, &scope)
        .map_err(|_| SignFault::IllegalEscape)?;
    let tag = SigningKey::derive(signing.credentials.secret, &scope).sign(&text);
    let signature = hex::encode(tag.as_ref());
    Ok(format!(
        "{ALGORITHM} Credential={}/{}/{}/{}/{TERMINATOR}, SignedHeaders={signed}, Signature={}",
        signing.credentials.access_key_id,
        scope.date(),
        scope.region(),
        scope.service(),
        String::from_utf8_lossy(&signature),
    ))
}
