//! Who signed a request: the claim, its scope and time, the access key, the signature.

use std::sync::Arc;

use claviger_clock::Clock;
use claviger_crypto::{Random, RandomnessFailed, Secret};
use claviger_iam::{AccessKeyId, Credential, Directory, KeyStatus};
use claviger_kms::{Fault, Unauthenticated};
use claviger_monitor::AuthenticationFailure;
use claviger_names::Region;
use claviger_sigv4::{Claim, Request, Scope, SigV4Fault, SigningKey};
use quick_cache::sync::Cache;

use crate::node::Regions;

/// The signing names of the services that are served.
const SERVICES: &[&str] = &["kms"];

/// Most derived signing keys held in memory: one for each access key, day and Region in use.
const SIGNING_KEYS_MAX: usize = 10_000;

/// Bytes of the secret that unknown access keys are verified against.
const STAND_IN_SECRET_BYTES: usize = 40;

/// Finds out who signed a request.
pub(crate) struct Authenticator {
    directory: Arc<Directory>,
    clock: Arc<dyn Clock>,
    regions: Regions,
    signing_keys: Cache<SigningKeyName, Arc<SigningKey>>,
    stand_in_secret: Secret,
}

/// What a derived signing key belongs to. The revision sees to it that a key replaced under its id is not used.
#[derive(Clone, PartialEq, Eq, Hash)]
struct SigningKeyName {
    /// None for the stand-in, so that what unknown callers send does not fill the cache.
    access_key: Option<(AccessKeyId, u64)>,
    day: [u8; DAY_BYTES],
    region: Region,
}

/// Bytes of a day as a scope spells it.
const DAY_BYTES: usize = 8;

/// What a request said of its sender, and whether it is true.
pub(crate) struct Admission {
    pub verdict: Result<Arc<Credential>, Refusal>,
    pub claimed: Claimed,
}

/// What an unverified signature says, for the record.
#[derive(Default)]
pub(crate) struct Claimed {
    pub access_key_id: Option<AccessKeyId>,
    pub region: Option<Region>,
}

/// Why a request has no known sender.
pub(crate) enum Refusal {
    /// It is the request's fault.
    Unauthenticated(Unauthenticated, AuthenticationFailure),
    /// The directory could not be asked.
    Directory(Fault),
}

impl Authenticator {
    pub(crate) fn new(
        directory: Arc<Directory>,
        clock: Arc<dyn Clock>,
        regions: Regions,
        random: &dyn Random,
    ) -> Result<Authenticator, RandomnessFailed> {
        let stand_in_secret = Secret::random(STAND_IN_SECRET_BYTES, random)?;
        let signing_keys = Cache::new(SIGNING_KEYS_MAX);
        Ok(Authenticator { directory, clock, regions, signing_keys, stand_in_secret })
    }

    pub(crate) async fn authenticate(&self, request: &Request<'_>) -> Admission {
        let mut claimed = Claimed::default();
        let verdict = self.verdict(request, &mut claimed).await;
        Admission { verdict, claimed }
    }

    async fn verdict(
        &self,
        request: &Request<'_>,
        claimed: &mut Claimed,
    ) -> Result<Arc<Credential>, Refusal> {
        let claim = Claim::parse(request)?;
        let region = self.regions.find(claim.scope().region());
        claimed.access_key_id = claim.access_key_id().parse().ok();
        claimed.region = region;
        let is_session = claim.security_token().is_some();
        let current = claim.check_scope(self.clock.now(), SERVICES, |_| region.is_some())?;
        let region = region.unwrap_or(self.regions.first());
        let found = match &claimed.access_key_id {
            None => None,
            Some(id) => self
                .directory
                .credential(id)
                .await
                .map_err(|error| Refusal::Directory(Fault::internal(error)))?,
        };
        // So far every access key is a long-term one, and none comes with a session token.
        let usable = found.filter(|credential| credential.status == KeyStatus::Active && !is_session);
        let key = self.signing_key(usable.as_deref(), current.claim().scope(), region);
        // An unknown key's signature is verified too, so that the time taken does not tell whether there is such a key.
        match (current.verify(&key), usable) {
            (_, None) => Err(Refusal::unknown_access_key()),
            (Ok(_), Some(credential)) => Ok(credential),
            (Err(fault), Some(_)) => Err(fault.into()),
        }
    }

    fn signing_key(
        &self,
        credential: Option<&Credential>,
        scope: &Scope<'_>,
        region: Region,
    ) -> Arc<SigningKey> {
        let secret = credential.map_or(&self.stand_in_secret, |credential| &credential.secret);
        let derive = || Arc::new(SigningKey::derive(secret.expose(), scope));
        let Ok(day) = scope.date().as_bytes().try_into() else { return derive() };
        let access_key =
            credential.map(|credential| (credential.caller.access_key_id.clone(), credential.revision.0));
        let name = SigningKeyName { access_key, day, region };
        match self.signing_keys.get(&name) {
            Some(key) => key,
            None => {
                let key = derive();
                self.signing_keys.insert(name, Arc::clone(&key));
                key
            }
        }
    }
}

impl Refusal {
    fn unknown_access_key() -> Refusal {
        Refusal::Unauthenticated(Unauthenticated::UnknownAccessKey, AuthenticationFailure::UnknownAccessKey)
    }
}

impl From<SigV4Fault> for Refusal {
    fn from(fault: SigV4Fault) -> Refusal {
        let text = || fault.message().into_boxed_str();
        let (told, counted) = match fault {
            SigV4Fault::MissingAuthenticationToken => {
                (Unauthenticated::MissingToken, AuthenticationFailure::Missing)
            }
            SigV4Fault::NotKeyValue { .. }
            | SigV4Fault::MissingHeaderParts { .. }
            | SigV4Fault::MissingQueryParts { .. }
            | SigV4Fault::RepeatedPart { .. }
            | SigV4Fault::Unreadable { .. }
            | SigV4Fault::MalformedDate { .. }
            | SigV4Fault::UnsupportedAlgorithm { .. }
            | SigV4Fault::MalformedCredential { .. }
            | SigV4Fault::MalformedExpires { .. }
            | SigV4Fault::IllegalEscape => {
                (Unauthenticated::Incomplete(text()), AuthenticationFailure::Incomplete)
            }
            SigV4Fault::Expired { .. } | SigV4Fault::NotYetCurrent { .. } | SigV4Fault::OutOfScope(_) => {
                (Unauthenticated::InvalidSignature(text()), AuthenticationFailure::OutOfScope)
            }
            SigV4Fault::BothHeaderAndQuery { .. }
            | SigV4Fault::HostNotSigned
            | SigV4Fault::SignedHeadersNotCanonical { .. }
            | SigV4Fault::SignedHeaderAbsent { .. }
            | SigV4Fault::HeaderNotSigned { .. }
            | SigV4Fault::RepeatedHeader { .. }
            | SigV4Fault::BodyHashMismatch
            | SigV4Fault::Mismatch => {
                (Unauthenticated::InvalidSignature(text()), AuthenticationFailure::Mismatch)
            }
        };
        Refusal::Unauthenticated(told, counted)
    }
}
