//! ListRetirableGrants: the grants of all accounts that a principal of the caller's own may retire.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_iam::{Caller, Principal};
use claviger_wire::Members;
use serde::Serialize;

use super::grant::{GrantListEntry, PRINCIPAL, PartyMembers, SERVICE_PRINCIPAL, listed, party};
use super::paging::{Cut, Page, PageSize};
use super::{Facts, KeyNames, Operation, PolicyType, QuotaBucket, States};
use crate::fault::Fault;
use crate::gate::{Permit, Retirable};
use crate::keyspace;
use crate::kms::Kms;
use crate::model::{Party, PartyName};

const LIST: &str = "ListRetirableGrants";
const NOT_OF_THE_ACCOUNT: &str = "RetiringPrincipal must be a principal in your AWS account.";
const NOT_THE_SERVICE: &str = "RetiringServicePrincipal must be the AWS service that makes the request.";
const PAGE_SIZE: PageSize = PageSize { max: 100, default: 50 };

pub(crate) struct ListRetirableGrants;

pub(crate) struct Request<'b> {
    page: Page,
    retiring: PartyMembers<'b>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    grants: Vec<GrantListEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
    truncated: bool,
}

impl Operation for ListRetirableGrants {
    const FACTS: Facts = Facts {
        policy: PolicyType::Iam,
        names: KeyNames::None,
        states: States::Any,
        quota: QuotaBucket::Own(100),
        read_only: true,
        has_output: true,
        ..Facts::of_key(LIST, "kms:ListRetirableGrants")
    };
    type Scope = Retirable;
    type Request<'b> = Request<'b>;
    type Response = Response;

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let page = Page::take(&mut members, PAGE_SIZE);
        let principal = members.text("RetiringPrincipal", &PRINCIPAL);
        let service = members.text("RetiringServicePrincipal", &SERVICE_PRINCIPAL);
        let request = members.finish(Request { page, retiring: PartyMembers { principal, service } })?;
        request.retiring()?;
        Ok(request)
    }

    fn asks<'r>(request: &'r Request<'_>) -> Result<&'r str, Fault> {
        let (PartyName::Principal(retiring) | PartyName::Service(retiring)) = request.retiring()?;
        Ok(retiring)
    }

    fn shown(request: &Request<'_>) -> Shown {
        request
            .page
            .show(Shown::new())
            .maybe_text("retiringPrincipal", request.retiring.principal.as_deref())
            .maybe_text("retiringServicePrincipal", request.retiring.service.as_deref())
    }

    async fn run(
        kms: &Kms,
        permit: Permit<'_, Retirable>,
        request: &Self::Request<'_>,
    ) -> Result<Response, Fault> {
        let place = permit.place();
        let party = party(kms, request.retiring()?).await?;
        check_own(&party, &permit.call().credential.caller)?;
        let after: Option<String> = request.page.after(LIST)?;
        let (store, wanted) = (&kms.store, request.page.look_ahead());
        let found = keyspace::retirable_grants(store, &party, place.region, after.as_deref(), wanted).await?;
        let Cut { items, next_marker } = request.page.cut(LIST, found, |(row, _)| row.clone());
        let mut grants = Vec::with_capacity(items.len());
        for (_, grant) in items {
            grants.push(listed(kms, &grant).await?);
        }
        Ok(Response { grants, truncated: next_marker.is_some(), next_marker })
    }
}

impl Request<'_> {
    fn retiring(&self) -> Result<PartyName<'_>, Fault> {
        let missing = "You must specify either RetiringPrincipal or RetiringServicePrincipal.";
        self.retiring.one("Retiring")?.ok_or(Fault::Validation(Cow::Borrowed(missing)))
    }
}

/// Refuses to tell whom else's grants there are: a principal of another account, or a service that the caller is not.
fn check_own(party: &Party, caller: &Caller) -> Result<(), Fault> {
    let (is_own, text) = match (party, &caller.principal) {
        (Party::Service { name }, Principal::Service(own)) => (**name == *own.to_string(), NOT_THE_SERVICE),
        (Party::Service { .. }, _) => (false, NOT_THE_SERVICE),
        (party, _) => (party.account() == Some(caller.account), NOT_OF_THE_ACCOUNT),
    };
    if is_own { Ok(()) } else { Err(Fault::Validation(Cow::Borrowed(text))) }
}
