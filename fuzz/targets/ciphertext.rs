//! Ciphertexts: a message decrypts as it was made or not at all.
//!
//! Half of the inputs are messages as they are; the other half are edits of a good one, four bytes each, because no
//! mutation finds its way past authentication.
#![no_main]

use std::sync::LazyLock;

use claviger_crypto::{
    Context, KeyIdentity, MATERIAL_BYTES, MaterialId, Message, Random, RandomnessFailed, Secret,
    SymmetricMaterial,
};
use libfuzzer_sys::fuzz_target;

const PLAINTEXT: &[u8] = b"what nobody may change unnoticed";
const PAIRS: [(&str, &str); 2] = [("purpose", "fuzzing"), ("stage", "test")];

struct Sample {
    material: SymmetricMaterial,
    stranger: SymmetricMaterial,
    message: Vec<u8>,
}

/// The same nonce each time, so that a finding can be repeated.
struct Constant;

impl Random for Constant {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessFailed> {
        bytes.fill(7);
        Ok(())
    }
}

static SAMPLE: LazyLock<Sample> = LazyLock::new(|| {
    let of =
        |byte| SymmetricMaterial::from_secret(Secret::new(vec![byte; MATERIAL_BYTES])).expect("32 bytes");
    let identity = KeyIdentity {
        account: "111122223333".parse().expect("an account"),
        region: "eu-central-1".parse().expect("a Region"),
        key: "1234abcd-12ab-34cd-56ef-1234567890ab".parse().expect("a key id"),
    };
    let material = of(0xa5);
    let id: MaterialId = material.id_for(&identity.key);
    let message = material.encrypt(&identity, id, &context(), PLAINTEXT, &Constant).expect("a message");
    Sample { material, stranger: of(0x5a), message }
});

fuzz_target!(|input: &[u8]| {
    match input.split_first() {
        Some((b'M', message)) => opens_for_nobody(message),
        Some((_, edits)) => only_the_original_opens(&edited(edits)),
        None => {}
    }
});

fn context() -> Context<'static> {
    Context::new(PAIRS).expect("a context")
}

fn opens_for_nobody(bytes: &[u8]) {
    let Ok(message) = Message::parse(bytes) else { return };
    assert!(SAMPLE.stranger.decrypt(&message, &context()).is_err(), "a message that nobody made was opened");
}

fn only_the_original_opens(bytes: &[u8]) {
    let Ok(message) = Message::parse(bytes) else {
        return assert_ne!(bytes, SAMPLE.message, "the original is no message");
    };
    let opened = SAMPLE.material.decrypt(&message, &context());
    assert_eq!(opened.is_ok(), bytes == SAMPLE.message);
    assert!(opened.is_err() || opened.is_ok_and(|plaintext| plaintext.expose() == PLAINTEXT));
    assert!(SAMPLE.material.decrypt(&message, &Context::empty()).is_err(), "the context does not count");
    assert!(SAMPLE.stranger.decrypt(&message, &context()).is_err(), "the key does not count");
}

/// The good message after edits of [place, place, kind, byte].
fn edited(edits: &[u8]) -> Vec<u8> {
    let mut message = SAMPLE.message.clone();
    for edit in edits.chunks_exact(4) {
        let place = usize::from(u16::from_be_bytes([edit[0], edit[1]])) % (message.len() + 1);
        match (edit[2] % 5, message.get_mut(place)) {
            (0, Some(byte)) => *byte ^= edit[3],
            (1, Some(byte)) => *byte = edit[3],
            (2, Some(_)) => drop(message.remove(place)),
            (3, _) => message.insert(place, edit[3]),
            (4, Some(_)) => message.truncate(place),
            _ => {}
        }
    }
    message
}
