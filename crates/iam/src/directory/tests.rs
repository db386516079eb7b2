//! The directory over a store in memory: who is found, what they may do, and that nothing old is held.

mod changes;
mod services;

use std::sync::Arc;

use claviger_clock::SystemClock;
use claviger_crypto::SystemRandom;
use claviger_names::AccountId;
use claviger_policy::{Document, Kind, PrincipalText};
use claviger_seal::{EphemeralRootKey, SealedStore};
use claviger_store::MemoryStore;
use jiff::Timestamp;

use super::{BindError, Directory};
use crate::access_key::Owner;
use crate::model::{
    Bindings, Entity, GroupRecord, OwnPolicies, PolicyRecord, RoleRecord, UserRecord, VersionRecord,
};
use crate::rows::{Changes, Held, Row, at};
use crate::{
    Caller, ControlPolicy, Controls, FederatedUser, IamError, IdKind, Issuer, KeyStatus, NewAccessKey,
    Permissions, PolicyArn, PolicyOwner, Principal, RoleSession, SessionPolicy, Token, TokenOrigin, UniqueId,
};

const ALLOW: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:*","Resource":"*"}]}"#;

fn account() -> AccountId {
    "111122223333".parse().unwrap()
}

async fn store() -> Arc<SealedStore> {
    let random: Arc<SystemRandom> = Arc::new(SystemRandom);
    let root = Arc::new(EphemeralRootKey::generate(&*random).unwrap());
    let store = Arc::new(MemoryStore::new());
    Arc::new(SealedStore::open(store, root, random, Arc::new(SystemClock)).await.unwrap())
}

fn key() -> NewAccessKey {
    NewAccessKey::generate(account(), &SystemRandom).unwrap()
}

async fn with_account() -> (Directory, NewAccessKey) {
    let directory = Directory::new(store().await, Arc::new(SystemClock));
    let key = key();
    directory.create_account(account(), "one".parse().unwrap(), &key).await.unwrap();
    (directory, key)
}

fn id(kind: IdKind) -> UniqueId {
    UniqueId::generate(kind, &SystemRandom).unwrap()
}

fn user(name: &str) -> UserRecord {
    UserRecord {
        id: id(IdKind::User),
        name: name.parse().unwrap(),
        path: "/".parse().unwrap(),
        created: Timestamp::UNIX_EPOCH,
        tags: Default::default(),
        boundary: None,
        policies: OwnPolicies::default(),
        groups: Vec::new(),
        access_keys: Vec::new(),
    }
}

fn role(name: &str, trust: &str) -> RoleRecord {
    RoleRecord {
        id: id(IdKind::Role),
        name: name.parse().unwrap(),
        path: "/".parse().unwrap(),
        created: Timestamp::UNIX_EPOCH,
        tags: Default::default(),
        boundary: None,
        policies: OwnPolicies::default(),
        description: None,
        session_max_seconds: 3600,
        trust: trust.into(),
        trust_bindings: Bindings::default(),
        service: None,
    }
}

fn changes<E: Entity>(entity: &E) -> Changes {
    let (kind, path, name) = (E::KIND, entity.path().clone(), entity.name().into());
    let held = Held { account: account(), kind, path, name };
    let changes = Changes::new().create(at::entity(account(), kind, entity.name()), entity);
    changes.put(at::identity(entity.id()), &held)
}

async fn create<E: Entity>(directory: &Directory, entity: &E) {
    directory.commit(changes(entity)).await.unwrap();
}

async fn row<E: Entity>(directory: &Directory, name: &str) -> Row<E> {
    directory.entity(account(), name).await.unwrap().unwrap()
}

/// Gives an entity an inline policy.
async fn allow<E: Entity>(directory: &Directory, name: &str, policy: &str) {
    let mut row = row::<E>(directory, name).await;
    row.record.policies_mut().inline.insert(policy.parse().unwrap(), ALLOW.len());
    let text = at::inline(account(), row.record.id(), &policy.parse().unwrap());
    directory.commit(Changes::new().update(&row).put_bytes(text, ALLOW.as_bytes())).await.unwrap();
}

fn of_user(user: &UserRecord) -> Caller {
    let principal = Principal::User(Arc::new(super::credential::identity_of(user.clone())));
    Caller { account: account(), principal, access_key_id: key().id, token: None }
}

fn token(origin: TokenOrigin, policies: Vec<SessionPolicy>) -> Option<Arc<Token>> {
    Some(Arc::new(Token {
        issued: Timestamp::UNIX_EPOCH,
        expires: Timestamp::MAX,
        origin,
        mfa_authenticated: None,
        source_identity: None,
        tags: Default::default(),
        transitive_tag_keys: Vec::new(),
        policies,
        services: Vec::new(),
    }))
}

async fn permissions(directory: &Directory, caller: &Caller) -> Arc<Permissions> {
    directory.permissions(caller).await.unwrap().unwrap()
}

fn names(permissions: &Permissions) -> Vec<&str> {
    permissions.identity.iter().map(|policy| policy.name()).collect()
}

