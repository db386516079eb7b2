//! OpenID Connect tokens: what they say once they are verified.

use std::collections::BTreeMap;

use claviger_clock::Timestamp;
use jsonwebtoken::{Algorithm, Validation, dangerous, decode, decode_header};
use serde::Deserialize;

use crate::api::Fault;
use crate::issuer::{Issuers, NoKey, WantedKey};

/// How far an issuer's clock may be ahead of ours.
const CLOCK_AHEAD_SECONDS_MAX: i64 = 300;

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

/// Who a token says that it is from; nothing of it is true yet.
pub(super) fn provider_of(token: &str) -> Result<Box<str>, Fault> {
    let claims = dangerous::insecure_decode::<Claims>(token).map_err(|_| malformed())?.claims;
    claims.iss.strip_prefix("https://").map(Into::into).ok_or_else(malformed)
}

/// What the token says, when a key of its issuer has signed it and its time is now.
pub(super) async fn verify(issuers: &Issuers, token: &str, now: Timestamp) -> Result<Assertion, Fault> {
    let provider = provider_of(token)?;
    let header = decode_header(token).map_err(|_| malformed())?;
    let wanted = WantedKey { id: header.kid.as_deref(), algorithm: header.alg };
    let key = issuers.key(&provider, &wanted, now).await.map_err(no_key)?;
    let claims = decode::<Claims>(token, &key.key, &signature_only(key.algorithm))
        .map_err(|_| Fault::InvalidIdentityToken("Invalid identity token signature".into()))?
        .claims;
    claims.check_time(now.as_second())?;
    Ok(claims.into_assertion(provider))
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

fn no_key(why: NoKey) -> Fault {
    match why {
        NoKey::Unknown => Fault::InvalidIdentityToken(
            "Couldn't retrieve verification key from your identity provider,  please reference \
             AssumeRoleWithWebIdentity documentation for requirements"
                .into(),
        ),
        // SDKs try again after this one.
        NoKey::Unreachable => Fault::ProviderUnreachable(
            "The identity provider that was asked to verify the incoming identity token could not be reached.".into(),
        ),
    }
}
