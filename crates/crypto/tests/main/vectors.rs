//! The permanent vectors: this version writes exactly these messages, and opens and refuses what they say.

use crate::commitment::two_faced_messages;
use crate::sample::{Scripted, counting, identity, material, opens};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use claviger_crypto::derived::{Label, seal};
use claviger_crypto::{Context, KeyIdentity, Message, Secret};
use serde_json::{Value, json};

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../corpus/ciphertext/v1.json");
const SINGLE: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";
const MULTI: &str = "mrk-1234abcd12ab34cd56ef1234567890ab";

type Pairs = Vec<(String, String)>;

fn vectors() -> Value {
    serde_json::from_str(&std::fs::read_to_string(VECTORS).unwrap()).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &Value) -> Vec<u8> {
    let digits = text.as_str().unwrap();
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

fn pairs(vector: &Value) -> Pairs {
    serde_json::from_value(vector["context"].clone()).unwrap()
}

fn context(pairs: &Pairs) -> Context<'_> {
    Context::new(pairs.iter().map(|(key, value)| (&key[..], &value[..]))).unwrap()
}

fn bytes_of(vector: &Value) -> Vec<u8> {
    STANDARD.decode(vector["message"].as_str().unwrap()).unwrap()
}

fn identity_of(vector: &Value) -> KeyIdentity {
    let text = |name| vector[name].as_str().unwrap();
    identity(text("account"), text("region"), text("key_id"))
}

#[test]
fn every_permanent_message_opens_and_names_its_key() {
    let vectors = vectors();
    for vector in vectors["messages"].as_array().unwrap() {
        let (message, pairs) = (bytes_of(vector), pairs(vector));
        let material = material(&unhex(&vector["material"]));
        assert_eq!(
            opens(&material, &context(&pairs), &message),
            Some(unhex(&vector["plaintext"])),
            "{vector}"
        );
        let message = Message::parse(&message).unwrap();
        assert_eq!(message.identity(), identity_of(vector));
        assert_eq!(message.material_id().to_string(), vector["material_id"]);
    }
    assert_eq!(vectors["messages"].as_array().unwrap().len(), 13);
}

#[test]
fn every_permanent_message_is_written_again_byte_by_byte() {
    for vector in vectors()["messages"].as_array().unwrap() {
        let (pairs, identity) = (pairs(vector), identity_of(vector));
        let (material, nonce) =
            (material(&unhex(&vector["material"])), Scripted::new(&unhex(&vector["nonce"])));
        let id = vector["material_id"].as_str().unwrap().parse().unwrap();
        let plaintext = unhex(&vector["plaintext"]);
        let message = material.encrypt(&identity, id, &context(&pairs), &plaintext, &nonce).unwrap();
        assert_eq!(STANDARD.encode(message), vector["message"], "{}", vector["name"]);
    }
}

#[test]
fn every_permanent_material_id_is_derived_again() {
    for vector in vectors()["material_ids"].as_array().unwrap() {
        let key = vector["key_id"].as_str().unwrap().parse().unwrap();
        assert_eq!(material(&unhex(&vector["material"])).id_for(&key).to_string(), vector["material_id"]);
    }
}

#[test]
fn every_permanent_refusal_is_refused() {
    let vectors = vectors();
    for vector in vectors["refused"].as_array().unwrap() {
        let (material, pairs) = (material(&unhex(&vector["material"])), pairs(vector));
        assert_eq!(opens(&material, &context(&pairs), &bytes_of(vector)), None, "{}", vector["reason"]);
    }
    assert_eq!(vectors["refused"].as_array().unwrap().len(), 44);
}

#[test]
#[ignore = "writes the vectors of a new version of the format; those of a published version never change"]
fn write_the_vectors() {
    let all =
        json!({ "format": 1, "messages": messages(), "material_ids": material_ids(), "refused": refused() });
    let mut text = serde_json::to_string_pretty(&all).unwrap();
    text.push('\n');
    std::fs::OpenOptions::new().write(true).create_new(true).open(VECTORS).unwrap();
    std::fs::write(VECTORS, text).unwrap();
}

