//! What the API model says of the members of STS.

use claviger_wire::{Bounds, Members, Pattern, TextRule};

/// Seconds that the session of a role may be asked to last.
pub(super) const ROLE_SECONDS: Bounds = Bounds::new(900, 43_200);

/// Seconds that the session of a user may be asked to last.
pub(super) const USER_SECONDS: Bounds = Bounds::new(900, 129_600);

/// Most tags of a request, and most keys of transitive ones.
const TAGS: Bounds = Bounds::new(0, 50);

/// Most contexts of a request.
const CONTEXTS: Bounds = Bounds::new(0, 5);

pub(super) const ARN: TextRule = TextRule::matching(20, 2_048, PRINTABLE);
pub(super) const ROLE_SESSION_NAME: TextRule = TextRule::matching(2, 64, NAME);
pub(super) const FEDERATED_NAME: TextRule = TextRule::matching(2, 32, NAME);
pub(super) const SOURCE_IDENTITY: TextRule = TextRule::matching(2, 64, NAME);
pub(super) const EXTERNAL_ID: TextRule = TextRule::matching(
    2,
    1_224,
    Pattern { text: r"[\w+=,.@:\/-]*", holds: |text| text.bytes().all(|b| is_name(b) || b":/".contains(&b)) },
);
pub(super) const SERIAL_NUMBER: TextRule = TextRule::matching(
    9,
    256,
    Pattern { text: r"[\w+=/:,.@-]*", holds: |text| text.bytes().all(|b| is_name(b) || b":/".contains(&b)) },
);
pub(super) const TOKEN_CODE: TextRule = TextRule::matching(
    6,
    6,
    Pattern { text: r"[\d]*", holds: |text| text.bytes().all(|b| b.is_ascii_digit()) },
);
pub(super) const ACCESS_KEY_ID: TextRule = TextRule::matching(
    16,
    128,
    Pattern { text: r"[\w]*", holds: |text| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') },
);
pub(super) const WEB_IDENTITY_TOKEN: TextRule = TextRule::length(4, 20_000);
const CONTEXT_ASSERTION: TextRule = TextRule::length(4, 2_048);
pub(super) const PROVIDER_ID: TextRule = TextRule::length(4, 2_048);

/// AssumeRole's model has no maximum; what is too long is then too large when packed.
pub(super) const POLICY: TextRule = TextRule::matching(1, i64::MAX, DOCUMENT);
pub(super) const POLICY_BOUNDED: TextRule = TextRule::matching(1, 2_048, DOCUMENT);

const TAG_KEY: TextRule = TextRule::matching(
    1,
    128,
    Pattern {
        text: r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+",
        holds: |text| !text.is_empty() && text.chars().all(is_tag),
    },
);
const TAG_VALUE: TextRule = TextRule::matching(
    0,
    256,
    Pattern { text: r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", holds: |text| text.chars().all(is_tag) },
);

const NAME: Pattern = Pattern { text: r"[\w+=,.@-]*", holds: |text| text.bytes().all(is_name) };
const DOCUMENT: Pattern = Pattern {
    text: r"[\u0009\u000A\u000D\u0020-\u00FF]+",
    holds: |text| text.chars().all(|c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{ff}')) && !text.is_empty(),
};
const PRINTABLE: Pattern = Pattern {
    text: r"[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+",
    holds: |text| {
        let printable = |c| matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..);
        !text.is_empty() && text.chars().all(printable)
    },
};

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte)
}

fn is_tag(letter: char) -> bool {
    letter.is_alphanumeric() || letter == ' ' || "_.:/=+-@".contains(letter) || is_separator(letter)
}

/// `\p{Z}` beside the blank.
fn is_separator(letter: char) -> bool {
    letter.is_whitespace() && !letter.is_control()
}

/// `Tags`: keys and values.
pub(super) fn tags(members: &mut Members<'_>) -> Vec<(Box<str>, Box<str>)> {
    let tags = members.structures("Tags", |tag| {
        let key = tag.required_text("Key", &TAG_KEY).into();
        let value = tag.text("Value", &TAG_VALUE);
        (key, tag.required("Value", value).into())
    });
    let tags = tags.unwrap_or_default();
    members.counted("Tags", &tags, TAGS);
    tags
}

/// `TransitiveTagKeys`.
pub(super) fn transitive_tag_keys(members: &mut Members<'_>) -> Vec<Box<str>> {
    let keys = members.texts("TransitiveTagKeys", TAGS, &TAG_KEY).unwrap_or_default();
    keys.into_iter().map(Into::into).collect()
}

/// `PolicyArns`, whose member is spelled small.
pub(super) fn policy_arns(members: &mut Members<'_>) -> Vec<Box<str>> {
    let arns = members.structures("PolicyArns", |policy| policy.text("arn", &ARN).map(Into::into));
    arns.unwrap_or_default().into_iter().flatten().collect()
}

/// Whether there are any `ProvidedContexts`.
pub(super) fn has_provided_contexts(members: &mut Members<'_>) -> bool {
    let contexts = members.structures("ProvidedContexts", |context| {
        context.text("ProviderArn", &ARN);
        context.secret_text("ContextAssertion", &CONTEXT_ASSERTION);
    });
    let contexts = contexts.unwrap_or_default();
    members.counted("ProvidedContexts", &contexts, CONTEXTS);
    !contexts.is_empty()
}
