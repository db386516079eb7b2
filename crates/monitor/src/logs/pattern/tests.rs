//! Filter patterns against the examples of the CloudWatch Logs user guide, and against what is wrong.

use super::*;

fn pattern(text: &str) -> FilterPattern {
    FilterPattern::parse(text).unwrap_or_else(|fault| panic!("{text}: {fault}"))
}

fn matches(text: &str, event: &str) -> bool {
    pattern(text).find(&LogEvent::new(event)).is_some()
}

fn check(cases: &[(&str, bool)], event: &str) {
    for (text, expected) in cases {
        assert_eq!(matches(text, event), *expected, "{text}");
    }
}

const TRAIL: &str = r#"{"eventType":"UpdateTrail","sourceIPAddress":"111.111.111.111","arrayKey":["value","another value"],
    "objectList":[{"name":"a","id":1},{"name":"b","id":2}],"SomeObject":null,"ThisFlag":true,"cluster.name":"c","n":10.5}"#;

const USERS: &str = r#"{"user":{"id":1,"email":"John.Stiles@example.com"},
    "users":[{"id":2,"email":"John.Doe@example.com"},{"id":3,"email":"Jane.Doe@example.com"}],
    "actions":["GET","PUT","DELETE"],"coordinates":[[0,1,2],[4,5,6],[7,8,9]]}"#;

const ACCESS: &str = r#"127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534"#;

