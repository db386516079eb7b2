//! Each mistake by an example, and what is none.

use super::*;
use crate::PolicyFault;

/// What is told of a document of one statement, `{…}` without its braces.
fn told_of(kind: Kind, version: &str, statement: &str) -> Vec<String> {
    let text = format!(r#"{{"Version":"{version}","Statement":[{{{statement}}}]}}"#);
    lint(&text, kind, &KMS).into_iter().map(|finding| finding.mistake.to_string()).collect()
}

/// Of a key policy for one account, with these members too.
fn key(members: &str) -> Vec<String> {
    told_of(Kind::Key, "2012-10-17", &format!(r#""Principal":{{"AWS":"111122223333"}},{members}"#))
}

fn identity(members: &str) -> Vec<String> {
    told_of(Kind::Identity, "2012-10-17", members)
}

/// An Allow of a key policy with a condition.
fn with(action: &str, condition: &str) -> Vec<String> {
    key(&format!(r#""Effect":"Allow","Action":{action},"Resource":"*","Condition":{{{condition}}}"#))
}

#[test]
fn policies_as_the_guide_has_them_have_no_mistake() {
    let default = crate::default_key_policy("aws", crate::fixture::owner());
    assert_eq!(lint(&default, Kind::Key, &KMS), []);
    for (action, condition) in [
        (
            r#"["kms:Encrypt","kms:ReEncrypt*","kms:GenerateDataKey*"]"#,
            r#""StringEquals":{"kms:EncryptionContext:a":"b"}"#,
        ),
        (
            r#"["kms:CreateGrant","kms:ListGrants","kms:RevokeGrant"]"#,
            r#""Bool":{"kms:GrantIsForAWSResource":"true"}"#,
        ),
        (
            r#""kms:CreateGrant""#,
            r#""ForAllValues:StringEquals":{"kms:GrantOperations":["Decrypt","Encrypt"]}"#,
        ),
        (
            r#""kms:*""#,
            r#""StringLike":{"kms:ViaService":["ec2.*.amazonaws.com","s3.us-west-2.amazonaws.com"]}"#,
        ),
        (r#""kms:*""#, r#""ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/${aws:PrincipalTag/x}"}"#),
        (
            r#""kms:ImportKeyMaterial""#,
            r#""NumericLessThan":{"kms:ValidTo":"1609459200"},"Null":{"kms:ValidTo":"false"}"#,
        ),
        (r#""kms:Decrypt""#, r#""StringEqualsIgnoreCase":{"kms:RecipientAttestation:ImageSha384":"ab"}"#),
    ] {
        assert_eq!(with(action, condition), [""; 0], "{action} {condition}");
    }
}

#[test]
fn what_is_no_policy_is_told_in_the_words_of_aws_on_its_line() {
    let finding = |line, fault| vec![Finding { line, mistake: Mistake::Malformed(fault) }];
    let broken = "{\n\"Version\":\"2012-10-17\",\n\"Statement\": x}";
    assert_eq!(lint(broken, Kind::Key, &KMS), finding(3, PolicyFault::Syntax));
    let good = r#"{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"Bool":{"aws:ViaAWSService":true}}}"#;
    let text = format!("{{\"Statement\":[\n{good},\n{}\n]}}", good.replace(r#""Principal":"*","#, ""));
    assert_eq!(lint(&text, Kind::Key, &KMS), finding(3, PolicyFault::NoPrincipal));
    let old = "{\"Statement\":[\n{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}";
    assert_eq!(lint(old, Kind::Managed, &KMS)[0].mistake, Mistake::Malformed(PolicyFault::OldVersion));
}

#[test]
fn an_action_that_does_not_exist_is_found() {
    let one = |action: &str| {
        key(&format!(r#""Effect":"Allow","Action":["kms:Decrypt","{action}"],"Resource":"*""#))
    };
    for wrong in ["kms:ReEncrypt", "kms:Encrpyt", "kms:Foo*", "s3:GetObject", "Decrypt"] {
        assert_eq!(one(wrong), [format!("{wrong} matches no action of kms")]);
    }
    for good in ["kms:*", "*", "KMS:re*", "kms:Generate?ac"] {
        assert_eq!(one(good), [""; 0], "{good}");
    }
    let not = r#""Effect":"Deny","NotAction":"kms:Nothing","Resource":"*""#;
    assert_eq!(key(not), ["kms:Nothing matches no action of kms"]);
    let other = r#""Effect":"Allow","Action":["s3:Nothing","kms:Nothing"],"Resource":"*""#;
    assert_eq!(identity(other), ["kms:Nothing matches no action of kms"]);
}

#[test]
fn an_action_that_a_key_policy_has_no_say_in_is_found() {
    for action in ["kms:CreateKey", "kms:ListKeys", "kms:RetireGrant"] {
        let told = key(&format!(r#""Effect":"Allow","Action":"{action}","Resource":"*""#));
        assert_eq!(
            told,
            [format!("{action} has no effect in a key policy, only in policies of users and roles")]
        );
    }
    assert_eq!(key(r#""Effect":"Allow","Action":"kms:List*","Resource":"*""#), [""; 0]);
}

#[test]
fn an_action_on_resources_that_it_is_never_about_is_found() {
    let on = |action: &str, resource: &str| {
        identity(&format!(r#""Effect":"Allow","Action":"{action}","Resource":"{resource}""#))
    };
    let (key, alias) =
        ("arn:aws:kms:us-east-1:111122223333:key/*", "arn:aws:kms:us-east-1:111122223333:alias/a");
    for (action, resource) in
        [("kms:Decrypt", alias), ("kms:ListKeys", key), ("kms:Decrypt", "arn:aws:s3:::key/a")]
    {
        let told = format!("{action} is never about the resources of this statement");
        assert_eq!(on(action, resource), [told], "{resource}");
    }
    for (action, resource) in [
        ("kms:Decrypt", key),
        ("kms:CreateAlias", alias),
        ("kms:CreateAlias", key),
        ("kms:ListKeys", "*"),
        ("kms:*", alias),
        ("kms:Decrypt", "arn:aws:kms:*:111122223333:*"),
        ("kms:Decrypt", "arn:aws:kms"),
        ("s3:GetObject", "arn:aws:s3:::a/*"),
    ] {
        assert_eq!(on(action, resource), [""; 0], "{action} {resource}");
    }
}

#[test]
fn a_statement_without_effect_is_found() {
    let no_resource =
        "the statement has no effect: it is about no key (in a key policy, write \"*\" for this key)";
    for resource in [
        r#""Resource":"arn:aws:s3:::a""#,
        r#""Resource":"arn:aws:kms:us-east-1:111122223333:alias/a""#,
        r#""Resource":"key/1234""#,
        r#""Resource":[]"#,
        r#""NotResource":"*""#,
    ] {
        let told = key(&format!(r#""Effect":"Deny","Action":"kms:*",{resource}"#));
        assert_eq!(told, [no_resource], "{resource}");
    }
    assert_eq!(key(r#""Effect":"Deny","Action":"kms:*""#), [no_resource]);
    let no_action = "the statement has no effect: it is about no action";
    for action in [r#""Action":[]"#, r#""NotAction":"kms:*""#, r#""Sid":"a""#] {
        assert_eq!(key(&format!(r#""Effect":"Deny",{action},"Resource":"*""#)), [no_action], "{action}");
    }
}

#[test]
fn everyone_without_condition_and_everyone_else_are_found() {
    let of =
        |kind, principal: &str, rest: &str| told_of(kind, "2012-10-17", &format!(r#"{principal},{rest}"#));
    let rest = r#""Effect":"Allow","Action":"kms:Decrypt","Resource":"*""#;
    let everyone = "everyone in every account is allowed, without any condition";
    assert_eq!(of(Kind::Key, r#""Principal":"*""#, rest), [everyone]);
    assert_eq!(of(Kind::Key, r#""Principal":{"AWS":["111122223333","*"]}"#, rest), [everyone]);
    let trust = r#""Effect":"Allow","Action":"sts:AssumeRole""#;
    assert_eq!(of(Kind::Trust, r#""Principal":{"AWS":"*"}"#, trust), [everyone]);
    assert_eq!(of(Kind::ResourceControl, r#""Principal":"*""#, rest), [""; 0]);
    assert_eq!(of(Kind::Key, r#""Principal":"*""#, &rest.replace("Allow", "Deny")), [""; 0]);
    let limited = format!(r#"{rest},"Condition":{{"StringEquals":{{"kms:CallerAccount":"111122223333"}}}}"#);
    assert_eq!(of(Kind::Key, r#""Principal":"*""#, &limited), [""; 0]);
    let else_ = "NotPrincipal with Allow lets in everyone else, in every account";
    assert_eq!(of(Kind::Key, r#""NotPrincipal":{"AWS":"111122223333"}"#, rest), [else_]);
}

#[test]
fn a_condition_key_that_does_not_exist_is_found() {
    for wrong in ["kms:KeyType", "aws:PrincipalOrg", "aws:PrincipalTag/", "s3:prefix", "SourceIp"] {
        let told = with(r#""kms:Decrypt""#, &format!(r#""StringEquals":{{"{wrong}":"x"}}"#));
        assert_eq!(told, [format!("{wrong} is no condition key")]);
    }
    let statement =
        r#""Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"s3:prefix":"x"}}"#;
    assert_eq!(identity(statement), [""; 0]);
}

#[test]
fn a_condition_key_that_no_action_has_is_found() {
    let never = |key: &str| format!("{key} is never present: no action of this statement has it");
    let context = r#""StringEquals":{"kms:EncryptionContext:a":"b"}"#;
    assert_eq!(with(r#"["kms:DescribeKey","kms:List*"]"#, context), [never("kms:EncryptionContext:a")]);
    let aliases = r#""ForAnyValue:StringLike":{"kms:ResourceAliases":"alias/a"}"#;
    assert_eq!(with(r#""kms:*""#, aliases), [never("kms:ResourceAliases")]);
    let statement = format!(r#""Effect":"Allow","Action":"kms:*","Resource":"*","Condition":{{{aliases}}}"#);
    assert_eq!(identity(&statement), [""; 0]);
    let tags = r#""StringEquals":{"aws:RequestTag/a":"b"}"#;
    assert_eq!(with(r#""kms:Decrypt""#, tags), [never("aws:RequestTag/a")]);
    let mixed =
        format!(r#""Effect":"Allow","Action":["kms:Decrypt","s3:*"],"Resource":"*","Condition":{{{tags}}}"#);
    assert_eq!(
        identity(&mixed),
        ["kms:Decrypt never has aws:RequestTag/a, so this statement does not allow it"]
    );
}

#[test]
fn an_action_that_is_allowed_only_with_a_key_that_it_never_has_is_found() {
    let actions = r#"["kms:Decrypt","kms:DescribeKey"]"#;
    let told = "kms:DescribeKey never has kms:EncryptionContext:a, so this statement does not allow it";
    assert_eq!(with(actions, r#""StringEquals":{"kms:EncryptionContext:a":"b"}"#), [told]);
    for other in ["StringNotEquals", "StringEqualsIfExists"] {
        assert_eq!(
            with(actions, &format!(r#""{other}":{{"kms:EncryptionContext:a":"b"}}"#)),
            [""; 0],
            "{other}"
        );
    }
    assert_eq!(with(actions, r#""Null":{"kms:EncryptionContext:a":"true"}"#), [""; 0]);
}

#[test]
fn values_and_operators_that_never_match_are_found() {
    let is =
        |condition: &str| with(r#"["kms:CreateGrant","kms:Encrypt*","kms:ImportKeyMaterial"]"#, condition);
    for (condition, told) in [
        (
            r#""StringEquals":{"kms:CallerAccount":"1111"}"#,
            "kms:CallerAccount is never 1111: it is the twelve digits of an account",
        ),
        (
            r#""StringEquals":{"kms:ViaService":"s3.amazonaws.com"}"#,
            "kms:ViaService is never s3.amazonaws.com: it is a service in a Region, such as s3.us-east-1.amazonaws.com",
        ),
        (r#""StringLike":{"kms:KeySpec":"AES*"}"#, "kms:KeySpec is never AES*: it is one of a few words"),
        (r#""StringEquals":{"kms:MultiRegion":"yes"}"#, "kms:MultiRegion is never yes: it is true or false"),
        (r#""ArnLike":{"aws:PrincipalArn":"role/a"}"#, "aws:PrincipalArn is never role/a: it is an ARN"),
        (
            r#""ArnLike":{"kms:ViaService":"arn:a:b:c:d:e"}"#,
            "ArnLike never matches kms:ViaService, which is a service in a Region, such as s3.us-east-1.amazonaws.com",
        ),
        (
            r#""NumericLessThan":{"kms:KeySpec":"1"}"#,
            "NumericLessThan never matches kms:KeySpec, which is one of a few words",
        ),
        (
            r#""IpAddress":{"aws:userid":"203.0.113.0/24"}"#,
            "IpAddress never matches aws:userid, which is text",
        ),
        (r#""StringEquals":{"aws:username":[]}"#, "aws:username is compared with no value"),
    ] {
        assert!(is(condition).iter().any(|mistake| mistake == told), "{condition}: {:?}", is(condition));
    }
    let alias = with(
        r#""kms:Decrypt""#,
        r#""StringEquals":{"kms:RequestAlias":"arn:aws:kms:us-east-1:111122223333:alias/a"}"#,
    );
    assert!(alias[0].ends_with("it is an alias name such as alias/example"), "{alias:?}");
}

#[test]
fn one_value_and_several_values_are_told_apart() {
    let one =
        with(r#""kms:*""#, r#""ForAllValues:StringEquals":{"kms:ViaService":"s3.us-east-1.amazonaws.com"}"#);
    assert_eq!(one, ["kms:ViaService has one value: ForAllValues holds also when it is absent"]);
    let many = with(r#""kms:CreateGrant""#, r#""StringEquals":{"kms:GrantOperations":"Decrypt"}"#);
    assert_eq!(many, ["kms:GrantOperations can have several values: say ForAllValues or ForAnyValue"]);
}

#[test]
fn a_variable_in_an_old_document_is_found() {
    let statement = r#""Effect":"Allow","Action":"kms:Decrypt","Resource":"*","Condition":{"StringEquals":{"aws:userid":"${aws:username}"}}"#;
    let told = "${aws:username} is plain text in a document of version 2008-10-17, not a variable";
    assert_eq!(told_of(Kind::Identity, "2008-10-17", statement), [told]);
    assert_eq!(identity(statement), [""; 0]);
}

#[test]
fn a_finding_stands_on_the_line_of_its_words() {
    let text = "{\"Statement\": [\n  {\"Effect\": \"Allow\",\n   \"Principal\": \"*\",\n   \"Action\": [\n     \"kms:Decrypt\",\n     \
                \"kms:Oops\"],\n   \"Resource\": \"*\"}\n]}";
    let lines: Vec<_> = lint(text, Kind::Key, &KMS).into_iter().map(|finding| finding.line).collect();
    assert_eq!(lines, [3, 6]);
}

#[test]
fn the_guides_key_policies_have_no_mistake() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../corpus/policy/guide-key-policies.json");
    let corpus: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for setup in corpus["setups"].as_array().unwrap() {
        let Some(policy) = setup.get("resource_policy") else { continue };
        let findings = lint(&policy.to_string(), Kind::Key, &KMS);
        assert_eq!(findings, [], "{}", setup["name"]);
    }
}
