//! What users, the root user and their sessions are told.

use claviger_clock::Clock;
use claviger_crypto::Secret;

use super::world::{HOME, Told, World};
use crate::api::Service;
use crate::model::EntityKind;
use crate::session::SessionFault;
use crate::{Credential, Principal, TokenOrigin};

const ALLOW_FEDERATION: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:*","Resource":"*"}}"#;

fn denied(told: &Told) -> String {
    let (status, code, message) = told.error();
    assert_eq!((status, &*code), (403, "AccessDenied"));
    message
}

#[tokio::test]
async fn everybody_learns_who_they_are_whatever_policies_say() {
    let world = World::new().await;
    let deny = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#;
    let alice = world.user("alice", Some(deny)).await;
    let told = world.ask(Some(&alice), "GetCallerIdentity", "").await;
    assert_eq!(told.text("Arn"), "arn:aws:iam::111122223333:user/alice");
    assert_eq!((told.text("Account"), told.text("UserId").len()), (HOME.to_owned(), 21));
    let record = world.record();
    assert_eq!(record["eventSource"], "sts.amazonaws.com");
    assert_eq!(record["userIdentity"]["type"], "IAMUser");
    assert_eq!(record["readOnly"], true);
}

#[tokio::test]
async fn a_users_session_is_the_user_for_a_time_and_no_longer() {
    let world = World::new().await;
    let alice = world.user("alice", None).await;
    let told = world.ask(Some(&alice), "GetSessionToken", "DurationSeconds=900").await;
    assert_eq!(told.status, 200, "{}", told.xml);
    let session = world.session(&told).await;
    assert!(told.text("AccessKeyId").starts_with("ASIA"));
    assert_eq!(session.secret.expose(), told.text("SecretAccessKey").as_bytes());
    assert_eq!(session.caller.principal, alice.caller.principal);
    let who = world.ask(Some(&session), "GetCallerIdentity", "").await;
    assert_eq!(who.text("Arn"), "arn:aws:iam::111122223333:user/alice");
    assert_eq!(world.record()["userIdentity"]["sessionContext"]["attributes"]["mfaAuthenticated"], "false");
    world.clock.advance(899).unwrap();
    assert!(world.open(&told).await.is_ok());
    world.clock.advance(1).unwrap();
    assert!(matches!(world.open(&told).await, Err(SessionFault::Expired)));
}

#[tokio::test]
async fn a_session_that_is_opened_again_is_not_unsealed_again() {
    let world = World::new().await;
    let alice = world.user("alice", None).await;
    let told = world.ask(Some(&alice), "GetSessionToken", "").await;
    let (first, again) = (world.session(&told).await, world.session(&told).await);
    assert!(std::sync::Arc::ptr_eq(&first, &again));
}

#[tokio::test]
async fn a_token_is_bound_to_its_access_key_and_every_byte_of_it() {
    let world = World::new().await;
    let alice = world.user("alice", None).await;
    let first = world.ask(Some(&alice), "GetSessionToken", "").await;
    let second = world.ask(Some(&alice), "GetSessionToken", "").await;
    let (id, token) = (first.text("AccessKeyId").parse().unwrap(), first.text("SessionToken"));
    let swapped = world.sessions.open(&id, &second.text("SessionToken")).await;
    assert!(matches!(swapped, Err(SessionFault::Invalid)));
    for wrong in [
        "",
        "AAAA",
        "not base64",
        &token[..token.len() - 4],
        &token.replacen('A', "B", 1),
        &"A".repeat(1 << 20),
    ] {
        assert!(matches!(world.sessions.open(&id, wrong).await, Err(SessionFault::Invalid)), "{wrong:.40}");
    }
    let mut bytes = token.clone().into_bytes();
    for at in (0..bytes.len() - 4).step_by(7) {
        let before = bytes[at];
        bytes[at] = if before == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes.clone()).unwrap();
        assert!(matches!(world.sessions.open(&id, &changed).await, Err(SessionFault::Invalid)), "byte {at}");
        bytes[at] = before;
    }
    assert!(world.sessions.open(&id, &token).await.is_ok());
}

#[tokio::test]
async fn a_deleted_users_sessions_are_over_also_when_the_name_comes_back() {
    let world = World::new().await;
    let alice = world.user("alice", None).await;
    let Principal::User(user) = &alice.caller.principal else { panic!("a user") };
    let told = world.ask(Some(&alice), "GetSessionToken", "").await;
    assert!(world.open(&told).await.is_ok());
    world.delete(EntityKind::User, "alice", user.id).await;
    assert!(matches!(world.open(&told).await, Err(SessionFault::Invalid)));
    world.user("alice", None).await;
    assert!(matches!(world.open(&told).await, Err(SessionFault::Invalid)));
}

