//! What limits and describes a session: its policies, its tags, and the room that they take.

use claviger_clock::{SignedDuration, Timestamp};
use claviger_names::AccountId;
use claviger_policy::{Document, Kind};

use crate::api::iam::policy_exists;
use crate::api::{Api, Fault};
use crate::{PolicyArn, PolicyOwner, SessionPolicy, Tags, Token};

/// Bytes that the policies and tags of a session may take; what is told to callers is a share of it.
const PACKED_BYTES_MAX: usize = 4_096;

/// Most managed policies of a session.
const POLICY_ARNS_MAX: usize = 10;

/// Most characters of the inline policy and the ARNs of managed ones together.
const POLICY_CHARACTERS_MAX: usize = 2_048;

/// The policies of a session that the caller asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Limits {
    pub policy: Option<Box<str>>,
    pub policy_arns: Vec<Box<str>>,
}

/// The tags that a session has, and which of them go on.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct SessionTags {
    pub tags: Tags,
    pub transitive: Vec<Box<str>>,
}

impl Limits {
    /// Reads them; the managed ones must be of this account or of AWS, and there.
    pub(super) async fn policies(&self, api: &Api, account: AccountId) -> Result<Vec<SessionPolicy>, Fault> {
        if self.policy_arns.len() > POLICY_ARNS_MAX {
            let text = format!("The number of policy ARNs exceeds the limit of {POLICY_ARNS_MAX}.");
            return Err(Fault::Validation(text.into()));
        }
        let mut policies = Vec::with_capacity(self.policy_arns.len() + 1);
        for text in &self.policy_arns {
            policies.push(managed(api, text, account).await?);
        }
        if let Some(text) = &self.policy {
            Document::parse(text, Kind::Session)
                .map_err(|fault| Fault::MalformedPolicyDocument(fault.to_string().into()))?;
            policies.push(SessionPolicy::Inline(text.clone()));
        }
        Ok(policies)
    }

    /// How much of its room these take together with the tags, in percent.
    pub(super) fn packed_percent(&self, tags: &Tags) -> Result<i64, Fault> {
        let inline = self.policy.as_deref().unwrap_or_default();
        let arns: usize = self.policy_arns.iter().map(|arn| arn.len()).sum();
        let of_tags: usize = tags.iter().map(|(key, value)| key.len() + value.len()).sum();
        let percent = (inline.len() + arns + of_tags).saturating_mul(100).div_ceil(PACKED_BYTES_MAX);
        let characters = inline.chars().count() + arns;
        let policy_percent = characters.saturating_mul(100).div_ceil(POLICY_CHARACTERS_MAX);
        match (percent, policy_percent) {
            (_, 101..) => Err(Fault::PackedPolicyTooLarge(
                format!(
                    "Packed policy consumes {policy_percent}% of allotted space, please use smaller policy."
                )
                .into(),
            )),
            (101.., _) => Err(Fault::PackedPolicyTooLarge(
                format!("Packed size of session tags consumes {percent}% of allotted space.").into(),
            )),
            (percent, _) => Ok(i64::try_from(percent).unwrap_or(i64::MAX)),
        }
    }

    /// Whether there are any.
    pub(super) fn is_empty(&self) -> bool {
        self.policy.is_none() && self.policy_arns.is_empty()
    }
}

async fn managed(api: &Api, text: &str, account: AccountId) -> Result<SessionPolicy, Fault> {
    let invalid = || Fault::Validation(format!("{text} is invalid").into());
    let arn: PolicyArn = text.parse().map_err(|_| invalid())?;
    match arn.owner {
        PolicyOwner::Account(owner) if owner != account => Err(invalid()),
        PolicyOwner::Aws | PolicyOwner::Account(_) if policy_exists(api, account, &arn).await? => {
            Ok(SessionPolicy::Managed(arn))
        }
        PolicyOwner::Aws | PolicyOwner::Account(_) => {
            Err(Fault::Validation(format!("Policy {text} does not exist or is not attachable.").into()))
        }
    }
}

