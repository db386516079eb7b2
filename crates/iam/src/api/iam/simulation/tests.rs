//! Whole simulations, from the pairs of a request to the XML of its answer.

use claviger_wire::{QueryRequest, QuerySource};

use super::*;
use crate::ControlLevels;

const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
const ALLOW: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:*","Resource":"*"}]}"#;
const DENY: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"kms:Encrypt","Resource":"*"}]}"#;

/// A request's pairs, not escaped.
type Pairs<'t> = &'t [(&'t str, &'t str)];

/// What answers the simulation of `kms:Encrypt` with these members; what is held is nothing.
fn simulate(pairs: Pairs<'_>) -> Result<String, Fault> {
    simulate_with(Held::default(), &[&[("ActionNames.member.1", "kms:Encrypt")], pairs].concat())
}

fn simulate_with(held: Held, pairs: Pairs<'_>) -> Result<String, Fault> {
    let escape = |text: &str| claviger_wire::percent_encoded(text);
    let body: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
    let body = body.join("&");
    let mut members = QueryRequest::read(body.as_bytes(), QuerySource::Body).unwrap().members;
    let policies = take_policies(&mut members).unwrap_or_default();
    let sent = Sent::take(&mut members, policies);
    let sent = members.finish(sent)?;
    let listed = Scenario::read(&sent, held, None, "111122223333".parse().unwrap())?.evaluate()?;
    let mut xml = Xml::default();
    write(&listed, &mut xml);
    Ok(String::from_utf8(xml.done().to_vec()).unwrap())
}

/// The contents of every element of this name.
fn all<'x>(xml: &'x str, name: &str) -> Vec<&'x str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    xml.split(open.as_str()).skip(1).filter_map(|rest| rest.split(close.as_str()).next()).collect()
}

fn decision(pairs: Pairs<'_>) -> String {
    all(&simulate(pairs).unwrap(), "EvalDecision")[0].to_owned()
}

fn told(pairs: Pairs<'_>) -> String {
    match simulate(pairs) {
        Err(Fault::InvalidInput(text)) => text.into_owned(),
        Err(fault) => panic!("{fault:?}"),
        Ok(xml) => panic!("{xml}"),
    }
}

#[test]
fn an_allow_without_resources_is_told_with_its_statement() {
    let xml = simulate(&[("PolicyInputList.member.1", ALLOW)]).unwrap();
    let expected = "<EvaluationResults><member><EvalActionName>kms:Encrypt</EvalActionName>\
        <EvalResourceName>*</EvalResourceName><EvalDecision>allowed</EvalDecision><MatchedStatements><member>\
        <SourcePolicyId>PolicyInputList.1</SourcePolicyId><SourcePolicyType>IAM Policy</SourcePolicyType>\
        <StartPosition><Line>1</Line><Column>38</Column></StartPosition>\
        <EndPosition><Line>1</Line><Column>88</Column></EndPosition></member></MatchedStatements>\
        <MissingContextValues></MissingContextValues></member></EvaluationResults><IsTruncated>false</IsTruncated>";
    assert_eq!(xml, expected);
}

#[test]
fn a_deny_is_told_alone_and_nothing_is_told_of_what_is_not_allowed() {
    let both = simulate(&[("PolicyInputList.member.1", ALLOW), ("PolicyInputList.member.2", DENY)]).unwrap();
    assert_eq!(all(&both, "EvalDecision"), ["explicitDeny"]);
    assert_eq!(all(&both, "SourcePolicyId"), ["PolicyInputList.2"]);
    let neither = simulate(&[]).unwrap();
    assert_eq!(all(&neither, "EvalDecision"), ["implicitDeny"]);
    assert_eq!(all(&neither, "MatchedStatements"), [""]);
}

