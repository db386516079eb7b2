//! Decisions, rule by rule, and the worked cases that policies decide.

use super::*;
use crate::fixture::{
    ALICE, BOB, FEDERATED, Facts, ROLE, SESSION, World, alice, bob, fay, for_all, identity, logs, other,
    root, to, worker,
};
use crate::value::Value;

const NO_IDENTITY: &str = "because no identity-based policy allows the kms:Encrypt action";
const NO_RESOURCE: &str = "because no resource-based policy allows the kms:Encrypt action";
const NO_BOUNDARY: &str = "because no permissions boundary allows the kms:Encrypt action";
const NO_SESSION: &str = "because no session policy allows the kms:Encrypt action";
const OTHER_ACTION: &str = r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#;

fn default_policy() -> String {
    to("arn:aws:iam::111122223333:root")
}

fn allow() -> String {
    identity("Allow", "kms:Encrypt")
}

/// A world of which the caller sets more.
fn world(key: &str, principal: Principal<'static>, set: impl FnOnce(&mut World)) -> String {
    let mut world = World::new(key, principal);
    set(&mut world);
    world.why()
}

fn grant(grantee_is_account: bool) -> Option<GrantAllow> {
    Some(GrantAllow { id: [7; 32], grantee_is_account })
}

#[test]
fn a_delegating_key_policy_needs_the_identity_policy_too() {
    let with = world(&default_policy(), alice(), |w| w.identity = allow());
    assert_eq!(with, "allowed by key 1, Identity 1");
    assert_eq!(world(&default_policy(), alice(), |_| ()), NO_IDENTITY);
    assert_eq!(world(&to("111122223333"), alice(), |w| w.identity = allow()), "allowed by key 1, Identity 1");
}

#[test]
fn an_identity_policy_alone_gives_nothing_on_a_key() {
    assert_eq!(world(&to(ROLE), alice(), |w| w.identity = allow()), NO_RESOURCE);
    assert_eq!(world("", alice(), |w| w.identity = allow()), NO_RESOURCE);
}

#[test]
fn the_root_user_passes_exactly_where_the_account_or_anyone_is_allowed() {
    assert_eq!(world(&default_policy(), root(), |_| ()), "allowed by key 1");
    assert_eq!(world(&to("*"), root(), |_| ()), "allowed by key 1");
    assert_eq!(world(&to(ROLE), root(), |_| ()), NO_RESOURCE);
    let elsewhere = Principal::Root { account: other() };
    assert_eq!(world(&to("444455556666"), elsewhere, |_| ()), "allowed by key 1");
    assert_eq!(world(&default_policy(), elsewhere, |_| ()), NO_RESOURCE);
}

#[test]
fn a_user_named_directly_needs_no_identity_policy_and_no_boundary() {
    assert_eq!(world(&to(ALICE), alice(), |_| ()), "allowed by key 1");
    assert_eq!(world(&to(ALICE), alice(), |w| w.boundary = Some(OTHER_ACTION.into())), "allowed by key 1");
}

#[test]
fn a_named_role_is_limited_by_boundary_and_session_policies() {
    assert_eq!(world(&to(ROLE), worker(), |_| ()), "allowed by key 1");
    assert_eq!(world(&to(ROLE), worker(), |w| w.session = Some(OTHER_ACTION.into())), NO_SESSION);
    assert_eq!(world(&to(ROLE), worker(), |w| w.boundary = Some(OTHER_ACTION.into())), NO_BOUNDARY);
    let both = world(&to(ROLE), worker(), |w| (w.boundary, w.session) = (Some(allow()), Some(allow())));
    assert_eq!(both, "allowed by key 1");
}

