//! What comes of records: events in AWS's format, told to the rules that were there, and told again only after a crash.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use claviger_audit::{Consumer as _, Entry as TrailEntry, Event, Outline, Place, Position};
use claviger_clock::Timestamp;
use claviger_crypto::SystemRandom;
use claviger_names::AccountId;
use claviger_seal::EphemeralRootKey;
use claviger_store::MemoryStore;
use serde_json::{Value, json};

use super::bus::Bus;
use super::envelope::Occurrence;
use super::input::InputRecord;
use super::rule::{RuleRecord, RuleState, TargetRecord};
use super::*;
use crate::{Message, Unsent};

const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const AT: &str = "2026-11-22T12:00:00Z";
/// Letters of a long text.
const LONG: usize = 200_000;

struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        AT.parse().unwrap()
    }
}

#[derive(Default)]
struct Inbox(Mutex<Vec<Message>>);

impl Courier for Inbox {
    fn knows(&self, _: &str, _: AccountId, _: &str) -> bool {
        true
    }

    fn send(&self, _: &str, message: Message) -> Result<(), Unsent> {
        self.0.lock().unwrap().push(message);
        Ok(())
    }
}

impl Inbox {
    fn take(&self) -> Vec<Value> {
        let messages = std::mem::take(&mut *self.0.lock().unwrap());
        messages.iter().map(|message| serde_json::from_str(&message.body).unwrap()).collect()
    }
}

async fn bridge() -> (EventBridge, Arc<Inbox>) {
    let (inbox, random, clock) = (Arc::new(Inbox::default()), Arc::new(SystemRandom), Arc::new(StoppedClock));
    let root = Arc::new(EphemeralRootKey::generate(&SystemRandom).unwrap());
    let store = Arc::new(MemoryStore::new());
    let store = SealedStore::open(store, root, random.clone(), clock.clone()).await.unwrap();
    let parts = EventsParts { store: Arc::new(store), courier: inbox.clone(), clock, random };
    (EventBridge::new(parts), inbox)
}

fn home() -> Bus {
    Bus { account: "111122223333".parse().unwrap(), region: "us-east-1".parse().unwrap() }
}

fn rule(state: RuleState) -> RuleRecord {
    RuleRecord {
        pattern: r#"{"source": ["aws.kms"]}"#.to_owned(),
        state,
        description: None,
        role_arn: None,
        since: StoppedClock.now().as_second(),
        tags: Default::default(),
        targets: vec![TargetRecord {
            id: "a".to_owned(),
            arn: "arn".to_owned(),
            role_arn: None,
            input: InputRecord::Event,
        }],
    }
}

fn record(name: &str, changes: &Value) -> String {
    let mut record = json!({
        "eventVersion": "1.11", "userIdentity": {"type": "Root", "accountId": "111122223333"}, "eventTime": AT,
        "eventSource": "kms.amazonaws.com", "eventName": name, "awsRegion": "us-east-1",
        "eventID": "11111111-2222-4333-8444-555555555555", "readOnly": false, "eventType": "AwsApiCall",
        "recipientAccountId": "111122223333", "requestParameters": null,
        "resources": [{"accountId": "111122223333", "type": "AWS::KMS::Key", "ARN": KEY}],
    });
    for (name, value) in changes.as_object().unwrap() {
        record[name] = value.clone();
    }
    record.to_string()
}

async fn follow(follower: &mut EventFollower, texts: &[String]) {
    let from = follower.position().unwrap_or_default().records;
    let outlines: Vec<_> = texts.iter().map(|text| Outline::of(text).unwrap()).collect();
    let mut entries = Vec::new();
    for (at, (text, outline)) in (0..).zip(texts.iter().zip(&outlines)) {
        let after = Position { records: from + at + 1, ..Position::default() };
        let event = Event::of(text, outline);
        entries.push(TrailEntry { place: Place { file: 0, offset: at }, after, text, event });
    }
    follower.take(&entries).await.unwrap();
}

fn service_event(name: &str, details: Value) -> String {
    let identity = json!({"accountId": "111122223333", "invokedBy": "AWS Internal"});
    let changes =
        json!({"eventType": "AwsServiceEvent", "userIdentity": identity, "serviceEventDetails": details});
    record(name, &changes)
}

#[tokio::test]
async fn what_the_service_does_comes_in_awss_format() {
    let (bridge, inbox) = bridge().await;
    bridge.rules.put(home(), "all", &rule(RuleState::Enabled), None).await.unwrap();
    let rotation = json!({"keyId": "k", "keyOrigin": "AWS_KMS", "rotationType": "AUTOMATIC",
                          "previousKeyMaterialId": "p", "currentKeyMaterialId": "c"});
    let texts = [
        service_event("RotateKey", rotation),
        service_event("DeleteExpiredKeyMaterial", json!({"keyId": "k", "keyMaterialId": "m"})),
        service_event("DeleteKey", json!({"keyId": "k"})),
        service_event("SomethingNew", json!({"keyId": "k"})),
    ];
    follow(&mut bridge.follower(), &texts).await;
    let told = inbox.take();
    let wanted = |detail_type: &str, detail: Value| {
        json!({"version": "0", "id": "11111111-2222-4333-8444-555555555555", "detail-type": detail_type,
               "source": "aws.kms", "account": "111122223333", "time": AT, "region": "us-east-1", "resources": [KEY],
               "detail": detail})
    };
    let rotation = json!({"key-id": "k", "key-origin": "AWS_KMS", "rotation-type": "AUTOMATIC",
                          "previous-key-material-id": "p", "current-key-material-id": "c"});
    assert_eq!(
        told,
        [
            wanted("KMS CMK Rotation", rotation),
            wanted("KMS Imported Key Material Expiration", json!({"key-id": "k", "key-material-id": "m"})),
            wanted("KMS CMK Deletion", json!({"key-id": "k"})),
        ]
    );
}

