//! What a user says of a trail, when it is created and later, and what is told of it.

use claviger_api::{Answer, Fault, Shown};
use claviger_clock::Timestamp;
use claviger_names::{AccountId, Region};
use claviger_seal::{SealedStore, Write};
use claviger_store::{Guard, Outcome, Path};
use claviger_wire::{Bounds, Members, TextRule};

use super::Refusal;
use super::reference::{REFERENCE, Reference};
use crate::keyspace::{self, Stored};
use crate::trail::Trail;
use crate::{Buckets, CloudTrailError, MalformedTrailName};

/// Trails that an account can see in a Region, shadows included.
pub(super) const TRAILS_PER_REGION_MAX: usize = 5;
/// Tags of a trail.
pub(super) const TAGS_MAX: usize = 50;

const BUCKET_CHARACTERS: std::ops::RangeInclusive<usize> = 3..=63;
const PREFIX_CHARACTERS_MAX: usize = 200;
const TAG_KEY: TextRule = TextRule::length(1, 128);
const TAG_VALUE: TextRule = TextRule::length(1, 256);
const TAGS_LIST: Bounds = Bounds::new(0, 200);

/// The members that CreateTrail and UpdateTrail share.
#[derive(Debug)]
pub(super) struct Settings {
    pub trail: Reference,
    bucket: Option<String>,
    prefix: Option<String>,
    has_global_events: Option<bool>,
    is_multi_region: Option<bool>,
    is_validated: Option<bool>,
    pub tags: Vec<(String, String)>,
}

impl Settings {
    pub(super) fn parse(mut members: Members<'_>) -> Result<Settings, Fault> {
        let name = members.text("Name", &REFERENCE);
        let bucket = members.text("S3BucketName", &REFERENCE);
        let prefix = members.text("S3KeyPrefix", &REFERENCE);
        let topic = members.text("SnsTopicName", &REFERENCE);
        let has_global_events = members.flag("IncludeGlobalServiceEvents");
        let is_multi_region = members.flag("IsMultiRegionTrail");
        let is_validated = members.flag("EnableLogFileValidation");
        let log_group = members.text("CloudWatchLogsLogGroupArn", &REFERENCE);
        let role = members.text("CloudWatchLogsRoleArn", &REFERENCE);
        let key = members.text("KmsKeyId", &REFERENCE);
        let is_of_organization = members.flag("IsOrganizationTrail");
        let tags = members.structures("TagsList", |tag| {
            let key = tag.required_text("Key", &TAG_KEY).into_owned();
            (key, tag.text("Value", &TAG_VALUE).unwrap_or_default().into_owned())
        });
        members.counted("TagsList", tags.as_deref().unwrap_or_default(), TAGS_LIST);
        let (name, topic, log_group, role, key) = members.finish((name, topic, log_group, role, key))?;
        let is_given = |text: Option<&str>| text.is_some_and(|text| !text.is_empty());
        let unsupported = [
            (is_given(topic.as_deref()), "SnsTopicName is not supported: no notifications are sent."),
            (
                is_given(log_group.as_deref()) || is_given(role.as_deref()),
                "CloudWatchLogsLogGroupArn is not supported: log files are delivered to buckets only.",
            ),
            (is_given(key.as_deref()), "KmsKeyId is not supported: let the bucket encrypt its objects."),
            (is_of_organization == Some(true), "Organization trails are not supported."),
        ];
        if let Some((_, text)) = unsupported.into_iter().find(|(is_asked_for, _)| *is_asked_for) {
            return Err(Refusal::Unsupported(text).into());
        }
        Ok(Settings {
            trail: Reference::parse(name.as_deref().unwrap_or_default())?,
            bucket: bucket.map(|bucket| valid_bucket(&bucket)).transpose()?,
            prefix: prefix.map(|prefix| valid_prefix(&prefix)).transpose()?,
            has_global_events,
            is_multi_region,
            is_validated,
            tags: valid_tags(tags.unwrap_or_default())?,
        })
    }

    /// What a new trail must say, and an old one need not: a name that is no ARN, and a bucket.
    pub(super) fn check_new(&self) -> Result<(), Refusal> {
        if self.trail.is_arn() {
            return Err(Refusal::TrailName(MalformedTrailName::Character));
        }
        match self.bucket {
            Some(_) => Ok(()),
            None => Err(Refusal::BucketName(String::new())),
        }
    }

    /// Lays what is said over what the trail is.
    pub(super) fn apply(
        &self,
        trail: &mut Trail,
        buckets: &dyn Buckets,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if let Some(bucket) = &self.bucket {
            trail.bucket.clone_from(bucket);
        }
        if !buckets.has(&trail.bucket) {
            return Err(Refusal::NoSuchBucket(trail.bucket.clone()));
        }
        if let Some(prefix) = &self.prefix {
            trail.prefix = Some(prefix.clone()).filter(|prefix| !prefix.is_empty());
        }
        trail.is_multi_region = self.is_multi_region.unwrap_or(trail.is_multi_region);
        trail.has_global_events = self.has_global_events.unwrap_or(trail.has_global_events);
        if trail.is_multi_region && !trail.has_global_events {
            let text = "Multi-Region trail must include global service events.";
            return Err(Refusal::Combination(text));
        }
        match self.is_validated {
            Some(true) => trail.validated_since = trail.validated_since.or(Some(now)),
            Some(false) => trail.validated_since = None,
            None => {}
        }
        Ok(())
    }

