//! Members that several operations have, with the model's constraints (botocore's service model of November 2026).

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_crypto::MaterialId;
use claviger_names::{AliasName, Region};
use claviger_wire::{Bounds, Members, Pattern, TextRule};
use serde::Serialize;

use crate::fault::Fault;
use crate::model::{KeyEncryptionMechanism, TAG_KEY, TAG_VALUE};

/// Characters of a key identifier of any form.
pub(crate) const KEY_ID: TextRule = TextRule::length(1, 2048);

/// An external key's id.
pub(crate) const XKS_KEY_ID: TextRule = TextRule::matching(
    1,
    128,
    Pattern {
        text: "^[a-zA-Z0-9-_.]+$",
        holds: |text| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        },
    },
);

/// A Region's name.
pub(crate) const REGION: TextRule =
    TextRule::matching(1, 32, Pattern { text: r"^([a-z]+-){2,3}\d+$", holds: Region::is_well_formed });

/// A key's description.
pub(crate) const DESCRIPTION: TextRule = TextRule::length(0, 8192);

/// A custom key store's id.
pub(crate) const CUSTOM_KEY_STORE_ID: TextRule = TextRule::length(1, 64);

/// A list that the model sets no bounds to; the size of a body does.
pub(crate) const ANY_COUNT: Bounds = Bounds::new(0, i64::MAX);

/// Bytes of a ciphertext.
pub(crate) const CIPHERTEXT_BYTES: Bounds = Bounds::new(1, 6144);

/// Bytes of what is encrypted.
pub(crate) const PLAINTEXT_BYTES: Bounds = Bounds::new(1, 4096);

/// Bytes of a data key or of randomness.
pub(crate) const NUMBER_OF_BYTES: Bounds = Bounds::new(1, 1024);

/// Bytes of an import token, and of wrapped key material.
pub(crate) const IMPORT_BYTES: Bounds = Bounds::new(1, 6144);

/// What its owner says of imported material.
pub(crate) const KEY_MATERIAL_DESCRIPTION: TextRule = TextRule::matching(
    0,
    256,
    Pattern {
        text: r"^[a-zA-Z0-9:/_\s.-]+$",
        holds: |text| {
            // What Java takes for white space.
            let is_space = |b: u8| matches!(b, b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r');
            let fits = |b: u8| b.is_ascii_alphanumeric() || b":/_.-".contains(&b) || is_space(b);
            !text.is_empty() && text.bytes().all(fits)
        },
    },
);

/// A key material's id.
const KEY_MATERIAL_ID: TextRule = TextRule::matching(
    64,
    64,
    Pattern {
        text: "^[a-f0-9]+$",
        holds: |text| !text.is_empty() && text.bytes().all(|b| matches!(b, b'a'..=b'f' | b'0'..=b'9')),
    },
);

/// Takes the id of a key material.
pub(crate) fn key_material_id(members: &mut Members<'_>) -> Option<MaterialId> {
    // A text that is none breaks the rule, and so the request.
    members.text("KeyMaterialId", &KEY_MATERIAL_ID)?.parse().ok()
}

/// A policy's name.
pub(crate) const POLICY_NAME: TextRule = TextRule::matching(
    1,
    128,
    Pattern {
        text: r"[\w]+",
        holds: |text| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'),
    },
);

/// A policy document.
pub(crate) const POLICY: TextRule = TextRule::matching(
    1,
    131_072,
    Pattern {
        text: r"[\u0009\u000A\u000D\u0020-\u00FF]+",
        holds: |text| {
            !text.is_empty() && text.chars().all(|c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{ff}'))
        },
    },
);

/// A paging marker.
pub(crate) const MARKER: TextRule = TextRule::matching(
    1,
    1024,
    Pattern { text: r"[\u0020-\u00FF]*", holds: |text| text.chars().all(|c| matches!(c, ' '..='\u{ff}')) },
);

/// An alias name.
pub(crate) const ALIAS_NAME: TextRule = TextRule::matching(
    1,
    256,
    Pattern {
        text: "^[a-zA-Z0-9:/_-]+$",
        holds: |text| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b":/_-".contains(&b))
        },
    },
);

/// Most bytes of an encryption context: the sum of its keys and values. AWS documents no limit of its own for requests;
/// its Encryption SDK keeps to this one.
pub(crate) const ENCRYPTION_CONTEXT_BYTES_MAX: usize = 8192;

const GRANT_TOKENS: Bounds = Bounds::new(0, 10);
const GRANT_TOKEN: TextRule = TextRule::length(1, 8192);
const ATTESTATION_DOCUMENT_BYTES: Bounds = Bounds::new(1, 262_144);

/// Pairs of an encryption context, in the order sent.
pub(crate) type ContextPairs<'b> = Vec<(Cow<'b, str>, Cow<'b, str>)>;

