//! PolicyExclusionList: policies that a simulation leaves out.

use claviger_wire::{Bounds, Enumerated, Members, TextRule};

use super::super::member::{ARN, NAME};
use super::source::{Held, Origin, Source};
use crate::ControlLevels;
use crate::api::Fault;
use crate::model::{EntityKind, PolicyOwner};

const EXCLUSIONS: Bounds = Bounds::new(0, 256);
const ENTITY_NAME: TextRule = TextRule::length(1, 128);

/// Most stars of a pattern.
const STARS_MAX: usize = 1;

/// A member of the list, as sent.
pub(in crate::api::iam) struct SentExclusion {
    of_type: Option<PolicyType>,
    arn: Option<String>,
    inline: Option<Inline>,
}

/// What is left out.
enum Exclusion<'r> {
    Type(PolicyType),
    Arn(&'r str),
    Inline(&'r Inline),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PolicyType {
    Inline,
    AwsManaged,
    UserManaged,
    Boundary,
    ServiceControl,
    ResourceControl,
}

struct Inline {
    policy: String,
    kind: EntityKind,
    /// May have wildcards.
    entity: String,
}

impl Enumerated for PolicyType {
    const NAMES: &'static [(&'static str, PolicyType)] = &[
        ("inline", PolicyType::Inline),
        ("aws-managed", PolicyType::AwsManaged),
        ("user-managed", PolicyType::UserManaged),
        ("permission-boundary", PolicyType::Boundary),
        ("scp", PolicyType::ServiceControl),
        ("rcp", PolicyType::ResourceControl),
    ];
}

impl Enumerated for EntityKind {
    const NAMES: &'static [(&'static str, EntityKind)] =
        &[("user", EntityKind::User), ("group", EntityKind::Group), ("role", EntityKind::Role)];
}

/// Takes PolicyExclusionList.
pub(in crate::api::iam) fn take(members: &mut Members<'_>) -> Vec<SentExclusion> {
    let inline = |inline: &mut Members<'_>| {
        let policy = inline.required_text("PolicyName", &NAME).into_owned();
        let kind = inline.one_of::<EntityKind>("AttachmentType");
        let entity = inline.required_text("AttachmentName", &ENTITY_NAME).into_owned();
        kind.map(|kind| Inline { policy, kind, entity })
    };
    let read = |exclusion: &mut Members<'_>| SentExclusion {
        of_type: exclusion.one_of::<PolicyType>("PolicyType"),
        arn: exclusion.text("PolicyArn", &ARN).map(|arn| arn.into_owned()),
        inline: exclusion.structure("InlinePolicyIdentifier", inline).flatten(),
    };
    let list = members.structures("PolicyExclusionList", read).unwrap_or_default();
    members.counted("PolicyExclusionList", &list, EXCLUSIONS);
    list
}

/// The same without the policies that the list names.
pub(in crate::api::iam) fn without(held: Held, list: &[SentExclusion]) -> Result<Held, Fault> {
    let exclusions = list.iter().map(SentExclusion::read).collect::<Result<Vec<_>, _>>()?;
    let stays = |source: &Source| !exclusions.iter().any(|exclusion| exclusion.covers(source));
    let has = |wanted: PolicyType| {
        exclusions.iter().any(|exclusion| matches!(exclusion, Exclusion::Type(of_type) if *of_type == wanted))
    };
    let Held { mut policies, boundary, service_control } = held;
    policies.retain(stays);
    let service_control =
        if has(PolicyType::ServiceControl) { ControlLevels::default() } else { service_control };
    Ok(Held { policies, boundary: boundary.filter(|_| !has(PolicyType::Boundary)), service_control })
}

impl SentExclusion {
    fn read(&self) -> Result<Exclusion<'_>, Fault> {
        match (self.of_type, &self.arn, &self.inline) {
            (Some(of_type), None, None) => Ok(Exclusion::Type(of_type)),
            (None, Some(arn), None) if is_policy_pattern(arn) => Ok(Exclusion::Arn(arn)),
            (None, None, Some(inline)) if is_pattern(&inline.entity) => Ok(Exclusion::Inline(inline)),
            _ => Err(Fault::InvalidInput("A member of PolicyExclusionList is not valid.".into())),
        }
    }
}