    /// As it was sent.
    pub(super) fn shown(&self) -> Shown {
        let tags = self.tags.iter().map(|(key, value)| Shown::new().text("key", key).text("value", value));
        let shown = Shown::new()
            .text("name", self.trail.text())
            .maybe_text("s3BucketName", self.bucket.as_deref())
            .maybe_text("s3KeyPrefix", self.prefix.as_deref())
            .maybe_flag("includeGlobalServiceEvents", self.has_global_events)
            .maybe_flag("isMultiRegionTrail", self.is_multi_region)
            .maybe_flag("enableLogFileValidation", self.is_validated);
        if self.tags.is_empty() { shown } else { shown.objects("tagsList", tags) }
    }
}

/// What the answers to CreateTrail and UpdateTrail tell.
pub(super) fn answer(trail: &Trail) -> Answer {
    Answer::structure()
        .with("Name", trail.id.name.to_string())
        .with("S3BucketName", trail.bucket.clone())
        .maybe("S3KeyPrefix", trail.prefix.clone())
        .with("IncludeGlobalServiceEvents", trail.has_global_events)
        .with("IsMultiRegionTrail", trail.is_multi_region)
        .with("TrailARN", trail.id.arn())
        .with("LogFileValidationEnabled", trail.validated_since.is_some())
        .with("IsOrganizationTrail", false)
}

/// The same, as their records show it.
pub(super) fn told(trail: &Trail) -> Shown {
    Shown::new()
        .text("name", trail.id.name.as_str())
        .text("s3BucketName", &trail.bucket)
        .maybe_text("s3KeyPrefix", trail.prefix.as_deref())
        .flag("includeGlobalServiceEvents", trail.has_global_events)
        .flag("isMultiRegionTrail", trail.is_multi_region)
        .text("trailARN", &trail.id.arn())
        .flag("logFileValidationEnabled", trail.validated_since.is_some())
        .flag("isOrganizationTrail", false)
}

/// The trails of an account, and what guards that there are no others.
pub(super) struct Census {
    pub trails: Vec<Trail>,
    account: AccountId,
    row: Path,
    guard: Guard,
}

impl Census {
    pub(super) async fn of(store: &SealedStore, account: AccountId) -> Result<Census, CloudTrailError> {
        let row = keyspace::census_path(account)?;
        let found: Option<Stored<u64>> = keyspace::read(store, &row).await?;
        let guard = keyspace::guard(&row, found.as_ref());
        Ok(Census { trails: keyspace::list_trails(store, Some(account)).await?, account, row, guard })
    }

    /// Refuses a trail beside the others whose name is taken, or that is one too many, in a Region where it is seen.
    pub(super) fn admit(&self, new: &Trail) -> Result<(), Refusal> {
        let others = || self.trails.iter().filter(|trail| trail.id.unique != new.id.unique);
        let meets =
            |other: &Trail| other.is_multi_region || new.is_multi_region || other.id.home == new.id.home;
        if others().any(|other| other.id.name == new.id.name && meets(other)) {
            let (name, account) = (new.id.name.to_string(), self.account);
            return Err(Refusal::TrailAlreadyExists { name, account });
        }
        let homes = others().map(|other| other.id.home).filter(|_| new.is_multi_region);
        let is_full =
            |region: &Region| others().filter(|other| other.covers(*region)).count() >= TRAILS_PER_REGION_MAX;
        match std::iter::once(new.id.home).chain(homes).find(is_full) {
            Some(region) => Err(Refusal::TooManyTrails { account: self.account, region }),
            None => Ok(()),
        }
    }

    /// Commits a change of one trail, unless any trail of the account was changed since.
    pub(super) async fn commit(self, store: &SealedStore, writes: Vec<Write>) -> Result<(), Fault> {
        let count = keyspace::put(self.row, &(self.trails.len() as u64))?;
        let writes = writes.into_iter().chain([count]).collect();
        match store.commit(vec![self.guard], writes).await.map_err(CloudTrailError::from)? {
            Outcome::Committed(_) => Ok(()),
            Outcome::Conflict => Err(Fault::Overtaken),
        }
    }
}

fn valid_bucket(name: &str) -> Result<String, Refusal> {
    let is_character = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(byte);
    let is_end = |byte: Option<&u8>| byte.is_some_and(|byte| is_character(byte) && !b".-".contains(byte));
    let bytes = name.as_bytes();
    let is_valid = BUCKET_CHARACTERS.contains(&name.len())
        && bytes.iter().all(is_character)
        && is_end(bytes.first())
        && is_end(bytes.last())
        && !name.contains("..");
    if is_valid { Ok(name.to_owned()) } else { Err(Refusal::BucketName(name.to_owned())) }
}

