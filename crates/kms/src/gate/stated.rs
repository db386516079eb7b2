//! What a request says of itself that policies and grants can ask for.

use std::borrow::Cow;

use claviger_clock::Timestamp;

use crate::model::{GrantAsk, KeyTraits, Tags};

/// Pairs of an encryption context, as they were sent.
pub(crate) type Pairs<'r> = [(Cow<'r, str>, Cow<'r, str>)];

/// The part of a request that decides, beside its key. What an operation does not have stays absent.
#[derive(Clone, Copy, Default)]
pub(crate) struct Stated<'r> {
    /// The encryption context.
    pub context: &'r Pairs<'r>,
    /// The grant that is to be made, or retired.
    pub grant: Option<GrantAsk<'r>>,
    /// The encryption algorithm, or its default.
    pub encryption_algorithm: Option<&'static str>,
    /// BypassPolicyLockoutSafetyCheck, when it was sent.
    pub bypasses_lockout_check: Option<bool>,
    /// PendingWindowInDays, or its default.
    pub pending_window_days: Option<i64>,
    /// RotationPeriodInDays, or its default.
    pub rotation_period_days: Option<i64>,
    /// The name of the key policy.
    pub policy_name: Option<&'r str>,
    /// Tags that are put on the key.
    pub tags: Option<&'r Tags>,
    /// Keys of tags, where they come without values.
    pub tag_keys: &'r [Cow<'r, str>],
    /// What the key that is to be made will be.
    pub new_key: Option<KeyTraits>,
    /// Whether ReEncrypt stays with one key.
    pub re_encrypts_on_same_key: Option<bool>,
    /// Grant tokens, not yet verified.
    pub grant_tokens: &'r [Cow<'r, str>],
    /// What only requests of its kind state.
    pub particulars: Particulars<'r>,
}

/// What one kind of request states, and no other. Members that have a default state it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Particulars<'r> {
    #[default]
    None,
    Signing {
        algorithm: &'static str,
        message_type: &'static str,
    },
    Mac {
        algorithm: &'static str,
    },
    KeyAgreement {
        algorithm: &'static str,
    },
    DataKeyPair {
        spec: &'static str,
    },
    WrappingKey {
        algorithm: &'static str,
        spec: &'static str,
    },
    /// Members that were not sent are absent.
    Import {
        expiration_model: Option<&'static str>,
        valid_to: Option<Timestamp>,
    },
    ReplicaRegion(&'r str),
    PrimaryRegion(&'r str),
}

/// What a condition finds of [`Particulars`].
pub(crate) enum Particular<'r> {
    Absent,
    Text(&'r str),
    Time(Timestamp),
}

impl<'r> Particulars<'r> {
    /// What the condition key of this name has.
    pub(crate) fn particular(self, name: &str) -> Particular<'r> {
        let text = match (self, name) {
            (Particulars::Signing { algorithm, .. }, "kms:signingalgorithm")
            | (Particulars::Mac { algorithm }, "kms:macalgorithm")
            | (Particulars::KeyAgreement { algorithm }, "kms:keyagreementalgorithm")
            | (Particulars::WrappingKey { algorithm, .. }, "kms:wrappingalgorithm") => Some(algorithm),
            (Particulars::Signing { message_type, .. }, "kms:messagetype") => Some(message_type),
            (Particulars::DataKeyPair { spec }, "kms:datakeypairspec")
            | (Particulars::WrappingKey { spec, .. }, "kms:wrappingkeyspec") => Some(spec),
            (Particulars::Import { expiration_model, .. }, "kms:expirationmodel") => expiration_model,
            (Particulars::Import { valid_to: Some(moment), .. }, "kms:validto") => {
                return Particular::Time(moment);
            }
            (Particulars::ReplicaRegion(region), "kms:replicaregion")
            | (Particulars::PrimaryRegion(region), "kms:primaryregion") => Some(region),
            (_, _) => None,
        };
        text.map_or(Particular::Absent, Particular::Text)
    }
}

impl<'r> Stated<'r> {
    /// The encryption context, or the pairs that the constraint of the grant has.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&'r str, &'r str)> + Clone + use<'r> {
        let of_grant = self.grant.and_then(|grant| grant.constraints.context.as_ref());
        let of_grant =
            of_grant.map(|constraint| constraint.pairs().iter().map(|(key, value)| (&**key, &**value)));
        let of_request = self.context.iter().map(|(key, value)| (&**key, &**value));
        of_request.chain(of_grant.into_iter().flatten())
    }

    /// What every operation that encrypts or decrypts states.
    pub(crate) fn encrypting(
        context: &'r Pairs<'r>,
        encryption_algorithm: &'static str,
        grant_tokens: &'r [Cow<'r, str>],
    ) -> Stated<'r> {
        let encryption_algorithm = Some(encryption_algorithm);
        Stated { context, encryption_algorithm, grant_tokens, ..Stated::default() }
    }
}
