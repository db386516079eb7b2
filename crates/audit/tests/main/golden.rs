//! One record of each foundation operation, held byte for byte against `corpus/trail`.

use std::path::Path;

use claviger_audit::{Record, Shown};

use crate::sample::{KEY, KEY_ARN, call, json_of, resource};

const KEY_2: &str = "0987dcba-09fe-87dc-65ba-ab0987654321";
const KEY_2_ARN: &str = "arn:aws:kms:us-east-1:111122223333:key/0987dcba-09fe-87dc-65ba-ab0987654321";
const ALIAS_ARN: &str = "arn:aws:kms:us-east-1:111122223333:alias/orders";
const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}]}"#;
pub(crate) const CONTEXT: [(&str, &str); 2] = [("tenant", "blue"), ("purpose", "orders \"2026\"")];
const SYMMETRIC: &str = "SYMMETRIC_DEFAULT";
const KEYS: &[&str] = &[KEY_ARN];

/// What one operation's record shows; the rest is Alice's usual call.
struct Case {
    name: &'static str,
    request: Shown,
    response: Shown,
    additional: Shown,
    resources: &'static [&'static str],
    read_only: bool,
}

fn reads(name: &'static str, resources: &'static [&'static str], request: Shown) -> Case {
    Case { name, request, response: Shown::new(), additional: Shown::new(), resources, read_only: true }
}

fn writes(name: &'static str, resources: &'static [&'static str], request: Shown) -> Case {
    Case { read_only: false, ..reads(name, resources, request) }
}

/// An operation that uses the key's material.
fn uses(name: &'static str, request: Shown) -> Case {
    let additional = Shown::new().text("keyMaterialId", &"ab".repeat(32));
    Case { additional, ..reads(name, KEYS, request) }
}

fn key() -> Shown {
    Shown::new().text("keyId", KEY)
}

fn tag(key: &str, value: &str) -> Shown {
    Shown::new().text("tagKey", key).text("tagValue", value)
}

/// The operations in the corpus's numbering.
fn cases() -> Vec<Case> {
    [life_of_a_key(), policies(), cryptography(), aliases_and_tags()].into_iter().flatten().collect()
}

fn life_of_a_key() -> Vec<Case> {
    vec![
        create_key(),
        reads("DescribeKey", KEYS, Shown::new().text("keyId", "alias/orders")),
        reads("ListKeys", &[], Shown::new().maybe_number("limit", Some(5)).maybe_text("marker", None)),
        writes("EnableKey", KEYS, key()),
        writes("DisableKey", KEYS, key()),
        writes("UpdateKeyDescription", KEYS, key().text("description", "Orders\nand returns")),
        Case {
            response: Shown::new()
                .text("keyId", KEY_ARN)
                .text("keyState", "PendingDeletion")
                .date("deletionDate", "2026-11-28T22:03:32Z".parse().unwrap())
                .number("pendingWindowInDays", 7),
            ..writes("ScheduleKeyDeletion", KEYS, key().number("pendingWindowInDays", 7))
        },
        Case { response: Shown::new().text("keyId", KEY_ARN), ..writes("CancelKeyDeletion", KEYS, key()) },
    ]
}

fn create_key() -> Case {
    let request = Shown::new()
        .text("description", "Orders")
        .text("keyUsage", "ENCRYPT_DECRYPT")
        .text("keySpec", SYMMETRIC)
        .text("customerMasterKeySpec", SYMMETRIC)
        .text("origin", "AWS_KMS")
        .flag("multiRegion", false)
        .text("policy", POLICY)
        .objects("tags", [tag("team", "payments")])
        .flag("bypassPolicyLockoutSafetyCheck", false);
    let metadata = Shown::new()
        .text("aWSAccountId", "111122223333")
        .text("keyId", KEY)
        .text("arn", KEY_ARN)
        .date("creationDate", "2026-11-21T22:03:32Z".parse().unwrap())
        .flag("enabled", true)
        .text("description", "Orders")
        .text("keyUsage", "ENCRYPT_DECRYPT")
        .text("keyState", "Enabled")
        .text("origin", "AWS_KMS")
        .text("keyManager", "CUSTOMER")
        .text("customerMasterKeySpec", SYMMETRIC)
        .text("keySpec", SYMMETRIC)
        .list("encryptionAlgorithms", [SYMMETRIC])
        .flag("multiRegion", false);
    Case { response: Shown::new().object("keyMetadata", metadata), ..writes("CreateKey", KEYS, request) }
}

fn policies() -> Vec<Case> {
    let put = key()
        .text("policyName", "default")
        .text("policy", POLICY)
        .maybe_flag("bypassPolicyLockoutSafetyCheck", Some(false));
    vec![
        reads("GetKeyPolicy", KEYS, key().text("policyName", "default")),
        writes("PutKeyPolicy", KEYS, put),
        reads("ListKeyPolicies", KEYS, key()),
    ]
}

fn cryptography() -> Vec<Case> {
    let context = |shown: Shown| shown.map("encryptionContext", CONTEXT);
    let re_encrypt = Shown::new()
        .text("sourceEncryptionAlgorithm", SYMMETRIC)
        .map("sourceEncryptionContext", CONTEXT)
        .text("destinationKeyId", KEY_2)
        .text("destinationEncryptionAlgorithm", SYMMETRIC)
        .map("destinationEncryptionContext", []);
    vec![
        uses("Encrypt", context(key()).text("encryptionAlgorithm", SYMMETRIC)),
        uses("Decrypt", context(Shown::new().text("encryptionAlgorithm", SYMMETRIC))),
        Case {
            additional: Shown::new()
                .text("sourceKeyMaterialId", &"ab".repeat(32))
                .text("destinationKeyMaterialId", &"cd".repeat(32)),
            ..reads("ReEncrypt", &[KEY_ARN, KEY_2_ARN], re_encrypt)
        },
        uses("GenerateDataKey", context(key()).text("keySpec", "AES_256")),
        uses("GenerateDataKeyWithoutPlaintext", key().number("numberOfBytes", 64)),
        reads("GenerateRandom", &[], Shown::new()),
    ]
}

fn aliases_and_tags() -> Vec<Case> {
    let alias = || Shown::new().text("aliasName", "alias/orders");
    let page = Shown::new().number("limit", 50).text("marker", "bWFya2Vy").text("keyId", KEY);
    let tags = key().objects("tags", [tag("team", "payments"), tag("cost", "")]);
    vec![
        writes("CreateAlias", &[KEY_ARN, ALIAS_ARN], alias().text("targetKeyId", KEY)),
        writes("UpdateAlias", &[ALIAS_ARN, KEY_2_ARN], alias().text("targetKeyId", KEY_2)),
        writes("DeleteAlias", &[ALIAS_ARN, KEY_ARN], alias()),
        reads("ListAliases", &[], page),
        writes("TagResource", KEYS, tags),
        writes("UntagResource", KEYS, key().list("tagKeys", ["team", "cost"])),
        reads("ListResourceTags", KEYS, key().number("limit", 10)),
    ]
}

#[test]
fn each_foundation_operation_leaves_the_record_of_the_corpus() {
    let cases = cases();
    assert_eq!(cases.len(), 24);
    for (number, case) in (1..).zip(cases) {
        let (request, response, additional) =
            (case.request.done(), case.response.done(), case.additional.done());
        let resources: Vec<_> = case.resources.iter().map(|arn| resource(arn)).collect();
        holds(
            case.name,
            &Record {
                request_parameters: request.as_ref(),
                response_elements: response.as_ref(),
                additional_event_data: additional.as_ref(),
                resources: &resources,
                read_only: case.read_only,
                ..call(number, case.name)
            },
        );
    }
}

/// Holds a record against a file of the corpus.
pub(crate) fn holds(file: &str, record: &Record<'_>) {
    assert_eq!(json_of(record), golden(file), "{file}");
}

/// A record of the corpus, on one line.
pub(crate) fn golden(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../corpus/trail/{file}.json"));
    let json = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    on_one_line(&json)
}

/// The same JSON without the white space between its parts; the order of members stays.
fn on_one_line(json: &str) -> String {
    let (mut in_text, mut escaped) = (false, false);
    let keep = |c: &char| {
        let keeps = in_text || !c.is_whitespace();
        in_text ^= *c == '"' && !escaped;
        escaped = in_text && *c == '\\' && !escaped;
        keeps
    };
    json.chars().filter(keep).collect()
}
