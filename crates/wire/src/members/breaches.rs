//! Tests: what a request breaks, member by member, and what it is told.

use super::*;
use crate::Pattern;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Size {
    Large,
    Small,
}

impl Enumerated for Size {
    const NAMES: &'static [(&'static str, Size)] = &[("LARGE", Size::Large), ("SMALL", Size::Small)];
}

const DIGITS: TextRule = TextRule::matching(
    1,
    3,
    Pattern { text: r"[\d]*", holds: |text| text.bytes().all(|b| b.is_ascii_digit()) },
);

const ANY: TextRule = TextRule::length(0, 9);

fn told(body: &str, take: impl Fn(&mut Members<'_>)) -> WireFault {
    let mut members = Members::read(body.as_bytes()).unwrap();
    take(&mut members);
    members.finish(()).unwrap_err()
}

fn one(clause: &str) -> WireFault {
    WireFault::Validation(format!("1 validation error detected: {clause}"))
}

fn unreadable(text: &str) -> WireFault {
    WireFault::Serialization(Some(text.to_owned()))
}

#[test]
fn what_a_value_is_when_it_is_no_string_is_told() {
    for (value, name) in [
        ("true", "TRUE_VALUE"),
        ("false", "FALSE_VALUE"),
        ("1", "NUMBER_VALUE"),
        ("1.5", "DECIMAL_VALUE"),
        ("18446744073709551615", "DECIMAL_VALUE"),
        ("[]", "LIST_VALUE"),
        ("{}", "STRUCTURE_VALUE"),
    ] {
        let fault = told(&format!("{{\"A\":{value}}}"), |m| drop(m.text("A", &ANY)));
        assert_eq!(fault, unreadable(&format!("{name} can not be converted to a String")));
    }
}

#[test]
fn the_first_value_of_a_wrong_type_is_told_and_before_any_constraint() {
    let take = |m: &mut Members<'_>| {
        m.text("A", &DIGITS);
        m.text("B", &ANY);
        m.flag("C");
    };
    let fault = told(r#"{"A":"12345","B":5,"C":"x"}"#, take);
    assert_eq!(fault, unreadable("NUMBER_VALUE can not be converted to a String"));
    let nested = |m: &mut Members<'_>| {
        m.structure("S", |inner| inner.flag("F"));
    };
    assert_eq!(
        told(r#"{"S":{"F":1}}"#, nested),
        unreadable("NUMBER_VALUE can not be converted to a Boolean")
    );
}

#[test]
fn a_secret_is_held_to_its_rule_and_not_shown() {
    let clause = |broken: &str| format!("Value at 'code' failed to satisfy constraint: Member must {broken}");
    let code = |m: &mut Members<'_>| drop(m.secret_text("Code", &DIGITS));
    let long = told(r#"{"Code":"1234"}"#, code);
    assert_eq!(long, one(&clause("have length less than or equal to 3")));
    let letters = told(r#"{"Code":"x"}"#, code);
    assert_eq!(letters, one(&clause(r"satisfy regular expression pattern: [\d]*")));
}

#[test]
fn lists_are_held_to_their_number_and_to_the_rule_of_their_items() {
    let number = "failed to satisfy constraint: Member must have length less than or equal to 1";
    let two = Bounds::new(0, 1);
    let fault = told(r#"{"A":["1","2"]}"#, |m| drop(m.texts("A", two, &DIGITS)));
    assert_eq!(fault, one(&format!("Value '[1, 2]' at 'a' {number}")));
    let fault = told(r#"{"A":["LARGE","SMALL"]}"#, |m| drop(m.list_of::<Size>("A", two)));
    assert_eq!(fault, one(&format!("Value '[LARGE, SMALL]' at 'a' {number}")));
    let fault = told(r#"{"A":[{},{}]}"#, |m| {
        let items = m.structures("A", |_| ()).unwrap();
        m.counted("A", &items, two);
    });
    assert_eq!(fault, one(&format!("Value at 'a' {number}")));
    let inner = "failed to satisfy constraint: Member must satisfy constraint";
    let fault = told(r#"{"A":["x"]}"#, |m| drop(m.texts("A", two, &DIGITS)));
    let pattern = r"Member must satisfy regular expression pattern: [\d]*";
    assert_eq!(fault, one(&format!("Value '[x]' at 'a' {inner}: [{pattern}]")));
    let fault = told(r#"{"A":["HUGE"]}"#, |m| drop(m.list_of::<Size>("A", two)));
    let values = "Member must satisfy enum value set: [LARGE, SMALL]";
    assert_eq!(fault, one(&format!("Value '[HUGE]' at 'a' {inner}: [{values}]")));
}

#[test]
fn json_takes_no_text_for_a_number_and_none_for_a_list() {
    let whole = |m: &mut Members<'_>| {
        m.whole("N", Bounds::new(0, 9));
    };
    assert_eq!(told(r#"{"N":"5"}"#, whole), unreadable("STRING_VALUE can not be converted to an Integer"));
    assert_eq!(told(r#"{"N":1.5}"#, whole), unreadable("DECIMAL_VALUE can not be converted to an Integer"));
    let list = |m: &mut Members<'_>| drop(m.texts("L", Bounds::new(0, 9), &ANY));
    assert_eq!(told(r#"{"L":""}"#, list), unreadable("STRING_VALUE can not be converted to a List"));
}

#[test]
fn a_number_without_a_fraction_is_whole_however_it_is_written() {
    let mut members = Members::read(br#"{"A":5.0,"B":5e0}"#).unwrap();
    let five = Bounds::new(5, 5);
    assert_eq!((members.whole("A", five), members.whole("B", five)), (Some(5), Some(5)));
    assert_eq!(members.finish(()), Ok(()));
}

#[test]
fn bytes_are_counted_as_they_are_and_not_as_they_are_written() {
    let mut members = Members::read(br#"{"A":"YWI="}"#).unwrap();
    assert_eq!(members.blob("A", Bounds::new(2, 2)).as_deref(), Some(&b"ab"[..]));
    assert_eq!(members.finish(()), Ok(()));
}

#[test]
fn a_null_in_a_map_is_no_pair_and_what_is_no_text_is_refused() {
    let mut members = Members::read(br#"{"M":{"a":null,"b":"1"}}"#).unwrap();
    assert_eq!(members.map("M"), [(Cow::Borrowed("b"), Cow::Borrowed("1"))]);
    assert_eq!(members.finish(()), Ok(()));
    let fault = told(r#"{"M":{"a":5}}"#, |m| drop(m.map("M")));
    assert_eq!(fault, unreadable("NUMBER_VALUE can not be converted to a String"));
}

#[test]
fn what_is_wrong_is_not_told_as_missing_too() {
    let take = |m: &mut Members<'_>| {
        let size = m.one_of::<Size>("Size");
        m.required("Size", size.map(|_| ()));
    };
    let values = "Member must satisfy enum value set: [LARGE, SMALL]";
    assert_eq!(
        told(r#"{"Size":"x"}"#, take),
        one(&format!("Value 'x' at 'size' failed to satisfy constraint: {values}"))
    );
}
