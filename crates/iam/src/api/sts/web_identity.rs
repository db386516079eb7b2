//! OpenID Connect tokens: the issuers that the operator knows, and what a token of theirs says once it is verified.

use std::collections::BTreeMap;

use claviger_clock::Timestamp;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, dangerous, decode, decode_header};
use serde::Deserialize;

use crate::api::Fault;

/// How far an issuer's clock may be ahead of ours.
const CLOCK_AHEAD_SECONDS_MAX: i64 = 300;

/// The issuers of web identities that this deployment knows, with their keys.
#[derive(Default)]
pub struct Issuers(Vec<Issuer>);

struct Issuer {
    /// Host and path.
    url: Box<str>,
    keys: Vec<IssuerKey>,
}

struct IssuerKey {
    id: Option<String>,
    algorithm: Algorithm,
    key: DecodingKey,
}

/// Why an issuer cannot be known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssuerFault {
    /// Its URL is not `https://host[/path]`.
    #[error("the issuer {0} must be https://host or https://host/path")]
    Url(Box<str>),
    /// Its keys are no JSON Web Key Set.
    #[error("the keys of the issuer {0} are no JSON Web Key Set: {1}")]
    Keys(Box<str>, Box<str>),
    /// None of its keys is one that is taken here.
    #[error("the issuer {0} has no RSA key of 2048 bits or more and no P-256 key for signatures")]
    NoKey(Box<str>),
}

/// What an issuer vouches for.
pub(super) struct Assertion {
    /// Host and path of the issuer.
    pub provider: Box<str>,
    pub subject: Box<str>,
    pub audiences: Vec<String>,
    pub methods: Vec<String>,
    pub tags: Vec<(Box<str>, Box<str>)>,
    pub transitive: Vec<Box<str>>,
    pub source_identity: Option<Box<str>>,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<serde_json::Value>,
}

#[derive(Clone, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: f64,
    nbf: Option<f64>,
    iat: Option<f64>,
    #[serde(default)]
    amr: Vec<String>,
    #[serde(rename = "https://aws.amazon.com/tags")]
    tags: Option<TagClaim>,
    #[serde(rename = "https://aws.amazon.com/source_identity")]
    source_identity: Option<Box<str>>,
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

#[derive(Clone, Default, Deserialize)]
struct TagClaim {
    #[serde(default)]
    principal_tags: BTreeMap<Box<str>, Vec<Box<str>>>,
    #[serde(default)]
    transitive_tag_keys: Vec<Box<str>>,
}

impl Issuers {
    /// The issuers of these URLs, each with the text of its JSON Web Key Set.
    pub fn new<'t>(issuers: impl IntoIterator<Item = (&'t str, &'t str)>) -> Result<Issuers, IssuerFault> {
        issuers.into_iter().map(|(url, keys)| Issuer::new(url, keys)).collect::<Result<_, _>>().map(Issuers)
    }

    /// Who a token says that it is from, and for whom; nothing of it is true yet.
    pub(super) fn provider_of(token: &str) -> Result<Box<str>, Fault> {
        let claims = dangerous::insecure_decode::<Claims>(token).map_err(|_| malformed())?.claims;
        claims.iss.strip_prefix("https://").map(Into::into).ok_or_else(malformed)
    }

    /// What the token says, when a key of its issuer has signed it and its time is now.
    pub(super) fn verify(&self, token: &str, now: Timestamp) -> Result<Assertion, Fault> {
        let provider = Issuers::provider_of(token)?;
        let header = decode_header(token).map_err(|_| malformed())?;
        let issuer = self.0.iter().find(|issuer| issuer.url == provider).ok_or_else(no_key)?;
        let key = issuer.key(header.kid.as_deref(), header.alg).ok_or_else(no_key)?;
        let claims = decode::<Claims>(token, &key.key, &signature_only(key.algorithm))
            .map_err(|_| Fault::InvalidIdentityToken("Invalid identity token signature".into()))?
            .claims;
        claims.check_time(now.as_second())?;
        Ok(claims.into_assertion(provider))
    }
}

