//! A past to look things up in: records of many kinds, and a naive look-up that knows no index.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use claviger_audit::{
    Attribute, Consumer as _, Criterion, Durability, EventId, Follower, Found, Identity, Index, Indexer,
    Issuer, Limits, Lookup, Record, RecordedError, SessionAttributes, Shown, Token, Trail, read_trail,
};
use claviger_names::AccountId;
use futures_util::FutureExt as _;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::sample::{alice, call, resource};

/// Files of the least size: some five hundred records, two blocks, each.
pub(crate) const SMALL: Limits = Limits { file_bytes_max: 0, durability: Durability::OperatingSystem };

pub(crate) const ACCOUNTS: [&str; 3] = ["111122223333", "444455556666", "777788889999"];
pub(crate) const REGIONS: [&str; 2] = ["us-east-1", "eu-central-1"];
pub(crate) const NAMES: [&str; 4] = ["Encrypt", "Decrypt", "GenerateDataKey", "RotateKey"];
pub(crate) const ERRORS: [&str; 2] = ["AccessDenied", "DisabledException"];
pub(crate) const RESOURCES: [&str; 4] = [
    "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab",
    "arn:aws:kms:us-east-1:111122223333:alias/orders",
    "odd \"name\" \u{2028}",
];
pub(crate) const CONTEXT: [&str; 4] = ["tenant", "blue", "a=b", "quote \" \u{e9}\n"];

/// The encryption contexts that a request may send.
pub(crate) const CONTEXTS: [&str; 3] =
    ["encryptionContext", "sourceEncryptionContext", "destinationEncryptionContext"];

/// What decides about a record; each byte chooses among the above.
pub(crate) type Seed = [u8; 8];

/// Any of these; none for bytes beyond them.
fn pick<'t>(from: &[&'t str], byte: u8) -> Option<&'t str> {
    from.get(usize::from(byte) % (from.len() + 1)).copied()
}

pub(crate) fn start() -> Timestamp {
    "2026-11-21T00:00:00Z".parse().unwrap()
}

/// Appends the record that the seed decides about, number `number`.
pub(crate) fn append(trail: &Trail, number: u64, seed: Seed) {
    let [account, region, name, who, error, resource_a, context, time] = seed;
    let pair = pick(&CONTEXT, context).zip(pick(&CONTEXT, context / 8));
    let sent = Shown::new().maybe_text("keyId", pick(&RESOURCES, resource_a));
    let request = match context % 2 {
        0 => sent.map("encryptionContext", pair),
        _ => sent.map("destinationEncryptionContext", pair).map("sourceEncryptionContext", [("tenant", "x")]),
    }
    .done();
    let resources: Vec<_> = pick(&RESOURCES, resource_a).into_iter().map(resource).collect();
    let mut random = [7; 16];
    random[8..].copy_from_slice(&number.to_be_bytes());
    let record = Record {
        event_time: start() + SignedDuration::from_secs(i64::from(time)),
        event_id: EventId::from_random(random),
        region: REGIONS[usize::from(region) % REGIONS.len()],
        identity: identity(who),
        error: pick(&ERRORS, error).map(|code| RecordedError { code, message: None }),
        request_parameters: request.as_ref(),
        resources: &resources,
        read_only: name % 2 == 0,
        recipient_account: pick(&ACCOUNTS, account).map(|account| account.parse().unwrap()),
        ..call(1, NAMES[usize::from(name) % NAMES.len()])
    };
    trail.append(&record).unwrap().wait().unwrap();
}

fn identity(who: u8) -> Identity<'static> {
    let account: AccountId = ACCOUNTS[0].parse().unwrap();
    match who % 4 {
        0 => alice(),
        1 => Identity::Root { account, access_key_id: "AKIAROOT", session: None, invoked_by: None },
        2 => Identity::Unidentified { access_key_id: None },
        _ => Identity::AssumedRole {
            principal_id: "AROAEXAMPLE:session",
            arn: "arn:aws:sts::111122223333:assumed-role/role/session",
            account,
            access_key_id: "ASIAEXAMPLE",
            issuer: Issuer { principal_id: "AROAEXAMPLE", arn: "arn:r", account, user_name: Some("role") },
            web_federation: None,
            session: SessionAttributes { created: start(), mfa_authenticated: false, source_identity: None },
            invoked_by: None,
        },
    }
}

