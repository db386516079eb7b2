//! SetAlarmState: a state until the next evaluation, with all that comes with it.

use claviger_api::{Ask, Call, Done, Facts, Fault, Operation, Shown};
use claviger_wire::{Members, TextRule};

use super::member::{ALARM_NAME, ask, place, text};
use crate::cloudwatch::CloudWatch;
use crate::cloudwatch::alarm::{self, NewState, StateValue};
use crate::cloudwatch::fault::CloudWatchFault;

const REASON: TextRule = TextRule::length(0, 1023);
const REASON_DATA: TextRule = TextRule::length(0, 4000);

pub(super) struct SetAlarmState;

pub(super) struct Request {
    name: String,
    state: StateValue,
    reason: Box<str>,
    data: Option<Box<str>>,
}

impl Operation for SetAlarmState {
    const FACTS: Facts = Facts::write("SetAlarmState", "cloudwatch:SetAlarmState").without_output();
    type Api = CloudWatch;
    type Request = Request;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let name = members.required_text("AlarmName", &ALARM_NAME).into_owned();
        let state = members.required_one_of("StateValue");
        let reason = text(&mut members, "StateReason", &REASON);
        let reason = members.required("StateReason", reason);
        let data = text(&mut members, "StateReasonData", &REASON_DATA);
        let request = members.finish(Request { name, state, reason, data })?;
        let is_json = |text: &str| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
        if request.data.as_deref().is_some_and(|data| !is_json(data)) {
            return Err(
                CloudWatchFault::InvalidFormat("StateReasonData was not syntactically valid JSON").into()
            );
        }
        Ok(request)
    }

    fn shown(request: &Request) -> Shown {
        Shown::new()
            .text("alarmName", &request.name)
            .text("stateValue", request.state.as_str())
            .text("stateReason", &request.reason)
    }

    fn asks(call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        Ok(vec![ask(call, Self::FACTS.action, &request.name)])
    }

    async fn run(cloudwatch: &CloudWatch, call: &Call<'_>, request: &Request) -> Result<Done, Fault> {
        let stored = alarm::load(&cloudwatch.store, place(call), &request.name).await?;
        let stored = stored.ok_or(CloudWatchFault::ResourceNotFound("".into()))?;
        let new = NewState {
            value: request.state,
            reason: request.reason.clone(),
            reason_data: request.data.clone(),
        };
        cloudwatch.set_state(place(call), stored, new, call.now()).await?;
        Ok(Done::silently())
    }
}
