//! What there is in an account: users, groups, roles, policies, and what each is called.

mod arn;
mod binding;
mod entity;
mod group;
mod managed;
mod name;
mod oidc;
mod path;
mod policy_arn;
mod role;
mod service_principal;
mod tag;
mod unique_id;
mod user;

pub(crate) use arn::IamArn;
pub use binding::Bindings;
pub(crate) use entity::{Entity, EntityKind, OwnPolicies};
pub(crate) use group::GroupRecord;
pub(crate) use managed::{PolicyRecord, PolicyUse, VersionRecord};
pub(crate) use name::has_name_letters;
pub use name::{GroupName, MalformedName, Name, PolicyName, RoleName, SessionName, UserName};
pub(crate) use oidc::OidcProviderRecord;
pub(crate) use path::is_path;
pub use path::{EntityPath, MalformedPath};
pub use policy_arn::{MalformedPolicyArn, PolicyArn, PolicyOwner};
pub(crate) use role::RoleRecord;
pub use service_principal::{MalformedServicePrincipal, MalformedSigningName, ServicePrincipal, SigningName};
pub use tag::Tags;
pub use unique_id::{IdKind, MalformedUniqueId, UniqueId};
pub(crate) use user::UserRecord;