/// Records of every kind, decided by their number.
pub(crate) fn append_many(trail: &Trail, numbers: std::ops::Range<u64>) {
    for number in numbers {
        let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (number >> 3);
        append(trail, number, mixed.to_le_bytes());
    }
}

pub(crate) fn open(directory: &Path) -> Arc<Trail> {
    Arc::new(Trail::open(directory, SMALL).unwrap())
}

/// Follows the trail to its end.
pub(crate) fn index(trail: &Arc<Trail>, indexer: &mut Indexer) {
    let mut follower = Follower::new(Arc::clone(trail), indexer.position());
    loop {
        let batch = follower.read().unwrap();
        if batch.is_empty() {
            return;
        }
        for entries in batch.entries().chunks(100) {
            indexer.take(entries).now_or_never().unwrap().unwrap();
            assert_eq!(indexer.position(), entries.last().map(|entry| entry.after));
        }
    }
}

pub(crate) fn limit(records: usize) -> NonZeroUsize {
    NonZeroUsize::new(records).unwrap()
}

/// All that is found.
pub(crate) fn all(index: &Index, lookup: &Lookup) -> Vec<String> {
    let Found { records, next } = index.look_up(lookup, NonZeroUsize::MAX, None).unwrap();
    assert_eq!(next, None);
    records
}

/// All that is found, turned page by page.
pub(crate) fn paged(index: &Index, lookup: &Lookup, size: usize, mut between: impl FnMut()) -> Vec<String> {
    let (mut records, mut after) = (Vec::new(), None);
    loop {
        let found = index.look_up(lookup, limit(size), after).unwrap();
        records.extend(found.records);
        let Some(next) = found.next else { return records };
        assert_eq!(records.len() % size, 0, "only the last page is not full");
        after = Some(next.to_string().parse::<Token>().unwrap());
        between();
    }
}

/// What a look-up finds that reads everything.
pub(crate) fn naive(records: impl DoubleEndedIterator<Item = String>, lookup: &Lookup) -> Vec<String> {
    records.rev().filter(|record| is_met(lookup, &serde_json::from_str(record).unwrap())).collect()
}

pub(crate) fn records(directory: &Path) -> Vec<String> {
    read_trail(directory).unwrap().map(Result::unwrap).collect()
}

fn is_met(lookup: &Lookup, record: &Value) -> bool {
    let time: Timestamp = record["eventTime"].as_str().unwrap().parse().unwrap();
    let says = |name: &str, value: &str| record[name].as_str() == Some(value);
    lookup.account.is_none_or(|account| says("recipientAccountId", account.as_str()))
        && lookup.region.is_none_or(|region| says("awsRegion", region.as_str()))
        && lookup.from.is_none_or(|from| time >= from)
        && lookup.to.is_none_or(|to| time <= to)
        && lookup.criteria.iter().all(|criterion| match criterion {
            Criterion::Is(attribute, value) => {
                values(record, *attribute).iter().any(|said| **said == **value)
            }
            Criterion::Context { key, value } => {
                CONTEXTS.iter().any(|name| record["requestParameters"][name][&**key].as_str() == Some(value))
            }
        })
}

pub(crate) fn values(record: &Value, attribute: Attribute) -> Vec<String> {
    let text = |pointer: &str| record.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let of_resources = |name: &str| {
        let resources = record["resources"].as_array().into_iter().flatten();
        resources.map(|resource| resource[name].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let one = match attribute {
        Attribute::EventId => text("/eventID"),
        Attribute::EventName => text("/eventName"),
        Attribute::EventSource => text("/eventSource"),
        Attribute::ReadOnly => Some(record["readOnly"].to_string()),
        Attribute::AccessKeyId => text("/userIdentity/accessKeyId"),
        Attribute::CallerArn => text("/userIdentity/arn"),
        Attribute::ErrorCode => text("/errorCode"),
        Attribute::Username => match record["userIdentity"]["type"].as_str() {
            Some("Root") => Some("root".to_owned()),
            Some("AssumedRole") => Some("session".to_owned()),
            _ => text("/userIdentity/userName"),
        },
        Attribute::ResourceType => return of_resources("type"),
        Attribute::ResourceName => {
            let arns = of_resources("ARN");
            let short = |arn: &String| match arn.split_once(":alias/") {
                Some((_, name)) => Some(format!("alias/{name}")),
                None => arn.split_once(":key/").map(|(_, id)| id.to_owned()),
            };
            return arns.iter().filter_map(short).chain(arns.clone()).collect();
        }
    };
    one.into_iter().collect()
}