#[test]
fn each_resource_has_its_result_and_the_strictest_stands_on_top() {
    let one_key = ALLOW.replace(r#""Resource":"*""#, &format!(r#""Resource":"{KEY}""#));
    let other = KEY.replace("1234abcd", "00000000");
    let pairs = [
        ("PolicyInputList.member.1", one_key.as_str()),
        ("ResourceArns.member.1", KEY),
        ("ResourceArns.member.2", &other),
    ];
    let xml = simulate(&pairs).unwrap();
    assert_eq!(all(&xml, "EvalResourceDecision"), ["allowed", "implicitDeny"]);
    assert_eq!(all(&xml, "EvalDecision"), ["implicitDeny"]);
    assert_eq!(all(&xml, "EvalResourceName"), ["*", KEY, &other]);
    assert_eq!(all(&xml, "EvalDecisionDetails"), ["", "", ""]);
    let single = simulate(&pairs[..2]).unwrap();
    assert_eq!(all(&single, "EvalResourceName"), [KEY, KEY]);
}

#[test]
fn keys_that_are_not_given_are_missing_and_those_given_count_with_their_type() {
    let condition = r#""Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"},"NumericLessThan":{"kms:RotationPeriodInDays":"100"}}"#;
    let policy = ALLOW.replace(r#""Resource":"*""#, condition);
    let ip = |value| {
        [
            ("PolicyInputList.member.1", policy.as_str()),
            ("ContextEntries.member.1.ContextKeyName", "AWS:sourceip"),
            ("ContextEntries.member.1.ContextKeyType", "ip"),
            ("ContextEntries.member.1.ContextKeyValues.member.1", value),
        ]
    };
    let number = [
        ("ContextEntries.member.2.ContextKeyName", "kms:RotationPeriodInDays"),
        ("ContextEntries.member.2.ContextKeyType", "numeric"),
        ("ContextEntries.member.2.ContextKeyValues.member.1", "99.5"),
    ];
    let xml = simulate(&ip("203.0.113.9")).unwrap();
    assert_eq!(all(&xml, "MissingContextValues"), ["<member>kms:RotationPeriodInDays</member>"]);
    assert_eq!(all(&xml, "EvalDecision"), ["implicitDeny"]);
    assert_eq!(decision(&[&ip("203.0.113.9")[..], &number].concat()), "allowed");
    assert_eq!(decision(&[&ip("198.51.100.9")[..], &number].concat()), "implicitDeny");
}

#[test]
fn a_key_of_several_values_is_a_set() {
    let condition = r#""Resource":"*","Condition":{"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}}"#;
    let policy = ALLOW.replace(r#""Resource":"*""#, condition);
    let tags = |second| {
        decision(&[
            ("PolicyInputList.member.1", &policy),
            ("ContextEntries.member.1.ContextKeyName", "aws:TagKeys"),
            ("ContextEntries.member.1.ContextKeyType", "stringList"),
            ("ContextEntries.member.1.ContextKeyValues.member.1", "a"),
            ("ContextEntries.member.1.ContextKeyValues.member.2", second),
        ])
    };
    assert_eq!((tags("b").as_str(), tags("c").as_str()), ("allowed", "implicitDeny"));
}

#[test]
fn a_boundary_limits_and_its_own_decision_is_told() {
    let boundary =
        |text| [("PolicyInputList.member.1", ALLOW), ("PermissionsBoundaryPolicyInputList.member.1", text)];
    let allows = |xml: &str| all(xml, "AllowedByPermissionsBoundary").join(",");
    let inside = simulate(&boundary(ALLOW)).unwrap();
    assert_eq!((all(&inside, "EvalDecision")[0], allows(&inside).as_str()), ("allowed", "true"));
    let other = ALLOW.replace("kms:*", "s3:*");
    let outside = simulate(&boundary(&other)).unwrap();
    assert_eq!((all(&outside, "EvalDecision")[0], allows(&outside).as_str()), ("implicitDeny", "false"));
    let denied = simulate(&boundary(DENY)).unwrap();
    assert_eq!((all(&denied, "EvalDecision")[0], allows(&denied).as_str()), ("explicitDeny", "false"));
    assert_eq!(all(&denied, "MatchedStatements"), [""]);
}

#[test]
fn service_control_policies_limit_and_are_not_among_the_statements() {
    let held = |text: &str| {
        let document = Document::parse(text, Kind::ServiceControl).unwrap();
        let policy = claviger_policy::Policy::compile(&document, "", &crate::VOCABULARY, &|_| None);
        Held { service_control: ControlLevels(vec![vec![policy.into()]]), ..Held::default() }
    };
    let pairs = [
        ("ActionNames.member.1", "kms:Encrypt"),
        ("PolicyInputList.member.1", ALLOW),
        ("ResourceArns.member.1", KEY),
    ];
    for (text, decision, allows) in [
        (ALLOW.to_owned(), "allowed", "true"),
        (ALLOW.replace("kms:*", "s3:*"), "implicitDeny", "false"),
        (DENY.to_owned(), "explicitDeny", "false"),
    ] {
        let xml = simulate_with(held(&text), &pairs).unwrap();
        assert_eq!(all(&xml, "EvalDecision"), [decision], "{text}");
        assert_eq!(all(&xml, "AllowedByOrganizations"), [allows], "{text}");
        assert_eq!(all(&xml, "EvalDecisionDetails").is_empty(), allows == "false", "{text}");
        assert_eq!(all(&xml, "SourcePolicyId").is_empty(), allows == "false", "{text}");
    }
}

const KEY_POLICY: &str = r#"{"Statement":[
 {"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/alice"},"Action":"kms:Encrypt","Resource":"*"}]}"#;

