//! The model's constraints of the members that describe a custom key store.

use claviger_wire::{Pattern, TextRule};

/// A store's name.
pub(crate) const NAME: TextRule = TextRule::length(1, 256);

/// An AWS CloudHSM cluster's id.
pub(crate) const CLUSTER_ID: TextRule =
    TextRule::matching(19, 24, Pattern { text: "cluster-[2-7a-zA-Z]{11,16}", holds: is_cluster_id });

/// The certificate that a cluster was initialized with.
pub(crate) const TRUST_ANCHOR: TextRule = TextRule::length(1, 5000);

/// The password of the crypto user `kmsuser`.
pub(crate) const PASSWORD: TextRule = TextRule::length(7, 32);

/// Where a proxy listens.
pub(super) const ENDPOINT: TextRule =
    TextRule::matching(10, 128, Pattern { text: "^https://[a-zA-Z0-9.-]+$", holds: is_endpoint });

/// The path of a proxy's API.
pub(super) const PATH: TextRule = TextRule::matching(
    10,
    128,
    Pattern { text: r"^(/[a-zA-Z0-9\/_-]+/kms/xks/v\d{1,2})$|^(/kms/xks/v\d{1,2})$", holds: is_path },
);

/// The endpoint service of a VPC that a proxy is reached through.
pub(super) const SERVICE_NAME: TextRule = TextRule::matching(
    20,
    64,
    Pattern {
        text: r"^(com|eu)\.amazonaws\.vpce\.([a-z]+-){2,3}\d+\.vpce-svc-[0-9a-z]+$",
        holds: is_service_name,
    },
);

/// The account of that service.
pub(super) const SERVICE_OWNER: TextRule = TextRule::matching(
    12,
    12,
    Pattern { text: "[0-9]{12}", holds: |text| text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) },
);

/// The id of the credential that a proxy knows its callers by.
pub(super) const ACCESS_KEY_ID: TextRule = TextRule::matching(
    20,
    30,
    Pattern { text: "^[A-Z2-7]+$", holds: |text| is_all(text, |b| matches!(b, b'A'..=b'Z' | b'2'..=b'7')) },
);

/// The secret of that credential.
pub(super) const SECRET_ACCESS_KEY: TextRule = TextRule::matching(
    43,
    64,
    Pattern {
        text: r"^[a-zA-Z0-9\/+=]+$",
        holds: |text| is_all(text, |b| b.is_ascii_alphanumeric() || b"/+=".contains(&b)),
    },
);

fn is_cluster_id(text: &str) -> bool {
    let Some(id) = text.strip_prefix("cluster-") else { return false };
    (11..=16).contains(&id.len()) && is_all(id, |b| b.is_ascii_alphabetic() || matches!(b, b'2'..=b'7'))
}

fn is_endpoint(text: &str) -> bool {
    let host = text.strip_prefix("https://").unwrap_or_default();
    is_all(host, |b| b.is_ascii_alphanumeric() || b".-".contains(&b))
}

fn is_path(text: &str) -> bool {
    let Some((prefix, version)) = text.rsplit_once("/kms/xks/v") else { return false };
    let is_prefix = |rest| is_all(rest, |b: u8| b.is_ascii_alphanumeric() || b"/_-".contains(&b));
    let has_prefix = prefix.is_empty() || prefix.strip_prefix('/').is_some_and(is_prefix);
    has_prefix && version.len() <= 2 && is_all(version, |b| b.is_ascii_digit())
}

fn is_service_name(text: &str) -> bool {
    let rest = text.strip_prefix("com").or(text.strip_prefix("eu")).unwrap_or_default();
    let Some((region, id)) =
        rest.strip_prefix(".amazonaws.vpce.").and_then(|rest| rest.split_once(".vpce-svc-"))
    else {
        return false;
    };
    is_region(region) && is_all(id, |b| b.is_ascii_digit() || b.is_ascii_lowercase())
}

/// Two or three words and a number.
fn is_region(text: &str) -> bool {
    let Some((words, number)) = text.rsplit_once('-') else { return false };
    let are_words = words.split('-').all(|word| is_all(word, |b| b.is_ascii_lowercase()));
    are_words && (2..=3).contains(&words.split('-').count()) && is_all(number, |b| b.is_ascii_digit())
}

/// Whether it has characters, and only such.
fn is_all(text: &str, holds: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(holds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_matches(holds: fn(&str) -> bool, good: &[&str], bad: &[&str]) {
        for text in good {
            assert!(holds(text), "{text} is refused");
        }
        for text in bad {
            assert!(!holds(text), "{text} is taken");
        }
    }

    #[test]
    fn a_cluster_is_named_by_its_id() {
        let good = ["cluster-2a34b5cdefg", "cluster-2a34b5cdefgABCDE"];
        let bad = ["cluster-2a34b5cdef", "cluster-2a34b5cdefgABCDEF", "cluster-1a34b5cdefg", "2a34b5cdefg"];
        assert_matches(is_cluster_id, &good, &bad);
    }

    #[test]
    fn an_endpoint_is_a_host_over_https_without_port_and_path() {
        let bad = ["https://", "http://a.b", "https://a.b:443", "https://a.b/", "https://a b", ""];
        assert_matches(is_endpoint, &["https://a.example.com", "https://a-1"], &bad);
    }

    #[test]
    fn a_path_ends_in_the_api_and_its_version() {
        let good = ["/kms/xks/v1", "/kms/xks/v12", "/a/kms/xks/v1", "/a-b/_//kms/xks/v1"];
        let more = ["/kms/xks/v1/kms/xks/v1", "///kms/xks/v1"];
        let bad = ["/kms/xks/v", "/kms/xks/v123", "/kms/xks/vx", "a/kms/xks/v1", "/a.b/kms/xks/v1"];
        let worse = ["//kms/xks/v1", "/kms/xks/v1/", "kms/xks/v1", "/kms/xks", ""];
        assert_matches(is_path, &good, &bad);
        assert_matches(is_path, &more, &worse);
    }

    #[test]
    fn an_endpoint_service_is_named_with_its_region() {
        let of = |region: &str| format!("com.amazonaws.vpce.{region}.vpce-svc-0a");
        for region in ["us-east-1", "us-gov-west-1", "eu-central-12"] {
            assert!(is_service_name(&of(region)), "{region}");
        }
        for region in ["us-1", "us-east", "us-east-", "us--1", "a-b-c-d-1", "US-east-1", "us-east-1.x", ""] {
            assert!(!is_service_name(&of(region)), "{region}");
        }
        let good = ["eu.amazonaws.vpce.eusc-de-east-1.vpce-svc-0a"];
        let bad = ["cn.amazonaws.vpce.us-east-1.vpce-svc-0a", "com.amazonaws.vpce.us-east-1.vpce-svc-", ""];
        assert_matches(is_service_name, &good, &bad);
        assert_matches(is_service_name, &[], &["com.amazonaws.vpce.us-east-1.vpce-svc-A"]);
    }
}
