//! ListEntitiesForPolicy: the users, groups and roles that a managed policy is attached to, or limits.

use claviger_audit::Shown;
use claviger_wire::{Enumerated, Members, Xml};

use super::managed;
use super::member::{ARN, PATH, path, policy_arn};
use super::page::{Listed, Page};
use super::usage::UsageFilter;
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::model::EntityKind;
use crate::rows::{Held, Usage, at};
use crate::{PolicyArn, UniqueId};

/// What the pages of the list belong to.
const LIST: &str = "ListEntitiesForPolicy";

pub(super) struct ListEntitiesForPolicy;

pub(super) struct Request {
    arn: PolicyArn,
    kind: Option<Filter>,
    path_prefix: Option<String>,
    usage: Option<UsageFilter>,
    page: Page,
}

/// EntityFilter
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Filter {
    Kind(EntityKind),
    /// Policies are attached to no policies: nothing is found.
    Nothing,
}

impl Enumerated for Filter {
    const NAMES: &'static [(&'static str, Filter)] = &[
        ("User", Filter::Kind(EntityKind::User)),
        ("Role", Filter::Kind(EntityKind::Role)),
        ("Group", Filter::Kind(EntityKind::Group)),
        ("LocalManagedPolicy", Filter::Nothing),
        ("AWSManagedPolicy", Filter::Nothing),
    ];
}

impl Operation for ListEntitiesForPolicy {
    const FACTS: Facts = Facts::read(LIST);
    type Request = Request;
    type Response = Listed<(UniqueId, Held)>;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let arn = members.required_text("PolicyArn", &ARN).into_owned();
        let kind = members.one_of::<Filter>("EntityFilter");
        let path_prefix = path(&mut members, "PathPrefix", &PATH);
        let usage = members.one_of::<UsageFilter>("PolicyUsageFilter");
        let page = Page::take(&mut members);
        let (arn, page) = members.finish((arn, page))?;
        Ok(Request { arn: policy_arn(&arn)?, kind, path_prefix, usage, page })
    }

    fn shown(request: &Request) -> Shown {
        let shown = Shown::new().text("policyArn", &request.arn.to_string());
        request.page.show(shown.maybe_text("pathPrefix", request.path_prefix.as_deref()))
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        Ok(vec![managed::ask(api, call, "iam:ListEntitiesForPolicy", &request.arn).await?])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request) -> Result<Listed<(UniqueId, Held)>, Fault> {
        let found = managed::usable(api, call.account(), &request.arn).await?;
        let policy = found.ok_or_else(managed::not_found)?.id();
        let mut uses = Vec::new();
        for usage in usages(request.usage) {
            uses.extend(all(api, &at::users_of_policy(call.account(), policy, *usage)).await?);
        }
        uses.sort_unstable();
        uses.dedup();
        let mut entities = Vec::new();
        for id in uses {
            // Whoever was deleted since is passed over.
            let held = api.directory.holder(id).await?;
            entities.extend(held.filter(|held| request.wants(held)).map(|held| (id, held)));
        }
        request.page.of(LIST, entities, |(id, _)| id.to_string())
    }

    fn write(listed: &Listed<(UniqueId, Held)>, xml: &mut Xml) {
        for (list, kind) in [
            ("PolicyGroups", EntityKind::Group),
            ("PolicyUsers", EntityKind::User),
            ("PolicyRoles", EntityKind::Role),
        ] {
            let of_kind = listed.items.iter().filter(|(_, held)| held.kind == kind);
            let title = kind.title();
            xml.list(list, of_kind, |xml, (id, held)| {
                xml.text(&format!("{title}Name"), &held.name).text(&format!("{title}Id"), id.as_str());
            });
        }
        listed.write_end(xml);
    }
}

impl Request {
    fn wants(&self, held: &Held) -> bool {
        let of_kind = match self.kind {
            None => true,
            Some(Filter::Kind(kind)) => kind == held.kind,
            Some(Filter::Nothing) => false,
        };
        let prefix = self.path_prefix.as_deref().unwrap_or("/");
        of_kind && held.path.as_str().starts_with(prefix)
    }
}

fn usages(filter: Option<UsageFilter>) -> &'static [Usage] {
    match filter {
        None => &[Usage::Attached, Usage::Boundary],
        Some(UsageFilter::Permissions) => &[Usage::Attached],
        Some(UsageFilter::Boundary) => &[Usage::Boundary],
    }
}

/// Everybody who uses a policy in one way.
async fn all(api: &Api, prefix: &str) -> Result<Vec<UniqueId>, Fault> {
    let names = super::page::all_names(api, prefix).await?;
    Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
}
