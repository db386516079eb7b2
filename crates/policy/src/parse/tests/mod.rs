//! Documents that are taken and refused, kind by kind, with AWS's words.

use super::*;
use crate::fixture::document;

const ALLOW: &str = r#""Effect":"Allow","Action":"kms:Encrypt","Resource":"*""#;
const ASSUME: &str = r#""Effect":"Allow","Action":"sts:AssumeRole""#;
const IDENTITY_KINDS: [Kind; 3] = [Kind::Identity, Kind::Managed, Kind::Session];

/// Why a document with this one statement is refused.
fn refused(kind: Kind, members: &str) -> String {
    match document(kind, &format!("{{{members}}}")) {
        Ok(_) => "taken".to_owned(),
        Err(fault) => fault.to_string(),
    }
}

fn key_policy(members: &str) -> Result<Document, PolicyFault> {
    document(Kind::Key, &format!("{{{members}}}"))
}

#[test]
fn a_document_is_read_whole() {
    let text = r#"{"Id":"i","Statement":{"Sid":"s t","Effect":"Deny","NotPrincipal":{"AWS":"111122223333"},
        "NotAction":["kms:A"],"NotResource":"*","Condition":{"NumericLessThan":{"a:b":[1,"2",3.50]}}}}"#;
    let document = Document::parse(text, Kind::Key).unwrap();
    assert_eq!((document.kind(), document.version(), document.id()), (Kind::Key, Version::V2008, Some("i")));
    let [statement] = document.statements() else { panic!("one statement") };
    assert_eq!((statement.sid.as_deref(), statement.effect), (Some("s t"), Effect::Deny));
    let account = PrincipalText::Account("111122223333".parse().unwrap());
    assert_eq!(statement.principals, Some(Element::Except(vec![account])));
    assert_eq!(statement.actions, Some(Element::Except(vec!["kms:A".into()])));
    assert_eq!(statement.resources, Some(Element::Except(vec!["*".into()])));
    let values = statement.conditions[0].values.iter().map(|value| &**value).collect::<Vec<_>>();
    assert_eq!(values, ["1", "2", "3.5"]);
    assert!(
        text[statement.span.clone()].starts_with(r#"{"Sid""#)
            && text[statement.span.clone()].ends_with("}}}")
    );
}

#[test]
fn every_statement_knows_where_it_stands() {
    let text = "{\"Version\":\"2012-10-17\",\n \"Statement\": [ {\"Sid\":\"é\",\"Effect\":\"Allow\",\"Principal\":\"*\"},\n\t{\"Effect\":\"Deny\",\"Principal\":\"*\"} ]}";
    let document = Document::parse(text, Kind::Key).unwrap();
    let spans: Vec<&str> =
        document.statements().iter().map(|statement| &text[statement.span.clone()]).collect();
    let first = "{\"Sid\":\"é\",\"Effect\":\"Allow\",\"Principal\":\"*\"}";
    assert_eq!(spans, [first, "{\"Effect\":\"Deny\",\"Principal\":\"*\"}"]);
}

#[test]
fn what_a_document_names_is_listed() {
    let members = r#""Effect":"Allow","Action":["kms:Encrypt","kms:*"],"Resource":"arn:aws:x:::${aws:username}",
        "Condition":{"StringEquals":{"AWS:UserName":"${aws:PrincipalTag/a, 'b'}","kms:ViaService":"x"}}"#;
    let document = document(Kind::Identity, &format!("{{{members}}}")).unwrap();
    assert_eq!(document.actions().collect::<Vec<_>>(), ["kms:Encrypt", "kms:*"]);
    assert_eq!(document.condition_keys(), ["AWS:UserName", "kms:ViaService", "aws:PrincipalTag/a"]);
    let old = r#"{"Statement":{"Effect":"Allow","Principal":"*","Resource":"${aws:username}"}}"#;
    assert!(Document::parse(old, Kind::Key).unwrap().condition_keys().is_empty());
}