#[test]
fn a_resource_policy_decides_for_the_user_that_it_names() {
    let of = |caller| {
        let pairs = [("ResourcePolicy", KEY_POLICY), ("ResourceArns.member.1", KEY), ("CallerArn", caller)];
        simulate(&pairs).unwrap()
    };
    let alice = of(ALICE);
    assert_eq!(all(&alice, "EvalDecision"), ["allowed"]);
    assert_eq!(all(&alice, "SourcePolicyId")[0], "ResourcePolicy");
    assert_eq!(all(&alice, "SourcePolicyType")[0], "Resource Policy");
    assert_eq!(all(&alice, "StartPosition")[0], "<Line>1</Line><Column>15</Column>");
    assert_eq!(all(&alice, "EndPosition")[0], "<Line>2</Line><Column>117</Column>");
    assert_eq!(all(&of("arn:aws:iam::111122223333:user/bob"), "EvalDecision"), ["implicitDeny"]);
}

#[test]
fn across_accounts_both_sides_must_allow_and_are_told() {
    let foreign = KEY_POLICY.replace("111122223333", "444455556666");
    let pairs = [
        ("ResourcePolicy", foreign.as_str()),
        ("ResourceArns.member.1", KEY),
        ("CallerArn", "arn:aws:iam::444455556666:user/alice"),
        ("PolicyInputList.member.1", ALLOW),
    ];
    let entry =
        |kind: &str, decision: &str| format!("<entry><key>{kind}</key><value>{decision}</value></entry>");
    let one = simulate(&pairs[..3]).unwrap();
    let told = entry("IAM Policy", "implicitDeny") + &entry("Resource Policy", "allowed");
    assert_eq!(
        (all(&one, "EvalDecision")[0], all(&one, "EvalDecisionDetails")[0]),
        ("implicitDeny", told.as_str())
    );
    let both = simulate(&pairs).unwrap();
    let told = entry("IAM Policy", "allowed") + &entry("Resource Policy", "allowed");
    assert_eq!(
        (all(&both, "EvalDecision")[0], all(&both, "EvalDecisionDetails")[0]),
        ("allowed", told.as_str())
    );
    // A resource that names no owner has the one that the request says.
    let owned = [
        &pairs[..1],
        &pairs[2..],
        &[("ResourceArns.member.1", "arn:aws:s3:::a"), ("ResourceOwner", "444455556666")],
    ];
    assert_eq!(all(&simulate(&owned.concat()).unwrap(), "EvalDecisionDetails"), ["", ""]);
}

