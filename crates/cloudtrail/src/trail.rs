//! A trail: whose records it delivers, where to, and when it did.

use claviger_audit::Event;
use claviger_clock::Timestamp;
use claviger_names::{AccountId, Region};
use serde::{Deserialize, Serialize};

use crate::TrailName;
use crate::object_key::Shelf;

/// Times of logging that a trail remembers. Those before matter only to records that nobody has read for as long.
const PERIODS_MAX: usize = 32;

/// The services whose records are those of an account rather than of a Region.
const GLOBAL_SOURCES: [&str; 2] = ["iam.amazonaws.com", "sts.amazonaws.com"];

/// Where a trail is kept, and which of several of that name it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct TrailId {
    pub account: AccountId,
    pub home: Region,
    pub name: TrailName,
    /// Random: another for every trail that is created.
    pub unique: String,
}

/// A trail as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Trail {
    pub id: TrailId,
    pub bucket: String,
    /// Without the slash behind it.
    pub prefix: Option<String>,
    pub is_multi_region: bool,
    pub has_global_events: bool,
    /// Since when digests are made, if they are.
    pub validated_since: Option<Timestamp>,
    pub tags: Vec<(String, String)>,
    /// When it logged, oldest first.
    pub periods: Vec<Period>,
}

/// A time of logging; an open one goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Period {
    pub from: Timestamp,
    pub until: Option<Timestamp>,
}

impl TrailId {
    pub(crate) fn arn(&self) -> String {
        arn(self.account, self.home, self.name.as_str())
    }
}

/// The ARN of the trail of this name.
pub(crate) fn arn(account: AccountId, home: Region, name: &str) -> String {
    format!("arn:{}:cloudtrail:{home}:{account}:trail/{name}", home.partition())
}

impl Trail {
    pub(crate) fn is_logging(&self) -> bool {
        self.periods.last().is_some_and(|period| period.until.is_none())
    }

    /// Logs from now on; a trail that does already goes on.
    pub(crate) fn start(&mut self, now: Timestamp) {
        if !self.is_logging() {
            self.periods.push(Period { from: now, until: None });
            let surplus = self.periods.len().saturating_sub(PERIODS_MAX);
            self.periods.drain(..surplus);
        }
    }

    /// Logs no more.
    pub(crate) fn stop(&mut self, now: Timestamp) {
        if let Some(period @ Period { until: None, .. }) = self.periods.last_mut() {
            period.until = Some(now);
        }
    }

    /// When its digests begin, in whole seconds; none while it has none.
    pub(crate) fn digests_from(&self) -> Option<Timestamp> {
        let from = self.validated_since?.max(self.periods.last()?.from);
        Timestamp::from_second(from.as_second()).ok()
    }

    /// Whether it delivers the records of this Region.
    pub(crate) fn covers(&self, region: Region) -> bool {
        self.is_multi_region || region == self.id.home
    }

    /// Whether it delivers this record of its account and of a Region that it covers.
    pub(crate) fn takes(&self, event: &Event<'_>) -> bool {
        let is_global = || GLOBAL_SOURCES.contains(&event.source().as_ref());
        (self.has_global_events || !is_global())
            && self.periods.iter().any(|period| period.holds(event.time()))
    }

    pub(crate) fn shelf(&self, region: Region) -> Shelf<'_> {
        Shelf { prefix: self.prefix.as_deref(), account: self.id.account, region }
    }
}

impl Period {
    /// Whether what a record says, in whole seconds, lies in it.
    fn holds(&self, second: Timestamp) -> bool {
        let second = second.as_second();
        self.from.as_second() <= second && self.until.is_none_or(|until| second <= until.as_second())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use claviger_audit::Outline;

    use super::*;

    pub(crate) fn trail(name: &str, home: &str) -> Trail {
        let id = TrailId {
            account: "111122223333".parse().unwrap(),
            home: home.parse().unwrap(),
            name: TrailName::parse(name).unwrap(),
            unique: format!("id-of-{name}"),
        };
        let (is_multi_region, has_global_events, validated_since) = (false, true, Some(at(0)));
        let (bucket, prefix) = ("logs".to_owned(), None);
        let (tags, periods) = (Vec::new(), Vec::new());
        Trail { id, bucket, prefix, is_multi_region, has_global_events, validated_since, tags, periods }
    }

    pub(crate) fn record(id: u32, source: &str, region: &str, account: &str, second: i64) -> String {
        let time = crate::digest::second(at(second));
        format!(
            r#"{{"userIdentity":{{}},"eventTime":"{time}","eventSource":"{source}","eventName":"Encrypt","awsRegion":"{region}","eventID":"{id}","readOnly":true,"eventType":"AwsApiCall","recipientAccountId":"{account}"}}"#
        )
    }

    pub(crate) fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn takes(trail: &Trail, source: &str, second: i64) -> bool {
        let record = record(1, source, "us-east-1", "111122223333", second);
        trail.takes(&Event::of(&record, &Outline::of(&record).unwrap()))
    }

    #[test]
    fn a_trail_takes_what_happened_while_it_logged_however_late_it_is_read() {
        let mut trail = trail("ops", "us-east-1");
        let taken = |trail: &Trail| {
            (0..10).filter(|second| takes(trail, "kms.amazonaws.com", *second)).collect::<Vec<_>>()
        };
        assert_eq!(taken(&trail), Vec::<i64>::new());
        trail.start(at(2));
        trail.start(at(4));
        assert_eq!(taken(&trail), [2, 3, 4, 5, 6, 7, 8, 9]);
        trail.stop(at(5));
        trail.stop(at(6));
        trail.start(at(8));
        assert_eq!(taken(&trail), [2, 3, 4, 5, 8, 9]);
        assert!(trail.is_logging());
    }

    #[test]
    fn records_of_global_services_are_left_out_where_they_are_not_wanted() {
        let mut trail = trail("ops", "us-east-1");
        trail.start(at(0));
        assert!(takes(&trail, "iam.amazonaws.com", 1));
        trail.has_global_events = false;
        assert!(!takes(&trail, "iam.amazonaws.com", 1) && takes(&trail, "kms.amazonaws.com", 1));
    }

    #[test]
    fn a_trail_covers_its_home_or_every_region() {
        let mut trail = trail("ops", "us-east-1");
        let [home, other] = ["us-east-1", "eu-west-1"].map(|name| name.parse().unwrap());
        assert!(trail.covers(home) && !trail.covers(other));
        trail.is_multi_region = true;
        assert!(trail.covers(home) && trail.covers(other));
        assert_eq!(trail.id.arn(), "arn:aws:cloudtrail:us-east-1:111122223333:trail/ops");
    }
}
