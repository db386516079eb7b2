//! CreateRole: a role, who may assume it, and for how long.

use claviger_audit::Shown;
use claviger_wire::{Bounds, Members, Xml};

use super::member::{
    self, ARN, DOCUMENT, PATH, ROLE_DESCRIPTION, SHORT_NAME, path, path_or_root, policy_arn, typed,
};
use super::role::shape_of;
use super::shape::{Detail, RoleShape, show_entity, show_tags};
use super::{birth, document, kin};
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::model::{EntityKind, OwnPolicies, RoleRecord};
use crate::rows::Changes;
use crate::{EntityPath, PolicyArn, RoleName, Tags};

/// Most roles of an account.
pub(super) const ROLES_MAX: u32 = 1000;

/// How long a session of a role may be made to last.
pub(super) const SESSION_SECONDS: Bounds = Bounds::new(3600, 43_200);

/// How long it lasts at most when nobody says.
pub(super) const SESSION_SECONDS_DEFAULT: u32 = 3600;

/// The path of service-linked roles.
const SERVICE_PATH: &str = "/aws-service-role/";

pub(super) struct CreateRole;

pub(super) struct Request {
    path: EntityPath,
    name: RoleName,
    trust: String,
    description: Option<String>,
    session_max_seconds: Option<i64>,
    boundary: Option<PolicyArn>,
    tags: Tags,
}

impl Operation for CreateRole {
    const FACTS: Facts = Facts::write("CreateRole");
    type Request = Request;
    type Response = RoleShape;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let path = path(&mut members, "Path", &PATH);
        let name = members.required_text("RoleName", &SHORT_NAME).into_owned();
        let trust = members.required_text("AssumeRolePolicyDocument", &DOCUMENT).into_owned();
        let description = members.text("Description", &ROLE_DESCRIPTION).map(|text| text.into_owned());
        let session_max_seconds = members.whole("MaxSessionDuration", SESSION_SECONDS);
        let boundary = members.text("PermissionsBoundary", &ARN).map(|arn| arn.into_owned());
        let tags = member::tags(&mut members, "Tags");
        let (path, name) = members.finish((path, name))?;
        let boundary = boundary.map(|arn| policy_arn(&arn)).transpose()?;
        let (path, name, tags) = (path_or_root(path)?, typed(&name)?, member::tags_of(tags)?);
        Ok(Request { path, name, trust, description, session_max_seconds, boundary, tags })
    }

    fn shown(request: &Request) -> Shown {
        let boundary = request.boundary.as_ref().map(ToString::to_string);
        let shown = Shown::new()
            .text("path", request.path.as_str())
            .text("roleName", request.name.as_str())
            .text("assumeRolePolicyDocument", &request.trust)
            .maybe_text("description", request.description.as_deref())
            .maybe_number("maxSessionDuration", request.session_max_seconds)
            .maybe_text("permissionsBoundary", boundary.as_deref());
        show_tags(shown, &request.tags)
    }

    async fn asks(_: &Api, call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        let ask = |action| {
            let ask = kin::ask_of(call, EntityKind::Role, action, &request.path, request.name.as_str());
            let boundary = request.boundary.as_ref().map(|arn| arn.arn(call.partition()));
            ask.tagging(request.tags.iter()).maybe("iam:PermissionsBoundary", boundary.as_deref())
        };
        Ok(birth::asks(ask, "iam:CreateRole", "iam:TagRole", &request.tags))
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request) -> Result<RoleShape, Fault> {
        if request.path.as_str().starts_with(SERVICE_PATH) {
            let text = "Cannot create a role with a path that is reserved for service-linked roles.";
            return Err(Fault::InvalidInput(text.into()));
        }
        let trust_bindings = document::bind_trust(api, &request.trust).await?;
        let role = RoleRecord {
            id: birth::id(api, EntityKind::Role)?,
            name: request.name.clone(),
            path: request.path.clone(),
            created: call.now(),
            tags: request.tags.clone(),
            boundary: request.boundary.clone(),
            policies: OwnPolicies::default(),
            description: request.description.as_deref().map(Into::into),
            session_max_seconds: session_seconds(request.session_max_seconds, SESSION_SECONDS_DEFAULT),
            trust: request.trust.as_str().into(),
            trust_bindings,
            service: None,
        };
        let changes = birth::create(api, call, Changes::new(), &role, ROLES_MAX).await?;
        let changes = birth::bound(api, call, changes, role.boundary.as_ref(), role.id).await?;
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

/// The duration that was sent, or else `otherwise`.
pub(super) fn session_seconds(sent: Option<i64>, otherwise: u32) -> u32 {
    sent.and_then(|seconds| u32::try_from(seconds).ok()).unwrap_or(otherwise)
}
