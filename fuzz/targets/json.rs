//! Request bodies, JSON and CBOR: whatever bytes come, members are taken or refused, nothing is read differently by two readers.
#![no_main]

use std::collections::BTreeMap;

use claviger_wire::{Base64, Bounds, Enumerated, Members, Pattern, TextRule, Value, error_body, write_json};
use libfuzzer_sys::fuzz_target;

const ANY: Bounds = Bounds::new(0, i64::MAX);
const SHORT: TextRule = TextRule::length(1, 8);
const LETTERS: TextRule = TextRule::matching(1, 64, Pattern { text: "[a-z]+", holds: letters });

/// A closed set.
#[derive(Clone, Copy)]
struct Spec;

impl Enumerated for Spec {
    const NAMES: &'static [(&'static str, Spec)] = &[("SYMMETRIC_DEFAULT", Spec), ("AES_256", Spec)];
}

fuzz_target!(|body: &[u8]| {
    if let Ok(value) = Value::read(body)
        && !body.is_empty()
    {
        let other = serde_json::from_slice(body).expect("what we take, others take");
        assert!(same(&value, &other), "{value:?} is not {other}");
    }
    if let Ok(members) = Members::read(body) {
        take_all(members);
    }
    // The same bytes as CBOR: what is taken is a value that JSON has too.
    if let Ok(members) = Members::read_cbor(body) {
        take_all(members);
    }
    answers_are_read_again(body);
});

fn letters(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// Every kind of getter, so that every kind of value meets each of them in some input.
fn take_all(mut members: Members<'_>) {
    members.required_text("KeyId", &SHORT);
    members.text("Description", &LETTERS);
    members.secret_text("Policy", &SHORT);
    members.one_of::<Spec>("KeySpec");
    members.list_of::<Spec>("Specs", Bounds::new(0, 2));
    members.whole("NumberOfBytes", Bounds::new(1, 1024));
    members.flag("DryRun");
    members.required_blob("Plaintext", Bounds::new(1, 16));
    members.blob("CiphertextBlob", ANY);
    members.map("EncryptionContext");
    members.texts("GrantTokens", Bounds::new(0, 10), &LETTERS);
    members.structures("Tags", |tag| (tag.required_text("TagKey", &SHORT).len(), tag.flag("TagValue")));
    members.structure("Recipient", |recipient| recipient.one_of::<Spec>("KeyEncryptionAlgorithm").is_some());
    let _ = members.finish(());
}

/// What we write, we read back as it was.
fn answers_are_read_again(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let error = error_body("ValidationException", Some(&text));
    let Ok(Value::Object(pairs)) = Value::read(&error) else { panic!("an error is an object") };
    assert_eq!(pairs[1], ("message".into(), Value::Text(text)));

    let mut blob = Vec::new();
    write_json(&BTreeMap::from([("Plaintext", Base64(bytes))]), &mut blob).expect("an answer is JSON");
    let mut members = Members::read(&blob).expect("an answer is an object");
    assert_eq!(members.blob("Plaintext", ANY).as_deref(), Some(bytes));
}

fn same(ours: &Value<'_>, theirs: &serde_json::Value) -> bool {
    use serde_json::Value as Theirs;
    match (ours, theirs) {
        (Value::Null, Theirs::Null) => true,
        (Value::Bool(a), Theirs::Bool(b)) => a == b,
        (Value::Whole(a), Theirs::Number(b)) => b.as_i64() == Some(*a),
        (Value::Fraction(a), Theirs::Number(b)) => b.as_f64() == Some(*a),
        (Value::Text(a), Theirs::String(b)) => a == b,
        (Value::List(a), Theirs::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Theirs::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(&**name).is_some_and(|b| same(a, b)))
        }
        _ => false,
    }
}