impl Issuer {
    fn new(url: &str, keys: &str) -> Result<Issuer, IssuerFault> {
        // To the letter what tokens have as `iss`, with a slash at its end or without.
        let is_whole = |rest: &&str| !rest.starts_with('/') && !rest.contains(['?', '#', '@', ' ']);
        let host_and_path = url.strip_prefix("https://").filter(|rest| !rest.is_empty()).filter(is_whole);
        let host_and_path = host_and_path.ok_or_else(|| IssuerFault::Url(url.into()))?;
        let set: KeySet = serde_json::from_str(keys)
            .map_err(|error| IssuerFault::Keys(url.into(), error.to_string().into()))?;
        // Keys of kinds that nobody knows here are none of the others' business.
        let keys: Vec<_> = set.keys.into_iter().filter_map(IssuerKey::new).collect();
        match keys.is_empty() {
            true => Err(IssuerFault::NoKey(url.into())),
            false => Ok(Issuer { url: host_and_path.into(), keys }),
        }
    }

    fn key(&self, id: Option<&str>, algorithm: Algorithm) -> Option<&IssuerKey> {
        let mut fitting = self
            .keys
            .iter()
            .filter(|key| key.algorithm == algorithm && id.is_none_or(|id| key.id.as_deref() == Some(id)));
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Some(key),
            // Which of several it is, a token must say.
            (None, _) | (Some(_), Some(_)) => None,
        }
    }
}

impl IssuerKey {
    fn new(key: serde_json::Value) -> Option<IssuerKey> {
        let jwk: Jwk = serde_json::from_value(key).ok()?;
        let algorithm = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => Algorithm::RS256,
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => Algorithm::ES256,
            AlgorithmParameters::EllipticCurve(_)
            | AlgorithmParameters::OctetKey(_)
            | AlgorithmParameters::OctetKeyPair(_) => return None,
        };
        let key = DecodingKey::from_jwk(&jwk).ok()?;
        Some(IssuerKey { id: jwk.common.key_id, algorithm, key })
    }
}

impl Claims {
    fn check_time(&self, now: i64) -> Result<(), Fault> {
        if self.exp as i64 <= now {
            return Err(Fault::ExpiredIdentityToken(
                format!(
                    "Token expired: current date/time {now} must be before the expiration date/time {}",
                    self.exp as i64
                )
                .into(),
            ));
        }
        let begins = self.nbf.or(self.iat).map_or(i64::MIN, |begins| begins as i64);
        match begins <= now + CLOCK_AHEAD_SECONDS_MAX {
            true => Ok(()),
            false => Err(Fault::InvalidIdentityToken("The ID Token is not yet valid".into())),
        }
    }

    fn into_assertion(self, provider: Box<str>) -> Assertion {
        let TagClaim { principal_tags, transitive_tag_keys } = self.tags.unwrap_or_default();
        let first = |(key, values): (_, Vec<_>)| Some((key, values.into_iter().next()?));
        Assertion {
            provider,
            subject: self.sub.into(),
            audiences: match self.aud {
                Audience::One(audience) => vec![audience],
                Audience::Many(audiences) => audiences,
            },
            methods: self.amr,
            tags: principal_tags.into_iter().filter_map(first).collect(),
            transitive: transitive_tag_keys,
            source_identity: self.source_identity,
        }
    }
}

/// Times and audiences are held against our clock and the account's provider, not here.
fn signature_only(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation
}

fn malformed() -> Fault {
    Fault::InvalidIdentityToken(
        "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
            .into(),
    )
}

fn no_key() -> Fault {
    Fault::InvalidIdentityToken(
        "Couldn't retrieve verification key from your identity provider,  please reference \
         AssumeRoleWithWebIdentity documentation for requirements"
            .into(),
    )
}
