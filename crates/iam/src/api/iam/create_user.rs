//! CreateUser: a user, who may do nothing yet.

use claviger_audit::Shown;
use claviger_wire::{Members, Xml};

use super::birth;
use super::kin;
use super::member::{self, ARN, PATH, SHORT_NAME, path, path_or_root, policy_arn, typed};
use super::shape::{Detail, UserShape, show_entity, show_tags};
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::model::{EntityKind, OwnPolicies, UserRecord};
use crate::rows::Changes;
use crate::{EntityPath, PolicyArn, Tags, UserName};

/// Most users of an account.
pub(super) const USERS_MAX: u32 = 5000;

pub(super) struct CreateUser;

pub(super) struct Request {
    path: EntityPath,
    name: UserName,
    boundary: Option<PolicyArn>,
    tags: Tags,
}

impl Operation for CreateUser {
    const FACTS: Facts = Facts::write("CreateUser");
    type Request = Request;
    type Response = UserShape;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let path = path(&mut members, "Path", &PATH);
        let name = members.required_text("UserName", &SHORT_NAME).into_owned();
        let boundary = members.text("PermissionsBoundary", &ARN).map(|arn| arn.into_owned());
        let tags = member::tags(&mut members, "Tags");
        let (path, name) = members.finish((path, name))?;
        let boundary = boundary.map(|arn| policy_arn(&arn)).transpose()?;
        let tags = member::tags_of(tags)?;
        Ok(Request { path: path_or_root(path)?, name: typed(&name)?, boundary, tags })
    }

    fn shown(request: &Request) -> Shown {
        let boundary = request.boundary.as_ref().map(ToString::to_string);
        let shown = Shown::new().text("path", request.path.as_str()).text("userName", request.name.as_str());
        show_tags(shown.maybe_text("permissionsBoundary", boundary.as_deref()), &request.tags)
    }

    async fn asks(_: &Api, call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        let ask = |action| {
            let ask = kin::ask_of(call, EntityKind::User, action, &request.path, request.name.as_str());
            let boundary = request.boundary.as_ref().map(|arn| arn.arn(call.partition()));
            ask.tagging(request.tags.iter()).maybe("iam:PermissionsBoundary", boundary.as_deref())
        };
        Ok(birth::asks(ask, "iam:CreateUser", "iam:TagUser", &request.tags))
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request) -> Result<UserShape, Fault> {
        let user = UserRecord {
            id: birth::id(api, EntityKind::User)?,
            name: request.name.clone(),
            path: request.path.clone(),
            created: call.now(),
            tags: request.tags.clone(),
            boundary: request.boundary.clone(),
            policies: OwnPolicies::default(),
            groups: Vec::new(),
            access_keys: Vec::new(),
        };
        let changes = birth::create(api, call, Changes::new(), &user, USERS_MAX).await?;
        let changes = birth::bound(api, call, changes, user.boundary.as_ref(), user.id).await?;
        api.directory.commit(changes).await?;
        Ok(UserShape::new(user, call.account(), call.partition(), Detail::Created))
    }

    fn write(created: &UserShape, xml: &mut Xml) {
        xml.element("User", |xml| created.write(xml));
    }

    fn told(created: &UserShape) -> Shown {
        Shown::new().object("user", show_entity(&created.user, created.user.created, &created.arn))
    }
}
