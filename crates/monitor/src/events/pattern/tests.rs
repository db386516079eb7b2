//! The language, as AWS's guide shows it, and its refusals in the words of AWS's own matcher.

use serde_json::{Value, json};

use super::*;

/// The event that AWS's guide matches against, with arrays and addresses added.
fn event() -> Value {
    json!({
        "version": "0",
        "detail-type": "KMS CMK Deletion",
        "source": "aws.kms",
        "account": "111122223333",
        "time": "2026-11-22T12:00:00Z",
        "resources": ["arn:aws:kms:us-east-1:111122223333:key/a", "arn:aws:kms:us-east-1:111122223333:alias/b"],
        "detail": {
            "state": "initializing",
            "reason": "",
            "owner": null,
            "is-test": false,
            "c-count": 5,
            "d-count": 300.0,
            "e-count": 6.0e9,
            "sourceIPAddress": "10.0.0.200",
            "v6": "2001:db8:0:0::1",
            "empty": [],
            "nothing": {},
            "people": [{"first": "Ann", "last": "Ash", "nick": ["A", "AA"]}, {"first": "Bob", "last": "Birch"}],
        }
    })
}

fn takes(pattern: Value) -> bool {
    EventPattern::parse(&pattern.to_string()).unwrap().takes(&event())
}

fn detail(field: &str, tests: Value) -> bool {
    takes(json!({"detail": {field: tests}}))
}

#[test]
fn values_are_matched_exactly_and_one_of_a_list_is_enough() {
    assert!(takes(json!({"source": ["aws.s3", "aws.kms"], "detail": {"state": ["initializing"]}})));
    assert!(!takes(json!({"source": ["aws.kms"], "detail": {"state": ["running"]}})));
    assert!(!takes(json!({"source": ["AWS.KMS"]})));
    assert!(!takes(json!({"missing": ["a"]})));
    for (field, value) in
        [("reason", json!("")), ("owner", json!(null)), ("is-test", json!(false)), ("c-count", json!(5.0))]
    {
        assert!(detail(field, json!([value])), "{field}");
    }
    assert!(detail("d-count", json!([3.0e2])));
    for (field, value) in
        [("reason", json!(null)), ("owner", json!("")), ("is-test", json!("false")), ("c-count", json!("5"))]
    {
        assert!(!detail(field, json!([value])), "{field}");
    }
}

#[test]
fn an_array_of_the_event_holds_a_value_if_one_of_its_elements_does() {
    assert!(takes(json!({"resources": ["arn:aws:kms:us-east-1:111122223333:alias/b"]})));
    assert!(takes(json!({"resources": [{"suffix": "/a"}]})));
    assert!(!takes(json!({"resources": ["arn"]})));
    assert!(!detail("empty", json!([{"exists": true}])));
}

#[test]
fn what_is_asked_of_objects_in_an_array_holds_in_the_same_of_them() {
    assert!(takes(json!({"detail": {"people": {"first": ["Ann"], "last": ["Ash"]}}})));
    assert!(!takes(json!({"detail": {"people": {"first": ["Ann"], "last": ["Birch"]}}})));
    assert!(takes(json!({"detail": {"people": {"first": ["Ann"], "nick": ["AA"]}}})));
    assert!(!takes(json!({"detail": {"people": {"first": ["Bob"], "nick": ["AA"]}}})));
}

#[test]
fn texts_begin_end_and_fit_with_and_without_their_case() {
    for (operator, holds) in [
        (json!({"prefix": "init"}), true),
        (json!({"prefix": "Init"}), false),
        (json!({"prefix": "nit"}), false),
        (json!({"prefix": {"equals-ignore-case": "INIT"}}), true),
        (json!({"prefix": {"equals-ignore-case": "NIT"}}), false),
        (json!({"suffix": "zing"}), true),
        (json!({"suffix": "ZING"}), false),
        (json!({"suffix": "zin"}), false),
        (json!({"suffix": {"equals-ignore-case": "ZING"}}), true),
        (json!({"suffix": {"equals-ignore-case": "ZIN"}}), false),
        (json!({"equals-ignore-case": "INITIALIZING"}), true),
        (json!({"equals-ignore-case": "INITIAL"}), false),
        (json!({"exactly": "initializing"}), true),
        (json!({"exactly": "init"}), false),
    ] {
        assert_eq!(detail("state", json!([operator])), holds, "{operator}");
    }
    assert!(!detail("c-count", json!([{"prefix": "5"}])));
}

