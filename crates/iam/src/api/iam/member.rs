//! Members that many operations take, with the rules of the API model.

use std::str::FromStr;

use claviger_wire::{Bounds, Members, Pattern, TextRule};

use crate::api::Fault;
use crate::model::{has_name_letters, is_path};
use crate::{EntityPath, PolicyArn, Tags};

/// Most characters of a policy document that are read at all.
const DOCUMENT_CHARACTERS_MAX: i64 = 131_072;

/// Most tags of one user, role, policy or provider.
pub(super) const TAGS_MAX: usize = 50;

const NAME_PATTERN: Pattern =
    Pattern { text: r"[\w+=,.@-]+", holds: |text| !text.is_empty() && has_name_letters(text) };

/// A name that exists, or any policy's or group's.
pub(super) const NAME: TextRule = TextRule::matching(1, 128, NAME_PATTERN);

/// The name of a new user, and of any role.
pub(super) const SHORT_NAME: TextRule = TextRule::matching(1, 64, NAME_PATTERN);

pub(super) const PATH: TextRule =
    TextRule::matching(1, 512, Pattern { text: r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)", holds: is_path });

pub(super) const POLICY_PATH: TextRule =
    TextRule::matching(1, 512, Pattern { text: r"((/[A-Za-z0-9\.,\+@=_-]+)*)/", holds: is_policy_path });

pub(super) const PATH_PREFIX: TextRule =
    TextRule::matching(1, 512, Pattern { text: r"\u002F[\u0021-\u007F]*", holds: is_path_prefix });

pub(super) const DOCUMENT: TextRule = TextRule::matching(
    1,
    DOCUMENT_CHARACTERS_MAX,
    Pattern { text: r"[\u0009\u000A\u000D\u0020-\u00FF]+", holds: is_latin },
);

pub(super) const ROLE_DESCRIPTION: TextRule = TextRule::matching(
    0,
    1000,
    Pattern { text: r"[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*", holds: is_description },
);

pub(super) const POLICY_DESCRIPTION: TextRule = TextRule::length(0, 1000);

pub(super) const ARN: TextRule = TextRule::length(20, 2048);

pub(super) const ACCESS_KEY_ID: TextRule =
    TextRule::matching(16, 128, Pattern { text: r"[\w]+", holds: is_word });

pub(super) const TAG_KEY: TextRule = TextRule::matching(
    1,
    128,
    Pattern { text: r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+", holds: |text| !text.is_empty() && is_tag_text(text) },
);

pub(super) const TAG_VALUE: TextRule =
    TextRule::matching(0, 256, Pattern { text: r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", holds: is_tag_text });

pub(super) const VERSION_ID: TextRule = TextRule::matching(
    0,
    i64::MAX,
    Pattern { text: r"v[1-9][0-9]*(\.[A-Za-z0-9-]*)?", holds: is_version_id },
);

fn is_policy_path(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"/.,+@=_-".contains(&b);
    is_path(text) && text.bytes().all(allowed) && !text.contains("//")
}

fn is_path_prefix(text: &str) -> bool {
    text.starts_with('/') && text.bytes().all(|b| (0x21..=0x7f).contains(&b))
}

fn is_latin(text: &str) -> bool {
    text.chars().all(|c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{ff}'))
}

fn is_description(text: &str) -> bool {
    text.chars().all(|c| matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{a1}'..='\u{ff}'))
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn is_tag_text(text: &str) -> bool {
    let is_separator = |c: char| c.is_whitespace() && !c.is_control();
    text.chars().all(|c| c.is_alphanumeric() || is_separator(c) || "_.:/=+-@".contains(c))
}

fn is_version_id(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('v') else { return false };
    let (number, suffix) = rest.split_once('.').unwrap_or((rest, ""));
    let is_number = number.bytes().all(|b| b.is_ascii_digit()) && !number.starts_with('0');
    !number.is_empty() && is_number && suffix.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// A text that kept to its rule, as its type.
pub(super) fn typed<T: FromStr>(text: &str) -> Result<T, Fault> {
    text.parse().map_err(|_| Fault::Validation(format!("{text} is invalid").into()))
}

/// Takes Path; `/` when there is none.
pub(super) fn path(members: &mut Members<'_>, name: &str, rule: &TextRule) -> Option<String> {
    members.text(name, rule).map(|path| path.into_owned())
}

/// The path that was taken, or `/`.
pub(super) fn path_or_root(text: Option<String>) -> Result<EntityPath, Fault> {
    text.map_or_else(|| Ok(EntityPath::default()), |text| typed(&text))
}

/// The ARN of a managed policy.
pub(super) fn policy_arn(text: &str) -> Result<PolicyArn, Fault> {
    match text.starts_with("arn:") {
        false => Err(Fault::Validation("Invalid ARN:  Could not be parsed!".into())),
        true => text.parse().map_err(|_| Fault::Validation(format!("ARN {text} is not valid.").into())),
    }
}

/// Takes a list of tags.
pub(super) fn tags(members: &mut Members<'_>, name: &str) -> Option<Vec<(String, String)>> {
    let read = |tag: &mut Members<'_>| {
        let key = tag.required_text("Key", &TAG_KEY).into_owned();
        (key, tag.required_text("Value", &TAG_VALUE).into_owned())
    };
    let tags = members.structures(name, read)?;
    members.counted(name, &tags, Bounds::new(0, TAGS_MAX as i64));
    Some(tags)
}

/// The tags of one request: each key once, whatever its case, and none that AWS keeps for itself.
pub(super) fn tags_of(pairs: Option<Vec<(String, String)>>) -> Result<Tags, Fault> {
    let mut tags = Tags::default();
    for (key, value) in pairs.into_iter().flatten() {
        if key.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:")) {
            return Err(Fault::InvalidInput(
                "The tag key cannot begin with aws:, which is reserved for internal use.".into(),
            ));
        }
        if tags.insert(&key, &value) {
            return Err(Fault::InvalidInput(
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.".into(),
            ));
        }
    }
    match tags.len() > TAGS_MAX {
        true => Err(too_many_tags()),
        false => Ok(tags),
    }
}

/// The refusal of more tags than there can be.
pub(super) fn too_many_tags() -> Fault {
    Fault::LimitExceeded(format!("The number of tags has reached the maximum limit of {TAGS_MAX}.").into())
}

/// Takes the keys of tags to be removed.
pub(super) fn tag_keys(members: &mut Members<'_>) -> Vec<String> {
    let keys = members.texts("TagKeys", Bounds::new(0, TAGS_MAX as i64), &TAG_KEY);
    members.required("TagKeys", keys).into_iter().map(|key| key.into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_ids_are_v_and_a_number() {
        for good in ["v1", "v10", "v1.a-B", "v1."] {
            assert!(is_version_id(good), "{good}");
        }
        for wrong in ["", "v", "1", "v0", "v01", "v1a", "v1.a_", "V1"] {
            assert!(!is_version_id(wrong), "{wrong}");
        }
    }

    #[test]
    fn policy_paths_take_fewer_letters() {
        for good in ["/", "/a/", "/a.,+@=_-/b/"] {
            assert!(is_policy_path(good), "{good}");
        }
        for wrong in ["//", "/a//", "a", "/a", "/!/"] {
            assert!(!is_policy_path(wrong), "{wrong}");
        }
    }

    #[test]
    fn tags_of_one_request_are_told_apart_ignoring_case() {
        let pairs = |pairs: &[(&str, &str)]| {
            Some(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
        };
        assert!(matches!(tags_of(pairs(&[("a", "1"), ("A", "2")])), Err(Fault::InvalidInput(_))));
        assert!(matches!(tags_of(pairs(&[("AWS:x", "1")])), Err(Fault::InvalidInput(_))));
        assert_eq!(tags_of(pairs(&[("a", "1"), ("b", "2")])).unwrap().len(), 2);
        assert!(tags_of(None).unwrap().is_empty());
    }
}
