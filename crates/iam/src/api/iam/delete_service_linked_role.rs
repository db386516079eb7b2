//! DeleteServiceLinkedRole: the role of a service goes, at once; AWS tells of it by a task.

use claviger_audit::Shown;
use claviger_wire::{Members, Xml};

use super::{birth, kin, managed};
use crate::RoleName;
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::model::RoleRecord;
use crate::rows::{Changes, Usage};

/// What the ids of such tasks begin with.
pub(super) const TASK_PREFIX: &str = "task/aws-service-role/";

pub(super) struct DeleteServiceLinkedRole;

pub(super) struct Request {
    name: RoleName,
}

impl Operation for DeleteServiceLinkedRole {
    const FACTS: Facts = Facts::write("DeleteServiceLinkedRole");
    type Request = Request;
    type Response = String;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let name = kin::take_name::<RoleRecord>(&mut members);
        let name = members.finish(name)?;
        Ok(Request { name: kin::name::<RoleRecord>(&name)? })
    }

    fn shown(request: &Request) -> Shown {
        kin::shown::<RoleRecord>(&request.name)
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        let action = "iam:DeleteServiceLinkedRole";
        let found = api.directory.entity::<RoleRecord>(call.account(), request.name.as_str()).await?;
        let service = found.and_then(|row| row.record.service);
        let ask = kin::ask::<RoleRecord>(api, call, action, request.name.as_str()).await?;
        Ok(vec![ask.maybe("iam:AWSServiceName", service.as_deref())])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request) -> Result<String, Fault> {
        let row = kin::find::<RoleRecord>(api, call, request.name.as_str()).await?;
        let Some(service) = row.record.service.clone() else {
            let text = format!("Role {} is not a service-linked role.", request.name);
            return Err(Fault::InvalidInput(text.into()));
        };
        let mut changes = birth::delete(api, call, Changes::new(), &row).await?;
        for arn in &row.record.policies.attached {
            let policy = managed::usable(api, call.account(), arn).await?.ok_or(Fault::Overtaken)?.id();
            let mut uses = managed::uses(api, call.account(), policy).await?;
            changes = managed::without_use(
                changes,
                call.account(),
                policy,
                &mut uses,
                Usage::Attached,
                row.record.id,
            );
        }
        api.directory.commit(changes).await?;
        let mut bytes = [0; 16];
        api.random.fill_public(&mut bytes).map_err(Fault::internal)?;
        let task = claviger_audit::EventId::from_random(bytes);
        Ok(format!("{TASK_PREFIX}{service}/{}/{task}", request.name))
    }

    fn write(task: &String, xml: &mut Xml) {
        xml.text("DeletionTaskId", task);
    }

    fn told(task: &String) -> Shown {
        Shown::new().text("deletionTaskId", task)
    }
}
