//! TagResource, UntagResource and ListTagsForResource, of alarms.

use claviger_api::{Answer, Ask, Call, Done, Facts, Fault, Operation, Shown};
use claviger_wire::{Bounds, Members, TextRule};

use super::member::{place, text, texts};
use crate::cloudwatch::CloudWatch;
use crate::cloudwatch::alarm::{self, Stored, alarm_arn};
use crate::cloudwatch::fault::CloudWatchFault;

pub(super) type Tags = Vec<(Box<str>, Box<str>)>;

/// Most tags of an alarm.
const TAGS_MAX: usize = 50;

const KEY: TextRule = TextRule::length(1, 128);
const VALUE: TextRule = TextRule::length(0, 256);
const ARN: TextRule = TextRule::length(1, 1024);

pub(super) struct TagResource;
pub(super) struct UntagResource;
pub(super) struct ListTagsForResource;

/// The tags of a request.
pub(super) fn tags(members: &mut Members<'_>) -> Option<Tags> {
    members.structures("Tags", |members| {
        let key = members.required_text("Key", &KEY).into_owned().into();
        let value = text(members, "Value", &VALUE);
        (key, members.required("Value", value))
    })
}

/// That there are not too many.
pub(super) fn check(tags: &Tags) -> Result<(), CloudWatchFault> {
    match tags.len() {
        ..=TAGS_MAX => Ok(()),
        _ => Err(CloudWatchFault::Validation(format!("An alarm has at most {TAGS_MAX} tags.").into())),
    }
}

/// As conditions see them.
pub(super) fn pairs(tags: &Tags) -> impl Iterator<Item = (&str, &str)> {
    tags.iter().map(|(key, value)| (&**key, &**value))
}

fn arn(members: &mut Members<'_>) -> Box<str> {
    let arn = text(members, "ResourceARN", &ARN);
    members.required("ResourceARN", arn)
}

fn ask(action: &'static str, arn: &str) -> Ask {
    Ask::new(action, arn, arn)
}

async fn tagged(cloudwatch: &CloudWatch, call: &Call<'_>, arn: &str) -> Result<Stored, Fault> {
    let none = || CloudWatchFault::ResourceNotFound(format!("Resource {arn} does not exist").into());
    let name = arn.strip_prefix(&alarm_arn(place(call), "")).ok_or_else(none)?;
    let stored = alarm::load(&cloudwatch.store, place(call), name).await?;
    Ok(stored.ok_or_else(none)?)
}

async fn retag(
    cloudwatch: &CloudWatch,
    call: &Call<'_>,
    arn: &str,
    change: impl FnOnce(&mut Tags),
) -> Result<Done, Fault> {
    let Stored { mut record, revision } = tagged(cloudwatch, call, arn).await?;
    change(&mut record.tags);
    check(&record.tags)?;
    alarm::save(&cloudwatch.store, place(call), &record, Some(revision), None).await?;
    Ok(Done::silently())
}

impl Operation for TagResource {
    const FACTS: Facts = Facts::write("TagResource", "cloudwatch:TagResource");
    type Api = CloudWatch;
    type Request = (Box<str>, Tags);

    fn parse(mut members: Members<'_>) -> Result<Self::Request, Fault> {
        let arn = arn(&mut members);
        let tags = tags(&mut members);
        let tags = members.required("Tags", tags);
        Ok(members.finish((arn, tags))?)
    }

    fn shown((arn, tags): &Self::Request) -> Shown {
        Shown::new().text("resourceARN", arn).map("tags", pairs(tags))
    }

    fn asks(_: &Call<'_>, (arn, tags): &Self::Request) -> Result<Vec<Ask>, Fault> {
        Ok(vec![ask(Self::FACTS.action, arn).tagging(pairs(tags))])
    }

    async fn run(cloudwatch: &CloudWatch, call: &Call<'_>, request: &Self::Request) -> Result<Done, Fault> {
        let (arn, new) = request;
        let is_new = |key: &str| new.iter().any(|(other, _)| **other == *key);
        let change = |tags: &mut Tags| {
            tags.retain(|(key, _)| !is_new(key));
            tags.extend(new.iter().cloned());
        };
        retag(cloudwatch, call, arn, change).await
    }
}

impl Operation for UntagResource {
    const FACTS: Facts = Facts::write("UntagResource", "cloudwatch:UntagResource");
    type Api = CloudWatch;
    type Request = (Box<str>, Vec<Box<str>>);

    fn parse(mut members: Members<'_>) -> Result<Self::Request, Fault> {
        let arn = arn(&mut members);
        let keys = texts(&mut members, "TagKeys", Bounds::new(0, 50), &KEY);
        Ok(members.finish((arn, keys))?)
    }

    fn shown((arn, keys): &Self::Request) -> Shown {
        Shown::new().text("resourceARN", arn).list("tagKeys", keys.iter().map(|key| &**key))
    }

    fn asks(_: &Call<'_>, (arn, keys): &Self::Request) -> Result<Vec<Ask>, Fault> {
        Ok(vec![ask(Self::FACTS.action, arn).with_many("aws:TagKeys", keys.iter().map(|key| &**key))])
    }

    async fn run(cloudwatch: &CloudWatch, call: &Call<'_>, request: &Self::Request) -> Result<Done, Fault> {
        let (arn, keys) = request;
        retag(cloudwatch, call, arn, |tags| tags.retain(|(key, _)| !keys.contains(key))).await
    }
}

impl Operation for ListTagsForResource {
    const FACTS: Facts = Facts::read("ListTagsForResource", "cloudwatch:ListTagsForResource");
    type Api = CloudWatch;
    type Request = Box<str>;

    fn parse(mut members: Members<'_>) -> Result<Box<str>, Fault> {
        let arn = arn(&mut members);
        Ok(members.finish(arn)?)
    }

    fn asks(_: &Call<'_>, arn: &Box<str>) -> Result<Vec<Ask>, Fault> {
        Ok(vec![ask(Self::FACTS.action, arn)])
    }

    async fn run(cloudwatch: &CloudWatch, call: &Call<'_>, arn: &Box<str>) -> Result<Done, Fault> {
        let tags = tagged(cloudwatch, call, arn).await?.record.tags.into_iter();
        let tags: Answer =
            tags.map(|(key, value)| Answer::structure().with("Key", key).with("Value", value)).collect();
        Ok(Done::answered(Answer::structure().with("Tags", tags)))
    }
}