impl Exclusion<'_> {
    fn covers(&self, source: &Source) -> bool {
        match (self, &source.origin) {
            (_, Origin::Sent) => false,
            (Exclusion::Type(PolicyType::Inline), origin) => matches!(origin, Origin::Inline { .. }),
            (Exclusion::Type(PolicyType::AwsManaged), origin) => origin.owner() == Some(PolicyOwner::Aws),
            (Exclusion::Type(PolicyType::UserManaged), origin) => {
                matches!(origin.owner(), Some(PolicyOwner::Account(_)))
            }
            (Exclusion::Type(_), _) => false,
            (Exclusion::Arn(pattern), Origin::Managed(arn)) => {
                let partition = pattern.split(':').nth(1).unwrap_or_default();
                matches(pattern, &arn.to_string().replacen(":aws:", &format!(":{partition}:"), 1))
            }
            (Exclusion::Inline(inline), Origin::Inline { kind, entity, policy }) => {
                inline.kind == *kind && inline.policy == policy.as_str() && matches(&inline.entity, entity)
            }
            (Exclusion::Arn(_), Origin::Inline { .. }) | (Exclusion::Inline(_), Origin::Managed(_)) => false,
        }
    }
}

fn is_pattern(text: &str) -> bool {
    text.matches('*').count() <= STARS_MAX
}

/// Whether a text is the ARN of managed policies, with wildcards in their name alone.
fn is_policy_pattern(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, "iam", "", owner, resource] = parts[..] else { return false };
    let plain = |part: &str| !part.is_empty() && !part.contains(['*', '?']);
    plain(partition) && plain(owner) && resource.starts_with("policy/") && is_pattern(resource)
}

/// Whether a pattern of at most one star, and `?` for single letters, is about the text.
fn matches(pattern: &str, text: &str) -> bool {
    let letter = |(wanted, found): (char, char)| wanted == '?' || wanted == found;
    let same = |pattern: &str, text: &str| {
        pattern.chars().count() == text.chars().count() && pattern.chars().zip(text.chars()).all(letter)
    };
    let Some((head, tail)) = pattern.split_once('*') else { return same(pattern, text) };
    let letters: Vec<char> = text.chars().collect();
    let (head_letters, tail_letters) = (head.chars().count(), tail.chars().count());
    let Some(tail_start) = letters.len().checked_sub(tail_letters).filter(|start| *start >= head_letters)
    else {
        return false;
    };
    head.chars().zip(letters.iter().copied()).all(letter)
        && tail.chars().zip(letters.iter().skip(tail_start).copied()).all(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(origin: Origin) -> Source {
        Source { id: String::new(), text: String::new(), origin }
    }

    #[test]
    fn a_star_stands_for_any_run_and_a_question_mark_for_one_letter() {
        for (pattern, text) in [("a*c", "ac"), ("a*c", "abbc"), ("*", ""), ("a?c", "abc"), ("?*", "ab")] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("a*c", "a"), ("ab*bc", "abc"), ("a?c", "ac"), ("?*", ""), ("a", "ab")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn managed_policies_are_left_out_by_arn_and_by_whose_they_are() {
        let managed = |arn: &str| source(Origin::Managed(arn.parse().unwrap()));
        let (aws, own) = ("arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::111122223333:policy/a/Own");
        assert!(Exclusion::Type(PolicyType::AwsManaged).covers(&managed(aws)));
        assert!(!Exclusion::Type(PolicyType::AwsManaged).covers(&managed(own)));
        assert!(Exclusion::Type(PolicyType::UserManaged).covers(&managed(own)));
        assert!(Exclusion::Arn("arn:aws-cn:iam::aws:policy/Read*").covers(&managed(aws)));
        assert!(!Exclusion::Arn("arn:aws:iam::aws:policy/*Write").covers(&managed(aws)));
        assert!(!Exclusion::Type(PolicyType::Inline).covers(&managed(aws)));
    }

    #[test]
    fn what_names_no_policy_is_refused() {
        for arn in ["arn:aws:iam::aws:policy/a*b*", "arn:aws:iam::*:policy/a", "arn:aws:iam::aws:user/abcdef"]
        {
            let sent = SentExclusion { of_type: None, arn: Some(arn.into()), inline: None };
            assert!(matches!(sent.read(), Err(Fault::InvalidInput(_))), "{arn}");
        }
        let both = SentExclusion {
            of_type: Some(PolicyType::Inline),
            arn: Some("arn:aws:iam::aws:policy/a".into()),
            inline: None,
        };
        assert!(both.read().is_err());
    }
}
