//! What changes while it is held: the operator's limits, names, and what others do at the same moment.

use claviger_clock::Clock as _;
use claviger_crypto::Secret;
use claviger_store::Revision;

use super::*;
use crate::Credential;
use crate::directory::Used;

#[tokio::test]
async fn what_the_operator_limits_an_account_to_binds_at_once_but_not_service_linked_roles() {
    let (directory, _) = with_account().await;
    let (alice, mut linked) = (user("Alice"), role("linked", ALLOW));
    linked.service = Some("mrk.kms.amazonaws.com".into());
    create(&directory, &alice).await;
    create(&directory, &linked).await;
    let caller = of_user(&alice);
    assert!(permissions(&directory, &caller).await.service_control.0.is_empty());
    let policy = |name: &str| ControlPolicy { name: name.into(), text: ALLOW.into() };
    let controls = Controls {
        service_control: vec![vec![policy("FullAccess")], vec![policy("unit")]],
        resource_control: Vec::new(),
    };
    directory.put_controls(account(), controls.clone()).await.unwrap();
    assert_eq!(directory.controls(account()).await.unwrap(), controls);
    assert_eq!(permissions(&directory, &caller).await.service_control.0.len(), 2);
    assert!(directory.resource_control(account()).await.unwrap().0.is_empty());
    let identity =
        crate::RoleIdentity { id: linked.id, name: linked.name, path: linked.path, tags: linked.tags };
    let session = RoleSession { role: Arc::new(identity), session_name: "s".parse().unwrap() };
    let of_role = Caller { principal: Principal::Session(Arc::new(session)), ..caller };
    assert!(permissions(&directory, &of_role).await.service_control.0.is_empty());
    let broken = ControlPolicy { name: "broken".into(), text: "{".into() };
    let broken = Controls { service_control: vec![vec![broken]], resource_control: Vec::new() };
    let refused = directory.put_controls(account(), broken).await.unwrap_err();
    assert!(refused.to_string().starts_with("broken: "), "{refused}");
}

#[tokio::test]
async fn principals_are_bound_and_shown_by_what_they_are_called_now() {
    let (directory, _) = with_account().await;
    let alice = user("Alice");
    create(&directory, &alice).await;
    let arn = "arn:aws:iam::111122223333:user/Alice";
    let text = format!(
        r#"{{"Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{arn}"}},"Action":"sts:AssumeRole"}}]}}"#
    );
    let document = Document::parse(&text, Kind::Trust).unwrap();
    let bindings = directory.bind(&document).await.unwrap();
    assert_eq!(bindings.get(arn), Some(alice.id));
    assert_eq!(directory.shown(&text, &bindings, "aws").await.unwrap(), text);
    let row = row::<UserRecord>(&directory, "Alice").await;
    directory.commit(Changes::new().remove(&row).delete(at::identity(alice.id))).await.unwrap();
    let shown = directory.shown(&text, &bindings, "aws").await.unwrap();
    assert_eq!(shown, text.replace(arn, alice.id.as_str()));
    let refused = directory.bind(&document).await;
    assert!(matches!(refused, Err(BindError::Unknown(PrincipalText::User(_)))));
}

#[tokio::test]
async fn of_two_racing_changes_one_is_overtaken() {
    let (directory, _) = with_account().await;
    create(&directory, &user("Alice")).await;
    let mut one = row::<UserRecord>(&directory, "Alice").await;
    let mut other = row::<UserRecord>(&directory, "Alice").await;
    one.record.tags.insert("a", "1");
    other.record.tags.insert("b", "2");
    directory.commit(Changes::new().update(&one)).await.unwrap();
    let refused = directory.commit(Changes::new().update(&other)).await;
    assert!(matches!(refused, Err(IamError::Overtaken)));
    let twice = directory.commit(changes(&user("ALICE"))).await;
    assert!(matches!(twice, Err(IamError::Overtaken)), "names that differ only in case meet");
}

#[tokio::test]
async fn another_nodes_change_counts_once_its_paths_are_forgotten() {
    let store = store().await;
    let [here, there] = [0, 1].map(|_| Directory::new(store.clone(), Arc::new(SystemClock)));
    let alice = user("Alice");
    create(&here, &alice).await;
    let caller = of_user(&alice);
    assert!(permissions(&here, &caller).await.identity.is_empty());
    allow::<UserRecord>(&there, "Alice", "own").await;
    assert!(permissions(&here, &caller).await.identity.is_empty(), "nobody has told this node");
    here.forget([&at::entity(account(), crate::model::EntityKind::User, "Alice").unwrap()]);
    assert_eq!(names(&*permissions(&here, &caller).await), ["own"]);
}

#[tokio::test]
async fn uses_of_an_access_key_are_held_in_memory_and_written_when_asked() {
    let store = store().await;
    let [here, there] = [0, 1].map(|_| Directory::new(store.clone(), Arc::new(SystemClock)));
    let key = key();
    here.create_account(account(), "one".parse().unwrap(), &key).await.unwrap();
    let credential = here.credential(&key.id).await.unwrap().unwrap();
    let used = Used::Key(key.id.clone());
    assert!(here.last_use(&used).await.unwrap().is_none());
    here.note_use(&credential, "kms", "us-east-1".parse().unwrap(), SystemClock.now());
    assert_eq!(&*here.last_use(&used).await.unwrap().unwrap().service, "kms");
    assert!(there.last_use(&used).await.unwrap().is_none());
    here.write_key_uses().await.unwrap();
    assert_eq!(&*there.last_use(&used).await.unwrap().unwrap().service, "kms");
    let gone = crate::directory::without_access_key(Changes::new(), &key.id);
    here.note_use(&credential, "iam", "us-east-1".parse().unwrap(), SystemClock.now());
    here.commit(gone).await.unwrap();
    here.write_key_uses().await.unwrap();
    assert!(here.last_use(&used).await.unwrap().is_none(), "a use does not bring a deleted key back");
}

#[tokio::test]
async fn a_role_is_used_by_its_sessions_until_it_is_gone() {
    let store = store().await;
    let [here, there] = [0, 1].map(|_| Directory::new(store.clone(), Arc::new(SystemClock)));
    here.create_account(account(), "one".parse().unwrap(), &key()).await.unwrap();
    let trust = r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}]}"#;
    let role = role("reader", trust);
    create(&here, &role).await;
    let facts = here.role_by_id(role.id).await.unwrap().unwrap();
    let session = RoleSession { role: facts.identity.clone(), session_name: "s".parse().unwrap() };
    let caller = Caller {
        account: account(),
        principal: Principal::Session(Arc::new(session)),
        access_key_id: key().id,
        token: token(TokenOrigin::AssumeRole, Vec::new()),
    };
    let credential = Credential::new(caller, Secret::new(vec![7]), KeyStatus::Active, Revision(0));
    let used = Used::Role(role.id);
    here.note_use(&credential, "kms", "eu-central-1".parse().unwrap(), SystemClock.now());
    here.write_key_uses().await.unwrap();
    assert_eq!(there.last_use(&used).await.unwrap().unwrap().region.as_str(), "eu-central-1");
    here.note_use(&credential, "kms", "us-east-1".parse().unwrap(), SystemClock.now());
    let gone = Changes::new().delete(at::identity(role.id)).delete(at::role_use(role.id));
    here.commit(gone).await.unwrap();
    here.write_key_uses().await.unwrap();
    assert!(here.last_use(&used).await.unwrap().is_none(), "a use does not bring a deleted role back");
}
