//! Roles, and whoever wants to be one.

use std::sync::Arc;

use super::world::{ELSEWHERE, Told, World};
use crate::Credential;
use crate::model::EntityKind;
use crate::session::SessionFault;

const ROLE: &str = "arn:aws:iam::111122223333:role/reader";
const ALLOW_ASSUME: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:*","Resource":"*"}}"#;

/// A trust policy: this principal may do this, under this condition.
fn trust(principal: &str, action: &str, condition: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":{action},"Condition":{condition}}}}}"#
    )
}

fn trust_in(principal: &str) -> String {
    trust(principal, r#""sts:AssumeRole""#, "{}")
}

fn members(more: &str) -> String {
    format!("RoleArn={ROLE}&RoleSessionName=ci{more}")
}

async fn assume(world: &World, sender: &Arc<Credential>, more: &str) -> Told {
    world.ask(Some(sender), "AssumeRole", &members(more)).await
}

fn assert_refused(told: &Told, user: &str, action: &str) {
    let text = format!("User: {user} is not authorized to perform: {action} on resource: {ROLE}");
    assert_eq!(told.error(), (403, "AccessDenied".to_owned(), text));
}

#[tokio::test]
async fn a_trusted_user_becomes_a_session_of_the_role() {
    let world = World::new().await;
    let alice = world.user("alice", None).await;
    let id = world.role("reader", &trust_in("arn:aws:iam::111122223333:user/alice"), None, &[]).await;
    let told = assume(&world, &alice, "").await;
    assert_eq!(told.text("AssumedRoleId"), format!("{id}:ci"), "{}", told.xml);
    assert_eq!(told.text("Arn"), "arn:aws:sts::111122223333:assumed-role/reader/ci");
    assert!(!told.has("PackedPolicySize") && !told.has("SourceIdentity"));
    let record = world.record();
    assert_eq!(record["requestParameters"]["roleArn"], ROLE);
    assert_eq!(record["responseElements"]["assumedRoleUser"]["assumedRoleId"], format!("{id}:ci"));
    let secrets = [told.text("SecretAccessKey"), told.text("SessionToken")];
    assert!(!secrets.iter().any(|secret| record.to_string().contains(secret)));
    let session = world.session(&told).await;
    let who = world.ask(Some(&session), "GetCallerIdentity", "").await;
    assert_eq!(who.text("UserId"), format!("{id}:ci"));
    let identity = world.record()["userIdentity"].clone();
    assert_eq!(identity["sessionContext"]["sessionIssuer"]["userName"], "reader");
}

#[tokio::test]
async fn a_role_that_trusts_its_account_leaves_it_to_the_users_policies() {
    let world = World::new().await;
    world.role("reader", &trust_in("111122223333"), None, &[]).await;
    let (alice, bob) = (world.user("alice", Some(ALLOW_ASSUME)).await, world.user("bob", None).await);
    assert_eq!(assume(&world, &alice, "").await.status, 200);
    assert_refused(&assume(&world, &bob, "").await, "arn:aws:iam::111122223333:user/bob", "sts:AssumeRole");
}

#[tokio::test]
async fn a_foreign_user_needs_both_sides() {
    let world = World::new().await;
    world.role("reader", &trust_in(ELSEWHERE), None, &[]).await;
    let allowed = world.user_in(ELSEWHERE, "eve", Some(ALLOW_ASSUME)).await;
    let not = world.user_in(ELSEWHERE, "mallory", None).await;
    assert_eq!(assume(&world, &allowed, "").await.status, 200);
    let arn = "arn:aws:iam::444455556666:user/mallory";
    assert_refused(&assume(&world, &not, "").await, arn, "sts:AssumeRole");
}

#[tokio::test]
async fn a_missing_role_is_refused_like_one_that_does_not_trust() {
    let world = World::new().await;
    let alice = world.user("alice", Some(ALLOW_ASSUME)).await;
    let missing = assume(&world, &alice, "").await.error();
    world.user("bob", None).await;
    world.role("reader", &trust_in("arn:aws:iam::111122223333:user/bob"), None, &[]).await;
    assert_eq!(assume(&world, &alice, "").await.error(), missing);
}

#[tokio::test]
async fn a_user_made_again_under_an_old_name_is_not_trusted() {
    let world = World::new().await;
    let alice = world.user("alice", Some(ALLOW_ASSUME)).await;
    world.role("reader", &trust_in("arn:aws:iam::111122223333:user/alice"), None, &[]).await;
    assert_eq!(assume(&world, &alice, "").await.status, 200);
    let crate::Principal::User(user) = &alice.caller.principal else { panic!("a user") };
    world.delete(EntityKind::User, "alice", user.id).await;
    let impostor = world.user("alice", Some(ALLOW_ASSUME)).await;
    let arn = "arn:aws:iam::111122223333:user/alice";
    assert_refused(&assume(&world, &impostor, "").await, arn, "sts:AssumeRole");
}

#[tokio::test]
async fn a_deleted_roles_sessions_are_over() {
    let world = World::new().await;
    let alice = world.user("alice", Some(ALLOW_ASSUME)).await;
    let id = world.role("reader", &trust_in("111122223333"), None, &[]).await;
    let told = assume(&world, &alice, "").await;
    assert!(world.open(&told).await.is_ok());
    world.delete(EntityKind::Role, "reader", id).await;
    assert!(matches!(world.open(&told).await, Err(SessionFault::Invalid)));
}

#[tokio::test]
async fn the_external_id_must_be_the_one_that_the_role_wants() {
    let world = World::new().await;
    let alice = world.user("alice", Some(ALLOW_ASSUME)).await;
    let condition = r#"{"StringEquals":{"sts:ExternalId":"unique-1"}}"#;
    world.role("reader", &trust("111122223333", r#""sts:AssumeRole""#, condition), None, &[]).await;
    let arn = "arn:aws:iam::111122223333:user/alice";
    assert_refused(&assume(&world, &alice, "").await, arn, "sts:AssumeRole");
    assert_refused(&assume(&world, &alice, "&ExternalId=other").await, arn, "sts:AssumeRole");
    assert_eq!(assume(&world, &alice, "&ExternalId=unique-1").await.status, 200);
}

#[tokio::test]
async fn a_session_lasts_as_long_as_the_role_allows_and_a_chained_one_an_hour() {
    let world = World::new().await;
    let alice = world.user("alice", Some(ALLOW_ASSUME)).await;
    world.role("reader", &trust_in("111122223333"), Some(ALLOW_ASSUME), &[]).await;
    let told = assume(&world, &alice, "&DurationSeconds=7200").await;
    assert_eq!(told.status, 200);
    let too_long = assume(&world, &alice, "&DurationSeconds=7201").await;
    let text = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.".to_owned();
    assert_eq!(too_long.error(), (400, "ValidationError".to_owned(), text));
    let session = world.session(&told).await;
    assert_eq!(assume(&world, &session, "&DurationSeconds=3600").await.status, 200);
    let chained = assume(&world, &session, "&DurationSeconds=3601").await;
    let text =
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
            .to_owned();
    assert_eq!(chained.error(), (400, "ValidationError".to_owned(), text));
}

#[tokio::test]
async fn tags_need_permission_on_both_sides_and_transitive_ones_go_on() {
    let world = World::new().await;
    let alice = world.user("alice", Some(ALLOW_ASSUME)).await;
    let id = world.role("reader", &trust_in("111122223333"), Some(ALLOW_ASSUME), &[]).await;
    let tags = "&Tags.member.1.Key=Team&Tags.member.1.Value=a&Tags.member.2.Key=Job&Tags.member.2.Value=b\
                &TransitiveTagKeys.member.1=Team";
    let arn = "arn:aws:iam::111122223333:user/alice";
    assert_refused(&assume(&world, &alice, tags).await, arn, "sts:TagSession");
    world.delete(EntityKind::Role, "reader", id).await;
    let both = trust("111122223333", r#"["sts:AssumeRole","sts:TagSession"]"#, "{}");
    world.role("reader", &both, Some(ALLOW_ASSUME), &[]).await;
    let first = world.session(&assume(&world, &alice, tags).await).await;
    assert_eq!(first.caller.tags().collect::<Vec<_>>(), [("Job", "b"), ("Team", "a")]);
    let second = world.session(&assume(&world, &first, "").await).await;
    assert_eq!(second.caller.tags().collect::<Vec<_>>(), [("Team", "a")]);
    let conflict = assume(&world, &second, "&Tags.member.1.Key=team&Tags.member.1.Value=b").await;
    assert_eq!(conflict.error().1, "InvalidParameterValue");
}

#[tokio::test]
async fn the_trust_policy_sees_tags_of_request_role_and_caller() {
    let world = World::new().await;
    let alice = world.user("alice", Some(ALLOW_ASSUME)).await;
    let condition = r#"{"StringEquals":{"aws:RequestTag/Team":"a","iam:ResourceTag/stage":"dev"},"ForAllValues:StringEquals":{"aws:TagKeys":["Team"]}}"#;
    let both = trust("111122223333", r#"["sts:AssumeRole","sts:TagSession"]"#, condition);
    world.role("reader", &both, None, &[("Stage", "dev")]).await;
    let tag = |key: &str, value: &str| format!("&Tags.member.1.Key={key}&Tags.member.1.Value={value}");
    assert_eq!(assume(&world, &alice, &tag("Team", "a")).await.status, 200);
    assert_eq!(assume(&world, &alice, &tag("Team", "b")).await.status, 403);
    assert_eq!(assume(&world, &alice, &tag("Job", "a")).await.status, 403);
}

#[tokio::test]
async fn a_source_identity_sticks() {
    let world = World::new().await;
    let alice = world.user("alice", Some(ALLOW_ASSUME)).await;
    let both = trust("111122223333", r#"["sts:AssumeRole","sts:SetSourceIdentity"]"#, "{}");
    world.role("reader", &both, Some(ALLOW_ASSUME), &[]).await;
    let told = assume(&world, &alice, "&SourceIdentity=alice").await;
    assert_eq!(told.text("SourceIdentity"), "alice");
    let first = world.session(&told).await;
    let second = assume(&world, &first, "").await;
    assert_eq!(second.text("SourceIdentity"), "alice");
    assert_eq!(world.record()["userIdentity"]["sessionContext"]["sourceIdentity"], "alice");
    let arn = "arn:aws:sts::111122223333:assumed-role/reader/ci";
    assert_refused(&assume(&world, &first, "&SourceIdentity=bob").await, arn, "sts:SetSourceIdentity");
}

#[tokio::test]
async fn session_policies_limit_the_session_and_must_be_policies() {
    let world = World::new().await;
    let alice = world.user("alice", Some(ALLOW_ASSUME)).await;
    world.role("reader", &trust_in("111122223333"), Some(ALLOW_ASSUME), &[]).await;
    let narrow = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:GetAccessKeyInfo","Resource":"*"}}"#;
    let told = assume(&world, &alice, &format!("&Policy={narrow}")).await;
    assert_eq!(told.text("PackedPolicySize"), "3", "{}", told.xml);
    let session = world.session(&told).await;
    let arn = "arn:aws:sts::111122223333:assumed-role/reader/ci";
    assert_refused(&assume(&world, &session, "").await, arn, "sts:AssumeRole");
    let id = format!("AccessKeyId={}", alice.caller.access_key_id);
    assert_eq!(world.ask(Some(&session), "GetAccessKeyInfo", &id).await.status, 200);
    let malformed = assume(&world, &alice, "&Policy={").await;
    assert_eq!((malformed.status, malformed.error().1), (400, "MalformedPolicyDocument".to_owned()));
    let foreign = assume(&world, &alice, "&PolicyArns.member.1.arn=arn:aws:iam::444455556666:policy/p").await;
    assert_eq!(foreign.error().1, "ValidationError");
    let of_aws = |name: &str| format!("&PolicyArns.member.1.arn=arn:aws:iam::aws:policy/{name}");
    assert_eq!(assume(&world, &alice, &of_aws("ReadOnlyAccess")).await.status, 200);
    let text = "Policy arn:aws:iam::aws:policy/NoSuch does not exist or is not attachable.".to_owned();
    let told = assume(&world, &alice, &of_aws("NoSuch")).await;
    assert_eq!(told.error(), (400, "ValidationError".to_owned(), text));
    let large = format!(
        "&Policy={{\"Version\":\"2012-10-17\",\"Id\":\"{}\",\"Statement\":[{{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}}]}}",
        "x".repeat(2_100)
    );
    assert_eq!(assume(&world, &alice, &large).await.error().1, "PackedPolicyTooLarge");
}

#[tokio::test]
async fn what_is_no_request_is_told_as_the_model_says() {
    let world = World::new().await;
    let alice = world.user("alice", None).await;
    let told =
        world.ask(Some(&alice), "AssumeRole", "RoleArn=arn:aws:iam::1:role/r&RoleSessionName=a:b").await;
    assert_eq!(
        told.error().2,
        "1 validation error detected: Value 'a:b' at 'roleSessionName' failed to satisfy constraint: Member must \
         satisfy regular expression pattern: [\\w+=,.@-]*"
    );
    let told =
        world.ask(Some(&alice), "AssumeRole", "RoleArn=arn:aws:iam::1:role/r&RoleSessionName=ab").await;
    assert_eq!(told.error().2, "arn:aws:iam::1:role/r is invalid");
    let told = world.ask(Some(&alice), "AssumeRole", "").await;
    assert!(told.error().2.starts_with("2 validation errors detected: Value null at 'roleArn'"));
    let told = assume(&world, &alice, "&DurationSeconds=x").await;
    assert_eq!((told.status, told.error_code()), (400, "MalformedInput".to_owned()));
}

impl Told {
    fn error_code(&self) -> String {
        self.text("Code")
    }
}