#[tokio::test]
async fn rules_are_asked_about_what_their_state_says_of_their_own_account_and_region() {
    let (bridge, inbox) = bridge().await;
    let mut follower = bridge.follower();
    let texts = [
        record("DisableKey", &json!({})),
        record("Decrypt", &json!({"readOnly": true})),
        record("DisableKey", &json!({"awsRegion": "us-west-2"})),
        record("DisableKey", &json!({"recipientAccountId": "444455556666"})),
        record("DisableKey", &json!({"eventTime": "2026-11-22T11:59:59Z"})),
    ];
    let mut names = async |state: Option<RuleState>| {
        let found = bridge.rules.find(home(), "a").await.unwrap().map(|found| found.revision);
        if let Some(state) = state {
            bridge.rules.put(home(), "a", &rule(state), found).await.unwrap();
        }
        follow(&mut follower, &texts).await;
        inbox
            .take()
            .iter()
            .map(|event| event["detail"]["eventName"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert!(names(None).await.is_empty());
    assert_eq!(names(Some(RuleState::Enabled)).await, ["DisableKey"]);
    assert_eq!(names(Some(RuleState::EnabledForAll)).await, ["DisableKey", "Decrypt"]);
    assert!(names(Some(RuleState::Disabled)).await.is_empty());
}

#[tokio::test]
async fn a_follower_goes_on_where_the_last_event_was_told() {
    let (bridge, inbox) = bridge().await;
    bridge.rules.put(home(), "a", &rule(RuleState::Enabled), None).await.unwrap();
    let mut follower = bridge.follower().resume().await.unwrap();
    assert_eq!(follower.position(), None);
    follow(&mut follower, &[record("DisableKey", &json!({})), record("EnableKey", &json!({}))]).await;
    follow(&mut follower, &[record("Decrypt", &json!({"readOnly": true}))]).await;
    assert_eq!((follower.position().unwrap().records, inbox.take().len()), (3, 2));
    let again = bridge.follower().resume().await.unwrap();
    assert_eq!(again.position().unwrap().records, 2, "nobody was told of what came after");
}

/// Puts so many rules, each with five targets.
async fn put_rules(bridge: &EventBridge, rules: usize, input: &InputRecord) {
    let one = rule(RuleState::Enabled);
    let target =
        |id: usize| TargetRecord { id: id.to_string(), input: input.clone(), ..one.targets[0].clone() };
    let record = RuleRecord { targets: (0..5).map(target).collect(), ..one.clone() };
    for number in 0..rules {
        bridge.rules.put(home(), &format!("rule-{number}"), &record, None).await.unwrap();
    }
}

/// How many messages an event with this text becomes.
async fn count_told(rules: usize, input: &InputRecord, text: &str) -> usize {
    let (bridge, inbox) = bridge().await;
    put_rules(&bridge, rules, input).await;
    let event = record("DisableKey", &json!({"requestParameters": {"text": text}}));
    follow(&mut bridge.follower(), &[event]).await;
    inbox.take().len()
}

#[tokio::test]
async fn an_event_becomes_300_messages_at_most() {
    let constant = InputRecord::Constant("1".to_owned());
    for (rules, messages) in [(60, 300), (61, 300), (5, 25)] {
        assert_eq!(count_told(rules, &constant, "").await, messages, "{rules} rules");
    }
}

#[tokio::test]
async fn an_event_becomes_four_mebibytes_at_most() {
    let told = count_told(20, &InputRecord::Event, &"a".repeat(LONG)).await;
    assert_eq!(told, (4_usize << 20).div_ceil(LONG));
}

#[tokio::test]
async fn what_a_template_makes_too_long_is_not_sent_and_counts_as_if_it_were() {
    let template = format!("[{}1]", "<aws.events.event.json>,".repeat(100));
    let input = InputRecord::Template { paths: Default::default(), template };
    let text = "a".repeat(LONG / 2);
    // Sixteen times 256 kB are four mebibytes.
    for (rules, messages) in [(3, 1), (4, 0), (300, 0)] {
        let (bridge, inbox) = bridge().await;
        put_rules(&bridge, rules, &input).await;
        bridge.rules.put(home(), "z", &rule(RuleState::Enabled), None).await.unwrap();
        let event = record("DisableKey", &json!({"requestParameters": {"text": text}}));
        follow(&mut bridge.follower(), &[event]).await;
        assert_eq!(inbox.take().len(), messages, "{rules} rules");
    }
}

#[tokio::test]
async fn others_have_their_turn_while_rules_are_told() {
    let turns = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&turns);
    let other = tokio::spawn(async move {
        loop {
            counted.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
        }
    });
    let (bridge, inbox) = bridge().await;
    let rules = (0..10).map(|number| (format!("rule-{number}"), rule(RuleState::Enabled))).collect();
    let rules = delivery::ready(home(), rules).await;
    let text = record("DisableKey", &json!({}));
    let outline = Outline::of(&text).unwrap();
    let entry = TrailEntry {
        place: Place { file: 0, offset: 0 },
        after: Position::default(),
        text: &text,
        event: Event::of(&text, &outline),
    };
    let event = Occurrence::of(home(), &entry).unwrap();
    let before = turns.load(Ordering::Relaxed);
    delivery::tell(&rules, &event, &*bridge.courier, StoppedClock.now()).await;
    assert!(turns.load(Ordering::Relaxed) >= before + 10);
    assert_eq!(inbox.take().len(), 10);
    other.abort();
}
