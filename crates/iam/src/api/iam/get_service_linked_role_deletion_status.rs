//! GetServiceLinkedRoleDeletionStatus: here such a deletion is over when it is answered.

use claviger_audit::Shown;
use claviger_wire::{Members, TextRule, Xml};

use super::delete_service_linked_role::TASK_PREFIX;
use super::service_role::LinkedService;
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};

const TASK_ID: TextRule = TextRule::length(1, 1000);

pub(super) struct GetServiceLinkedRoleDeletionStatus;

pub(super) struct Request {
    task: String,
}

impl Operation for GetServiceLinkedRoleDeletionStatus {
    const FACTS: Facts = Facts::read("GetServiceLinkedRoleDeletionStatus");
    type Request = Request;
    type Response = ();

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let task = members.required_text("DeletionTaskId", &TASK_ID).into_owned();
        Ok(members.finish(Request { task })?)
    }

    fn shown(request: &Request) -> Shown {
        Shown::new().text("deletionTaskId", &request.task)
    }

    async fn asks(_: &Api, call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        let action = "iam:GetServiceLinkedRoleDeletionStatus";
        let Some((service, role)) = role_of(&request.task) else { return Ok(vec![Ask::any(action)]) };
        let (partition, account) = (call.partition(), call.account());
        let arn = format!("arn:{partition}:iam::{account}:role/aws-service-role/{service}/{role}");
        Ok(vec![Ask::new(action, arn.as_str(), arn.as_str())])
    }

    async fn run(_: &Api, _: &Call<'_>, request: &Request) -> Result<(), Fault> {
        match role_of(&request.task) {
            Some((service, _)) if LinkedService::find(service).is_some() => Ok(()),
            _ => Err(Fault::NoSuchEntity(format!("Deletion task {} cannot be found.", request.task).into())),
        }
    }

    fn write((): &(), xml: &mut Xml) {
        xml.text("Status", "SUCCEEDED");
    }
}

/// The service and the role that a task names.
fn role_of(task: &str) -> Option<(&str, &str)> {
    let (service, rest) = task.strip_prefix(TASK_PREFIX)?.split_once('/')?;
    let (role, id) = rest.split_once('/')?;
    (!id.is_empty()).then_some((service, role))
}
