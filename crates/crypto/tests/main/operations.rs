//! What keys do: whatever one half makes, the other undoes, and keys of other kinds refuse.

use crate::keys::{of_every_spec, rsa};
use claviger_crypto::{
    AgreeError, AsymmetricDecryptError, AsymmetricEncryptError, Curve, DecapsulateError, EncapsulateError,
    EncryptionAlgorithm, Hash, MessageType, MlKemSet, Oaep, PrivateKey, PrivateKeySpec, PublicKey, RsaSize,
    SignError, Signable, SigningAlgorithm, VerifyError,
};
use proptest::prelude::*;
use std::sync::LazyLock;

static KEYS: LazyLock<Vec<PrivateKey>> = LazyLock::new(|| of_every_spec().collect());

/// Bytes of every signature, where the standard fixes them.
fn signature_bytes(spec: PrivateKeySpec) -> Option<usize> {
    match spec {
        PrivateKeySpec::Rsa(size) => Some(size.bytes()),
        PrivateKeySpec::Ec(_) | PrivateKeySpec::MlKem(_) | PrivateKeySpec::Sm2 => None,
        PrivateKeySpec::Ed25519 => Some(64),
        PrivateKeySpec::MlDsa(set) => Some(set.signature_bytes()),
    }
}

#[test]
fn keys_are_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<PrivateKey>();
    shared::<PublicKey>();
    let signable = Signable::new(SigningAlgorithm::MlDsa, MessageType::ExternalMu, &[7; 64]).unwrap();
    std::thread::scope(|scope| {
        for key in KEYS.iter().filter(|key| key.spec().signing_algorithms() == [SigningAlgorithm::MlDsa]) {
            for _ in 0..4 {
                scope.spawn(|| key.public_key().verify(&signable, &key.sign(&signable).unwrap()).unwrap());
            }
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn what_a_key_signs_its_public_half_verifies(
        message in proptest::collection::vec(any::<u8>(), 1..4097),
        prehashed: [u8; 32],
        flip: prop::sample::Index,
    ) {
        let prehashed = [prehashed; 2].concat();
        for key in KEYS.iter() {
            for algorithm in key.spec().signing_algorithms() {
                for message_type in [MessageType::Raw, MessageType::Digest, MessageType::ExternalMu] {
                    let given = if message_type == MessageType::Raw { &message } else { &prehashed };
                    let bytes = (0..=64).rev().map(|end| &given[..end.min(given.len())]);
                    let all = std::iter::once(&given[..]).chain(bytes);
                    let Some(signable) = all.filter_map(|b| Signable::new(*algorithm, message_type, b).ok()).next()
                    else { continue };
                    let mut signature = key.sign(&signable).unwrap();
                    let bytes = signature_bytes(key.spec());
                    prop_assert!(bytes.is_none_or(|bytes| bytes == signature.len()));
                    prop_assert_eq!(key.public_key().verify(&signable, &signature), Ok(()));
                    let at = flip.index(signature.len());
                    signature[at] ^= 1 << (flip.index(8));
                    let refused = Err(VerifyError::InvalidSignature);
                    prop_assert_eq!(key.public_key().verify(&signable, &signature), refused, "{:?}", algorithm);
                    prop_assert_eq!(key.public_key().verify(&signable, &[]), refused);
                }
            }
        }
    }

    #[test]
    fn oaep_takes_what_fits_and_gives_it_back(bytes in proptest::collection::vec(any::<u8>(), 471)) {
        for key in &KEYS[..3] {
            let PrivateKeySpec::Rsa(size) = key.spec() else { unreachable!() };
            for oaep in Oaep::ALL {
                let algorithm = EncryptionAlgorithm::RsaesOaep(oaep);
                let bytes_max = oaep.plaintext_bytes_max(size);
                for plaintext in [&bytes[..0], &bytes[..1], &bytes[..bytes_max]] {
                    let mut ciphertext = key.public_key().encrypt(algorithm, plaintext).unwrap();
                    prop_assert_eq!(ciphertext.len(), size.bytes());
                    let opened = key.decrypt(algorithm, &ciphertext).unwrap();
                    prop_assert!(opened.expose() == plaintext);
                    ciphertext[size.bytes() / 2] ^= 1;
                    prop_assert!(key.decrypt(algorithm, &ciphertext).is_err());
                    prop_assert!(key.decrypt(algorithm, &ciphertext[1..]).is_err());
                }
                let refused = AsymmetricEncryptError::PlaintextTooLong { bytes_max };
                prop_assert_eq!(key.public_key().encrypt(algorithm, &bytes[..=bytes_max]), Err(refused));
            }
        }
    }
}

#[test]
fn the_same_message_raw_and_as_its_digest_is_one() {
    let message = b"a message that is signed in two ways";
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA384, message);
    let key = rsa(RsaSize::Rsa3072);
    for algorithm in [SigningAlgorithm::RsaPkcs1(Hash::Sha384), SigningAlgorithm::RsaPss(Hash::Sha384)] {
        let raw = Signable::new(algorithm, MessageType::Raw, message).unwrap();
        let digested = Signable::new(algorithm, MessageType::Digest, digest.as_ref()).unwrap();
        let signature = key.sign(&raw).unwrap();
        assert_eq!(key.public_key().verify(&digested, &signature), Ok(()));
        let deterministic = algorithm == SigningAlgorithm::RsaPkcs1(Hash::Sha384);
        assert_eq!(key.sign(&digested).unwrap() == signature, deterministic);
    }
}

#[test]
fn a_key_signs_with_its_own_algorithms_only() {
    for key in KEYS.iter() {
        for algorithm in SigningAlgorithm::ALL {
            let signable = [MessageType::Raw, MessageType::Digest]
                .into_iter()
                .find_map(|message_type| Signable::new(algorithm, message_type, &[1; 64]).ok())
                .unwrap();
            let is_own = key.spec().signing_algorithms().contains(&algorithm);
            let (signed, verified) = (key.sign(&signable), key.public_key().verify(&signable, &[1; 64]));
            assert_eq!(signed.err(), (!is_own).then_some(SignError::AlgorithmNotOfKey));
            let expected =
                if is_own { VerifyError::InvalidSignature } else { VerifyError::AlgorithmNotOfKey };
            assert_eq!(verified, Err(expected), "{:?} {algorithm:?}", key.spec());
        }
    }
}

#[test]
fn a_signature_of_one_algorithm_is_none_of_another() {
    let key = rsa(RsaSize::Rsa2048);
    let signables = PrivateKeySpec::Rsa(RsaSize::Rsa2048)
        .signing_algorithms()
        .iter()
        .map(|algorithm| Signable::new(*algorithm, MessageType::Raw, b"message").unwrap());
    let signatures: Vec<_> = signables.clone().map(|signable| key.sign(&signable).unwrap()).collect();
    for (at, signable) in signables.enumerate() {
        for (of, signature) in signatures.iter().enumerate() {
            assert_eq!(key.public_key().verify(&signable, signature).is_ok(), at == of);
        }
    }
    let key = PrivateKey::generate(PrivateKeySpec::Ed25519).unwrap();
    let pure = Signable::new(SigningAlgorithm::Ed25519, MessageType::Raw, &[3; 64]).unwrap();
    let prehashed = Signable::new(SigningAlgorithm::Ed25519Ph, MessageType::Digest, &[3; 64]).unwrap();
    assert!(key.public_key().verify(&pure, &key.sign(&prehashed).unwrap()).is_err());
    assert!(key.public_key().verify(&prehashed, &key.sign(&pure).unwrap()).is_err());
}

#[test]
fn two_keys_on_one_curve_agree_and_on_two_curves_do_not() {
    let nist = [(Curve::P256, 32), (Curve::P384, 48), (Curve::P521, 66)];
    let nist = nist.map(|(curve, bytes)| (PrivateKeySpec::Ec(curve), bytes));
    for (spec, bytes) in nist.into_iter().chain([(PrivateKeySpec::Sm2, 32)]) {
        let [one, other] = [(); 2].map(|()| PrivateKey::generate(spec).unwrap());
        let secret = one.agree(other.public_key().der()).unwrap();
        assert_eq!(secret.len(), bytes);
        assert!(secret.expose() == other.agree(one.public_key().der()).unwrap().expose());
        let der = other.public_key().der();
        let point = &der[der.len() - 2 * bytes - 1..];
        for peer in [&der[1..], &[der, &[0]].concat(), point, &[]] {
            assert_eq!(one.agree(peer).err(), Some(AgreeError::PeerRefused));
        }
        for key in KEYS.iter().filter(|key| key.spec() != spec) {
            assert_eq!(one.agree(key.public_key().der()).err(), Some(AgreeError::PeerRefused));
        }
    }
    let agrees = |spec| {
        matches!(spec, PrivateKeySpec::Ec(Curve::P256 | Curve::P384 | Curve::P521) | PrivateKeySpec::Sm2)
    };
    for key in KEYS.iter().filter(|key| !agrees(key.spec())) {
        assert_eq!(key.agree(key.public_key().der()).err(), Some(AgreeError::NotAgreementKey));
    }
}

#[test]
fn both_sides_of_ml_kem_have_one_secret_and_a_changed_ciphertext_another() {
    for set in [MlKemSet::MlKem512, MlKemSet::MlKem768, MlKemSet::MlKem1024] {
        let key = PrivateKey::generate(PrivateKeySpec::MlKem(set)).unwrap();
        let sent = key.public_key().encapsulate().unwrap();
        assert_eq!((sent.ciphertext.len(), sent.shared_secret.len()), (set.ciphertext_bytes(), 32));
        let received = key.decapsulate(&sent.ciphertext).unwrap();
        assert!(received.expose() == sent.shared_secret.expose());
        let mut changed = sent.ciphertext.clone();
        changed[100] ^= 4;
        let [once, again] = [(); 2].map(|()| key.decapsulate(&changed).unwrap());
        assert!(once.expose() == again.expose() && once.expose() != received.expose());
        let required = set.ciphertext_bytes();
        for wrong in [&changed[1..], &[&changed[..], &[0]].concat(), &[]] {
            assert_eq!(key.decapsulate(wrong).err(), Some(DecapsulateError::CiphertextLength { required }));
        }
    }
}

#[test]
fn keys_of_other_kinds_neither_encrypt_nor_encapsulate() {
    for key in KEYS.iter() {
        let public = key.public_key();
        let others = EncryptionAlgorithm::ALL.into_iter();
        for algorithm in others.filter(|other| !key.spec().encryption_algorithms().contains(other)) {
            let (encrypted, decrypted) = (public.encrypt(algorithm, b"m"), key.decrypt(algorithm, b"m"));
            assert_eq!(encrypted, Err(AsymmetricEncryptError::AlgorithmNotOfKey));
            assert_eq!(decrypted.err(), Some(AsymmetricDecryptError::AlgorithmNotOfKey));
        }
        if !matches!(key.spec(), PrivateKeySpec::MlKem(_)) {
            assert_eq!(public.encapsulate().err(), Some(EncapsulateError::NotMlKem));
            assert_eq!(key.decapsulate(b"m").err(), Some(DecapsulateError::NotMlKem));
        }
    }
}
