//! Makes temporary credentials, and finds out whose they are when they come back.

use std::sync::Arc;

use claviger_cache::{ReadThrough, Weighed};
use claviger_clock::Clock;
use claviger_crypto::{Random, Secret};
use claviger_names::AccountId;
use claviger_seal::SealedStore;
use claviger_store::Revision;

use super::key::SessionKeys;
use super::state::{Holder, State};
use super::token::{self, SealedToken};
use crate::{
    AccessKeyId, ActingService, Caller, Credential, Directory, FederatedUser, IamError, IdPrefix,
    IntegratedService, Issuer, KeyStatus, NewAccessKey, Principal, RoleSession, Token,
};

/// Most bytes of opened sessions held in memory.
const OPENED_BYTES_MAX: u64 = 16 << 20;

/// Sessions that the cache is laid out for.
const OPENED_EXPECTED: usize = 4_000;

/// Bytes of an opened session beside its token.
const OPENED_BYTES: usize = 1_792;

/// Makes and opens session tokens.
pub struct Sessions {
    directory: Arc<Directory>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    keys: SessionKeys,
    opened: ReadThrough<AccessKeyId, Arc<Opened>>,
}

/// What a session is made of.
pub struct SessionGrant {
    /// The account of its principal.
    pub account: AccountId,
    pub(crate) holder: Holder,
    /// What it carries.
    pub token: Token,
}

/// Fresh temporary credentials; they are shown to their owner once.
pub struct NewSession {
    /// `ASIA…`
    pub id: AccessKeyId,
    /// The secret access key: text.
    pub secret: Secret,
    /// The session token.
    pub token: String,
}

/// Why a session token opens nothing.
#[derive(Debug, thiserror::Error)]
pub enum SessionFault {
    /// It was not made here, is not of this access key, or its principal is gone.
    #[error("the session token is invalid")]
    Invalid,
    /// Its time is over.
    #[error("the session token is expired")]
    Expired,
    /// The directory could not be asked.
    #[error(transparent)]
    Directory(#[from] IamError),
}

/// A token that was opened before.
struct Opened {
    token: Box<str>,
    holder: Holder,
    credential: Arc<Credential>,
}

impl Weighed for Opened {
    fn weight_bytes(&self) -> usize {
        // The token is about as long as what it held.
        2 * self.token.len() + OPENED_BYTES
    }
}

impl Sessions {
    /// Sessions of the principals of this directory, their keys in this store.
    pub fn new(
        store: Arc<SealedStore>,
        directory: Arc<Directory>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Sessions {
        let keys = SessionKeys::new(store, clock.clone(), random.clone());
        let opened = ReadThrough::new(OPENED_BYTES_MAX, OPENED_EXPECTED);
        Sessions { directory, clock, random, keys, opened }
    }

    /// Makes temporary credentials.
    pub async fn issue(&self, grant: &SessionGrant) -> Result<NewSession, IamError> {
        let id = AccessKeyId::generate(IdPrefix::Temporary, grant.account, &*self.random)?;
        let secret = NewAccessKey::generate(grant.account, &*self.random)?.secret;
        let state = State::new(grant.account, grant.holder.clone(), &grant.token);
        let state = state.to_bytes(&secret).map_err(|error| IamError::Unsealable(error.to_string()))?;
        let key = self.keys.newest().await?;
        let token = token::seal(&key, &id, &state, &*self.random)?;
        Ok(NewSession { id, secret, token })
    }

    /// Whose temporary credentials these are. Names and tags are those that the principal has now; when it is gone, so
    /// are its sessions.
    pub async fn open(&self, id: &AccessKeyId, token: &str) -> Result<Arc<Credential>, SessionFault> {
        let opened = self.opened.read(id, || self.unseal(id, token)).await?.ok_or(SessionFault::Invalid)?;
        let opened = match *opened.token == *token {
            true => opened,
            false => self.unseal(id, token).await?.ok_or(SessionFault::Invalid)?,
        };
        let caller = &opened.credential.caller;
        let session = caller.token.as_deref().ok_or(SessionFault::Invalid)?;
        if self.clock.now() >= session.expires {
            return Err(SessionFault::Expired);
        }
        self.check_services(&session.services).await?;
        let principal = self.principal(caller.account, &opened.holder).await?.ok_or(SessionFault::Invalid)?;
        if principal == caller.principal {
            return Ok(Arc::clone(&opened.credential));
        }
        let credential = Arc::new(with_principal(&opened.credential, principal));
        self.opened.forget(id);
        let (token, holder) = (opened.token.clone(), opened.holder.clone());
        let fresh = Arc::new(Opened { token, holder, credential: Arc::clone(&credential) });
        self.opened.read(id, || async { Ok::<_, IamError>(Some(fresh)) }).await?;
        Ok(credential)
    }

    /// Credentials that a service has of a caller end with the service.
    async fn check_services(&self, acting: &[ActingService]) -> Result<(), SessionFault> {
        if acting.is_empty() {
            return Ok(());
        }
        let services = self.directory.services().await?;
        let is_there = |acting: &ActingService| {
            let is_it = |service: &IntegratedService| {
                service.principal == acting.principal && service.created == acting.registered
            };
            services.iter().any(is_it)
        };
        if acting.iter().all(is_there) { Ok(()) } else { Err(SessionFault::Invalid) }
    }

    async fn unseal(&self, id: &AccessKeyId, text: &str) -> Result<Option<Arc<Opened>>, IamError> {
        let Some(sealed) = SealedToken::parse(text) else { return Ok(None) };
        let Some(key) = self.keys.version(sealed.key_version).await? else { return Ok(None) };
        let Some(state) = sealed.open(&key, id) else { return Ok(None) };
        let Some((secret, state)) = State::from_bytes(&state) else { return Ok(None) };
        let (account, holder) = (state.account, state.holder.clone());
        let Some(principal) = self.principal(account, &holder).await? else { return Ok(None) };
        let caller =
            Caller { account, principal, access_key_id: id.clone(), token: Some(state.into_token()) };
        let credential = Arc::new(Credential::new(caller, secret, KeyStatus::Active, Revision(0)));
        Ok(Some(Arc::new(Opened { token: text.into(), holder, credential })))
    }

    /// The principal as it is now; none when it is gone.
    async fn principal(&self, account: AccountId, holder: &Holder) -> Result<Option<Principal>, IamError> {
        let principal = match holder {
            Holder::Root => Some(Principal::Root),
            Holder::User(id) => {
                let user = self.directory.user_by_id(*id).await?.filter(|user| user.account == account);
                user.map(|user| Principal::User(user.identity.clone()))
            }
            Holder::Role { id, session } => {
                let role = self.directory.role_by_id(*id).await?.filter(|role| role.account == account);
                role.map(|role| RoleSession { role: role.identity.clone(), session_name: session.clone() })
                    .map(|session| Principal::Session(Arc::new(session)))
            }
            Holder::Federated { name, user } => {
                let issuer = match user {
                    None => Some(Issuer::Root),
                    Some(id) => {
                        self.directory.user_by_id(*id).await?.map(|user| Issuer::User(user.identity.clone()))
                    }
                };
                issuer.map(|issuer| {
                    Principal::FederatedUser(Arc::new(FederatedUser { name: name.clone(), issuer }))
                })
            }
        };
        Ok(principal)
    }
}

fn with_principal(credential: &Credential, principal: Principal) -> Credential {
    let caller = Caller { principal, ..credential.caller.clone() };
    let secret = Secret::new(credential.secret.expose().to_vec());
    Credential::new(caller, secret, credential.status, credential.revision)
}