#[test]
fn a_wildcard_stands_for_any_text_and_can_be_escaped() {
    let fits = |pattern: &str, text: &str| {
        let pattern = EventPattern::parse(&json!({"a": [{"wildcard": pattern}]}).to_string()).unwrap();
        pattern.takes(&json!({"a": text}))
    };
    for (pattern, text) in [
        ("*", ""),
        ("a", "a"),
        ("a*", "a"),
        ("*.png", "dir/x.png"),
        ("dir/*.png", "dir/sub/x.png"),
        ("a*b*c", "a-b-b-c"),
        ("*b*", "abc"),
        (r"a\*b", "a*b"),
        (r"a\\*b", r"a\xb"),
        ("ä*ß", "äüß"),
    ] {
        assert!(fits(pattern, text), "{pattern} {text}");
    }
    for (pattern, text) in [
        ("a", "ab"),
        ("a*a", "a"),
        ("*.png", "x.PNG"),
        ("dir/*.png", "x/dir/a.png"),
        ("a*b*c", "a-c-b"),
        (r"a\*b", "axb"),
        ("a*bc*c", "abc"),
        ("*ab*b*", "ab"),
    ] {
        assert!(!fits(pattern, text), "{pattern} {text}");
    }
}

#[test]
fn numbers_are_compared_by_value_within_bounds() {
    for (terms, holds) in [
        (json!(["=", 5]), true),
        (json!(["=", 5.5]), false),
        (json!(["<", 5]), false),
        (json!(["<=", 5]), true),
        (json!([">", 5]), false),
        (json!([">=", 5]), true),
        (json!([">", 0, "<=", 5]), true),
        (json!([">", 0, "<", 5]), false),
        (json!([">=", 5, "<", 6]), true),
        (json!([">", 5, "<", 6]), false),
        (json!([">", -5e9, "<", 5e9]), true),
    ] {
        assert_eq!(detail("c-count", json!([{"numeric": terms}])), holds, "{terms}");
    }
    assert!(!detail("e-count", json!([{"numeric": [">", 0]}])), "beyond what is compared");
    assert!(!detail("state", json!([{"numeric": [">", 0]}])));
}

#[test]
fn addresses_are_compared_by_value_and_by_network() {
    for (field, network, holds) in [
        ("sourceIPAddress", "10.0.0.0/24", true),
        ("sourceIPAddress", "10.0.0.0/25", false),
        ("sourceIPAddress", "0.0.0.0/0", true),
        ("sourceIPAddress", "::/0", false),
        ("v6", "2001:db8::/32", true),
        ("v6", "2001:db9::/32", false),
        ("v6", "0.0.0.0/0", false),
        ("state", "0.0.0.0/0", false),
    ] {
        assert_eq!(detail(field, json!([{"cidr": network}])), holds, "{field} {network}");
    }
    assert!(detail("v6", json!(["2001:db8::1"])));
    assert!(!detail("v6", json!(["2001:db8::2"])));
}