/// Takes the grant tokens of a request.
pub(crate) fn grant_tokens<'b>(members: &mut Members<'b>) -> Vec<Cow<'b, str>> {
    members.texts("GrantTokens", GRANT_TOKENS, &GRANT_TOKEN).unwrap_or_default()
}

/// An attested recipient of the answer. Attestation is not verified yet, so none is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Recipient;

impl Recipient {
    /// Takes the member.
    pub(crate) fn take(members: &mut Members<'_>) -> Option<Recipient> {
        members.structure("Recipient", |recipient| {
            recipient.one_of::<KeyEncryptionMechanism>("KeyEncryptionAlgorithm");
            recipient.blob("AttestationDocument", ATTESTATION_DOCUMENT_BYTES);
            Recipient
        })
    }

    /// Refuses a recipient whose attestation is not accepted.
    pub(crate) fn check(recipient: Option<Recipient>) -> Result<(), Fault> {
        match recipient {
            None => Ok(()),
            Some(Recipient) => {
                Err(Fault::Validation(Cow::Borrowed("The attestation document is not valid.")))
            }
        }
    }
}

/// Takes an encryption context.
pub(crate) fn encryption_context<'b>(members: &mut Members<'b>, name: &str) -> ContextPairs<'b> {
    members.map(name)
}

/// Shows an encryption context in a record; an empty one is none.
pub(crate) fn show_context(shown: Shown, name: &str, pairs: &ContextPairs<'_>) -> Shown {
    match pairs.is_empty() {
        true => shown,
        false => shown.map(name, pairs.iter().map(|(key, value)| (&**key, &**value))),
    }
}

/// Refuses an encryption context that is too long.
pub(crate) fn check_context(pairs: &ContextPairs<'_>) -> Result<(), Fault> {
    let bytes: usize = pairs.iter().map(|(key, value)| key.len() + value.len()).sum();
    match bytes <= ENCRYPTION_CONTEXT_BYTES_MAX {
        true => Ok(()),
        false => {
            Err(Fault::Validation(Cow::Borrowed("EncryptionContext must not be larger than 8192 bytes.")))
        }
    }
}

/// The alias of a request that changes it: refuses names that are not the customer's to change.
pub(crate) fn customer_alias(text: &str) -> Result<AliasName, Fault> {
    let invalid = |text: String| Fault::Validation(Cow::Owned(text));
    let Some(rest) = text.strip_prefix("alias/") else {
        return Err(invalid(
            "Alias must start with the prefix \"alias/\". Please see \
             https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"
                .to_owned(),
        ));
    };
    if rest.is_empty() {
        return Err(invalid("Invalid identifier".to_owned()));
    }
    let name: AliasName =
        text.parse().map_err(|_| invalid(format!("{text} contains invalid characters for an alias")))?;
    if name.is_reserved() { Err(Fault::ReservedAlias) } else { Ok(name) }
}

/// The key that an alias is to stand for: refuses what names another alias.
pub(crate) fn check_alias_target(text: &str) -> Result<(), Fault> {
    let resource = text.rsplit(':').next().unwrap_or(text);
    match resource.starts_with("alias/") {
        true => Err(Fault::Validation(Cow::Borrowed("Aliases must refer to keys. Not aliases"))),
        false => Ok(()),
    }
}

/// Tags of a request, as sent.
pub(crate) type RequestTags<'b> = Vec<(Cow<'b, str>, Cow<'b, str>)>;

/// Takes Tags.
pub(crate) fn tags<'b>(members: &mut Members<'b>) -> Option<RequestTags<'b>> {
    members.structures("Tags", |tag| {
        (tag.required_text("TagKey", &TAG_KEY), tag.required_text("TagValue", &TAG_VALUE))
    })
}

/// Takes Tags where they must be there.
pub(crate) fn required_tags<'b>(members: &mut Members<'b>) -> RequestTags<'b> {
    let tags = tags(members);
    members.required("Tags", tags)
}

/// A tag in an answer.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TagOut {
    tag_key: String,
    tag_value: String,
}

impl TagOut {
    /// The tag of this key and value.
    pub(crate) fn of((key, value): (&str, &str)) -> TagOut {
        TagOut { tag_key: key.into(), tag_value: value.into() }
    }

    /// The tag in a record.
    pub(crate) fn shown(&self) -> Shown {
        Shown::new().text("tagKey", &self.tag_key).text("tagValue", &self.tag_value)
    }
}

/// Shows tags in a record.
pub(crate) fn show_tags(shown: Shown, tags: &RequestTags<'_>) -> Shown {
    if tags.is_empty() {
        return shown;
    }
    let tag = |(key, value): &(Cow<'_, str>, Cow<'_, str>)| {
        Shown::new().text("tagKey", key).text("tagValue", value)
    };
    shown.objects("tags", tags.iter().map(tag))
}