#[tokio::test]
async fn the_access_key_of_a_new_account_stands_for_its_root_user() {
    let (directory, key) = with_account().await;
    let credential = directory.credential(&key.id).await.unwrap().unwrap();
    assert_eq!(credential.caller, Caller::root(account(), key.id.clone()));
    assert_eq!(credential.secret.expose(), key.secret.expose());
    assert_eq!(credential.caller.arn("us-east-1".parse().unwrap()), "arn:aws:iam::111122223333:root");
    assert!(directory.has_account(account()).await.unwrap());
    assert!(permissions(&directory, &credential.caller).await.identity.is_empty());
}

#[tokio::test]
async fn an_account_or_access_key_is_created_once() {
    let (directory, taken) = with_account().await;
    let again = directory.create_account(account(), "two".parse().unwrap(), &key()).await;
    assert!(matches!(again, Err(IamError::AccountExists(_))));
    let other = "444455556666".parse().unwrap();
    let stolen = directory.create_account(other, "two".parse().unwrap(), &taken).await;
    assert!(matches!(stolen, Err(IamError::AccessKeyExists(_))));
    assert_eq!(directory.list_accounts().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_root_user_has_at_most_two_access_keys_and_a_deleted_one_is_gone_at_once() {
    let (directory, first) = with_account().await;
    let second = key();
    directory.add_root_access_key(account(), &second).await.unwrap();
    let refused = directory.add_root_access_key(account(), &key()).await;
    assert!(matches!(refused, Err(IamError::TooManyAccessKeys(_))));
    assert!(directory.credential(&first.id).await.unwrap().is_some());
    directory.delete_root_access_key(account(), &first.id).await.unwrap();
    assert!(directory.credential(&first.id).await.unwrap().is_none());
    assert_eq!(directory.list_accounts().await.unwrap()[0].root_access_keys, [second.id]);
}

#[tokio::test]
async fn a_users_access_key_stands_for_what_the_user_is_now() {
    let (directory, _) = with_account().await;
    let (alice, key) = (user("Alice"), key());
    let changes = directory.with_access_key(changes(&alice), account(), Owner::User(alice.id), &key);
    directory.commit(changes).await.unwrap();
    let before = directory.credential(&key.id).await.unwrap().unwrap();
    assert_eq!((before.caller.user_name(), before.status), (Some("Alice"), KeyStatus::Active));
    let mut row = row::<UserRecord>(&directory, "Alice").await;
    row.record.tags.insert("Team", "red");
    directory.commit(Changes::new().update(&row)).await.unwrap();
    let after = directory.credential(&key.id).await.unwrap().unwrap();
    assert_eq!(after.caller.tag("team"), Some("red"));
    let row = self::row::<UserRecord>(&directory, "Alice").await;
    directory.commit(Changes::new().remove(&row).delete(at::identity(alice.id))).await.unwrap();
    assert!(directory.credential(&key.id).await.unwrap().is_none());
}

#[tokio::test]
async fn permissions_are_those_of_the_user_and_its_groups_and_follow_every_change() {
    let (directory, _) = with_account().await;
    let mut alice = user("Alice");
    let group = GroupRecord {
        id: id(IdKind::Group),
        name: "g".parse().unwrap(),
        path: "/".parse().unwrap(),
        created: Timestamp::UNIX_EPOCH,
        policies: OwnPolicies::default(),
        members: 1,
    };
    alice.groups.push(group.id);
    create(&directory, &alice).await;
    create(&directory, &group).await;
    let caller = of_user(&alice);
    assert!(permissions(&directory, &caller).await.identity.is_empty());
    allow::<GroupRecord>(&directory, "g", "of-group").await;
    assert_eq!(names(&*permissions(&directory, &caller).await), ["of-group"]);
    allow::<UserRecord>(&directory, "Alice", "own").await;
    assert_eq!(names(&*permissions(&directory, &caller).await), ["own", "of-group"]);
    let held = permissions(&directory, &caller).await;
    assert!(Arc::ptr_eq(&held, &permissions(&directory, &caller).await), "unchanged, it is held");
    let row = row::<UserRecord>(&directory, "Alice").await;
    directory.commit(Changes::new().remove(&row).delete(at::identity(alice.id))).await.unwrap();
    assert!(directory.permissions(&caller).await.unwrap().is_none());
}

#[tokio::test]
async fn a_name_made_again_is_somebody_else() {
    let (directory, _) = with_account().await;
    let (first, second) = (user("Alice"), user("Alice"));
    create(&directory, &first).await;
    let arn = "arn:aws:iam::111122223333:user/Alice";
    assert_eq!(directory.unique_id(arn).await.unwrap(), Some(first.id));
    assert_eq!(directory.principal_of(first.id).await.unwrap().unwrap().arn("aws"), arn);
    let row = row::<UserRecord>(&directory, "Alice").await;
    directory.commit(Changes::new().remove(&row).delete(at::identity(first.id))).await.unwrap();
    create(&directory, &second).await;
    assert_eq!(directory.unique_id(arn).await.unwrap(), Some(second.id));
    assert_eq!(directory.principal_of(first.id).await.unwrap(), None);
    assert!(directory.permissions(&of_user(&first)).await.unwrap().is_none());
    for other in ["arn:aws:iam::111122223333:user/alice", "arn:aws:iam::111122223333:user/x/Alice", "Alice"] {
        assert_eq!(directory.unique_id(other).await.unwrap(), None, "{other}");
    }
}

#[tokio::test]
async fn a_managed_policy_applies_in_the_version_in_force() {
    let (directory, _) = with_account().await;
    let arn = PolicyArn {
        owner: PolicyOwner::Account(account()),
        path: "/".parse().unwrap(),
        name: "p".parse().unwrap(),
    };
    let version = |number| VersionRecord { number, created: Timestamp::UNIX_EPOCH };
    let policy = PolicyRecord {
        id: id(IdKind::Policy),
        name: arn.name.clone(),
        path: arn.path.clone(),
        description: None,
        created: Timestamp::UNIX_EPOCH,
        updated: Timestamp::UNIX_EPOCH,
        tags: Default::default(),
        versions: vec![version(1), version(2)],
        default_version: 1,
        next_version: 3,
    };
    let texts = [1, 2].map(|number| at::policy_text(account(), policy.id, number));
    let mut changes = Changes::new().create(at::policy(account(), &arn.name), &policy);
    for text in texts {
        changes = changes.put_bytes(text, ALLOW.as_bytes());
    }
    directory.commit(changes).await.unwrap();
    let mut alice = user("Alice");
    alice.boundary = Some(arn.clone());
    alice.policies.attached = vec![arn, "arn:aws:iam::aws:policy/AdministratorAccess".parse().unwrap()];
    create(&directory, &alice).await;
    let first = permissions(&directory, &of_user(&alice)).await;
    let own = "arn:aws:iam::111122223333:policy/p";
    assert_eq!(names(&first), [own, "arn:aws:iam::aws:policy/AdministratorAccess"]);
    assert_eq!(first.boundary.as_ref().unwrap().name(), own);
    let mut row: Row<PolicyRecord> =
        directory.row(at::policy(account(), &policy.name).unwrap()).await.unwrap().unwrap();
    row.record.default_version = 2;
    directory.commit(Changes::new().update(&row)).await.unwrap();
    let second = permissions(&directory, &of_user(&alice)).await;
    assert!(!Arc::ptr_eq(&first.identity[0], &second.identity[0]));
    assert!(Arc::ptr_eq(&first.identity[1], &second.identity[1]), "what did not change is compiled once");
}

#[tokio::test]
async fn a_boundary_that_cannot_be_read_does_not_set_its_user_free() {
    let (directory, _) = with_account().await;
    let mut alice = user("Alice");
    alice.boundary = Some("arn:aws:iam::111122223333:policy/gone".parse().unwrap());
    create(&directory, &alice).await;
    let refused = directory.permissions(&of_user(&alice)).await;
    assert!(matches!(refused, Err(IamError::Overtaken)));
}

#[tokio::test]
async fn session_policies_limit_their_session_and_no_other() {
    let (directory, _) = with_account().await;
    let worker =
        role("worker", r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}]}"#);
    create(&directory, &worker).await;
    let facts = directory.role_by_id(worker.id).await.unwrap().unwrap();
    let session = RoleSession { role: facts.identity.clone(), session_name: "s".parse().unwrap() };
    let principal = Principal::Session(Arc::new(session));
    let free = Caller {
        account: account(),
        principal,
        access_key_id: key().id,
        token: token(TokenOrigin::AssumeRole, Vec::new()),
    };
    let limit = |policies| Caller { token: token(TokenOrigin::AssumeRole, policies), ..free.clone() };
    let inline = limit(vec![SessionPolicy::Inline(ALLOW.into())]);
    let gone = limit(vec![
        SessionPolicy::Inline(ALLOW.into()),
        SessionPolicy::Managed("arn:aws:iam::111122223333:policy/gone".parse().unwrap()),
    ]);
    assert!(permissions(&directory, &free).await.session.is_none());
    assert_eq!(permissions(&directory, &inline).await.session.as_ref().unwrap().len(), 1);
    assert_eq!(permissions(&directory, &gone).await.session.as_ref().unwrap().len(), 0);
    assert!(permissions(&directory, &free).await.session.is_none());
}

#[tokio::test]
async fn a_federated_user_without_session_policies_is_allowed_nothing_of_its_issuers() {
    let (directory, _) = with_account().await;
    let alice = user("Alice");
    create(&directory, &alice).await;
    allow::<UserRecord>(&directory, "Alice", "own").await;
    let Principal::User(identity) = of_user(&alice).principal else { unreachable!() };
    let bob = FederatedUser { name: "bob".parse().unwrap(), issuer: Issuer::User(identity) };
    let token = token(TokenOrigin::FederationToken, Vec::new());
    let principal = Principal::FederatedUser(Arc::new(bob));
    let caller = Caller { account: account(), principal, access_key_id: key().id, token };
    let permissions = permissions(&directory, &caller).await;
    assert_eq!((names(&permissions), permissions.session.as_ref().unwrap().len()), (vec!["own"], 0));
}
