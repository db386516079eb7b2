//! CreateServiceLinkedRole: the role that a service has in an account.

use claviger_audit::Shown;
use claviger_wire::{Members, Pattern, TextRule, Xml};

use super::create_role::{ROLES_MAX, SESSION_SECONDS_DEFAULT};
use super::member::{ROLE_DESCRIPTION, typed};
use super::role::shape_of;
use super::service_role::LinkedService;
use super::shape::{Detail, RoleShape, show_entity};
use super::{birth, managed};
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::model::{EntityKind, OwnPolicies, RoleRecord, has_name_letters};
use crate::rows::{Changes, Usage};
use crate::{Bindings, RoleName, Tags};

const SERVICE_NAME: TextRule = TextRule::matching(
    1,
    128,
    Pattern { text: r"[\w+=,.@-]+", holds: |text| !text.is_empty() && has_name_letters(text) },
);

const SUFFIX: TextRule = TextRule::matching(
    1,
    64,
    Pattern { text: r"[\w+=,.@-]+", holds: |text| !text.is_empty() && has_name_letters(text) },
);

pub(super) struct CreateServiceLinkedRole;

pub(super) struct Request {
    service: String,
    description: Option<String>,
    suffix: Option<String>,
}

impl Operation for CreateServiceLinkedRole {
    const FACTS: Facts = Facts::write("CreateServiceLinkedRole");
    type Request = Request;
    type Response = RoleShape;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let service = members.required_text("AWSServiceName", &SERVICE_NAME).into_owned();
        let description = members.text("Description", &ROLE_DESCRIPTION).map(|text| text.into_owned());
        let suffix = members.text("CustomSuffix", &SUFFIX).map(|suffix| suffix.into_owned());
        Ok(members.finish(Request { service, description, suffix })?)
    }

    fn shown(request: &Request) -> Shown {
        Shown::new()
            .text("aWSServiceName", &request.service)
            .maybe_text("description", request.description.as_deref())
            .maybe_text("customSuffix", request.suffix.as_deref())
    }

    async fn asks(_: &Api, call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        let (partition, account, service) = (call.partition(), call.account(), &request.service);
        let name = LinkedService::find(service).map_or("*", |service| service.role_name);
        let arn = format!("arn:{partition}:iam::{account}:role/aws-service-role/{service}/{name}");
        let ask = Ask::new("iam:CreateServiceLinkedRole", arn.as_str(), arn.as_str());
        Ok(vec![ask.with("iam:AWSServiceName", service)])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request) -> Result<RoleShape, Fault> {
        let service = LinkedService::find(&request.service).ok_or_else(|| {
            let text =
                format!("{} is not a valid service principal for a service-linked role.", request.service);
            Fault::InvalidInput(text.into())
        })?;
        let mut role = role(api, call, service, request)?;
        let policy = service.policy_arn().ok_or_else(|| Fault::internal("a service has no policy"))?;
        let found = managed::usable(api, call.account(), &policy).await?;
        let id = found.ok_or_else(|| Fault::internal("AWS has no such policy"))?.id();
        role.policies.attached.push(policy);
        let changes = match birth::create(api, call, Changes::new(), &role, ROLES_MAX).await {
            Err(Fault::EntityAlreadyExists(_)) => return Err(taken(&role.name)),
            other => other?,
        };
        let mut uses = managed::uses(api, call.account(), id).await?;
        let changes = managed::with_use(changes, call.account(), id, &mut uses, Usage::Attached, role.id);
        api.directory.commit(changes).await?;
        shape_of(api, call, role, Detail::Created).await
    }

    fn write(created: &RoleShape, xml: &mut Xml) {
        xml.element("Role", |xml| created.write(xml));
    }

    fn told(created: &RoleShape) -> Shown {
        Shown::new().object("role", show_entity(&created.role, created.role.created, &created.arn))
    }
}

fn role(api: &Api, call: &Call<'_>, service: &LinkedService, request: &Request) -> Result<RoleRecord, Fault> {
    let name = match &request.suffix {
        None => service.role_name.to_owned(),
        Some(suffix) if service.takes_suffix => format!("{}_{suffix}", service.role_name),
        Some(_) => {
            let text = format!("Custom suffix is not allowed for {}", service.principal);
            return Err(Fault::InvalidInput(text.into()));
        }
    };
    let description = request.description.as_deref().or(service.description);
    Ok(RoleRecord {
        id: birth::id(api, EntityKind::Role)?,
        name: typed(&name)?,
        path: typed(&service.path())?,
        created: call.now(),
        tags: Tags::default(),
        boundary: None,
        policies: OwnPolicies::default(),
        description: description.map(Into::into),
        session_max_seconds: SESSION_SECONDS_DEFAULT,
        trust: service.trust().into(),
        trust_bindings: Bindings::default(),
        service: Some(service.principal.into()),
    })
}

fn taken(name: &RoleName) -> Fault {
    let text =
        format!("Service role name {name} has been taken in this account, please try a different suffix.");
    Fault::InvalidInput(text.into())
}
