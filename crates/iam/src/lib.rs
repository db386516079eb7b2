//! Accounts and who acts in them: users, groups, roles, policies, access keys, and what a node knows of them.

mod access_key;
mod account;
mod api;
mod aws_policies;
mod caller;
mod caller_keys;
mod controls;
mod directory;
mod error;
mod identity;
mod integrated_service;
mod issuer;
mod model;
mod principals;
mod rows;
mod session;
mod signing_key;
mod text;
mod vocabulary;

pub use access_key::{AccessKeyId, Credential, IdPrefix, KeyStatus, MalformedAccessKeyId, NewAccessKey};
pub use account::{Account, AccountName, MalformedAccountName};
pub use api::{
    Api, ApiParts, Arrival, Ask, CallRecord, CallSender, Cause, Entry, Facts, Fault, Reply, Sender, Service,
    Unauthenticated, WebSender, authorize,
};
pub use caller::{
    ActingService, Caller, FederatedUser, Issuer, Principal, RoleIdentity, RoleSession, SessionPolicy, Token,
    TokenOrigin, UserIdentity, WebIdentity,
};
pub use caller_keys::{CallerKeys, NamedCaller, Origin, Source};
pub use controls::{
    CONTROL_LEVELS_MAX, CONTROL_POLICIES_PER_LEVEL_MAX, CONTROL_POLICY_BYTES_MAX, ControlFault,
    ControlLevels, ControlPolicy, Controls,
};
pub use directory::{
    ACCESS_KEYS_PER_ROOT_MAX, BindError, Directory, OidcProvider, Permissions, PrincipalKind, PrincipalName,
    PutControlsError, RoleFacts, RosterEntry, UserFacts,
};
pub use error::IamError;
pub use identity::RecordedCaller;
pub use integrated_service::{ACCESS_KEYS_PER_SERVICE_MAX, IntegratedService, NewService, SERVICES_MAX};
pub use issuer::{FetchFailed, IssuerFault, IssuerUrl, Issuers, KeySource, MalformedIssuerUrl, Web};
pub use model::{
    Bindings, EntityPath, GroupName, IdKind, MalformedName, MalformedPath, MalformedPolicyArn,
    MalformedServicePrincipal, MalformedSigningName, MalformedUniqueId, Name, PolicyArn, PolicyName,
    PolicyOwner, RoleName, ServicePrincipal, SessionName, SigningName, Tags, UniqueId, UserName,
};
pub use session::{NewSession, SessionFault, SessionGrant, Sessions};
pub use signing_key::HeldSigningKey;
pub use vocabulary::{CONDITION_KEYS, VOCABULARY};
