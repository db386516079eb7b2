//! Key policies as requests give them: their one name, their size, and the check that nobody locks themselves out.

use std::borrow::Cow;

use claviger_iam::Caller;
use claviger_policy::{KEY_POLICY_BYTES_MAX, KeyPolicy, Principal};

use crate::fault::{Fault, Missing};
use crate::kms::Kms;

/// The name of every key's one policy.
pub(crate) const DEFAULT_POLICY_NAME: &str = "default";

/// Refuses every other name.
pub(crate) fn check_policy_name(name: Option<&str>) -> Result<(), Fault> {
    match name {
        None | Some(DEFAULT_POLICY_NAME) => Ok(()),
        Some(_) => Err(Fault::NotFound(Missing::Policy)),
    }
}

/// Refuses a document that cannot be a key's policy: by its form, its principals or, unless that is bypassed, because
/// the caller could not change it again.
pub(crate) async fn check_policy(kms: &Kms, caller: &Caller, text: &str, bypass: bool) -> Result<(), Fault> {
    if text.len() > KEY_POLICY_BYTES_MAX {
        return Err(Fault::LimitExceeded(Cow::Borrowed(
            "The key policy exceeds the maximum size of 32768 bytes.",
        )));
    }
    let malformed = |text: String| Fault::MalformedPolicy(Cow::Owned(text));
    let policy = KeyPolicy::parse(text).map_err(|fault| malformed(fault.to_string()))?;
    for principal in policy.principals() {
        if !exists(kms, principal).await? {
            return Err(malformed(claviger_policy::PolicyFault::InvalidPrincipal.to_string()));
        }
    }
    if !bypass && !policy.leaves_to_account(caller.account, "kms:PutKeyPolicy") {
        let text = "The new key policy will not allow you to update the key policy in the future.";
        return Err(malformed(text.to_owned()));
    }
    Ok(())
}

/// Whether a principal is there to be named. There are no users and roles yet.
async fn exists(kms: &Kms, principal: &Principal) -> Result<bool, Fault> {
    match principal {
        Principal::Anyone | Principal::Service(_) => Ok(true),
        Principal::Account(account) => kms.directory.has_account(*account).await.map_err(Fault::internal),
        Principal::Identity(_) => Ok(false),
    }
}