#[test]
fn what_is_not_of_the_grammar_is_refused() {
    for text in [
        "",
        "[]",
        "{}",
        "null",
        r#"{"Statement":[]}"#,
        r#"{"Statement":"x"}"#,
        r#"{"Statement":[[]]}"#,
        r#"{"Version":"2011-01-01","Statement":[{"Effect":"Allow","Principal":"*"}]}"#,
        r#"{"Version":2012,"Statement":[{"Effect":"Allow","Principal":"*"}]}"#,
        r#"{"Id":1,"Statement":[{"Effect":"Allow","Principal":"*"}]}"#,
        "{\"Statement\":",
        r#"{"Statement":[{"Effect":"Allow","Principal":"*"}]} x"#,
        r#"{"Statements":[{"Effect":"Allow","Principal":"*"}]}"#,
        r#"{"Statement":[{"Principal":"*"}]}"#,
        r#"{"Statement":[{"Effect":"allow","Principal":"*"}]}"#,
        r#"{"Statement":[{"Effect":true,"Principal":"*"}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Principal":"*","NotPrincipal":"*"}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"a","NotAction":"a"}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Principal":"*","Actions":"x"}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":[1]}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Principal":"*","Sid":null}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Principal":"*","Condition":[]}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Principal":"*","Condition":{"Bool":true}}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Principal":"*","Condition":{"Equals":{"a":"b"}}}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Principal":"*","Condition":{"NullIfExists":{"a":"true"}}}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Principal":"*","Condition":{"StringLike":{"":"b"}}}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Principal":"*","Condition":{"StringLike":{"a":{"b":1}}}}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Principal":"*","Condition":{"StringLike":{"a":[["b"]]}}}]}"#,
    ] {
        assert_eq!(Document::parse(text, Kind::Key), Err(PolicyFault::Syntax), "{text}");
    }
}

#[test]
fn a_member_that_stands_twice_is_refused_wherever_it_is() {
    for members in [
        r#""Effect":"Allow","Effect":"Deny","Principal":"*""#,
        r#""Effect":"Allow","Principal":{"AWS":"*","AWS":"*"}"#,
        r#""Effect":"Allow","Principal":"*","Condition":{"Bool":{"a":true},"Bool":{"b":true}}"#,
        r#""Effect":"Allow","Principal":"*","Condition":{"Bool":{"a":true,"a":false}}"#,
        r#""Effect":"Allow","Principal":"*","Condition":{"Bool":{"aws:x":true,"AWS:X":false}}"#,
    ] {
        assert_eq!(key_policy(members), Err(PolicyFault::Syntax), "{members}");
    }
    let twice = r#"{"Id":"a","Id":"b","Statement":[{"Effect":"Allow","Principal":"*"}]}"#;
    assert_eq!(Document::parse(twice, Kind::Key), Err(PolicyFault::Syntax));
}

