//! Metrics, alarms and metric filters of a node: fed by its trail, settled every minute.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use claviger_audit::{Consumer, ConsumerFault, Entry, Event, Position};
use claviger_clock::Clock;
use claviger_crypto::Random;
use claviger_names::{AccountId, Region};
use claviger_seal::SealedStore;
use foldhash::fast::RandomState;
use futures_util::future::{BoxFuture, FutureExt as _};

use crate::cloudwatch::{
    CloudWatch, Dimension, Expiries, KMS_NAMESPACE, Metric, Parts, SERIES_MAX, SeriesName, StatisticSet,
    USAGE_NAMESPACE, Unit, minute,
};
use crate::logs::Logs;
use crate::place::{Place, Places};
use crate::{Courier, WatchFault};

/// Where the requests come from that are counted.
const KMS_SOURCE: &str = "kms.amazonaws.com";

/// The operations that SuccessfulRequest counts: those that use a key.
const CRYPTOGRAPHIC: [&str; 15] = [
    "Decapsulate",
    "Decrypt",
    "DeriveSharedSecret",
    "Encapsulate",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateMac",
    "GenerateRandom",
    "ReEncrypt",
    "Sign",
    "Verify",
    "VerifyMac",
];

/// The operation with two keys.
const RE_ENCRYPT: &str = "ReEncrypt";

/// What watching takes.
pub struct WatchParts {
    /// Where metrics, alarms and filters are kept.
    pub store: Arc<SealedStore>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Names what is sent.
    pub random: Arc<dyn Random>,
    /// Takes away what alarms tell.
    pub courier: Arc<dyn Courier>,
    /// Knows when key material expires.
    pub expiries: Arc<dyn Expiries>,
}

/// What a node watches: metrics with their alarms, and the log groups with their filters.
#[derive(Clone)]
pub struct Watch {
    /// Metrics and alarms.
    pub cloudwatch: Arc<CloudWatch>,
    /// Log groups and metric filters.
    pub logs: Arc<Logs>,
}

impl Watch {
    /// What is stored.
    pub async fn open(parts: WatchParts) -> Result<Watch, WatchFault> {
        let WatchParts { store, clock, random, courier, expiries } = parts;
        let places = Arc::new(Places::load(&store).await?);
        let logs = Logs::open(store.clone(), places.clone()).await?;
        let parts = Parts { store, clock, random, courier, expiries };
        let cloudwatch = CloudWatch::open(parts, places, SERIES_MAX).await?;
        Ok(Watch { cloudwatch: Arc::new(cloudwatch), logs: Arc::new(logs) })
    }

    /// Whoever is to be told of every record.
    pub fn consumer(&self) -> Box<dyn Consumer> {
        Box::new(self.clone())
    }

    /// Does what is due every minute; call it as often as you like.
    pub async fn settle(&self) {
        let defaults = |minute| self.cloudwatch.metrics.add(self.logs.defaults(minute), None);
        self.cloudwatch.settle(defaults).await;
    }
}

impl Consumer for Watch {
    fn name(&self) -> &'static str {
        "metrics"
    }

    fn position(&self) -> Option<Position> {
        self.cloudwatch.metrics.position()
    }

    fn take<'a>(&'a mut self, entries: &'a [Entry<'a>]) -> BoxFuture<'a, Result<(), ConsumerFault>> {
        async move {
            let (mut counts, mut values) = (HashMap::with_hasher(RandomState::default()), Vec::new());
            for entry in entries {
                let Some((place, minute)) = place(&entry.event) else { continue };
                count(&entry.event, place, minute, &mut counts);
                self.logs.measure(place, entry.text, minute, &mut values);
            }
            let counted = counts.into_iter().map(|(call, times)| call.measured(times));
            let position = entries.last().map(|entry| entry.after);
            self.cloudwatch.metrics.add(counted.chain(values), position);
            Ok(())
        }
        .boxed()
    }
}

/// Whose record it is and when it was made; none of those that nobody is known to have asked for.
fn place(event: &Event<'_>) -> Option<(Place, i64)> {
    let region = event.region().parse::<Region>().ok()?;
    Some((Place { account: event.recipient()?, region }, minute(event.time())))
}

/// What requests are counted by.
#[derive(PartialEq, Eq, Hash)]
struct Counted<'a> {
    place: Place,
    minute: i64,
    operation: Cow<'a, str>,
    by: By<'a>,
}

#[derive(PartialEq, Eq, Hash)]
enum By<'a> {
    Caller,
    Key(Cow<'a, str>),
    Keys { source: Cow<'a, str>, destination: Cow<'a, str> },
}

fn count<'a>(
    event: &Event<'a>,
    place: Place,
    minute: i64,
    counts: &mut HashMap<Counted<'a>, u64, RandomState>,
) {
    if event.source() != KMS_SOURCE || event.is_service_event() {
        return;
    }
    let operation = event.name();
    let used = match event.error_code() {
        None if CRYPTOGRAPHIC.binary_search(&&*operation).is_ok() => used(event, &operation, place.account),
        None | Some(_) => None,
    };
    // The copy that a key's owner gets of what others do names no access key.
    let asked = event.access_key_id().map(|_| By::Caller);
    for by in asked.into_iter().chain(used) {
        let operation = operation.clone();
        *counts.entry(Counted { place, minute, operation, by }).or_default() += 1;
    }
}

/// The keys of a request that succeeded, in the account of the key. A key is used by its owner's record of it.
fn used<'a>(event: &Event<'a>, operation: &str, account: AccountId) -> Option<By<'a>> {
    let mut resources = event.resources();
    let key = resources.next().filter(|key| key.account == Some(account))?;
    if operation != RE_ENCRYPT {
        return Some(By::Key(key.arn));
    }
    let destination = resources.next().map_or_else(|| key.arn.clone(), |other| other.arn);
    Some(By::Keys { source: key.arn, destination })
}

impl Counted<'_> {
    fn measured(self, times: u64) -> (SeriesName, i64, StatisticSet) {
        let Counted { place, minute, operation, by } = self;
        let dimension = |(name, value): (&str, &str)| Dimension::new(name, value);
        let metric = |namespace, name, dimensions: &[(&str, &str)]| {
            Metric::new(namespace, name, dimensions.iter().copied().map(dimension).collect())
        };
        let operation = ("Operation", &*operation);
        let (metric, unit) = match by {
            By::Caller => {
                let of_kms =
                    [("Service", "KMS"), ("Class", "None"), ("Type", "API"), ("Resource", operation.1)];
                (metric(USAGE_NAMESPACE, "CallCount", &of_kms), Unit::NONE)
            }
            By::Key(arn) => {
                (metric(KMS_NAMESPACE, "SuccessfulRequest", &[("KeyArn", &arn), operation]), Unit::COUNT)
            }
            By::Keys { source, destination } => {
                let keys = [("SourceKeyArn", &*source), ("DestinationKeyArn", &*destination), operation];
                (metric(KMS_NAMESPACE, "SuccessfulRequest", &keys), Unit::COUNT)
            }
        };
        let name = SeriesName { account: place.account, region: place.region, metric, unit };
        (name, minute, StatisticSet::of_many(1.0, times as f64))
    }
}