#[test]
fn anything_but_takes_what_is_there_and_does_not_match() {
    for (operand, holds) in [
        (json!("initializing"), false),
        (json!("running"), true),
        (json!(["running", "initializing"]), false),
        (json!(["running", "stopped"]), true),
        (json!(5), true),
        (json!({"prefix": "init"}), false),
        (json!({"prefix": ["run", "init"]}), false),
        (json!({"prefix": "run"}), true),
        (json!({"suffix": "zing"}), false),
        (json!({"suffix": ["ning"]}), true),
        (json!({"equals-ignore-case": "INITIALIZING"}), false),
        (json!({"equals-ignore-case": ["INITIALIZING", "x"]}), false),
        (json!({"equals-ignore-case": "INIT"}), true),
        (json!({"wildcard": "init*"}), false),
        (json!({"wildcard": ["run*", "stop*"]}), true),
    ] {
        assert_eq!(detail("state", json!([{"anything-but": operand}])), holds, "{operand}");
    }
    assert!(!detail("c-count", json!([{"anything-but": [4, 5]}])));
    assert!(detail("c-count", json!([{"anything-but": "5"}])));
    assert!(!detail("missing", json!([{"anything-but": "a"}])), "what is not there is not anything");
    assert!(takes(json!({"resources": [{"anything-but": {"suffix": "/a"}}]})), "the other one is");
}

#[test]
fn existence_is_asked_of_leaves() {
    assert!(detail("state", json!([{"exists": true}])));
    assert!(detail("owner", json!([{"exists": true}])), "null is a value");
    assert!(!detail("state", json!([{"exists": false}])));
    assert!(detail("missing", json!([{"exists": false}])));
    assert!(!detail("missing", json!([{"exists": true}])));
    assert!(detail("state", json!([{"exists": false}, "initializing"])));
    assert!(!detail("people", json!([{"exists": true}])), "not a leaf");
    assert!(detail("nothing", json!([{"exists": false}])));
    assert!(takes(json!({"nowhere": {"deep": [{"exists": false}]}})));
    assert!(!takes(json!({"nowhere": {"deep": [{"exists": true}]}})));
    assert!(takes(json!({"source": {"deep": [{"exists": false}]}})));
    assert!(!takes(json!({"detail": {"people": {"nick": [{"exists": false}]}}})), "one of them has it");
}

#[test]
fn of_alternatives_one_is_enough_beside_all_else_that_is_asked() {
    let either = |other: &str| {
        json!({"source": ["aws.kms"], "detail": {"$or": [
            {"c-count": [{"numeric": [">", 5]}]},
            {"state": [other], "is-test": [false]},
        ]}})
    };
    assert!(takes(either("initializing")));
    assert!(!takes(either("running")));
    assert!(!takes(
        json!({"source": ["aws.s3"], "$or": [{"account": ["111122223333"]}, {"version": ["0"]}]})
    ));
    assert!(takes(json!({"$or": [{"source": ["a"]}, {"$or": [{"version": ["1"]}, {"version": ["0"]}]}]})));
}

fn refused(pattern: &str) -> String {
    EventPattern::parse(pattern).unwrap_err().to_string()
}