#[test]
fn a_value_that_its_operator_cannot_use_is_refused() {
    let with = |operator: &str, value: &str| {
        let condition = format!(r#""Condition":{{"{operator}":{{"aws:x":["{value}"]}}}}"#);
        (key_policy(&format!(r#""Effect":"Allow","Principal":"*",{condition}"#)), condition)
    };
    for (operator, good, bad) in [
        ("NumericEquals", "1.5", "one"),
        ("DateLessThan", "2020-01-01T00:00Z", "2020-13-01"),
        ("Bool", "false", "yes"),
        ("Bool", "${aws:username}", ""),
        ("BinaryEquals", "AAEC", "A*"),
        ("IpAddress", "10.0.0.0/8", "10.0.0.0/40"),
        ("Null", "TRUE", "${aws:username}"),
    ] {
        assert!(with(operator, good).0.is_ok(), "{operator} {good}");
        assert_eq!(with(operator, bad).0, Err(PolicyFault::Syntax), "{operator} {bad}");
    }
    let (_, condition) = with("DateEquals", "tomorrow");
    assert_eq!(refused(Kind::Identity, &format!("{ALLOW},{condition}")), "The policy failed legacy parsing");
}

#[test]
fn hostile_input_is_refused_in_bounded_time_and_depth() {
    let deep = "[".repeat(100_000);
    let nested = r#"{"a":"#.repeat(50_000);
    for text in [
        deep.clone(),
        nested.clone(),
        format!(r#"{{"Statement":{deep}"#),
        format!(r#"{{"Statement":[{nested}"#),
    ] {
        assert_eq!(Document::parse(&text, Kind::Key), Err(PolicyFault::Syntax));
    }
    let closed = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let text = format!(r#"{{"Statement":[{{"Effect":"Allow","Principal":"*","Action":{closed}}}]}}"#);
    assert_eq!(Document::parse(&text, Kind::Key), Err(PolicyFault::Syntax));
    let many: Vec<String> = (0..50_000).map(|number| format!(r#""k{number}":1"#)).collect();
    assert_eq!(Document::parse(&format!("{{{}}}", many.join(",")), Kind::Key), Err(PolicyFault::Syntax));
}

#[test]
fn principals_of_a_key_policy_are_accounts_identities_services_or_anyone() {
    let principal = |text: &str| key_policy(&format!(r#""Effect":"Allow","Principal":{text}"#));
    for good in [
        r#""*""#,
        r#"{"AWS":"*"}"#,
        r#"{"AWS":"111122223333"}"#,
        r#"{"AWS":"AROAABCDEFGHIJKLMNOPQ"}"#,
        r#"{"AWS":["arn:aws:iam::111122223333:role/path/x","arn:aws:sts::111122223333:assumed-role/r/s"]}"#,
        r#"{"AWS":"arn:aws-cn:sts::111122223333:federated-user/f","Service":["a.amazonaws.com.cn"]}"#,
        r#"{"Service":"logs.us-east-1.amazonaws.com"}"#,
    ] {
        assert!(principal(good).is_ok(), "{good}");
    }
    for bad in [
        r#""111122223333""#,
        "[]",
        r#"{"AWS":"arn:aws:iam::111122223333:user/*"}"#,
        r#"{"AWS":"arn:aws:iam::111122223333:user/"}"#,
        r#"{"AWS":"arn:aws:iam::111122223333:group/g"}"#,
        r#"{"AWS":"arn:aws:iam::11112222333:root"}"#,
        r#"{"AWS":"arn:aws:iam:us-east-1:111122223333:root"}"#,
        r#"{"AWS":"arn:aws:sts::111122223333:root"}"#,
        r#"{"AWS":"AIDAshort"}"#,
        r#"{"AWS":"alice"}"#,
        r#"{"AWS":""}"#,
        r#"{"Service":"logs"}"#,
        r#"{"Service":"*.amazonaws.com"}"#,
        r#"{"Federated":"accounts.google.com"}"#,
        r#"{"CanonicalUser":"x"}"#,
    ] {
        assert_eq!(principal(bad), Err(PolicyFault::InvalidPrincipal), "{bad}");
    }
}

#[test]
fn a_key_policys_statement_without_principal_is_told_apart_from_a_wrong_one() {
    assert_eq!(refused(Kind::Key, ALLOW), "Policy contains a statement with no principal.");
    let empty = key_policy(r#""Effect":"Allow","Principal":{"AWS":[]}"#);
    assert_eq!(empty, Err(PolicyFault::NoPrincipal));
}

#[test]
fn for_all_values_over_encryption_context_or_request_tags_is_too_permissive_in_a_key_policy() {
    let condition = |key: &str| format!(r#""Condition":{{"ForAllValues:StringLike":{{"{key}":"x"}}}}"#);
    let with = |key: &str| key_policy(&format!(r#""Effect":"Allow","Principal":"*",{}"#, condition(key)));
    assert_eq!(with("kms:EncryptionContext:App"), Err(PolicyFault::ForAllEncryptionContext));
    assert_eq!(with("AWS:RequestTag/team"), Err(PolicyFault::ForAllRequestTag));
    assert!(with("kms:EncryptionContextKeys").is_ok());
    assert_eq!(refused(Kind::Identity, &format!("{ALLOW},{}", condition("aws:RequestTag/x"))), "taken");
}

#[test]
fn an_identity_policy_has_actions_and_resources_and_no_principal() {
    for kind in IDENTITY_KINDS {
        let told = |members: &str| refused(kind, members);
        assert_eq!(told(ALLOW), "taken");
        assert_eq!(told(r#""Effect":"Deny","NotAction":"iam:*","NotResource":["*"]"#), "taken");
        let principal = "Policy document should not specify a principal.";
        assert_eq!(told(&format!(r#"{ALLOW},"Principal":"*""#)), principal);
        assert_eq!(told(&format!(r#"{ALLOW},"NotPrincipal":"*""#)), principal);
        let (action, resource) = (r#""Action":"kms:Encrypt","#, r#","Resource":"*""#);
        assert_eq!(told(&ALLOW.replace(action, "")), "Policy statement must contain actions.");
        assert_eq!(told(&ALLOW.replace(action, r#""Action":[],"#)), "Policy statement must contain actions.");
        assert_eq!(told(&ALLOW.replace(resource, "")), "Policy statement must contain resources.");
        assert_eq!(told(&ALLOW.replace("Allow", "allow")), "The policy failed legacy parsing");
        assert_eq!(told(&ALLOW.replace("Allow", "Perhaps")), "Syntax errors in policy.");
    }
}

#[test]
fn actions_of_an_identity_policy_have_one_vendor() {
    let vendor = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";
    for (action, told) in [
        ("*", "taken"),
        ("*:*", "taken"),
        ("kms:*", "taken"),
        ("Encrypt", vendor),
        ("kms*", vendor),
        ("kms:a:b", "Actions/Condition can contain only one colon."),
        ("k_s:a", "Vendor k_s is not valid"),
        (":a", "Vendor  is not valid"),
    ] {
        assert_eq!(refused(Kind::Identity, &ALLOW.replace("kms:Encrypt", action)), told, "{action}");
        assert_eq!(refused(Kind::Key, &format!(r#"{ALLOW},"Principal":"*""#)), "taken");
    }
    let condition = r#","Condition":{"StringEquals":{"username":"x"}}"#;
    assert_eq!(refused(Kind::Identity, &format!("{ALLOW}{condition}")), vendor);
}

#[test]
fn resources_of_an_identity_policy_are_arns_or_everything() {
    let service = "Resource vendor must be fully qualified and cannot contain regexes.";
    for (resource, told) in [
        ("arn:aws:kms:*:*:key/*", "taken"),
        ("arn:aws-cn:kms", "taken"),
        ("arn:*:kms:::x", "taken"),
        ("key/x", r#"Resource key/x must be in ARN format or "*"."#),
        ("**", r#"Resource ** must be in ARN format or "*"."#),
        ("arn", r#"Resource arn must be in ARN format or "*"."#),
        ("arn:gcp:kms:::x", r#"Partition "gcp" is not valid for resource "arn:gcp:kms:::x"."#),
        ("arn:aws:*", service),
        ("arn:aws::::x", service),
        ("arn:aws", service),
    ] {
        let members = ALLOW.replace(r#""Resource":"*""#, &format!(r#""Resource":["{resource}"]"#));
        assert_eq!(refused(Kind::Identity, &members), told, "{resource}");
    }
}

#[test]
fn sids_of_an_identity_policy_are_plain_and_unique() {
    let two = |first: &str, second: &str| {
        let text = format!(r#"{{"Sid":"{first}",{ALLOW}}},{{"Sid":"{second}",{ALLOW}}}"#);
        document(Kind::Identity, &text).map(|_| ())
    };
    assert_eq!(two("a1", "A1"), Ok(()));
    assert_eq!(two("", ""), Ok(()));
    assert_eq!(two("a", "a"), Err(PolicyFault::SidTwice));
    assert_eq!(two("a b", "c"), Err(PolicyFault::SidCharacters));
}

#[test]
fn a_managed_policy_is_of_the_current_version() {
    let text = format!(r#"{{"Statement":{{{ALLOW}}}}}"#);
    assert_eq!(Document::parse(&text, Kind::Managed), Err(PolicyFault::OldVersion));
    assert!(Document::parse(&text, Kind::Identity).is_ok());
}

#[test]
fn a_trust_policy_is_about_assuming_its_role() {
    let principal = r#","Principal":{"Service":"ec2.amazonaws.com"}"#;
    let told = |members: &str| refused(Kind::Trust, members);
    assert_eq!(told(&format!("{ASSUME}{principal}")), "taken");
    assert_eq!(told(&format!("{ASSUME}{principal},\"Resource\":\"*\"")), "Has prohibited field Resource");
    assert_eq!(
        told(&format!("{ASSUME},\"NotPrincipal\":{{\"AWS\":\"*\"}}")),
        "Has prohibited field NotPrincipal"
    );
    assert_eq!(told(ASSUME), "Missing required field Principal");
    assert_eq!(told(&format!(r#""Effect":"Allow"{principal}"#)), "Missing required field Action");
    let only_sts = "AssumeRole policy may only specify STS AssumeRole actions.";
    for (action, expected) in [
        ("sts:TagSession", "taken"),
        ("STS:assumerole*", "taken"),
        ("sts:*", "taken"),
        ("sts:TagSessions", only_sts),
        ("sts:GetCallerIdentity", only_sts),
        ("kms:*", only_sts),
        ("*", only_sts),
    ] {
        assert_eq!(
            told(&format!("{}{principal}", ASSUME.replace("sts:AssumeRole", action))),
            expected,
            "{action}"
        );
    }
}

#[test]
fn a_trust_policy_names_a_wrong_principal() {
    let told = |principal: &str| refused(Kind::Trust, &format!(r#"{ASSUME},"Principal":{principal}"#));
    assert_eq!(told(r#"{"Federated":"arn:aws:iam::111122223333:oidc-provider/idp.example.com/x"}"#), "taken");
    assert_eq!(told(r#"{"Federated":"accounts.google.com"}"#), "taken");
    let arn = "arn:aws:iam::12345678910:role/r";
    assert_eq!(
        told(&format!(r#"{{"AWS":"{arn}"}}"#)),
        format!(r#"Invalid principal in policy: "AWS":"{arn}""#)
    );
    assert_eq!(told(r#"{"Federated":"x"}"#), r#"Invalid principal in policy: "Federated":"x""#);
    let document = document(
        Kind::Trust,
        &format!(r#"{{{ASSUME},"Principal":{{"AWS":"arn:aws:iam::111122223333:user/u"}}}}"#),
    );
    let document = document.unwrap();
    let missing = document.principals().next().unwrap();
    let fault = document.invalid_principal(missing).to_string();
    assert_eq!(fault, r#"Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:user/u""#);
}

#[test]
fn text_that_is_no_json_is_told_in_the_words_of_its_kind() {
    for (kind, told) in [
        (Kind::Key, "Syntax errors in policy."),
        (Kind::Identity, "Syntax errors in policy."),
        (Kind::Managed, "Syntax errors in policy."),
        (Kind::Session, "The policy is not in the valid JSON format."),
        (Kind::Trust, "This policy contains invalid Json"),
    ] {
        assert_eq!(Document::parse("{oops", kind).unwrap_err().to_string(), told, "{kind:?}");
        assert_eq!(Document::parse("[]", kind), Err(PolicyFault::Syntax), "{kind:?}");
    }
}

#[test]
fn a_control_policy_that_is_none_gets_one_message_for_everything() {
    let told = "The provided policy document does not meet the requirements of the specified policy type.";
    let everyone = r#","Principal":"*""#;
    assert_eq!(refused(Kind::ServiceControl, ALLOW), "taken");
    assert_eq!(refused(Kind::ServiceControl, &format!("{ALLOW}{everyone}")), told);
    assert_eq!(refused(Kind::ResourceControl, &format!("{ALLOW}{everyone}")), "taken");
    assert_eq!(refused(Kind::ResourceControl, ALLOW), told);
    let account = format!(r#"{ALLOW},"Principal":{{"AWS":"111122223333"}}"#);
    assert_eq!(refused(Kind::ResourceControl, &account), told);
    assert_eq!(Document::parse("{", Kind::ServiceControl).unwrap_err().to_string(), told);
}