/// Segments of safe characters with a slash between them, so that objects stay below the bucket, be it a directory.
fn valid_prefix(prefix: &str) -> Result<String, Refusal> {
    let is_character = |byte: u8| byte.is_ascii_alphanumeric() || b"!-_.*'()".contains(&byte);
    let is_segment = |segment: &str| !matches!(segment, "" | "." | "..") && segment.bytes().all(is_character);
    let is_valid = prefix.is_empty() || prefix.split('/').all(is_segment);
    if is_valid && prefix.len() <= PREFIX_CHARACTERS_MAX {
        Ok(prefix.to_owned())
    } else {
        Err(Refusal::Prefix(prefix.to_owned()))
    }
}

fn valid_tags(tags: Vec<(String, String)>) -> Result<Vec<(String, String)>, Refusal> {
    if tags.len() > TAGS_MAX {
        return Err(Refusal::TooManyTags);
    }
    if tags.iter().any(|(key, _)| key.starts_with("aws:")) {
        return Err(Refusal::Tag("Tag keys must not begin with aws:."));
    }
    let is_twice =
        |(at, (key, _)): (usize, &(String, String))| tags[..at].iter().any(|(other, _)| other == key);
    if tags.iter().enumerate().any(is_twice) {
        return Err(Refusal::Tag("A tag key is given more than once."));
    }
    Ok(tags)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trail::tests::trail;

    #[test]
    fn prefixes_stay_below_their_bucket() {
        for valid in ["", "a", "logs/of/all", "a.b/c_d"] {
            assert_eq!(valid_prefix(valid), Ok(valid.to_owned()));
        }
        let long = "x".repeat(201);
        for wrong in ["/", "/a", "a/", "a//b", "..", "a/../b", "./a", "a b", "é", "a\\b", "a\0", &long] {
            assert_eq!(valid_prefix(wrong), Err(Refusal::Prefix(wrong.to_owned())));
        }
    }

    #[test]
    fn names_of_buckets_are_those_of_s3() {
        for valid in ["abc", "my.logs-2", &"x".repeat(63)] {
            assert!(valid_bucket(valid).is_ok(), "{valid}");
        }
        for wrong in ["", "ab", "Abc", "a_b", "-abc", "abc.", "a..b", "a/b", &"x".repeat(64)] {
            assert_eq!(valid_bucket(wrong), Err(Refusal::BucketName(wrong.to_owned())));
        }
    }

    fn census(trails: Vec<Trail>) -> Census {
        let row = keyspace::census_path("111122223333".parse().unwrap()).unwrap();
        let (account, guard) = ("111122223333".parse().unwrap(), Guard::Absent(row.clone()));
        Census { trails, account, row, guard }
    }

    #[test]
    fn a_name_is_taken_in_every_region_where_its_trail_is_seen() {
        let account = "111122223333".parse().unwrap();
        let (mut there, mut new) = (trail("ops", "us-east-1"), trail("ops", "eu-west-1"));
        new.id.unique = "new".to_owned();
        assert_eq!(census(vec![there.clone()]).admit(&new), Ok(()));
        let taken = Err(Refusal::TrailAlreadyExists { name: "ops".to_owned(), account });
        new.is_multi_region = true;
        assert_eq!(census(vec![there.clone()]).admit(&new), taken);
        (there.is_multi_region, new.is_multi_region) = (true, false);
        let taken = Err(Refusal::TrailAlreadyExists { name: "ops".to_owned(), account });
        assert_eq!(census(vec![there.clone()]).admit(&new), taken);
        assert_eq!(census(vec![there.clone()]).admit(&there), Ok(()), "a trail is not in its own way");
    }

    #[test]
    fn an_account_sees_five_trails_in_a_region_shadows_included() {
        let account = "111122223333".parse().unwrap();
        let named = |at: usize, home: &str| trail(&format!("trail-{at}"), home);
        let mut trails: Vec<Trail> = (0..5).map(|at| named(at, "us-east-1")).collect();
        let full = |region: &str| Err(Refusal::TooManyTrails { account, region: region.parse().unwrap() });
        assert_eq!(census(trails.clone()).admit(&named(9, "us-east-1")), full("us-east-1"));
        assert_eq!(census(trails.clone()).admit(&named(9, "eu-west-1")), Ok(()));
        let mut everywhere = named(9, "eu-west-1");
        everywhere.is_multi_region = true;
        assert_eq!(census(trails.clone()).admit(&everywhere), full("us-east-1"));
        trails.iter_mut().for_each(|trail| trail.is_multi_region = true);
        assert_eq!(census(trails).admit(&named(9, "eu-west-1")), full("eu-west-1"));
    }
}