#[test]
fn what_is_no_pattern_is_refused_in_awss_words() {
    for (pattern, words) in [
        ("[]", "Filter is not an object"),
        ("\"a\"", "Filter is not an object"),
        ("{}", "Empty objects are not allowed"),
        (r#"{"a": {}}"#, "Empty objects are not allowed"),
        (r#"{"a": []}"#, "Empty arrays are not allowed"),
        (r#"{"source": "aws.kms"}"#, "\"source\" must be an object or an array"),
        (r#"{"a": [["b"]]}"#, "Match value must be String, number, true, false, or null"),
        (r#"{"$or": {}}"#, "It must be an Array followed with $or."),
        (r#"{"$or": ["a", "b"]}"#, "Only JSON object is allowed in array of $or relationship."),
        (r#"{"$or": [{"a": ["b"]}]}"#, "There must have at least 2 Objects in $or relationship."),
        (
            r#"{"$or": [{"a": ["b"]}, {"prefix": ["c"]}]}"#,
            "prefix is Ruler reserved fieldName which cannot be used inside $or.",
        ),
    ] {
        assert_eq!(refused(pattern), words, "{pattern}");
    }
    assert_eq!(refused("{"), "EOF while parsing an object at line 1 column 1");
    let long = format!(r#"{{"a": ["{}"]}}"#, "b".repeat(PATTERN_BYTES_MAX));
    assert_eq!(EventPattern::parse(&long), Err(PatternFault::TooLong));
}

#[test]
fn what_is_no_operator_is_refused_in_awss_words() {
    for (operator, words) in [
        (json!({}), "Match expression name not found"),
        (json!({"like": "a"}), "Unrecognized match type like"),
        (json!({"prefix": "a", "suffix": "b"}), "Only one key allowed in match expression"),
        (json!({"prefix": 1}), "prefix match pattern must be a string"),
        (json!({"suffix": {"wildcard": "a"}}), "suffix match pattern must be a string"),
        (json!({"wildcard": null}), "wildcard match pattern must be a string"),
        (json!({"wildcard": "a**b"}), "Consecutive wildcard characters at pos 1"),
        (json!({"wildcard": r"ab\c"}), "Invalid escape character at pos 2"),
        (json!({"exists": "true"}), "exists match pattern must be either true or false."),
        (json!({"equals-ignore-case": ["a"]}), "equals-ignore-case match pattern must be a string"),
        (
            json!({"anything-but": null}),
            "Value of anything-but must be an array or single string/number value.",
        ),
        (
            json!({"anything-but": ["a", null]}),
            "Inside anything but list, start|null|boolean is not supported.",
        ),
        (
            json!({"anything-but": ["a", 1]}),
            "Inside anything but list, either all values are number or string, mixed type is not supported",
        ),
        (json!({"anything-but": {"numeric": ["=", 1]}}), "Unsupported anything-but pattern: numeric"),
        (json!({"anything-but": {"prefix": ""}}), "Null prefix/suffix not allowed"),
        (
            json!({"anything-but": {"equals-ignore-case": [1]}}),
            "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.",
        ),
    ] {
        assert_eq!(refused(&json!({"a": [operator]}).to_string()), words, "{operator}");
    }
}

#[test]
fn what_is_no_range_and_no_network_is_refused_in_awss_words() {
    for (operator, words) in [
        (json!({"numeric": 1}), "Value of numeric must be an array."),
        (json!({"numeric": [1]}), "Invalid member in numeric match: 1"),
        (json!({"numeric": ["==", 1]}), "Unrecognized numeric range operator: =="),
        (json!({"numeric": ["=", "a"]}), "Value of equals must be numeric"),
        (json!({"numeric": [">"]}), "Value of > must be numeric"),
        (json!({"numeric": ["<", 1, ">", 0]}), "Too many elements in numeric expression"),
        (json!({"numeric": [">", 1, ">", 2]}), "Bad numeric range operator: >"),
        (json!({"numeric": [">", 1, "<", 2, 3]}), "Too many terms in numeric range expression"),
        (json!({"numeric": [">", 2, "<", 1]}), "Bottom must be less than top"),
        (json!({"numeric": ["<", 5.1e9]}), "Value must be between -5.0E9 and 5.0E9, inclusive"),
        (json!({"cidr": "10.0.0.0"}), "Malformed CIDR, one '/' required"),
        (json!({"cidr": "10.0.0.0/a"}), "Malformed CIDR, mask bits must be an integer"),
        (json!({"cidr": "10.0.0.0/-1"}), "Malformed CIDR, mask bits must not be negative"),
        (json!({"cidr": "10.0.0.0/32"}), "IPv4 mask bits must be < 32"),
        (json!({"cidr": "::/128"}), "IPv6 mask bits must be < 128"),
        (json!({"cidr": "a.example/8"}), "Nonstandard IP address: a.example"),
    ] {
        assert_eq!(refused(&json!({"a": [operator]}).to_string()), words, "{operator}");
    }
}

#[test]
fn a_pattern_made_to_be_slow_is_not() {
    let stars = "a*".repeat(PATTERN_BYTES_MAX / 2 - 20);
    let pattern =
        EventPattern::parse(&json!({"a": [{"wildcard": format!("{stars}b")}]}).to_string()).unwrap();
    let event = json!({"a": "a".repeat(1 << 20)});
    assert!(!pattern.takes(&event));
}