struct Case {
    name: &'static str,
    key: (&'static str, &'static str, &'static str),
    pairs: &'static [(&'static str, &'static str)],
    plaintext: Vec<u8>,
}

fn case(
    name: &'static str,
    key: (&'static str, &'static str, &'static str),
    pairs: &'static [(&'static str, &'static str)],
    plaintext: &[u8],
) -> Case {
    Case { name, key, pairs, plaintext: plaintext.to_vec() }
}

fn cases() -> Vec<Case> {
    let key = ("111122223333", "us-east-1", SINGLE);
    let long: Vec<u8> = (0..4096_u32).map(|at| (at * 7 % 251) as u8).collect();
    let data_key = counting(0xc0);
    vec![
        case("no context, one byte", key, &[], b"\0"),
        case("no context, a data key", key, &[], &data_key),
        case("no context, nothing at all", key, &[], b""),
        case("the longest plaintext", key, &[("purpose", "limit")], &long),
        case("two pairs", key, &[("department", "finance"), ("app", "ledger")], b"forty-two"),
        case(
            "the same two pairs in the other order",
            key,
            &[("app", "ledger"), ("department", "finance")],
            b"forty-two",
        ),
        case(
            "pairs are ordered by UTF-8, not by UTF-16",
            key,
            &[("\u{10000}", "2"), ("\u{ffff}", "1"), ("Z", "0")],
            b"\x01",
        ),
        case(
            "texts outside ASCII, and empty ones",
            key,
            &[("ключ", "鍵🔑"), ("", ""), ("e\u{301}", "\u{e9}\0")],
            b"\x02",
        ),
        case("a multi-Region key", ("444455556666", "eu-west-1", MULTI), &[("a", "b")], b"\x03"),
        case("China", ("000000000001", "cn-northwest-1", SINGLE), &[], b"\x04"),
        case("GovCloud", ("999999999999", "us-gov-west-1", MULTI), &[], b"\x05"),
    ]
}

fn messages() -> Vec<Value> {
    let ordinary = cases().into_iter().enumerate().map(|(at, case)| {
        // One nonce for the two orders of the same pairs shows that they give one message.
        let nonce = counting(if at == 5 { 4 } else { at as u8 } << 4);
        record(&case, &counting(0), &nonce, None)
    });
    let faces = two_faced_messages([&counting(0), &counting(1)]);
    let names =
        ["one ciphertext for two keys, committing to the first", "the same, committing to the second"];
    let two_faced = faces.iter().zip(names).enumerate().map(|(at, (message, name))| {
        let material = counting(at as u8);
        let plaintext = opens(&crate::sample::material(&material), &Context::empty(), message).unwrap();
        let key = ("111122223333", "eu-central-1", SINGLE);
        record(&case(name, key, &[], &plaintext), &material, &counting(0x40), Some(message))
    });
    ordinary.chain(two_faced).collect()
}

fn record(case: &Case, secret: &[u8; 32], nonce: &[u8; 32], made: Option<&Vec<u8>>) -> Value {
    let identity = identity(case.key.0, case.key.1, case.key.2);
    // Both faces of the two-faced message carry the material id of the first.
    let id = material(&counting(0)).id_for(&identity.key);
    let bound = Context::new(case.pairs.iter().copied()).unwrap();
    let message =
        material(secret).encrypt(&identity, id, &bound, &case.plaintext, &Scripted::new(nonce)).unwrap();
    assert!(made.is_none_or(|made| *made == message));
    json!({
        "name": case.name, "material": hex(secret), "account": identity.account, "region": identity.region,
        "key_id": identity.key, "material_id": id, "context": case.pairs, "plaintext": hex(&case.plaintext),
        "nonce": hex(nonce), "message": STANDARD.encode(message),
    })
}

fn material_ids() -> Vec<Value> {
    let pairs = [(0, SINGLE), (0, MULTI), (1, SINGLE), (0x80, "00000000-0000-4000-8000-000000000000")];
    let id = |(first, key): (u8, &str)| {
        let id = material(&counting(first)).id_for(&key.parse().unwrap());
        json!({ "material": hex(&counting(first)), "key_id": key, "material_id": id })
    };
    pairs.map(id).to_vec()
}

/// The bytes of a true message that the refused ones depart from, bound to `ab` = `c`.
struct Parts {
    header: Vec<u8>,
    sealed: Vec<u8>,
}

const PAIRS: &[(&str, &str)] = &[("ab", "c")];

impl Parts {
    fn new() -> Parts {
        let identity = identity("111122223333", "us-east-1", SINGLE);
        let (material, context) = (material(&counting(0)), Context::new(PAIRS.iter().copied()).unwrap());
        let nonce = Scripted::new(&counting(0x40));
        let id = material.id_for(&identity.key);
        let mut header = material.encrypt(&identity, id, &context, b"forty-two", &nonce).unwrap();
        let sealed = header.split_off(101);
        Parts { header, sealed }
    }

    fn whole(&self) -> Vec<u8> {
        [&self.header[..], &self.sealed].concat()
    }

    fn flipped(&self, at: usize) -> Vec<u8> {
        let mut whole = self.whole();
        whole[at] ^= 1;
        whole
    }

    /// The header with some of its bytes replaced, truly encrypted: only its reader can refuse it.
    fn with_header(&self, from: usize, until: usize, by: &[u8]) -> Vec<u8> {
        let mut message = [&self.header[..from], by, &self.header[until..]].concat();
        let associated = [&message[..], b"\0\0\0\x01\0\0\0\x02ab\0\0\0\x01c"].concat();
        let label = Label::new(b"claviger-msg-1");
        seal(&Secret::new(counting(0).to_vec()), label, &associated, b"forty-two", &mut message).unwrap();
        message
    }
}

fn refused() -> Vec<Value> {
    let parts = Parts::new();
    let known = |reason, message| refusal(reason, 0, PAIRS, message);
    let headers = malformed_headers(&parts).into_iter().chain(changed(&parts)).chain(cut(&parts));
    let mut all: Vec<Value> = headers.map(|(reason, message)| known(reason, message)).collect();
    all.push(refusal("other material", 1, PAIRS, parts.whole()));
    let contexts: [(&str, &[(&str, &str)]); 8] = [
        ("no context", &[]),
        ("a pair more", &[("ab", "c"), ("d", "")]),
        ("the boundary between key and value moved", &[("a", "bc")]),
        ("key and value in one", &[("abc", "")]),
        ("key and value exchanged", &[("c", "ab")]),
        ("another case of the key", &[("AB", "c")]),
        ("another case of the value", &[("ab", "C")]),
        ("a space more", &[("ab", "c ")]),
    ];
    all.extend(contexts.map(|(reason, pairs)| refusal(reason, 0, pairs, parts.whole())));
    let [first, second] = two_faced_messages([&counting(0), &counting(1)]);
    all.push(refusal("a ciphertext for two keys, under the one that it does not commit to", 1, &[], first));
    all.push(refusal("the same, the other way round", 0, &[], second));
    all
}

fn refusal(reason: &str, material: u8, pairs: &[(&str, &str)], message: Vec<u8>) -> Value {
    let (material, message) = (hex(&counting(material)), STANDARD.encode(message));
    json!({ "reason": reason, "material": material, "context": pairs, "message": message })
}

/// Truly encrypted messages whose header no version 1 message has.
fn malformed_headers(parts: &Parts) -> Vec<(&'static str, Vec<u8>)> {
    let account = |number: u64| parts.with_header(19, 27, &number.to_be_bytes());
    let region = |length_and_name: &[u8]| parts.with_header(27, 37, length_and_name);
    vec![
        ("version 0", parts.with_header(0, 1, &[0])),
        ("version 2", parts.with_header(0, 1, &[2])),
        ("suite 0", parts.with_header(1, 2, &[0])),
        ("suite 2", parts.with_header(1, 2, &[2])),
        ("a third form of key id", parts.with_header(2, 3, &[2])),
        ("an account of thirteen digits", account(1_000_000_000_000)),
        ("an account of twenty digits", account(u64::MAX)),
        ("no region", region(b"\0")),
        ("a region in capitals", region(b"\x09US-EAST-1")),
        ("a region without number", region(b"\x07us-east")),
        ("a region of four words", region(b"\x09a-b-c-d-1")),
        ("a region with a line end", region(b"\x0aus-east-1\n")),
        ("a region with a digit outside ASCII", region("\x0aus-east-\u{661}".as_bytes())),
        ("a region that is no UTF-8", region(b"\x09us-east-\xff")),
        ("a region of 33 bytes", region(format!("\x21us-east-{}", "1".repeat(25)).as_bytes())),
    ]
}

fn changed(parts: &Parts) -> Vec<(&'static str, Vec<u8>)> {
    let mut other_commitment = parts.whole();
    other_commitment[101..133].fill(0);
    let mut other_region = parts.whole();
    other_region[36] = b'2';
    vec![
        ("the other form of key id", parts.flipped(2)),
        ("another key id", parts.flipped(3)),
        ("another account", parts.flipped(26)),
        ("another region", other_region),
        ("another material id", parts.flipped(37)),
        ("another nonce", parts.flipped(69)),
        ("a changed commitment", parts.flipped(101)),
        ("a commitment of zeros", other_commitment),
        ("a changed ciphertext", parts.flipped(133)),
        ("a changed tag", parts.flipped(157)),
    ]
}

fn cut(parts: &Parts) -> Vec<(&'static str, Vec<u8>)> {
    let whole = parts.whole();
    let cut = |length: usize| whole[..length].to_vec();
    vec![
        ("nothing", cut(0)),
        ("only a version", cut(1)),
        ("cut within the region", cut(30)),
        ("cut within the nonce", cut(80)),
        ("a header alone", cut(101)),
        ("cut within commitment and tag", cut(148)),
        ("the last byte missing", cut(whole.len() - 1)),
        ("a byte too many", [&whole[..], &[0]].concat()),
    ]
}
