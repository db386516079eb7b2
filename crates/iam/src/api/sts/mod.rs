//! The operations of STS, one a file, and their table.

mod assume_role;
mod assume_role_with_web_identity;
mod get_access_key_info;
mod get_caller_identity;
mod get_federation_token;
mod get_forward_access_session;
mod get_session_token;
mod grant;
mod issued;
mod member;
mod role;
mod web_identity;

use super::operation::unsigned_entry;
use super::{Entry, entry};

/// Every operation of STS that is served, in the order of their names.
pub(super) const OPERATIONS: &[Entry] = &[
    entry::<assume_role::AssumeRole>(),
    unsigned_entry::<assume_role_with_web_identity::AssumeRoleWithWebIdentity>(),
    entry::<get_access_key_info::GetAccessKeyInfo>(),
    entry::<get_caller_identity::GetCallerIdentity>(),
    entry::<get_federation_token::GetFederationToken>(),
    entry::<get_forward_access_session::GetForwardAccessSession>(),
    entry::<get_session_token::GetSessionToken>(),
];

#[cfg(test)]
mod tests;
