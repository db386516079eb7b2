//! Who signed a request: the claim, its scope and time, the access key, the signature.

use std::sync::Arc;

use claviger_clock::{Clock, Timestamp};
use claviger_crypto::{Random, RandomnessFailed, Secret};
use claviger_iam::{AccessKeyId, Credential, Directory, KeyStatus, Service, SessionFault, Sessions};
use claviger_kms::{Fault, Unauthenticated};
use claviger_monitor::AuthenticationFailure;
use claviger_names::Region;
use claviger_sigv4::{Claim, Request, Scope, SigV4Fault, SigningKey};
use quick_cache::sync::Cache;

use crate::node::Regions;

/// The Regions that requests to IAM are signed for, wherever they come from: one a partition.
const GLOBAL_REGIONS: &[&str] = &["us-east-1", "cn-north-1", "us-gov-west-1"];

/// Most derived signing keys held in memory: one for each access key, day and Region in use.
const SIGNING_KEYS_MAX: usize = 10_000;

/// Bytes of the secret that unknown access keys are verified against.
const STAND_IN_SECRET_BYTES: usize = 40;

/// Finds out who signed a request.
pub(crate) struct Authenticator {
    directory: Arc<Directory>,
    sessions: Arc<Sessions>,
    clock: Arc<dyn Clock>,
    regions: Regions,
    signing_keys: Cache<SigningKeyName, Arc<SigningKey>>,
    stand_in_secret: Secret,
}

/// Who a request is for, and so what it must be signed for.
#[derive(Clone, Copy)]
pub(crate) struct Audience {
    services: &'static [&'static str],
    is_global: bool,
}

impl Audience {
    /// KMS, in one of its Regions.
    pub(crate) const KMS: Audience = Audience { services: &["kms"], is_global: false };

    /// An API of the Query protocol; IAM has the same for all Regions.
    pub(crate) fn of(service: Service) -> Audience {
        Audience { services: service.signing_names(), is_global: service == Service::Iam }
    }

    /// An API whose requests are signed for one of these services.
    pub(crate) fn of_names(services: &'static [&'static str]) -> Audience {
        Audience { services, is_global: false }
    }

    fn is_served(self, region: Option<Region>, name: &str) -> bool {
        region.is_some() || (self.is_global && GLOBAL_REGIONS.contains(&name))
    }
}

/// What a derived signing key belongs to. The revision sees to it that a key replaced under its id is not used.
#[derive(Clone, PartialEq, Eq, Hash)]
struct SigningKeyName {
    /// None for the stand-in, so that what unknown callers send does not fill the cache.
    access_key: Option<(AccessKeyId, u64)>,
    day: [u8; DAY_BYTES],
    region: Region,
    service: &'static str,
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
        sessions: Arc<Sessions>,
        clock: Arc<dyn Clock>,
        regions: Regions,
        random: &dyn Random,
    ) -> Result<Authenticator, RandomnessFailed> {
        let stand_in_secret = Secret::random(STAND_IN_SECRET_BYTES, random)?;
        let signing_keys = Cache::new(SIGNING_KEYS_MAX);
        Ok(Authenticator { directory, sessions, clock, regions, signing_keys, stand_in_secret })
    }

    pub(crate) async fn authenticate(&self, request: &Request<'_>, audience: Audience) -> Admission {
        let mut claimed = Claimed::default();
        let verdict = self.verdict(request, audience, &mut claimed).await;
        Admission { verdict, claimed }
    }

    async fn verdict(
        &self,
        request: &Request<'_>,
        audience: Audience,
        claimed: &mut Claimed,
    ) -> Result<Arc<Credential>, Refusal> {
        let claim = Claim::parse(request)?;
        let region = self.regions.find(claim.scope().region());
        claimed.access_key_id = claim.access_key_id().parse().ok();
        claimed.region = region;
        let is_served = |scope: &Scope<'_>| audience.is_served(region, scope.region());
        let now = self.clock.now();
        let current = claim.check_scope(now, audience.services, is_served)?;
        let (claim, region) = (current.claim(), region.unwrap_or(self.regions.first()));
        let usable = match &claimed.access_key_id {
            None => None,
            Some(id) => self.credential(id, claim.security_token()).await?,
        };
        let key = self.signing_key(usable.as_deref(), claim.scope(), region, audience);
        // An unknown key's signature is verified too, so that the time taken does not tell whether there is such a key.
        match (current.verify(&key), usable) {
            (_, None) => Err(Refusal::unknown_access_key()),
            (Ok(verified), Some(credential)) => {
                credential.signing_key.hold(verified.claim().scope(), &key);
                self.note_use(&credential, audience, region, now);
                Ok(credential)
            }
            (Err(fault), Some(_)) => Err(fault.into()),
        }
    }

    /// The access key of this id, if it may be used: a long-term one comes without a session token, and any other with
    /// its own.
    async fn credential(
        &self,
        id: &AccessKeyId,
        token: Option<&str>,
    ) -> Result<Option<Arc<Credential>>, Refusal> {
        let failed = |error| Refusal::Directory(Fault::internal(error));
        let Some(token) = token else {
            let found = self.directory.credential(id).await.map_err(failed)?;
            return Ok(found.filter(|credential| credential.status == KeyStatus::Active));
        };
        match self.sessions.open(id, token).await {
            Ok(credential) => Ok(Some(credential)),
            Err(SessionFault::Invalid) => Ok(None),
            Err(SessionFault::Expired) => Err(Refusal::expired()),
            Err(SessionFault::Directory(error)) => Err(failed(error)),
        }
    }

    fn note_use(&self, credential: &Credential, audience: Audience, region: Region, now: Timestamp) {
        if let Some(service) = audience.services.first() {
            self.directory.note_use(credential, service, region, now);
        }
    }

    fn signing_key(
        &self,
        credential: Option<&Credential>,
        scope: &Scope<'_>,
        region: Region,
        audience: Audience,
    ) -> Arc<SigningKey> {
        if let Some(key) = credential.and_then(|credential| credential.signing_key.of(scope)) {
            return key;
        }
        let secret = credential.map_or(&self.stand_in_secret, |credential| &credential.secret);
        let derive = || Arc::new(SigningKey::derive(secret.expose(), scope));
        let Ok(day) = scope.date().as_bytes().try_into() else { return derive() };
        // A scope that was let through names one of these, and a Region that is served or global.
        let service = audience.services.iter().find(|service| **service == scope.service());
        let (Some(service), true) = (service, region.as_bytes() == scope.region().as_bytes()) else {
            return derive();
        };
        let access_key =
            credential.map(|credential| (credential.caller.access_key_id.clone(), credential.revision.0));
        let name = SigningKeyName { access_key, day, region, service };
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

    fn expired() -> Refusal {
        Refusal::Unauthenticated(Unauthenticated::ExpiredToken, AuthenticationFailure::ExpiredToken)
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