impl SessionTags {
    /// The tags that were asked for, on top of those that the caller's own session hands on.
    pub(super) fn new(
        asked: &[(Box<str>, Box<str>)],
        transitive: &[Box<str>],
        caller: Option<&Token>,
    ) -> Result<SessionTags, Fault> {
        let invalid = |text| Err(Fault::InvalidParameterValue(text));
        let mut tags = inherited(caller);
        let handed_on: Vec<Box<str>> = tags.iter().map(|(key, _)| key.into()).collect();
        let mut own = Tags::default();
        for (key, value) in asked {
            if own.insert(key, value) {
                return invalid(DUPLICATE.into());
            }
            if tags.get(key).is_some() {
                return invalid(CONFLICT.into());
            }
        }
        if transitive.iter().any(|key| own.get(key).is_none()) {
            return invalid(NOT_AMONG_TAGS.into());
        }
        for (key, value) in asked {
            tags.insert(key, value);
        }
        let transitive = handed_on.into_iter().chain(transitive.iter().cloned()).collect();
        Ok(SessionTags { tags, transitive })
    }
}

const DUPLICATE: &str = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
const NOT_AMONG_TAGS: &str = "The specified transitive tag key must be included in the requested tags.";
const CONFLICT: &str = "One of the specified transitive tag keys can't be set because it conflicts with a \
                        transitive tag key from the calling session.";

/// The tags that the caller's session hands on to the next.
pub(super) fn inherited(caller: Option<&Token>) -> Tags {
    let Some(token) = caller else { return Tags::default() };
    let goes_on = |key: &str| token.transitive_tag_keys.iter().any(|other| same(other, key));
    token.tags.iter().filter(|(key, _)| goes_on(key)).collect()
}

fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// From now, in whole seconds as they are told, for so many seconds.
pub(super) fn lifetime(now: Timestamp, seconds: i64) -> (Timestamp, Timestamp) {
    let issued = Timestamp::from_second(now.as_second()).unwrap_or(now);
    (issued, issued.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(issued))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TokenOrigin;

    fn pairs(tags: &[(&str, &str)]) -> Vec<(Box<str>, Box<str>)> {
        tags.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect()
    }

    fn keys(keys: &[&str]) -> Vec<Box<str>> {
        keys.iter().map(|key| (*key).into()).collect()
    }

    fn session(tags: &[(&str, &str)], transitive: &[&str]) -> Token {
        Token {
            issued: Timestamp::UNIX_EPOCH,
            expires: Timestamp::UNIX_EPOCH,
            origin: TokenOrigin::AssumeRole,
            mfa_authenticated: None,
            source_identity: None,
            tags: tags.iter().copied().collect(),
            transitive_tag_keys: keys(transitive),
            policies: Vec::new(),
            services: Vec::new(),
        }
    }

    fn told(result: Result<SessionTags, Fault>) -> String {
        let fault = result.unwrap_err();
        assert_eq!(fault.code(), "InvalidParameterValue");
        fault.message().unwrap().into_owned()
    }

    #[test]
    fn transitive_tags_go_on_and_the_others_stay_behind() {
        let caller = session(&[("Team", "a"), ("Site", "x")], &["team"]);
        let made = SessionTags::new(&pairs(&[("Job", "1")]), &keys(&["job"]), Some(&caller)).unwrap();
        assert_eq!(made.tags.iter().collect::<Vec<_>>(), [("Job", "1"), ("Team", "a")]);
        assert_eq!(made.transitive, keys(&["Team", "job"]));
    }

    #[test]
    fn tags_that_contradict_each_other_are_refused() {
        let caller = session(&[("Team", "a")], &["Team"]);
        let asked = |tags: &[(&str, &str)], transitive: &[&str]| {
            told(SessionTags::new(&pairs(tags), &keys(transitive), Some(&caller)))
        };
        assert_eq!(asked(&[("a", "1"), ("A", "2")], &[]), DUPLICATE);
        assert_eq!(asked(&[("a", "1")], &["b"]), NOT_AMONG_TAGS);
        assert_eq!(asked(&[("TEAM", "b")], &[]), CONFLICT);
    }

    #[test]
    fn what_does_not_fit_is_told_in_percent() {
        let limits = Limits { policy: Some("x".repeat(2_049).into()), policy_arns: Vec::new() };
        let message = limits.packed_percent(&Tags::default()).unwrap_err().message().unwrap().into_owned();
        assert_eq!(message, "Packed policy consumes 101% of allotted space, please use smaller policy.");
    }
}
