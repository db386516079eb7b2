//! Key policies as requests give them: their one name, their size, whom they name, and the check that nobody locks
//! themselves out.

use std::borrow::Cow;

use claviger_iam::BindError;
use claviger_policy::{Document, KEY_POLICY_BYTES_MAX, Kind};

use crate::fault::{Fault, Missing};
use crate::gate::{Call, KeyView};
use crate::kms::Kms;
use crate::model::{KeyRecord, POLICY_NAME, Place, compiled};

/// What whoever sets a policy must be able to do under it.
const CHANGE_AGAIN: &str = "kms:PutKeyPolicy";

/// Whether a policy under which the caller could not change it again is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lockout {
    /// It is.
    Checked,
    /// The caller asked not to be checked.
    Bypassed,
}

impl Lockout {
    /// The same, for a new key: one whose policy is not sent has the default one.
    pub(super) fn of_policy(is_sent: bool, bypass: Option<bool>) -> Lockout {
        match is_sent {
            true => Lockout::of_request(bypass),
            // AWS's own policy locks nobody out who could not act before.
            false => Lockout::Bypassed,
        }
    }

    /// As BypassPolicyLockoutSafetyCheck says.
    pub(super) fn of_request(bypass: Option<bool>) -> Lockout {
        if bypass == Some(true) { Lockout::Bypassed } else { Lockout::Checked }
    }
}

/// Refuses every other name.
pub(super) fn check_policy_name(name: Option<&str>) -> Result<(), Fault> {
    match name {
        None | Some(POLICY_NAME) => Ok(()),
        Some(_) => Err(Fault::NotFound(Missing::Policy)),
    }
}

/// The record of a key with its new policy, whose users and roles are bound to their unique ids. Refuses a document that
/// cannot be a key's policy: by its form, its principals or because the caller could not change it again.
pub(super) async fn checked_policy(
    kms: &Kms,
    call: &Call<'_>,
    place: &Place,
    mut record: KeyRecord,
    lockout: Lockout,
) -> Result<KeyRecord, Fault> {
    if record.policy.len() > KEY_POLICY_BYTES_MAX {
        return Err(Fault::LimitExceeded(Cow::Borrowed(
            "The key policy exceeds the maximum size of 32768 bytes.",
        )));
    }
    let malformed = |text: String| Fault::MalformedPolicy(Cow::Owned(text));
    let document =
        Document::parse(&record.policy, Kind::Key).map_err(|fault| malformed(fault.to_string()))?;
    record.bindings = kms.directory.bind(&document).await.map_err(|error| match error {
        BindError::Unknown(principal) => malformed(document.invalid_principal(&principal).to_string()),
        BindError::Directory(error) => Fault::internal(error),
    })?;
    if lockout == Lockout::Checked {
        let arn = record.id.arn(place.account, place.region);
        let view = KeyView { place, arn: &arn, record: &record, aliases: &[], last_use: None };
        let policy = compiled(&document, &record.bindings);
        if !call.could(kms, CHANGE_AGAIN, view, &policy).await? {
            let text = "The new key policy will not allow you to update the key policy in the future.";
            return Err(malformed(text.to_owned()));
        }
    }
    Ok(record)
}
