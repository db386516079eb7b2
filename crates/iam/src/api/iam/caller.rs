//! The user that a request means when it names none: its caller.

use crate::api::{Call, Fault};
use crate::{Principal, UserName};

/// The user of this name, or the caller; refused when the caller is no user.
pub(super) fn user(call: &Call<'_>, name: Option<&UserName>) -> Result<UserName, Fault> {
    match (name, &call.caller.principal) {
        (Some(name), _) => Ok(name.clone()),
        (None, Principal::User(user)) => Ok(user.name.clone()),
        (
            None,
            Principal::Root | Principal::Session(_) | Principal::FederatedUser(_) | Principal::Service(_),
        ) => Err(Fault::Validation("Must specify userName when calling with non-User credentials".into())),
    }
}
