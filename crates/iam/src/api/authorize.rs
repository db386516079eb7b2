//! Whether a caller may do what a request asks: every ask is decided by the policy engine, and refused in AWS's words.

use std::sync::Arc;

use claviger_names::AccountId;
use claviger_policy as policy;
use claviger_policy::{Applicable, Policy, Verdict};

use super::context::RequestContext;
use super::{Ask, Call, Fault, Unauthenticated};
use crate::{Caller, ControlLevels, Directory, NamedCaller, Origin, Permissions};

/// A resource with a policy of its own: a role, to whoever assumes it.
pub(crate) struct Owned<'a> {
    pub owner: AccountId,
    pub policy: &'a Policy,
    pub control: &'a ControlLevels,
}

/// Decides on everything that is asked, by what is the caller's own; the first that is not allowed is the refusal.
pub async fn authorize(
    directory: &Directory,
    caller: &Caller,
    origin: Origin<'_>,
    asks: &[Ask],
) -> Result<(), Fault> {
    if asks.is_empty() {
        return Ok(());
    }
    let permissions = permissions(directory, caller).await?;
    let call = Call { caller, origin };
    asks.iter().try_for_each(|ask| decide(&call, ask, &permissions, None))
}

/// What the caller's own side allows.
pub(crate) async fn permissions(directory: &Directory, caller: &Caller) -> Result<Arc<Permissions>, Fault> {
    let found = directory.permissions(caller).await?;
    found.ok_or(Fault::Unauthenticated(Unauthenticated::UnknownAccessKey))
}

/// Decides on one ask.
pub(crate) fn decide(
    call: &Call<'_>,
    ask: &Ask,
    permissions: &Permissions,
    owned: Option<&Owned<'_>>,
) -> Result<(), Fault> {
    let named = NamedCaller::new(call.caller, call.region());
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
        Verdict::Denied(denial) => Err(refused(&call.caller.arn(call.region()), ask, Some(&denial))),
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
