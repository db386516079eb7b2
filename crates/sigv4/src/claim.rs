//! From what a request claims to who signed it, in three steps that cannot be skipped.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::{
    Request, Scope, SignedHeaders, SigningKey, canonical,
    fault::{SigV4Fault, Window},
    from_header, from_query, hex,
    time::SigningTime,
};

/// What a request says of its own signature. Nothing in it is true yet.
pub struct Claim<'a> {
    pub(crate) request: Request<'a>,
    pub(crate) access_key_id: Cow<'a, str>,
    pub(crate) scope: Scope<'a>,
    pub(crate) signed_at: SigningTime<'a>,
    pub(crate) window: Window,
    pub(crate) security_token: Option<Cow<'a, str>>,
    pub(crate) signed_headers: SignedHeaders<'a>,
    pub(crate) signature: Option<[u8; 32]>,
}

/// A claim whose time and scope are right, and whose signature is still to be verified.
pub struct CurrentClaim<'a>(Claim<'a>);

/// A request that was signed with the secret of its access key id.
pub struct Verified<'a>(Claim<'a>);

impl<'a> Claim<'a> {
    /// Reads the signature from the `Authorization` header or the query, never from both, and sees to it that it
    /// covers everything that decides what is done.
    pub fn parse(request: &Request<'a>) -> Result<Claim<'a>, SigV4Fault> {
        let in_query = from_query::Parts::read(request)?;
        match (request.sole_text("authorization")?, in_query.any()) {
            (Some(_), Some(part)) => Err(SigV4Fault::BothHeaderAndQuery { part }),
            (Some(header), None) => from_header::parse(request, header),
            (None, Some(_)) => in_query.parse(request),
            (None, None) => Err(SigV4Fault::MissingAuthenticationToken),
        }
    }

    /// Whose key is said to have signed.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// What the credential is said to be for.
    pub fn scope(&self) -> &Scope<'a> {
        &self.scope
    }

    /// When the request is said to have been signed.
    pub fn signed_at(&self) -> Timestamp {
        self.signed_at.at
    }

    /// The session token, of temporary credentials only.
    pub fn security_token(&self) -> Option<&str> {
        self.security_token.as_deref()
    }

    /// The headers that the signature covers.
    pub fn signed_headers(&self) -> &SignedHeaders<'a> {
        &self.signed_headers
    }

    /// Holds the claim against the clock, then against the `services` (signing names) that the request may be for
    /// and the Regions that `is_served` knows.
    pub fn check_scope(
        self,
        now: Timestamp,
        services: &'static [&'static str],
        is_served: impl Fn(&Scope<'_>) -> bool,
    ) -> Result<CurrentClaim<'a>, SigV4Fault> {
        self.check_time(now)?;
        self.scope.check(&self.signed_at, Some(services), is_served).map_err(SigV4Fault::OutOfScope)?;
        Ok(CurrentClaim(self))
    }

    /// The same of a request that somebody else received and passes on, for whatever service it is.
    pub fn check_forwarded(
        self,
        now: Timestamp,
        is_served: impl Fn(&Scope<'_>) -> bool,
    ) -> Result<CurrentClaim<'a>, SigV4Fault> {
        self.check_time(now)?;
        self.scope.check(&self.signed_at, None, is_served).map_err(SigV4Fault::OutOfScope)?;
        Ok(CurrentClaim(self))
    }

    fn check_time(&self, now: Timestamp) -> Result<(), SigV4Fault> {
        let signed_at = self.signed_at.at;
        let age_seconds = now.duration_since(signed_at).as_secs();
        if age_seconds > self.window.seconds() {
            return Err(SigV4Fault::Expired { signed_at, now, window: self.window });
        }
        if age_seconds < -Window::Clock.seconds() {
            return Err(SigV4Fault::NotYetCurrent { signed_at, now });
        }
        Ok(())
    }
}

impl<'a> CurrentClaim<'a> {
    /// The claim.
    pub fn claim(&self) -> &Claim<'a> {
        &self.0
    }

    /// Recomputes the signature with the key of the claim's access key id and scope.
    pub fn verify(self, key: &SigningKey) -> Result<Verified<'a>, SigV4Fault> {
        let claim = &self.0;
        let payload = hex::sha256(claim.request.body);
        if claim.request.sole("x-amz-content-sha256")?.is_some_and(|stated| *stated != payload) {
            return Err(SigV4Fault::BodyHashMismatch);
        }
        self.verify_payload(key, &payload)
    }

    /// The same of a request that somebody else received, who says how its body was signed: by its SHA-256 in
    /// lower-case hex, or by a word such as `UNSIGNED-PAYLOAD` that stands for it.
    pub fn verify_forwarded(self, key: &SigningKey, payload: &str) -> Result<Verified<'a>, SigV4Fault> {
        let stated = self.0.request.sole("x-amz-content-sha256")?;
        if stated.is_some_and(|stated| *stated != *payload.as_bytes()) {
            return Err(SigV4Fault::BodyHashMismatch);
        }
        self.verify_payload(key, payload.as_bytes())
    }

    fn verify_payload(self, key: &SigningKey, payload: &[u8]) -> Result<Verified<'a>, SigV4Fault> {
        let claim = &self.0;
        let signed = claim.signed_headers.as_str();
        let text = canonical::string_to_sign(&claim.request, signed, payload, &claim.signed_at, &claim.scope)
            .map_err(|_| SigV4Fault::IllegalEscape)?;
        match claim.signature {
            Some(signature) if key.accepts(&text, &signature) => Ok(Verified(self.0)),
            _ => Err(SigV4Fault::Mismatch),
        }
    }
}

impl<'a> Verified<'a> {
    /// Who signed, for what and when: now true.
    pub fn claim(&self) -> &Claim<'a> {
        &self.0
    }
}