#[tokio::test]
async fn a_session_is_not_for_iam_nor_for_more_sessions() {
    let world = World::new().await;
    let alice = world.user("alice", Some(ALLOW_FEDERATION)).await;
    let session = world.session(&world.ask(Some(&alice), "GetSessionToken", "").await).await;
    for operation in ["GetSessionToken", "GetFederationToken", "GetAccessKeyInfo"] {
        let told = world.ask(Some(&session), operation, "Name=bob").await;
        assert_eq!(denied(&told), format!("Cannot call {operation} with session credentials"));
    }
    let told = world.ask_of(Service::Iam, Some(&session), "ListUsers", "").await;
    let invalid = "The security token included in the request is invalid.".to_owned();
    assert_eq!(told.error(), (403, "InvalidClientTokenId".to_owned(), invalid));
}

#[tokio::test]
async fn a_second_factor_that_nobody_has_is_never_right() {
    let world = World::new().await;
    let alice = world.user("alice", None).await;
    let members = "SerialNumber=arn:aws:iam::111122223333:mfa/a&TokenCode=123456";
    let told = world.ask(Some(&alice), "GetSessionToken", members).await;
    assert_eq!(denied(&told), "MultiFactorAuthentication failed with invalid MFA one time pass code. ");
    assert!(!world.record().to_string().contains("123456"));
}

#[tokio::test]
async fn the_root_users_session_lasts_an_hour_at_most() {
    let world = World::new().await;
    let account = HOME.parse().unwrap();
    let id: crate::AccessKeyId = "AKIAEXAMPLEROOT00001".parse().unwrap();
    let caller = crate::Caller::root(account, id);
    let root = Credential::new(
        caller,
        Secret::new(vec![1; 40]),
        crate::KeyStatus::Active,
        claviger_store::Revision(1),
    );
    let root = std::sync::Arc::new(root);
    let told = world.ask(Some(&root), "GetSessionToken", "DurationSeconds=129600").await;
    let session = world.session(&told).await;
    let token = session.caller.token.clone().unwrap();
    assert_eq!(token.expires.duration_since(token.issued).as_secs(), 3_600);
    assert_eq!((&session.caller.principal, &token.origin), (&Principal::Root, &TokenOrigin::SessionToken));
    assert!(token.issued <= world.clock.now());
}

#[tokio::test]
async fn a_federated_user_is_named_by_whoever_asks_and_told_how_full_its_token_is() {
    let world = World::new().await;
    let alice = world.user("alice", Some(ALLOW_FEDERATION)).await;
    let told = world.ask(Some(&alice), "GetFederationToken", "Name=bob").await;
    assert_eq!(told.text("PackedPolicySize"), "0");
    assert_eq!(told.text("FederatedUserId"), "111122223333:bob");
    let session = world.session(&told).await;
    let who = world.ask(Some(&session), "GetCallerIdentity", "").await;
    assert_eq!(who.text("Arn"), "arn:aws:sts::111122223333:federated-user/bob");
    let identity = world.record()["userIdentity"].clone();
    assert_eq!(identity["type"], "FederatedUser");
    assert_eq!(identity["sessionContext"]["sessionIssuer"]["userName"], "alice");
}

#[tokio::test]
async fn a_federation_token_needs_permission_and_tags_need_another() {
    let world = World::new().await;
    let alice = world.user("alice", None).await;
    let told = world.ask(Some(&alice), "GetFederationToken", "Name=bob").await;
    assert_eq!(
        denied(&told),
        "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: sts:GetFederationToken on \
         resource: arn:aws:sts::111122223333:federated-user/bob because no identity-based policy allows the \
         sts:GetFederationToken action"
    );
    let only = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:GetFederationToken","Resource":"*"}}"#;
    let carol = world.user("carol", Some(only)).await;
    let members = "Name=bob&Tags.member.1.Key=a&Tags.member.1.Value=1";
    let told = world.ask(Some(&carol), "GetFederationToken", members).await;
    assert!(denied(&told).contains("perform: sts:TagSession on"));
}

#[tokio::test]
async fn an_access_key_id_tells_its_account() {
    let world = World::new().await;
    let alice = world.user("alice", Some(ALLOW_FEDERATION)).await;
    let members = format!("AccessKeyId={}", alice.caller.access_key_id);
    assert_eq!(world.ask(Some(&alice), "GetAccessKeyInfo", &members).await.text("Account"), HOME);
    let told = world.ask(Some(&alice), "GetAccessKeyInfo", "AccessKeyId=short").await;
    assert_eq!(told.error().1, "ValidationError");
    assert!(told.error().2.contains("Value 'short' at 'accessKeyId' failed to satisfy constraint"));
}

#[tokio::test]
async fn an_operation_that_there_is_not_is_told_and_recorded() {
    let world = World::new().await;
    let alice = world.user("alice", None).await;
    let told = world.ask(Some(&alice), "AssumeRoleWithSAML", "").await;
    let text = "Could not find operation AssumeRoleWithSAML for version 2011-06-15".to_owned();
    assert_eq!(told.error(), (400, "InvalidAction".to_owned(), text));
    assert_eq!(world.record()["eventName"], "AssumeRoleWithSAML");
    let told = world.ask(None, "GetCallerIdentity", "").await;
    let text = "Request is missing Authentication Token".to_owned();
    assert_eq!(told.error(), (403, "MissingAuthenticationToken".to_owned(), text));
}
