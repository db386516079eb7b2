//! Numbers, times and networks as policies write them.

use super::*;

#[test]
fn numbers_are_compared_exactly() {
    let order = ["-1.5", "-1", "0", "0.000000000000000001", "1", "1.05", "1.5", "999999999999999999"];
    for pair in order.windows(2) {
        assert!(Number::parse(pair[0]).unwrap() < Number::parse(pair[1]).unwrap(), "{pair:?}");
    }
    assert_eq!(Number::parse("+07.50"), Number::parse("7.5"));
    assert_eq!(Number::parse("30"), Some(Number::from_integer(30)));
}

#[test]
fn what_is_no_decimal_number_is_refused() {
    for text in ["", "-", ".", "1e3", "0x1", "1.2.3", " 1", "--1", "1,5", "١", "1000000000000000000"] {
        assert_eq!(Number::parse(text), None, "{text}");
    }
}

#[test]
fn times_are_w3c_dates_or_seconds() {
    for (text, seconds) in [
        ("1970", 0),
        ("1971", 31_536_000),
        ("1970-02", 2_678_400),
        ("1970-01-02", 86_400),
        ("1970-01-01T00:01Z", 60),
        ("1970-01-01T00:00:05Z", 5),
        ("1970-01-01t00:00:05.999z", 5),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1969-12-31T23:30:00-00:30", 0),
        ("1970-01-01T00:00:07", 7),
        ("2016-02-29T12:00:00Z", 1_456_747_200),
        ("1456747200", 1_456_747_200),
        ("0", 0),
    ] {
        assert_eq!(parse_time(text), Some(seconds), "{text}");
    }
}

#[test]
fn what_is_no_time_is_refused() {
    for text in [
        "",
        "-1",
        "now",
        "1970-13",
        "1970-1",
        "2015-02-29",
        "1970-01T00:00Z",
        "1970-01-01T",
        "1970-01-01T00Z",
        "1970-01-01T24:00Z",
        "1970-01-01T00:00:60Z",
        "1970-01-01T00:00:00.Z",
        "1970-01-01T00:00Zx",
        "1970-01-01T00:00+0100",
        "1970-01-01T00:00+24:00",
        "99999999999999999999",
    ] {
        assert_eq!(parse_time(text), None, "{text}");
    }
}

#[test]
fn a_network_contains_addresses_of_its_own_family_alone() {
    let contains =
        |network: &str, address: &str| Network::parse(network).unwrap().contains(address.parse().unwrap());
    assert!(contains("203.0.113.0/24", "203.0.113.255"));
    assert!(!contains("203.0.113.0/24", "203.0.114.0"));
    assert!(contains("203.0.113.77/24", "203.0.113.1"));
    assert!(contains("203.0.113.5", "203.0.113.5"));
    assert!(!contains("203.0.113.5", "203.0.113.4"));
    assert!(contains("0.0.0.0/0", "255.255.255.255"));
    assert!(!contains("0.0.0.0/0", "::1"));
    assert!(contains("2001:db8::/32", "2001:db8:1::1"));
    assert!(!contains("2001:db8::/32", "2001:db9::"));
    assert!(contains("::/0", "2001:db8::1"));
    assert!(!contains("::/0", "1.2.3.4"));
    assert!(!contains("::ffff:0:0/96", "1.2.3.4"));
}

#[test]
fn what_is_no_network_is_refused() {
    for text in ["", "1.2.3", "1.2.3.4/33", "1.2.3.4/", "1.2.3.4/+8", "::/129", "1.2.3.4/8/8", "*", "host"] {
        assert_eq!(Network::parse(text), None, "{text}");
    }
}

#[test]
fn an_empty_sequence_is_absent() {
    assert!(Values::Many(&Vec::<String>::new()).is_absent());
    assert!(!Values::Many(&["x"]).is_absent());
    assert!(!Values::One(Value::Text("")).is_absent());
    assert!(Values::Many(&["a", "b"]).any(|value| *value == Value::Text("b")));
    assert!(!Values::Many(&["a", "b"]).all(|value| *value == Value::Text("b")));
    assert!(Values::One(Value::Flag(true)).any(|value| *value == Value::Flag(true)));
    assert!(Values::Absent.all(|_| false) && !Values::Absent.any(|_| true));
}
