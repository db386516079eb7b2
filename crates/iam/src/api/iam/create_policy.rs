//! CreatePolicy: a managed policy, with its first version.

use claviger_audit::Shown;
use claviger_wire::{Members, Xml};

use super::document::{check_managed, exceeded};
use super::member::{self, DOCUMENT, NAME, POLICY_DESCRIPTION, POLICY_PATH, path, path_or_root, typed};
use super::shape::{Detail, PolicyShape, show_tags};
use super::{birth, managed};
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::model::{PolicyRecord, PolicyUse, VersionRecord};
use crate::rows::{Changes, at};
use crate::{EntityPath, IdKind, PolicyArn, PolicyName, PolicyOwner, Tags, UniqueId};

/// Most managed policies of an account.
pub(super) const POLICIES_MAX: u32 = 1500;

/// The number of the first version.
const FIRST_VERSION: u32 = 1;

pub(super) struct CreatePolicy;

pub(super) struct Request {
    name: PolicyName,
    path: EntityPath,
    document: String,
    description: Option<String>,
    tags: Tags,
}

impl Operation for CreatePolicy {
    const FACTS: Facts = Facts::write("CreatePolicy");
    type Request = Request;
    type Response = PolicyShape;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let name = members.required_text("PolicyName", &NAME).into_owned();
        let path = path(&mut members, "Path", &POLICY_PATH);
        let document = members.required_text("PolicyDocument", &DOCUMENT).into_owned();
        let description = members.text("Description", &POLICY_DESCRIPTION).map(|text| text.into_owned());
        let tags = member::tags(&mut members, "Tags");
        let (name, path) = members.finish((name, path))?;
        let tags = member::tags_of(tags)?;
        Ok(Request { name: typed(&name)?, path: path_or_root(path)?, document, description, tags })
    }

    fn shown(request: &Request) -> Shown {
        let shown = Shown::new()
            .text("policyName", request.name.as_str())
            .text("path", request.path.as_str())
            .text("policyDocument", &request.document)
            .maybe_text("description", request.description.as_deref());
        show_tags(shown, &request.tags)
    }

    async fn asks(_: &Api, call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        let arn = PolicyArn {
            owner: PolicyOwner::Account(call.account()),
            path: request.path.clone(),
            name: request.name.clone(),
        };
        let ask = |action| managed::ask_of(action, &arn, call.partition()).tagging(request.tags.iter());
        Ok(birth::asks(ask, "iam:CreatePolicy", "iam:TagPolicy", &request.tags))
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request) -> Result<PolicyShape, Fault> {
        check_managed(&request.document)?;
        let (account, now) = (call.account(), call.now());
        let at = at::policy(account, &request.name)?;
        if let Some(taken) = api.directory.row::<PolicyRecord>(at.clone()).await? {
            let name = taken.record.name;
            let text = format!("A policy called {name} already exists. Duplicate names are not allowed.");
            return Err(Fault::EntityAlreadyExists(text.into()));
        }
        let mut counts = birth::counts(api, call).await?;
        if counts.record.policies >= POLICIES_MAX {
            return Err(exceeded("PoliciesPerAccount", POLICIES_MAX as usize));
        }
        counts.record.policies += 1;
        counts.record.policy_versions += 1;
        let policy = PolicyRecord {
            id: UniqueId::generate(IdKind::Policy, &*api.random).map_err(Fault::internal)?,
            name: request.name.clone(),
            path: request.path.clone(),
            description: request.description.as_deref().map(Into::into),
            created: now,
            updated: now,
            tags: request.tags.clone(),
            versions: vec![VersionRecord { number: FIRST_VERSION, created: now }],
            default_version: FIRST_VERSION,
            next_version: FIRST_VERSION + 1,
        };
        let text = at::policy_text(account, policy.id, FIRST_VERSION);
        let changes = Changes::new().create(Ok(at), &policy).update(&counts);
        api.directory.commit(changes.put_bytes(text, request.document.as_bytes())).await?;
        Ok(PolicyShape::own(policy, PolicyUse::default(), account, call.partition(), Detail::Created))
    }

    fn write(created: &PolicyShape, xml: &mut Xml) {
        xml.element("Policy", |xml| created.write(xml));
    }

    fn told(created: &PolicyShape) -> Shown {
        let shown = Shown::new()
            .text("policyName", &created.name)
            .text("policyId", &created.id)
            .text("arn", &created.arn)
            .text("path", &created.path)
            .text("defaultVersionId", &format!("v{}", created.default_version))
            .date("createDate", created.created);
        Shown::new().object("policy", shown)
    }
}
