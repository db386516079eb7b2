//! What the dispatcher, the gate, the metrics and the reference pages know of an operation.

use crate::fault::{Fault, StateClash};
use crate::model::{GrantOperation, Key, KeyState, KeyUsage};

/// The facts of one operation (developer guide: API permissions, key states, request quotas).
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// The operation's name.
    pub name: &'static str,
    /// The permission that it needs.
    pub action: &'static str,
    /// Which policies can give that permission.
    pub policy: PolicyType,
    /// The grant operation that allows it, if any does.
    pub grant: Option<GrantOperation>,
    /// Whether a caller of another account can be allowed.
    pub cross_account: bool,
    /// How a request may name its key.
    pub names: KeyNames,
    /// The usage that its key must have, if it must.
    pub usage: Option<KeyUsage>,
    /// The states that its key may be in.
    pub states: States,
    /// The request quota that it counts against.
    pub quota: QuotaBucket,
    /// Whether CloudTrail shows it as read-only.
    pub read_only: bool,
    /// Whether the model has an answer for it; else the body is empty.
    pub has_output: bool,
    /// Whether its record tells the key's ARN as what was answered (log entries since December 2022).
    pub tells_key: bool,
}

/// Which policies can give a permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyType {
    /// Key policies, and IAM policies where the key policy lets them.
    KeyPolicy,
    /// IAM policies alone.
    Iam,
    /// IAM policies for the alias and key policies for the key.
    AliasAndKey,
}

/// How a request may name its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyNames {
    /// It names none.
    None,
    /// By key id or key ARN.
    Key,
    /// By alias name or alias ARN too.
    KeyOrAlias,
}

/// The states that an operation's key may be in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum States {
    /// Any.
    Any,
    /// Any but waiting for its deletion.
    NotPendingDeletion,
    /// With its material, and not waiting for its deletion.
    Whole,
    /// Only waiting for its deletion.
    PendingDeletion,
    /// Only enabled.
    Enabled,
}

/// Requests that share a rate, and that rate in requests per second, account and Region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuotaBucket {
    /// Cryptographic operations: a rate for each kind of key.
    Cryptographic,
    /// Data key pairs: a rate for each kind of pair.
    DataKeyPair,
    /// A rate of its own.
    Own(u32),
}

impl Facts {
    /// The facts of an operation that administers one key; each states what differs.
    pub(crate) const fn of_key(name: &'static str, action: &'static str) -> Facts {
        Facts {
            name,
            action,
            policy: PolicyType::KeyPolicy,
            grant: None,
            cross_account: false,
            names: KeyNames::Key,
            usage: None,
            states: States::NotPendingDeletion,
            quota: QuotaBucket::Own(5),
            read_only: false,
            has_output: false,
            tells_key: false,
        }
    }

    /// The facts of an operation that uses the material of a key for what this usage allows.
    pub(crate) const fn of_use(
        name: &'static str,
        action: &'static str,
        grant: GrantOperation,
        usage: KeyUsage,
    ) -> Facts {
        Facts {
            name,
            action,
            policy: PolicyType::KeyPolicy,
            grant: Some(grant),
            cross_account: true,
            names: KeyNames::KeyOrAlias,
            usage: Some(usage),
            states: States::Enabled,
            quota: QuotaBucket::Cryptographic,
            read_only: true,
            has_output: true,
            tells_key: false,
        }
    }
}

impl Facts {
    /// The same, whose record tells the key.
    pub(crate) const fn telling_key(self) -> Facts {
        Facts { tells_key: true, ..self }
    }

    /// The facts of what ReEncrypt does with the key that it encrypts under.
    pub(crate) const fn re_encrypting_to(self) -> Facts {
        Facts { action: "kms:ReEncryptTo", grant: Some(GrantOperation::ReEncryptTo), ..self }
    }

    /// What it needs permission for: as a rule one action, of ReEncrypt one on each key.
    pub(crate) fn permissions(self) -> impl Iterator<Item = Facts> {
        let second = matches!(self.grant, Some(GrantOperation::ReEncryptFrom));
        std::iter::once(self).chain(second.then(|| self.re_encrypting_to()))
    }
}

impl Facts {
    /// Refuses a key that is for something else.
    pub(crate) fn check_usage(&self, key: &Key) -> Result<(), Fault> {
        match self.usage {
            Some(usage) if usage != key.record.usage => Err(misused(key, self.name)),
            Some(_) | None => Ok(()),
        }
    }
}

/// The fault that a key is for something else than this operation.
pub(crate) fn misused(key: &Key, operation: &str) -> Fault {
    let usage = key.record.usage.name();
    Fault::InvalidKeyUsage(
        format!("{} key usage is {usage} which is not valid for {operation}.", key.arn).into(),
    )
}

impl States {
    pub(crate) fn check(self, key: &Key) -> Result<(), Fault> {
        match self {
            States::Any => Ok(()),
            States::NotPendingDeletion => key.check_not_pending_deletion(),
            States::Whole => key.check_whole(),
            States::Enabled => key.check_enabled(),
            States::PendingDeletion => match key.record.state {
                KeyState::PendingDeletion { .. } | KeyState::PendingReplicaDeletion { .. } => Ok(()),
                KeyState::Enabled | KeyState::Disabled | KeyState::PendingImport => {
                    Err(key.clash(StateClash::NotPendingDeletion))
                }
            },
        }
    }
}