#[test]
fn the_guides_pattern_finds_a_request_for_a_key_pending_deletion_and_no_other() {
    let guide = r#"{ $.eventSource = kms* && $.errorMessage = "* is pending deletion." }"#;
    let event =
        |source: &str, message: &str| format!(r#"{{"eventSource":"{source}","errorMessage":"{message}"}}"#);
    let arn = "arn:aws:kms:us-east-1:111122223333:key/1234";
    assert!(matches(guide, &event("kms.amazonaws.com", &format!("{arn} is pending deletion."))));
    assert!(!matches(guide, &event("kms.amazonaws.com", &format!("{arn} is disabled."))));
    assert!(!matches(guide, &event("iam.amazonaws.com", &format!("{arn} is pending deletion."))));
    assert!(!matches(guide, r#"{"eventSource":"kms.amazonaws.com"}"#));
    let today = r#"{ ($.eventSource = kms.amazonaws.com) && ($.errorMessage = "* is pending deletion.") }"#;
    assert!(matches(today, &event("kms.amazonaws.com", &format!("{arn} is pending deletion."))));
}

#[test]
fn properties_are_compared_as_the_guide_shows() {
    let cases = [
        (r#"{ $.eventType = "UpdateTrail" }"#, true),
        ("{ $.eventType = Update* }", true),
        ("{ $.eventType = *Trail }", true),
        ("{ $.eventType = *date* }", true),
        ("{ $.eventType = Up*Trail }", false),
        ("{ $.eventType = updateTrail }", false),
        ("{ $.sourceIPAddress != 123.123.* }", true),
        ("{ $.sourceIPAddress != 111.111.* }", false),
        (r#"{ $.arrayKey[0] = "value" }"#, true),
        (r#"{ $.arrayKey[2] = "value" }"#, false),
        ("{ $.objectList[1].id = 2 }", true),
        ("{ $.objectList[1].id = 1 }", false),
        ("{ $.SomeObject IS NULL }", true),
        ("{ $.Missing IS NULL }", false),
        ("{ $.SomeOtherObject NOT EXISTS }", true),
        ("{ $.SomeObject NOT EXISTS }", false),
        ("{ $.ThisFlag IS TRUE }", true),
        ("{ $.ThisFlag is false }", false),
        ("{ $.ThisFlag = true }", true),
        ("{$.['cluster.name']=c}", true),
        ("{ $.eventType = * }", true),
        ("{ $.Missing = * }", false),
    ];
    check(&cases, TRAIL);
}

#[test]
fn what_is_missing_or_no_leaf_fails_equal_and_not_equal_alike() {
    let cases = [
        ("{ $.arrayKey = 1 }", false),
        ("{ $.arrayKey != 1 }", false),
        ("{ $.SomeObject != 1 }", false),
        ("{ $.Missing != 1 }", false),
    ];
    check(&cases, TRAIL);
    check(&[("{ $.a = 1 }", false), ("{ $.a != 1 }", false), ("{ $.a NOT EXISTS }", false)], "no JSON");
}

#[test]
fn numbers_are_compared_as_numbers() {
    let cases = [
        ("{ $.n >= 10.5 }", true),
        ("{ $.n > 10.5 }", false),
        ("{ $.n < +1.1e1 }", true),
        ("{ $.n <= 10e-3 }", false),
        ("{ $.n = 1.05e1 }", true),
        ("{ $.n != 10.50 }", false),
        ("{ $.n = 10* }", true),
        ("{ $.eventType > 1 }", false),
    ];
    check(&cases, TRAIL);
}

#[test]
fn and_binds_closer_than_or_and_parentheses_closest() {
    let cases = [
        (r#"{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }"#, true),
        (r#"{ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "GET" }"#, false),
        (
            r#"{ $.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = nonmatch && $.actions[2] = nomatch }"#,
            true,
        ),
        (
            r#"{ ($.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = nonmatch) && $.actions[2] = nomatch }"#,
            false,
        ),
        ("{ $.coordinates[1][2] = 6 }", true),
    ];
    check(&cases, USERS);
}

#[test]
fn regular_expressions_stand_between_percent_signs() {
    let cases = [
        (r"{ $.sourceIPAddress = %111\.1[01]+\.[0-9]{1,3}% }", true),
        ("{ $.eventType = %^Trail% }", false),
        ("{ $.eventType != %^Trail% }", true),
        ("%Update(Trail)%", false),
    ];
    check(&cases[..3], TRAIL);
    assert_eq!(FilterPattern::parse(cases[3].0).unwrap_err(), PatternFault::Characters('('));
    assert!(matches("%fr[a-z]nk|colou?r%", ACCESS));
    assert!(!matches("%^frank%", ACCESS));
    assert!(pattern("%a%").has_regex() && !pattern("a").has_regex());
}

#[test]
fn terms_must_all_be_there_but_for_excluded_and_optional_ones() {
    let both = "ERROR WARN message";
    let cases = [
        ("", true),
        ("ERROR", true),
        ("error", false),
        ("ERROR WARN", true),
        ("ERROR -WARN", false),
        ("-INFO", true),
        (r#""WARN message""#, true),
        (r#""message WARN""#, false),
        ("?INFO ?WARN", true),
        ("?INFO ?DEBUG", false),
        ("?INFO ERROR", true),
        (r#"-"WARN message" ERROR"#, false),
    ];
    check(&cases, both);
    assert!(matches(r#""say \"no\"""#, r#"they say "no" to it"#));
}

#[test]
fn fields_stand_between_spaces_brackets_or_quotation_marks() {
    let cases = [
        ("[ip, user, username, timestamp, request, status_code, bytes]", true),
        ("[ip, user, username, timestamp, request, status_code]", false),
        ("[..., status_code, bytes]", true),
        ("[ip, user, ..., status_code, bytes]", true),
        ("[ip, user, ...]", true),
        ("[a, b, c, d, e, f, g, ...]", true),
        ("[a, b, c, d, e, f, g, h, ...]", false),
        ("[ip, user, username, timestamp, request =*.html*, status_code = 4*, bytes]", true),
        ("[..., status_code = 4* && bytes > 1000]", true),
        ("[..., status_code = 4* && status_code != 404, bytes]", false),
        ("[..., status_code = 200 || status_code = 404, bytes]", true),
        ("[ip=%^127%, ..., bytes]", true),
        (r#"[ip, user, username = "fra*", ,,,]"#, true),
        ("[]", false),
    ];
    check(&cases, ACCESS);
}

#[test]
fn fields_are_extracted_under_their_names_or_numbers() {
    let pattern = pattern("[..., request=*.html*, status_code=4*,]");
    let event = LogEvent::new(ACCESS);
    let found = pattern.find(&event).unwrap();
    let status = Reference::parse("$status_code").unwrap();
    assert_eq!(found.value(&status).as_deref(), Some("404"));
    let expected = [
        ("$1", "127.0.0.1"),
        ("$2", "-"),
        ("$3", "frank"),
        ("$4", "10/Oct/2000:13:25:15 -0700"),
        ("$request", "GET /index.html HTTP/1.0"),
        ("$status_code", "404"),
        ("$7", "1534"),
    ];
    assert_eq!(found.extracted(), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[test]
fn properties_are_extracted_as_text() {
    let pattern = pattern("{ $.n > 1 && $.ThisFlag IS TRUE && $.n < 100 }");
    let event = LogEvent::new(TRAIL);
    let found = pattern.find(&event).unwrap();
    let at = |text: &str| found.value(&Reference::parse(text).unwrap());
    assert_eq!(at("$.n").as_deref(), Some("10.5"));
    assert_eq!(at("$.objectList[1].name").as_deref(), Some("b"));
    assert_eq!((at("$.objectList"), at("$n")), (None, None));
    let expected = [("$.n", "10.5"), ("$.ThisFlag", "true")];
    assert_eq!(found.extracted(), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    for wrong in ["n", "$", "$.", "$.a[", "$.a b", "1"] {
        assert_eq!(Reference::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn what_is_no_pattern_is_refused_with_what_is_wrong() {
    let characters = |letter| PatternFault::Characters(letter);
    let cases = [
        ("?Status: timeout", characters(':')),
        (r#"{ $.message = "a", $.path = "b" }"#, characters(',')),
        ("{ $.\"sc-status\" = 5* }", characters('"')),
        ("a(b", characters('(')),
        ("%a!%", characters('!')),
        ("{ $.a = @ }", characters('@')),
        ("[a] b", PatternFault::Malformed),
        ("{ $.a = 1", PatternFault::Malformed),
        ("{ $.a }", characters('}')),
        ("{ $.a = }", characters('}')),
        ("{ a = 1 }", PatternFault::Malformed),
        ("{ $ = 1 }", PatternFault::Malformed),
        ("{ $[0] = 1 }", PatternFault::Malformed),
        ("{ $.a < b }", PatternFault::Malformed),
        ("{ $.a IS 5 }", PatternFault::Malformed),
        ("{ $.a NOT HERE }", PatternFault::Malformed),
        ("{ ($.a = 1 }", characters('}')),
        ("{ $.a = %b% || $.a = %c% || $.a = %d% }", PatternFault::Malformed),
        ("%[%", PatternFault::Malformed),
        ("%a{99999}%", PatternFault::Malformed),
        ("\"a", PatternFault::Malformed),
        ("[..., ...]", PatternFault::Malformed),
        ("[a = 1", PatternFault::Malformed),
        ("{}", characters('}')),
    ];
    for (text, expected) in cases {
        assert_eq!(FilterPattern::parse(text).unwrap_err(), expected, "{text}");
    }
    let deep = format!("{{{} $.a = 1 {}}}", "(".repeat(500), ")".repeat(500));
    assert_eq!(FilterPattern::parse(&deep).unwrap_err(), PatternFault::Malformed);
    assert_eq!(characters(':').to_string(), "Invalid character(s) in term ':'");
}
