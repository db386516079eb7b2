//! Material from elsewhere: wrapped in every way, for every kind of key that takes it.

use crate::keys::{of_every_spec, rsa};
use aws_lc_rs::key_wrap::{AES_256, AesKek, KeyWrapPadded};
use claviger_crypto::{
    CannotUnwrap, EncryptionAlgorithm, KeyMaterial, MacSpec, MaterialSpec, NotKeyMaterial, PrivateKeySpec,
    PublicKey, RsaSize, Secret, SystemRandom, WrappingAlgorithm, WrappingKey, WrappingKeySpec,
};
use claviger_names::KeyId;

const AES_KEY: [u8; 32] = [0x5a; 32];

fn wrapping_key(spec: WrappingKeySpec) -> WrappingKey {
    match spec {
        WrappingKeySpec::Rsa(size) => WrappingKey::from_pkcs8(spec, rsa(size).pkcs8().expose()).unwrap(),
        WrappingKeySpec::Sm2 => WrappingKey::generate(spec).unwrap(),
    }
}

/// What a caller sends; `None` for material that is too long for one block.
fn wrap(key: &WrappingKey, algorithm: WrappingAlgorithm, material: &[u8]) -> Option<Vec<u8>> {
    let spec = PrivateKeySpec::from_name(key.spec().name()).unwrap();
    let public = PublicKey::from_der(spec, key.public_key_der()).unwrap();
    match algorithm {
        WrappingAlgorithm::Direct(algorithm) => public.encrypt(algorithm, material).ok(),
        WrappingAlgorithm::RsaAesKeyWrap(oaep) => {
            let mut buffer = vec![0; material.len() + 16];
            let wrapped = AesKek::new(&AES_256, &AES_KEY).unwrap().wrap_with_padding(material, &mut buffer);
            Some(
                [
                    &public.encrypt(EncryptionAlgorithm::RsaesOaep(oaep), &AES_KEY).unwrap()[..],
                    wrapped.unwrap(),
                ]
                .concat(),
            )
        }
    }
}

fn material_of_every_spec() -> Vec<KeyMaterial> {
    let symmetric = [MaterialSpec::Symmetric].into_iter().chain(MacSpec::ALL.map(MaterialSpec::Mac));
    let fresh = symmetric.map(|spec| KeyMaterial::generate(spec, &SystemRandom).unwrap());
    fresh.chain(of_every_spec().map(|key| KeyMaterial::PrivateKey(Box::new(key)))).collect()
}

#[test]
fn material_of_every_spec_goes_out_and_in() {
    let id = KeyId::SingleRegion([1; 16]);
    for material in material_of_every_spec() {
        let stored = Secret::new(material.secret().expose().to_vec());
        let again = KeyMaterial::from_secret(material.spec(), stored).unwrap();
        assert!(again.secret().expose() == material.secret().expose());
        assert_eq!(again.id_for(&id), material.id_for(&id));
        assert_eq!(MaterialSpec::from_name(material.spec().name()), Some(material.spec()));
        let short = Secret::new(material.secret().expose()[1..].to_vec());
        assert_eq!(KeyMaterial::from_secret(material.spec(), short).err(), Some(NotKeyMaterial));
    }
    assert_eq!(MaterialSpec::from_name("AES_256"), None);
}

#[test]
fn what_aws_lets_be_wrapped_in_a_way_is_unwrapped_and_becomes_a_key() {
    let materials = material_of_every_spec();
    let mut imported = 0;
    for key in WrappingKeySpec::ALL.map(wrapping_key) {
        for algorithm in WrappingAlgorithm::ALL {
            for material in materials.iter().filter(|material| algorithm.wraps(material.spec(), key.spec())) {
                let wrapped = wrap(&key, algorithm, material.secret().expose()).unwrap();
                let unwrapped = key.unwrap(algorithm, &wrapped).unwrap();
                let again = KeyMaterial::from_secret(material.spec(), unwrapped).unwrap();
                assert!(again.secret().expose() == material.secret().expose());
                imported += 1;
            }
        }
    }
    println!("imports: {imported} of material, wrapping key and algorithm");
    let (with_rsa, with_sm2) = (3 * (5 * 2 + 5 * 4 + 3 * 2 + 2) - 2, 3 + 5 + 1);
    assert_eq!(imported, with_rsa + with_sm2);
}

#[test]
fn whatever_is_wrong_with_wrapped_material_is_told_alike() {
    let [rsa, sm2] = [WrappingKeySpec::Rsa(RsaSize::Rsa2048), WrappingKeySpec::Sm2].map(wrapping_key);
    for algorithm in WrappingAlgorithm::ALL {
        let is_of_sm2 = algorithm == WrappingAlgorithm::Direct(EncryptionAlgorithm::Sm2Pke);
        let (key, other_kind) = if is_of_sm2 { (&sm2, &rsa) } else { (&rsa, &sm2) };
        let wrapped = wrap(key, algorithm, &[7; 32]).unwrap();
        assert!(key.unwrap(algorithm, &wrapped).is_ok());
        for other in WrappingAlgorithm::ALL.into_iter().filter(|other| *other != algorithm) {
            assert_eq!(key.unwrap(other, &wrapped).err(), Some(CannotUnwrap), "{algorithm:?} as {other:?}");
        }
        for at in [0, wrapped.len() / 2, wrapped.len() - 1] {
            let mut changed = wrapped.clone();
            changed[at] ^= 1;
            assert_eq!(key.unwrap(algorithm, &changed).err(), Some(CannotUnwrap), "{algorithm:?} {at}");
        }
        for cut in [&wrapped[1..], &wrapped[..wrapped.len() - 1], &wrapped[..100], &[]] {
            assert_eq!(key.unwrap(algorithm, cut).err(), Some(CannotUnwrap));
        }
        let longer = [&wrapped[..], &[0; 8]].concat();
        assert_eq!(key.unwrap(algorithm, &longer).err(), Some(CannotUnwrap));
        let other_key = WrappingKey::generate(key.spec()).unwrap();
        for other in [&other_key, other_kind] {
            assert_eq!(other.unwrap(algorithm, &wrapped).err(), Some(CannotUnwrap));
        }
    }
}
