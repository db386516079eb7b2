//! What a session token holds: the secret access key, and everything of its holder that is not read anew.

use std::sync::Arc;

use claviger_clock::Timestamp;
use claviger_crypto::Secret;
use claviger_names::AccountId;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    ActingService, PolicyArn, SessionName, SessionPolicy, Tags, Token, TokenOrigin, UniqueId, WebIdentity,
};

/// Letters of every secret access key: they stand before the rest.
pub(super) const SECRET_BYTES: usize = 40;

/// Whose a session is: the ids of principals, which are read anew whenever it is used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Holder {
    Root,
    User(UniqueId),
    Role {
        id: UniqueId,
        session: SessionName,
    },
    /// The user that asked for it; none is the root user.
    Federated {
        name: SessionName,
        user: Option<UniqueId>,
    },
}

/// What a token holds beside the secret.
#[derive(Serialize, Deserialize)]
pub(super) struct State {
    pub account: AccountId,
    pub holder: Holder,
    issued: Timestamp,
    expires: Timestamp,
    origin: Origin,
    mfa: Option<Timestamp>,
    source_identity: Option<Box<str>>,
    tags: Tags,
    transitive: Vec<Box<str>>,
    policies: Vec<Policy>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    services: Vec<ActingService>,
}

#[derive(Serialize, Deserialize)]
enum Origin {
    AssumeRole,
    WebIdentity { provider: Box<str>, subject: Box<str>, audience: Box<str> },
    SessionToken,
    FederationToken,
    ForwardAccess,
}

#[derive(Serialize, Deserialize)]
enum Policy {
    Inline(Box<str>),
    Managed(PolicyArn),
}

impl State {
    pub(super) fn new(account: AccountId, holder: Holder, token: &Token) -> State {
        let Token { issued, expires, .. } = *token;
        State {
            account,
            holder,
            issued,
            expires,
            origin: Origin::from(&token.origin),
            mfa: token.mfa_authenticated,
            source_identity: token.source_identity.clone(),
            tags: token.tags.clone(),
            transitive: token.transitive_tag_keys.clone(),
            policies: token.policies.iter().map(Policy::from).collect(),
            services: token.services.clone(),
        }
    }

    /// The secret and this, as they are sealed.
    pub(super) fn to_bytes(&self, secret: &Secret) -> Result<Zeroizing<Vec<u8>>, serde_json::Error> {
        let json = serde_json::to_vec(self)?;
        let mut bytes = Zeroizing::new(Vec::with_capacity(secret.len() + json.len()));
        bytes.extend_from_slice(secret.expose());
        bytes.extend_from_slice(&json);
        Ok(bytes)
    }

    /// What was sealed; none where it is something else.
    pub(super) fn from_bytes(bytes: &Secret) -> Option<(Secret, State)> {
        let (secret, json) = bytes.expose().split_at_checked(SECRET_BYTES)?;
        Some((Secret::new(secret.to_vec()), serde_json::from_slice(json).ok()?))
    }

    /// What the caller carries of it.
    pub(super) fn into_token(self) -> Arc<Token> {
        Arc::new(Token {
            issued: self.issued,
            expires: self.expires,
            origin: self.origin.into(),
            mfa_authenticated: self.mfa,
            source_identity: self.source_identity,
            tags: self.tags,
            transitive_tag_keys: self.transitive,
            policies: self.policies.into_iter().map(SessionPolicy::from).collect(),
            services: self.services,
        })
    }
}

impl From<&TokenOrigin> for Origin {
    fn from(origin: &TokenOrigin) -> Origin {
        match origin {
            TokenOrigin::AssumeRole => Origin::AssumeRole,
            TokenOrigin::WebIdentity(WebIdentity { provider, subject, audience }) => Origin::WebIdentity {
                provider: provider.clone(),
                subject: subject.clone(),
                audience: audience.clone(),
            },
            TokenOrigin::SessionToken => Origin::SessionToken,
            TokenOrigin::FederationToken => Origin::FederationToken,
            TokenOrigin::ForwardAccess => Origin::ForwardAccess,
        }
    }
}

impl From<Origin> for TokenOrigin {
    fn from(origin: Origin) -> TokenOrigin {
        match origin {
            Origin::AssumeRole => TokenOrigin::AssumeRole,
            Origin::WebIdentity { provider, subject, audience } => {
                TokenOrigin::WebIdentity(WebIdentity { provider, subject, audience })
            }
            Origin::SessionToken => TokenOrigin::SessionToken,
            Origin::FederationToken => TokenOrigin::FederationToken,
            Origin::ForwardAccess => TokenOrigin::ForwardAccess,
        }
    }
}

impl From<&SessionPolicy> for Policy {
    fn from(policy: &SessionPolicy) -> Policy {
        match policy {
            SessionPolicy::Inline(text) => Policy::Inline(text.clone()),
            SessionPolicy::Managed(arn) => Policy::Managed(arn.clone()),
        }
    }
}

impl From<Policy> for SessionPolicy {
    fn from(policy: Policy) -> SessionPolicy {
        match policy {
            Policy::Inline(text) => SessionPolicy::Inline(text),
            Policy::Managed(arn) => SessionPolicy::Managed(arn),
        }
    }
}
