//! ListPolicies: managed policies, those of AWS before those of the account.

use claviger_audit::Shown;
use claviger_wire::{Enumerated, Members, Xml};

use super::managed::{self, Usable};
use super::member::{POLICY_PATH, path};
use super::page::{Listed, Page};
use super::shape::{Detail, PolicyShape};
use super::usage::UsageFilter;
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::aws_policies::AWS_POLICIES;
use crate::model::{PolicyRecord, PolicyUse};
use crate::rows::at;

/// What the pages of the list belong to.
const LIST: &str = "ListPolicies";

/// What the keys of AWS's policies begin with.
const OF_AWS: &str = "0/";

/// What the keys of the account's policies begin with.
const OF_ACCOUNT: &str = "1/";

pub(super) struct ListPolicies;

pub(super) struct Request {
    scope: Scope,
    only_attached: bool,
    path_prefix: Option<String>,
    usage: Option<UsageFilter>,
    page: Page,
}

/// Whose policies are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    All,
    Aws,
    Local,
}

impl Enumerated for Scope {
    const NAMES: &'static [(&'static str, Scope)] =
        &[("All", Scope::All), ("AWS", Scope::Aws), ("Local", Scope::Local)];
}

impl Operation for ListPolicies {
    const FACTS: Facts = Facts::read("ListPolicies");
    type Request = Request;
    type Response = Listed<PolicyShape>;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let scope = members.one_of::<Scope>("Scope").unwrap_or(Scope::All);
        let only_attached = members.flag("OnlyAttached").unwrap_or(false);
        let path_prefix = path(&mut members, "PathPrefix", &POLICY_PATH);
        let usage = members.one_of::<UsageFilter>("PolicyUsageFilter");
        let page = Page::take(&mut members);
        Ok(members.finish(Request { scope, only_attached, path_prefix, usage, page })?)
    }

    fn shown(request: &Request) -> Shown {
        let shown = Shown::new().maybe_text("pathPrefix", request.path_prefix.as_deref());
        request.page.show(shown.flag("onlyAttached", request.only_attached))
    }

    async fn asks(_: &Api, _: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        let prefix = request.path_prefix.as_deref().unwrap_or("/");
        Ok(vec![Ask::new("iam:ListPolicies", "*", format!("policy path {prefix}"))])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request) -> Result<Listed<PolicyShape>, Fault> {
        let after = request.page.after(LIST)?;
        let mut found = match request.scope {
            Scope::Local => Vec::new(),
            Scope::All | Scope::Aws => of_aws(request, after.as_deref()),
        };
        if request.scope != Scope::Aws && found.len() <= request.page.limit() {
            found.extend(of_account(api, call, request, after.as_deref()).await?);
        }
        let Listed { items, marker } = request.page.cut(LIST, found, Usable::key)?;
        let mut shapes = Vec::with_capacity(items.len());
        for policy in items {
            let uses = managed::uses(api, call.account(), policy.id()).await?.record;
            if request.wants(uses) {
                shapes.push(policy.shape(uses, call));
            }
        }
        Ok(Listed { items: shapes, marker })
    }

    fn write(listed: &Listed<PolicyShape>, xml: &mut Xml) {
        listed.write(xml, "Policies", |xml, policy| policy.write(xml));
    }
}

impl Request {
    fn wants_path(&self, path: &str) -> bool {
        self.path_prefix.as_ref().is_none_or(|prefix| path.starts_with(prefix.as_str()))
    }

    fn wants(&self, uses: PolicyUse) -> bool {
        let used = match self.usage {
            None => uses != PolicyUse::default(),
            Some(UsageFilter::Permissions) => uses.attachments > 0,
            Some(UsageFilter::Boundary) => uses.boundaries > 0,
        };
        used || (!self.only_attached && self.usage.is_none())
    }
}

impl Usable {
    /// Where it stands in the list: AWS's policies come before the account's.
    fn key(&self) -> String {
        match self {
            Usable::Aws(policy, _) => format!("{OF_AWS}{}", policy.name.to_ascii_lowercase()),
            Usable::Own(row) => format!("{OF_ACCOUNT}{}", row.record.name.folded()),
        }
    }

    fn shape(self, uses: PolicyUse, call: &Call<'_>) -> PolicyShape {
        let (account, partition) = (call.account(), call.partition());
        match self {
            Usable::Aws(policy, _) => PolicyShape::aws(policy, uses, partition, Detail::Listed),
            Usable::Own(row) => PolicyShape::own(row.record, uses, account, partition, Detail::Listed),
        }
    }
}

fn of_aws(request: &Request, after: Option<&str>) -> Vec<Usable> {
    let wanted = AWS_POLICIES.iter().filter(|policy| request.wants_path(policy.path));
    let usable = wanted.filter_map(|policy| Some(Usable::Aws(policy, policy.unique_id()?)));
    usable.filter(|policy| after.is_none_or(|after| policy.key().as_str() > after)).collect()
}

async fn of_account(
    api: &Api,
    call: &Call<'_>,
    request: &Request,
    after: Option<&str>,
) -> Result<Vec<Usable>, Fault> {
    let after = after.and_then(|after| after.strip_prefix(OF_ACCOUNT));
    let keep = |policy: &PolicyRecord| request.wants_path(policy.path.as_str());
    let rows = request.page.rows(api, &at::policies(call.account()), after, keep).await?;
    Ok(rows.into_iter().map(Usable::Own).collect())
}
