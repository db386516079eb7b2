//! What a request says of itself that policies and grants can ask for.

use std::borrow::Cow;

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