#[test]
fn a_named_session_and_anyone_are_limited_by_neither() {
    let limits = |w: &mut World| {
        (w.boundary, w.session) = (Some(OTHER_ACTION.into()), Some(OTHER_ACTION.into()));
    };
    assert_eq!(world(&to(SESSION), worker(), limits), "allowed by key 1");
    assert_eq!(world(&to(FEDERATED), fay(Some("id-of-alice")), limits), "allowed by key 1");
    assert_eq!(world(&to("*"), worker(), limits), "allowed by key 1");
    assert_eq!(world(&for_all("Allow", r#""*""#), alice(), limits), "allowed by key 1");
}

#[test]
fn the_strongest_way_of_being_named_counts() {
    let both = format!("{},{}", default_policy(), to(SESSION));
    assert_eq!(world(&both, worker(), |w| w.session = Some(OTHER_ACTION.into())), "allowed by key 2");
    let both = format!("{},{}", to(ROLE), default_policy());
    assert_eq!(world(&both, worker(), |w| w.identity = allow()), "allowed by key 1");
}

#[test]
fn a_delegated_session_needs_identity_boundary_and_session_policy_alike() {
    let set = |boundary: &str, session: &str| {
        let (boundary, session) = (Some(boundary.to_owned()), Some(session.to_owned()));
        world(&default_policy(), worker(), |w| {
            (w.identity, w.boundary, w.session) = (allow(), boundary, session)
        })
    };
    assert_eq!(set(&allow(), &allow()), "allowed by key 1, Identity 1");
    assert_eq!(set(&allow(), OTHER_ACTION), NO_SESSION);
    assert_eq!(set(OTHER_ACTION, &allow()), NO_BOUNDARY);
}

#[test]
fn a_federated_session_of_a_named_user_is_limited_by_boundary_and_session_policies() {
    let fay = fay(Some("id-of-alice"));
    assert_eq!(world(&to(ALICE), fay, |w| w.session = Some(allow())), "allowed by key 1");
    assert_eq!(world(&to(ALICE), fay, |w| w.session = Some(String::new())), NO_SESSION);
    assert_eq!(world(&to(ALICE), fay, |w| w.boundary = Some(OTHER_ACTION.into())), NO_BOUNDARY);
    assert_eq!(world(&to("arn:aws:iam::111122223333:user/carol"), fay, |_| ()), NO_RESOURCE);
}

#[test]
fn a_federated_session_of_the_root_user_has_what_its_session_policies_allow() {
    assert_eq!(world(&default_policy(), fay(None), |w| w.session = Some(allow())), "allowed by key 1");
    assert_eq!(world(&default_policy(), fay(None), |w| w.session = Some(String::new())), NO_SESSION);
}

#[test]
fn across_accounts_both_sides_must_allow() {
    let theirs = to("arn:aws:iam::444455556666:root");
    assert_eq!(world(&theirs, bob(), |w| w.identity = allow()), "allowed by key 1, Identity 1");
    assert_eq!(world(&theirs, bob(), |_| ()), NO_IDENTITY);
    assert_eq!(world(&to(BOB), bob(), |_| ()), NO_IDENTITY);
    assert_eq!(world(&to("*"), bob(), |_| ()), NO_IDENTITY);
    assert_eq!(world(&default_policy(), bob(), |w| w.identity = allow()), NO_RESOURCE);
    let limited = world(&to(BOB), bob(), |w| (w.identity, w.boundary) = (allow(), Some(OTHER_ACTION.into())));
    assert_eq!(limited, NO_BOUNDARY);
}

#[test]
fn a_grant_is_enough_by_itself_in_every_account() {
    assert_eq!(world(&default_policy(), alice(), |w| w.grant = grant(false)), "allowed by grant");
    assert_eq!(world(&default_policy(), bob(), |w| w.grant = grant(false)), "allowed by grant");
    assert_eq!(world("", logs(), |w| w.grant = grant(false)), "allowed by grant");
    let limited = |w: &mut World| (w.grant, w.session) = (grant(false), Some(OTHER_ACTION.into()));
    assert_eq!(world(&default_policy(), worker(), limited), "allowed by grant");
}

#[test]
fn a_grant_to_an_account_needs_that_accounts_policies() {
    assert_eq!(world("", bob(), |w| w.grant = grant(true)), NO_IDENTITY);
    let with = world("", bob(), |w| (w.grant, w.identity) = (grant(true), allow()));
    assert_eq!(with, "allowed by grant, Identity 1");
    assert_eq!(
        world("", Principal::Root { account: other() }, |w| w.grant = grant(true)),
        "allowed by grant"
    );
}

#[test]
fn a_grant_is_looked_for_only_when_no_policy_allows() {
    let mut world = World::new(&to(ALICE), alice());
    world.grant = grant(false);
    assert_eq!(world.why(), "allowed by key 1");
    world.owner = None;
    assert_eq!(world.why(), NO_IDENTITY);
}

#[test]
fn an_explicit_deny_anywhere_wins_and_names_its_kind() {
    let full = |w: &mut World| {
        (w.identity, w.grant) = (allow(), grant(false));
        (w.boundary, w.session) = (Some(allow()), Some(allow()));
    };
    let deny = || format!("{},{}", allow(), identity("Deny", "kms:*"));
    let deny_all = || format!("{},{}", for_all("Allow", r#""*""#), for_all("Deny", r#""*""#));
    type Place = fn(&mut World, String);
    let places: [(&str, bool, Place); 7] = [
        ("an identity-based policy", false, |w, text| w.identity = text),
        ("a permissions boundary", false, |w, text| w.boundary = Some(text)),
        ("a session policy", false, |w, text| w.session = Some(text)),
        ("a service control policy", false, |w, text| w.service_control = vec![text]),
        ("a resource-based policy", true, |w, text| w.key = text),
        ("a resource control policy", true, |w, text| w.resource_control = vec![text]),
        ("a VPC endpoint policy", true, |w, text| w.vpc_endpoint = Some(text)),
    ];
    for (kind, is_resource_based, place) in places {
        let told = world(&to(ROLE), worker(), |w| {
            full(w);
            place(w, if is_resource_based { deny_all() } else { deny() });
        });
        assert_eq!(told, format!("with an explicit deny in {kind}"));
    }
}

#[test]
fn the_root_user_is_denied_like_anyone_else() {
    let key = format!("{},{}", default_policy(), for_all("Deny", r#"{"AWS":"111122223333"}"#));
    assert_eq!(world(&key, root(), |_| ()), "with an explicit deny in a resource-based policy");
    let denied = world(&default_policy(), root(), |w| w.service_control = vec![identity("Deny", "*")]);
    assert_eq!(denied, "with an explicit deny in a service control policy");
}

#[test]
fn an_identity_deny_is_effective_without_delegation() {
    let told = world(&to(ALICE), alice(), |w| w.identity = identity("Deny", "kms:*"));
    assert_eq!(told, "with an explicit deny in an identity-based policy");
}

#[test]
fn every_level_of_service_control_policies_must_allow() {
    let levels = |levels: &[&str]| {
        let levels = levels.iter().map(|text| (*text).to_owned()).collect();
        world(&default_policy(), root(), |w| w.service_control = levels)
    };
    let (all, none) =
        (&*identity("Allow", "*"), "because no service control policy allows the kms:Encrypt action");
    assert_eq!(levels(&[all, all]), "allowed by key 1");
    assert_eq!(levels(&[all, OTHER_ACTION]), none);
    assert_eq!(levels(&[all, ""]), none);
    let granted = world("", bob(), |w| (w.grant, w.service_control) = (grant(false), vec![String::new()]));
    assert_eq!(granted, none);
}

#[test]
fn every_level_of_resource_control_policies_must_allow() {
    let all = for_all("Allow", r#""*""#);
    let control = |text: &str| world(&default_policy(), root(), |w| w.resource_control = vec![text.into()]);
    assert_eq!(control(&all), "allowed by key 1");
    let none = "because no resource control policy allows the kms:Encrypt action";
    assert_eq!(control(&all.replace("kms:", "s3:")), none);
}

#[test]
fn a_vpc_endpoint_policy_must_allow_what_comes_through_it() {
    let all = for_all("Allow", r#""*""#);
    assert_eq!(world(&to(ALICE), alice(), |w| w.vpc_endpoint = Some(all.clone())), "allowed by key 1");
    let told = world(&to(ALICE), alice(), |w| w.vpc_endpoint = Some(to(BOB)));
    assert_eq!(told, "because no VPC endpoint policy allows the kms:Encrypt action");
}

#[test]
fn a_service_needs_the_resources_policy_alone_and_knows_no_service_control() {
    let service = for_all("Allow", r#"{"Service":"logs.amazonaws.com"}"#);
    assert_eq!(world(&service, logs(), |w| w.service_control = vec![String::new()]), "allowed by key 1");
    assert_eq!(world(&default_policy(), logs(), |w| w.identity = allow()), NO_RESOURCE);
    let control = world(&service, logs(), |w| w.resource_control = vec![for_all("Deny", r#""*""#)]);
    assert_eq!(control, "with an explicit deny in a resource control policy");
}

#[test]
fn an_operation_without_a_resources_policy_is_decided_by_the_identity_side() {
    let alone = |principal, identity: String| {
        world("", principal, |w| (w.owner, w.identity, w.boundary) = (None, identity, Some(allow())))
    };
    assert_eq!(alone(alice(), allow()), "allowed by Identity 1");
    assert_eq!(alone(alice(), String::new()), NO_IDENTITY);
    assert_eq!(alone(root(), String::new()), "allowed by ");
    assert_eq!(alone(logs(), String::new()), NO_IDENTITY);
}

#[test]
fn anyone_under_a_condition_is_limited_by_that_condition_alone() {
    let condition = format!(r#""Condition":{{"StringEquals":{{"aws:PrincipalArn":"{ROLE}"}}}},"Principal""#);
    let key = for_all("Allow", r#""*""#).replace(r#""Principal""#, &condition);
    let with = |arn: &'static str| {
        world(&key, worker(), |w| {
            (w.facts, w.boundary) = (Facts::text("aws:PrincipalArn", arn), Some(OTHER_ACTION.into()));
        })
    };
    assert_eq!(with(ROLE), "allowed by key 1");
    assert_eq!(with(ALICE), NO_RESOURCE);
}

#[test]
fn a_direct_call_does_not_have_a_key_of_calls_through_services() {
    let key = for_all("Allow", r#""*""#).replace(
        r#""Effect""#,
        r#""Condition":{"StringEquals":{"kms:ViaService":"s3.us-east-1.amazonaws.com"}},"Effect""#,
    );
    assert_eq!(world(&key, alice(), |_| ()), NO_RESOURCE);
    let via = Facts::text("kms:ViaService", "s3.us-east-1.amazonaws.com");
    assert_eq!(world(&key, alice(), |w| w.facts = via), "allowed by key 1");
}

#[test]
fn a_negated_operator_holds_for_a_missing_key() {
    let unequal = r#""Condition":{"StringNotEquals":{"kms:EncryptionContext:x":"y"}},"Effect""#;
    let key = for_all("Allow", r#""*""#).replace(r#""Effect""#, unequal);
    assert_eq!(world(&key, alice(), |_| ()), "allowed by key 1");
    let context = |value| Facts::default().and("kms:EncryptionContext:X", Value::Text(value));
    assert_eq!(world(&key, alice(), |w| w.facts = context("z")), "allowed by key 1");
    assert_eq!(world(&key, alice(), |w| w.facts = context("y")), NO_RESOURCE);
}

#[test]
fn a_bearer_of_a_web_identity_needs_the_trust_policy_alone() {
    let provider = "arn:aws:iam::111122223333:oidc-provider/idp.example.com";
    let text = format!(
        r#"{{"Effect":"Allow","Principal":{{"Federated":"{provider}"}},"Action":"sts:AssumeRoleWithWebIdentity",
           "Condition":{{"StringEquals":{{"idp.example.com:sub":"me"}}}}}}"#
    );
    let policy = crate::fixture::compile(crate::Kind::Trust, &text);
    let asked = |facts: &Facts, provider: &str| {
        let applicable = Applicable {
            owner: Some(crate::fixture::owner()),
            resource: Some(&policy),
            ..Applicable::NOTHING
        };
        let (action, principal) = ("sts:AssumeRoleWithWebIdentity", Principal::WebIdentity { provider });
        decide(&Request { action, resource: ROLE, principal, context: facts }, &applicable).is_allowed()
    };
    let me = Facts::text("idp.example.com:sub", "me");
    assert!(asked(&me, provider));
    assert!(!asked(&me, "arn:aws:iam::111122223333:oidc-provider/idp.example.net"));
    assert!(!asked(&Facts::text("idp.example.com:sub", "you"), provider));
}

#[test]
fn actions_match_in_any_case_and_however_long_they_are() {
    let policy = |action: &str| crate::fixture::compile(crate::Kind::Key, &to("*").replace("kms:*", action));
    let allows = |pattern: &str, action: &str| {
        let policy = policy(pattern);
        let applicable = Applicable {
            owner: Some(crate::fixture::owner()),
            resource: Some(&policy),
            ..Applicable::NOTHING
        };
        let context = &Facts::default();
        decide(&Request { action, resource: "*", principal: alice(), context }, &applicable).is_allowed()
    };
    assert!(allows("KMS:reencrypt*", "kms:ReEncryptFrom"));
    assert!(allows("kms:?ncrypt", "kms:Encrypt"));
    assert!(allows("*", "kms:Encrypt"));
    assert!(!allows("kms:Encrypt", "kms:ReEncryptTo"));
    assert!(!allows("kms:", "kms:Encrypt"));
    let long = format!("kms:{}", "X".repeat(ACTION_BYTES_USUAL));
    assert!(allows("kms:x*", &long));
    assert!(!allows("kms:y*", &long));
}
