//! DeleteMetricFilter.

use claviger_api::{Ask, Call, Done, Facts, Fault, Operation, Shown};
use claviger_wire::Members;

use super::member::{FILTER_NAME, GROUP_NAME, ask, place};
use crate::logs::Logs;
use crate::logs::fault::LogsFault;

pub(super) struct DeleteMetricFilter;

pub(super) struct Request {
    group: String,
    filter: String,
}

impl Operation for DeleteMetricFilter {
    const FACTS: Facts = Facts::write("DeleteMetricFilter", "logs:DeleteMetricFilter").without_output();
    type Api = Logs;
    type Request = Request;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let group = members.required_text("logGroupName", &GROUP_NAME).into_owned();
        let filter = members.required_text("filterName", &FILTER_NAME).into_owned();
        Ok(members.finish(Request { group, filter })?)
    }

    fn shown(request: &Request) -> Shown {
        Shown::new().text("logGroupName", &request.group).text("filterName", &request.filter)
    }

    fn asks(call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        Ok(vec![ask(call, Self::FACTS.action, Some(&request.group))])
    }

    async fn run(logs: &Logs, call: &Call<'_>, request: &Request) -> Result<Done, Fault> {
        let group = super::group(logs, place(call), &request.group).await?;
        let mut record = group.record.clone();
        record.filters.retain(|filter| *filter.name != *request.filter);
        if record.filters.len() == group.record.filters.len() {
            return Err(LogsFault::NoFilter.into());
        }
        logs.save(place(call), &group, Some(&record)).await?;
        Ok(Done::silently())
    }
}
