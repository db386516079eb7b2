//! DescribeLogGroups.

use claviger_api::{Answer, Ask, Call, Done, Facts, Fault, Operation};
use claviger_wire::{Members, Pattern, TextRule};

use super::member::{GROUP_NAME, Page, ask, place};
use crate::logs::Logs;
use crate::logs::fault::LogsFault;
use crate::logs::record::{self, Group};
use crate::place::Place;

const GROUP_PATTERN: TextRule = TextRule::matching(
    0,
    512,
    Pattern {
        text: r"[\.\-_/#A-Za-z0-9]*",
        holds: |text| text.chars().all(|letter| letter.is_ascii_alphanumeric() || ".-_/#".contains(letter)),
    },
);

pub(super) struct DescribeLogGroups;

pub(super) struct Request {
    prefix: Option<String>,
    part: Option<String>,
    page: Page,
}

impl Operation for DescribeLogGroups {
    const FACTS: Facts = Facts::read("DescribeLogGroups", "logs:DescribeLogGroups");
    type Api = Logs;
    type Request = Request;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let prefix = members.text("logGroupNamePrefix", &GROUP_NAME).map(|text| text.into_owned());
        let part = members.text("logGroupNamePattern", &GROUP_PATTERN).map(|text| text.into_owned());
        let page = Page::read(&mut members);
        let request = members.finish(Request { prefix, part, page })?;
        if request.prefix.is_some() && request.part.is_some() {
            let text = "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.";
            return Err(LogsFault::InvalidParameter(text.into()).into());
        }
        Ok(request)
    }

    fn asks(call: &Call<'_>, _: &Request) -> Result<Vec<Ask>, Fault> {
        Ok(vec![ask(call, Self::FACTS.action, None)])
    }

    async fn run(logs: &Logs, call: &Call<'_>, request: &Request) -> Result<Done, Fault> {
        let mut groups = record::load_all(&logs.store, place(call)).await?;
        groups.retain(|group| request.is_about(&group.name));
        let (page, next) = request.page.cut(groups)?;
        let groups: Answer = page.iter().map(|group| shown(place(call), group)).collect();
        Ok(Done::answered(Answer::structure().with("logGroups", groups).maybe("nextToken", next)))
    }
}

impl Request {
    /// A pattern is a part of the name, in whichever case.
    fn is_about(&self, name: &str) -> bool {
        let has_part = |part: &String| name.to_ascii_lowercase().contains(&part.to_ascii_lowercase());
        self.prefix.as_deref().is_none_or(|prefix| name.starts_with(prefix))
            && self.part.as_ref().is_none_or(has_part)
    }
}

fn shown(place: Place, group: &Group) -> Answer {
    let arn = place.arn("logs", format_args!("log-group:{}", group.name));
    let filters = i64::try_from(group.record.filters.len()).unwrap_or(i64::MAX);
    Answer::structure()
        .with("logGroupName", group.name.clone())
        .with("creationTime", group.record.created.as_millisecond())
        .with("metricFilterCount", filters)
        .with("arn", format!("{arn}:*"))
        .with("storedBytes", 0)
        .with("logGroupClass", "STANDARD")
        .with("logGroupArn", arn)
}
