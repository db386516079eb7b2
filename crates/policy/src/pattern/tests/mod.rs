//! Patterns against their definition, and policy variables.

use super::*;
use crate::fixture::{Facts, WORDS};
use crate::value::Value;

const WILD: Special<'_> = Special { wildcards: true, variables: Some(&WORDS) };

fn like(pattern: &str, text: &str) -> bool {
    Pattern::compile(pattern, WILD).matches(text, &Facts::default())
}

/// Every text of at most so many of these characters.
fn texts(characters: &str, length_max: usize) -> Vec<String> {
    let mut all = vec![String::new()];
    for at in 0.. {
        let Some(text) = all.get(at).filter(|text| text.chars().count() < length_max).cloned() else {
            break;
        };
        all.extend(characters.chars().map(|next| format!("{text}{next}")));
    }
    all
}

/// Matching by definition.
fn naive(pattern: &[char], text: &[char]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, _) => text.is_empty(),
        (Some(('*', after)), next) => {
            naive(after, text) || next.is_some_and(|(_, rest)| naive(pattern, rest))
        }
        (Some((wanted, after)), Some((given, rest))) => {
            (*wanted == '?' || wanted == given) && naive(after, rest)
        }
        (Some(_), None) => false,
    }
}

#[test]
fn wildcards_match_as_defined_in_every_short_case() {
    let texts_to_match: Vec<Vec<char>> = texts("aé", 6).iter().map(|text| text.chars().collect()).collect();
    for pattern in texts("aé*?", 5) {
        let compiled = Pattern::compile(&pattern, WILD);
        let characters: Vec<char> = pattern.chars().collect();
        for text in &texts_to_match {
            let given: String = text.iter().collect();
            let matching = compiled.matches(&given, &Facts::default());
            assert_eq!(matching, naive(&characters, text), "{pattern} {given}");
        }
    }
}

#[test]
fn a_hostile_pattern_ends_in_bounded_time() {
    let text = "a".repeat(8_192);
    for pattern in ["*a".repeat(8_192) + "b", "*".repeat(16_384) + "b", format!("*{}b", "a".repeat(8_000))] {
        assert!(!like(&pattern, &text));
    }
    assert!(like(&"*a".repeat(8_192), &text));
    assert!(!like(&("*".to_owned() + &"?a".repeat(1_000) + "b"), &text));
}

#[test]
fn a_variable_stands_for_the_requests_value_literally() {
    let facts = Facts::text("aws:username", "a*c");
    let user = Pattern::compile("x-${AWS:UserName}-*", WILD);
    assert!(user.matches("x-a*c-1", &facts));
    assert!(!user.matches("x-abc-1", &facts));
    assert_eq!(user.unresolved(&facts), None);
    assert_eq!(user.unresolved(&Facts::default()), Some("AWS:UserName"));
}

#[test]
fn a_default_stands_in_for_an_absent_key_only() {
    let exact = Special { wildcards: false, variables: Some(&WORDS) };
    let pattern = Pattern::compile("${aws:PrincipalTag/Team, 'no: team'}", exact);
    assert!(pattern.equals("no: team", &Facts::default()));
    assert!(pattern.equals("red", &Facts::text("aws:principaltag/team", "red")));
    let many = Facts::default().and_many("aws:PrincipalTag/Team", &["red"]);
    assert_eq!(pattern.unresolved(&many), Some("aws:PrincipalTag/Team"));
}

#[test]
fn a_variable_may_be_of_any_type() {
    let facts = Facts::default().and("aws:CurrentTime", Value::Time(0));
    let exact = Special { wildcards: false, variables: Some(&WORDS) };
    assert!(Pattern::compile("at ${aws:CurrentTime}", exact).equals("at 1970-01-01T00:00:00Z", &facts));
}

#[test]
fn wildcard_characters_and_the_dollar_can_be_written_literally() {
    assert!(like("a${*}b", "a*b"));
    assert!(!like("a${*}b", "axb"));
    assert!(like("${?}${$}", "?$"));
}

#[test]
fn what_is_no_variable_is_plain_text() {
    for text in ["${aws:username", "${}", "${ }", "$aws:username", "${aws:username, x}", "$", "a$"] {
        assert!(like(text, text), "{text}");
    }
    let plain = Special { wildcards: true, variables: None };
    let old = Pattern::compile("${aws:username}", plain);
    assert!(old.matches("${aws:username}", &Facts::text("aws:username", "bob")));
}

#[test]
fn the_variables_of_a_text_are_found() {
    let found: Vec<_> = variables_of("a${aws:username}${*}${aws:PrincipalTag/x, 'y'}${open").collect();
    assert_eq!(found, ["aws:username", "aws:PrincipalTag/x"]);
}
