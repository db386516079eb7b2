//! Whether a caller may do what a request asks: every ask is decided by the policy engine, and refused in AWS's words.

use std::sync::Arc;

use claviger_names::{AccountId, Region};
use claviger_policy as policy;
use claviger_policy::{Applicable, Policy, Verdict};

use super::context::RequestContext;
use super::{Api, Ask, Call, Fault, Unauthenticated};
use crate::{Caller, ControlLevels, Issuer, Permissions, Principal};

/// A resource with a policy of its own: a role, to whoever assumes it.
pub(crate) struct Owned<'a> {
    pub owner: AccountId,
    pub policy: &'a Policy,
    pub control: &'a ControlLevels,
}

/// A caller as policies name it.
pub(crate) struct Named<'a> {
    caller: &'a Caller,
    arn: String,
    principal_arn: String,
}

impl<'a> Named<'a> {
    pub(crate) fn new(caller: &'a Caller, region: Region) -> Named<'a> {
        Named { caller, arn: caller.arn(region), principal_arn: caller.principal_arn(region) }
    }

    /// The caller as principals of policies are held against it.
    pub(crate) fn principal(&self) -> policy::Principal<'_> {
        let account = self.caller.account;
        match &self.caller.principal {
            Principal::Root => policy::Principal::Root { account },
            Principal::User(user) => {
                policy::Principal::User { account, arn: &self.arn, id: user.id.as_str() }
            }
            Principal::Session(session) => policy::Principal::RoleSession {
                account,
                role_arn: &self.principal_arn,
                role_id: session.role.id.as_str(),
                session_arn: &self.arn,
            },
            Principal::FederatedUser(user) => {
                let of = match &user.issuer {
                    Issuer::Root => None,
                    Issuer::User(user) => Some(user.id.as_str()),
                };
                policy::Principal::FederatedUser { account, arn: &self.arn, of }
            }
            Principal::Service(name) => policy::Principal::Service { name },
        }
    }
}

/// Decides on everything that is asked; the first that is not allowed is the refusal.
pub(crate) async fn authorize(api: &Api, call: &Call<'_>, asks: &[Ask]) -> Result<(), Fault> {
    if asks.is_empty() {
        return Ok(());
    }
    let permissions = permissions(api, call.caller).await?;
    asks.iter().try_for_each(|ask| decide(call, ask, &permissions, None))
}

/// What the caller's own side allows.
pub(crate) async fn permissions(api: &Api, caller: &Caller) -> Result<Arc<Permissions>, Fault> {
    let found = api.directory.permissions(caller).await?;
    found.ok_or(Fault::Unauthenticated(Unauthenticated::UnknownAccessKey))
}

/// Decides on one ask.
pub(crate) fn decide(
    call: &Call<'_>,
    ask: &Ask,
    permissions: &Permissions,
    owned: Option<&Owned<'_>>,
) -> Result<(), Fault> {
    let named = Named::new(call.caller, call.region());
    let context = RequestContext::new(ask, call.origin, Some(call.caller));
    let request = policy::Request {
        action: ask.action,
        resource: &ask.resource,
        principal: named.principal(),
        context: &context,
    };
    let applicable = Applicable {
        owner: owned.map(|owned| owned.owner),
        resource: owned.map(|owned| owned.policy),
        identity: &permissions.identity,
        boundary: permissions.boundary.as_deref(),
        session: permissions.session.as_deref(),
        service_control: &permissions.service_control.0,
        resource_control: owned.map_or(&[], |owned| owned.control.0.as_slice()),
        ..Applicable::NOTHING
    };
    match policy::decide(&request, &applicable) {
        Verdict::Allowed(_) => Ok(()),
        Verdict::Denied(denial) => Err(refused(&named.arn, ask, Some(&denial))),
    }
}

/// The refusal, with the reason where AWS tells it.
pub(crate) fn refused(arn: &str, ask: &Ask, denial: Option<&policy::Denial<'_>>) -> Fault {
    let Ask { action, shown, .. } = ask;
    let clause = denial.map(|denial| format!(" {}", denial.clause(action))).unwrap_or_default();
    Fault::AccessDenied(
        format!("User: {arn} is not authorized to perform: {action} on resource: {shown}{clause}").into(),
    )
}
