//! Every operator, with and without its key.

use std::net::{IpAddr, Ipv4Addr};

use super::*;
use crate::document::Kind;
use crate::fixture::{Facts, WORDS, document};

/// Whether facts meet a condition block, such as `"Bool": {"a:b": true}`.
fn met(block: &str, facts: &Facts) -> bool {
    requirements(block).iter().all(|requirement| requirement.check(facts).is_ok())
}

fn requirements(block: &str) -> Vec<Requirement> {
    let text = format!(r#"{{"Effect":"Allow","Principal":"*","Condition":{{{block}}}}}"#);
    let document = document(Kind::Key, &text).unwrap_or_else(|fault| panic!("{fault}: {block}"));
    let conditions = document.statements()[0].conditions.iter();
    conditions.map(|condition| Requirement::compile(condition, &WORDS, true)).collect()
}

/// An operator over the key `aws:UserName` with these values.
fn test(operator: &str, values: &str, facts: &Facts) -> bool {
    met(&format!(r#""{operator}":{{"aws:UserName":{values}}}"#), facts)
}

fn text(text: &'static str) -> Facts {
    Facts::text("aws:username", text)
}

fn value(value: Value<'static>) -> Facts {
    Facts::default().and("aws:username", value)
}

#[test]
fn string_operators_compare_exactly_ignoring_case_or_with_wildcards() {
    for (operator, values, matching, not) in [
        ("StringEquals", r#""Bob""#, "Bob", "bob"),
        ("StringEquals", r#""B*""#, "B*", "Bob"),
        ("StringEquals", r#"["Al","Bob"]"#, "Bob", "Bo"),
        ("StringEqualsIgnoreCase", r#""bOB""#, "Bob", "Bo"),
        ("StringEqualsIgnoreCase", r#""GRÜN""#, "grün", "grun"),
        ("StringLike", r#""B?b*""#, "Bobby", "bobby"),
        ("StringLike", r#""a*b""#, "a:/b", "a:/c"),
    ] {
        assert!(test(operator, values, &text(matching)), "{operator} {values} {matching}");
        assert!(!test(operator, values, &text(not)), "{operator} {values} {not}");
        let negated = operator.replace("String", "StringNot");
        assert!(!test(&negated, values, &text(matching)), "{negated} {values} {matching}");
        assert!(test(&negated, values, &text(not)), "{negated} {values} {not}");
    }
}

#[test]
fn numeric_operators_order_integers_and_decimals() {
    let seven = &value(Value::Number(7));
    for (operator, limit, holds) in [
        ("NumericEquals", "7", true),
        ("NumericEquals", r#""7.0""#, true),
        ("NumericEquals", "7.5", false),
        ("NumericNotEquals", "7", false),
        ("NumericNotEquals", "[6,8]", true),
        ("NumericLessThan", "7", false),
        ("NumericLessThan", "7.5", true),
        ("NumericLessThanEquals", "7", true),
        ("NumericGreaterThan", "7", false),
        ("NumericGreaterThan", "-8", true),
        ("NumericGreaterThanEquals", r#"["9","7"]"#, true),
    ] {
        assert_eq!(test(operator, limit, seven), holds, "{operator} {limit}");
    }
    assert!(test("NumericLessThan", "10", &text("9")));
    assert!(test("NumericEquals", "1700000000", &value(Value::Time(1_700_000_000))));
}

#[test]
fn date_operators_order_points_in_time_however_they_are_written() {
    let noon = &value(Value::Time(1_456_747_200));
    for (operator, limit, holds) in [
        ("DateEquals", r#""2016-02-29T12:00:00Z""#, true),
        ("DateEquals", "1456747200", true),
        ("DateNotEquals", r#""2016-02-29""#, true),
        ("DateLessThan", r#""2016-02-29T13:00:00+01:00""#, false),
        ("DateLessThan", r#""2017""#, true),
        ("DateLessThanEquals", r#""2016-02-29T12:00Z""#, true),
        ("DateGreaterThan", r#""2016-02""#, true),
        ("DateGreaterThanEquals", r#""2016-03""#, false),
    ] {
        assert_eq!(test(operator, limit, noon), holds, "{operator} {limit}");
    }
    assert!(test("DateGreaterThan", r#""2016""#, &text("2016-02-29T12:00:00Z")));
    assert!(test("DateLessThan", r#""2020""#, &value(Value::Number(1_456_747_200))));
}

#[test]
fn bool_takes_json_booleans_and_either_case() {
    for yes in ["true", r#""true""#, r#""True""#, r#"["false","true"]"#] {
        assert!(test("Bool", yes, &value(Value::Flag(true))), "{yes}");
        assert!(test("Bool", yes, &text("TRUE")), "{yes}");
    }
    assert!(!test("Bool", "true", &value(Value::Flag(false))));
    assert!(!test("Bool", "false", &text("no")));
}

#[test]
fn binary_values_are_compared_byte_for_byte() {
    assert!(test("BinaryEquals", r#""AAH/""#, &value(Value::Bytes(&[0, 1, 255]))));
    assert!(!test("BinaryEquals", r#""AAH/""#, &value(Value::Bytes(&[0, 1]))));
    assert!(test("BinaryEquals", r#""YWJj""#, &text("abc")));
}

#[test]
fn address_operators_take_ranges_and_bare_addresses() {
    let address = &value(Value::Address(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7))));
    assert!(test("IpAddress", r#""203.0.113.0/24""#, address));
    assert!(test("IpAddress", r#"["192.0.2.1","203.0.113.7"]"#, address));
    assert!(!test("IpAddress", r#""::/0""#, address));
    assert!(!test("NotIpAddress", r#""203.0.113.0/24""#, address));
    assert!(test("NotIpAddress", r#"["192.0.2.0/24","2001:db8::/32"]"#, address));
    assert!(test("IpAddress", r#""2001:db8::/32""#, &text("2001:db8::1")));
}

#[test]
fn arn_operators_compare_segment_by_segment_and_are_alike() {
    let role = &text("arn:aws:iam::111122223333:role/a/b");
    for operator in ["ArnEquals", "ArnLike"] {
        assert!(test(operator, r#""arn:aws:iam::*:role/*""#, role));
        assert!(test(operator, r#""arn:*:iam::11112222333?:role/a/b""#, role));
        assert!(!test(operator, r#""arn:aws:iam::*:role/a""#, role));
        assert!(!test(operator, r#""arn:aws:iam:*:role/a/b""#, role));
        assert!(!test(operator, r#""ARN:aws:iam::*:role/*""#, role));
        assert!(!test(operator, r#""*""#, role));
        let negated = operator.replace("Arn", "ArnNot");
        assert!(!test(&negated, r#""arn:aws:iam::*:role/*""#, role));
        assert!(test(&negated, r#""arn:aws:iam::*:user/*""#, role));
    }
}

#[test]
fn null_asks_whether_the_key_is_absent() {
    let (present, absent) = (&text(""), &Facts::default());
    let empty = &Facts::default().and_many("aws:UserName", &[]);
    assert!(test("Null", "true", absent) && test("Null", r#""true""#, empty));
    assert!(!test("Null", "true", present));
    assert!(test("Null", "false", present));
    assert!(!test("Null", "false", absent) && !test("Null", "false", empty));
}

#[test]
fn a_missing_key_fails_positive_operators_and_passes_negated_ones() {
    let absent = &Facts::default();
    let operators = [
        ("String", "Equals", r#""x""#),
        ("String", "EqualsIgnoreCase", r#""x""#),
        ("String", "Like", r#""x""#),
        ("Numeric", "Equals", "1"),
        ("Date", "Equals", r#""2020""#),
        ("Arn", "Equals", r#""x""#),
        ("Arn", "Like", r#""x""#),
        ("", "IpAddress", r#""::/0""#),
    ];
    for (family, test_name, values) in operators {
        assert!(!test(&format!("{family}{test_name}"), values, absent), "{family}{test_name}");
        assert!(test(&format!("{family}Not{test_name}"), values, absent), "{family}Not{test_name}");
        for negation in ["", "Not"] {
            let if_exists = format!("{family}{negation}{test_name}IfExists");
            assert!(test(&if_exists, values, absent), "{if_exists}");
        }
    }
    for (operator, values) in [("NumericLessThan", "1"), ("DateGreaterThan", "1"), ("Bool", "false")] {
        assert!(!test(operator, values, absent), "{operator}");
    }
    assert!(!test("BinaryEquals", r#""AA==""#, absent));
}

#[test]
fn if_exists_still_compares_what_is_there() {
    assert!(!test("StringEqualsIfExists", r#""x""#, &text("y")));
    assert!(!test("StringNotEqualsIfExists", r#""y""#, &text("y")));
    assert!(!test("ForAnyValue:StringLikeIfExists", r#""x*""#, &text("y")));
    assert!(test("ForAnyValue:StringLikeIfExists", r#""x*""#, &Facts::default()));
}

#[test]
fn for_all_values_holds_when_every_value_does_or_there_is_none() {
    let tags = |tags: &[&'static str]| Facts::default().and_many("aws:UserName", tags);
    let all =
        |operator: &str, facts: Facts| test(&format!("ForAllValues:{operator}"), r#"["a","b"]"#, &facts);
    assert!(all("StringEquals", tags(&["a", "b", "a"])));
    assert!(!all("StringEquals", tags(&["a", "c"])));
    assert!(all("StringEquals", tags(&[])));
    assert!(all("StringEquals", Facts::default()));
    assert!(all("StringNotEquals", tags(&["c", "d"])));
    assert!(!all("StringNotEquals", tags(&["c", "a"])));
    assert!(all("StringEquals", text("b")));
}

#[test]
fn for_any_value_holds_when_some_value_does() {
    let tags = |tags: &[&'static str]| Facts::default().and_many("aws:UserName", tags);
    let any = |operator: &str, facts: Facts| test(&format!("ForAnyValue:{operator}"), r#"["a","b"]"#, &facts);
    assert!(any("StringEquals", tags(&["c", "a"])));
    assert!(!any("StringEquals", tags(&["c", "d"])));
    assert!(!any("StringEquals", tags(&[])));
    assert!(!any("StringEquals", Facts::default()));
    assert!(any("StringNotEquals", tags(&["a", "c"])));
    assert!(!any("StringNotEquals", tags(&["a", "b"])));
    assert!(!any("StringNotEquals", tags(&[])));
}

#[test]
fn a_plain_operator_over_several_values_asks_for_one_that_matches() {
    let tags = &Facts::default().and_many("aws:UserName", &["a", "b"]);
    assert!(test("StringEquals", r#""b""#, tags));
    assert!(!test("StringEquals", r#""c""#, tags));
    assert!(!test("StringNotEquals", r#""b""#, tags));
    assert!(test("StringNotEquals", r#""c""#, tags));
}

#[test]
fn every_key_of_every_operator_must_hold() {
    let facts = text("bob").and("aws:PrincipalTag/Team", Value::Text("red"));
    let block = |team: &str, user: &str| {
        format!(
            r#""StringEquals":{{"aws:username":"{user}","aws:principaltag/TEAM":"{team}"}},
               "Null":{{"aws:sourceip":true}}"#
        )
    };
    assert!(met(&block("red", "bob"), &facts));
    assert!(!met(&block("blue", "bob"), &facts));
    assert!(!met(&block("red", "al"), &facts));
    assert!(!met(&block("red", "bob"), &facts.and("aws:SourceIp", Value::Text("::1"))));
}

#[test]
fn an_empty_list_of_values_is_matched_by_nothing() {
    assert!(!test("StringEquals", "[]", &text("x")));
    assert!(test("StringNotEquals", "[]", &text("x")));
}

#[test]
fn a_value_of_the_wrong_type_matches_nothing() {
    assert!(!test("NumericLessThan", "5", &text("three")));
    assert!(test("NumericNotEquals", "5", &text("three")));
    assert!(!test("DateLessThan", r#""2099""#, &text("tomorrow")));
    assert!(!test("IpAddress", r#""0.0.0.0/0""#, &text("host")));
    assert!(!test("NumericEquals", "1", &value(Value::Flag(true))));
    assert!(test("StringEquals", r#""12""#, &value(Value::Number(12))));
}

#[test]
fn an_unresolved_variable_fails_the_statement_under_every_operator() {
    let facts = &text("bob");
    for operator in ["StringEquals", "StringNotEquals", "StringLikeIfExists", "ForAllValues:StringNotLike"] {
        assert!(!test(operator, r#"["bob","al","${aws:PrincipalTag/x}"]"#, facts), "{operator}");
    }
    assert!(test("StringEquals", r#""${aws:PrincipalTag/x, 'bob'}""#, facts));
    assert!(test("StringNotEquals", r#""${aws:PrincipalTag/x, 'al'}""#, facts));
    assert!(!test("ArnNotLike", r#""arn:aws:iam::${aws:PrincipalTag/x}:root""#, facts));
    assert!(test("Bool", r#""${aws:username}""#, facts));
}

#[test]
fn what_was_missed_is_named() {
    let missed = |block: &str, facts: &Facts| match requirements(block)[0].check(facts) {
        Ok(()) => "met".to_owned(),
        Err(Miss::Condition { operator, key, absent }) => format!("{operator} {key} {absent}"),
        Err(other) => format!("{other:?}"),
    };
    let block = r#""ForAnyValue:StringLike":{"AWS:UserName":"a"}"#;
    assert_eq!(missed(block, &text("a")), "met");
    assert_eq!(missed(block, &text("b")), "ForAnyValue:StringLike AWS:UserName false");
    assert_eq!(missed(block, &Facts::default()), "ForAnyValue:StringLike AWS:UserName true");
    let variable = r#""StringEquals":{"aws:username":"${aws:SourceIp}"}"#;
    assert_eq!(missed(variable, &text("a")), r#"Variable { key: "aws:SourceIp" }"#);
}