#[test]
fn what_cannot_be_simulated_is_refused_in_the_words_of_aws() {
    let role = "arn:aws:iam::111122223333:role/Worker";
    let caller = "Invalid caller - Caller must be an IAM user in this context.";
    for (pairs, text) in [
        (
            &[("ResourceArns.member.1", "1234abcd")][..],
            "ResourceNames are not in a valid ARN format: 1234abcd.",
        ),
        (&[("ResourceOwner", "me")], "'me' is not a valid as a Resource Owner."),
        (&[("ResourcePolicy", KEY_POLICY)], caller),
        (&[("ResourcePolicy", KEY_POLICY), ("CallerArn", role)], caller),
        (&[("PolicyInputList.member.1", "{}")], "Syntax errors in policy."),
        (&[("ActionNames.member.2", "kms:*")], "Invalid Action Name: kms:*"),
        (
            &[("CallerArn", "arn:aws:sts::111122223333:assumed-role/Worker/one")],
            "Invalid Entity Arn: arn:aws:sts::111122223333:assumed-role/Worker/one does not clearly define entity \
             type and name.",
        ),
        (
            &[
                ("PermissionsBoundaryPolicyInputList.member.1", ALLOW),
                ("PermissionsBoundaryPolicyInputList.member.2", ALLOW),
            ],
            "Only one permissions boundary policy can be simulated.",
        ),
    ] {
        assert_eq!(told(pairs), text);
    }
}

#[test]
fn results_come_in_pages_in_the_order_of_the_actions() {
    let actions = ["kms:Sign", "kms:Decrypt", "kms:Encrypt"];
    let names: Vec<String> = (1..=3).map(|at| format!("ActionNames.member.{at}")).collect();
    let sent: Vec<(&str, &str)> =
        names.iter().map(String::as_str).zip(actions).chain([("MaxItems", "2")]).collect();
    let first = simulate_with(Held::default(), &sent).unwrap();
    assert_eq!(all(&first, "EvalActionName"), actions[..2]);
    let marker = all(&first, "Marker")[0];
    let second = simulate_with(Held::default(), &[&sent[..], &[("Marker", marker)]].concat()).unwrap();
    assert_eq!(
        (all(&second, "EvalActionName"), all(&second, "IsTruncated")),
        (vec![actions[2]], vec!["false"])
    );
}

#[test]
fn condition_keys_are_told_once_as_first_written_and_those_of_variables_too() {
    let policy = |condition: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{condition}}}}}"#
        )
    };
    let texts = [
        policy(r#"{"StringEquals":{"aws:UserId":"${aws:username}"}}"#),
        policy(r#"{"StringLike":{"AWS:userid":"x"},"Bool":{"aws:SecureTransport":true}}"#),
    ];
    let keys = context_keys(&Source::of_list(POLICY_INPUT, &texts)).unwrap();
    assert_eq!(keys, ["aws:UserId", "aws:username", "aws:SecureTransport"]);
}

#[test]
fn a_simulation_that_would_weigh_too_much_is_refused() {
    let names: Vec<String> = (1..=1000)
        .flat_map(|at| [format!("ActionNames.member.{at}"), format!("ResourceArns.member.{at}")])
        .collect();
    let sent: Vec<(&str, &str)> = names
        .iter()
        .map(|name| (name.as_str(), if name.starts_with('A') { "kms:Sign" } else { KEY }))
        .collect();
    let most = [&sent[..], &[("MaxItems", "99")]].concat();
    assert_eq!(all(&simulate_with(Held::default(), &most).unwrap(), "EvalActionName").len(), 99);
    let refused = simulate_with(Held::default(), &[&sent[..], &[("MaxItems", "101")]].concat());
    let text = "A simulation can weigh at most 100000 statements: ask for fewer actions or resources.";
    assert!(matches!(refused, Err(Fault::InvalidInput(told)) if told == text));
}
