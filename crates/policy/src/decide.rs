//! One decision over every policy that applies to a request.

use std::sync::Arc;

use claviger_names::AccountId;

use crate::compile::{Answered, Policy, Rule};
use crate::document::Effect;
use crate::verdict::{Because, Denial, Determining, PolicyKind, Verdict};
use crate::vocabulary::{Context, Doubt};
use crate::who::{Principal, Standing};

/// Longest action that is put in lower case without allocating.
const ACTION_BYTES_USUAL: usize = 128;

/// What is asked.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The action, such as `kms:Encrypt`.
    pub action: &'a str,
    /// The resource's ARN, or `*` for an operation without one.
    pub resource: &'a str,
    /// Who asks.
    pub principal: Principal<'a>,
    /// The values of condition keys.
    pub context: &'a dyn Context,
}

/// Everything that has a say.
#[derive(Clone, Copy)]
pub struct Applicable<'a> {
    /// The account that owns the resource; none for an operation that IAM policies alone decide.
    pub owner: Option<AccountId>,
    /// The resource's policy.
    pub resource: Option<&'a Policy>,
    /// The principal's identity policies; of a session, those of its role or user.
    pub identity: &'a [Arc<Policy>],
    /// The permissions boundary of the user or role.
    pub boundary: Option<&'a Policy>,
    /// The session's policies, when they limit it. An empty list allows nothing.
    pub session: Option<&'a [Arc<Policy>]>,
    /// Service control policies of the principal's account, level by level; none when it has no organization.
    pub service_control: &'a [Vec<Arc<Policy>>],
    /// Resource control policies of the owner's account, level by level, the one that allows everything included.
    pub resource_control: &'a [Vec<Arc<Policy>>],
    /// The policy of the VPC endpoint that the request came through.
    pub vpc_endpoint: Option<&'a Policy>,
    /// Looks for a grant that allows the request; asked only when no policy does.
    pub grant: &'a dyn Fn() -> Option<GrantAllow>,
}

/// A grant that allows a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GrantAllow {
    /// The grant's id.
    pub id: [u8; 32],
    /// Whether it is given to an account, whose own policies must then allow too.
    pub grantee_is_account: bool,
}

/// A request as statements are held against it.
pub(crate) struct Scene<'a> {
    /// In lower case.
    pub(crate) action: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) principal: &'a Principal<'a>,
    pub(crate) context: &'a dyn Context,
    pub(crate) doubt: Option<Doubt>,
}

/// A statement and its policy.
#[derive(Clone, Copy)]
struct Found<'a>(&'a Policy, &'a Rule);

/// What the policies of one kind say.
#[derive(Clone, Copy, Default)]
struct Findings<'a> {
    deny: Option<Found<'a>>,
    allow: Option<(Standing, Found<'a>)>,
}

/// What all policies say.
struct Weighing<'a> {
    service_control: Findings<'a>,
    /// The first kind of control that allows nothing.
    uncontrolled: Option<PolicyKind>,
    resource_control: Findings<'a>,
    vpc_endpoint: Option<Findings<'a>>,
    resource: Findings<'a>,
    identity: Findings<'a>,
    boundary: Option<Findings<'a>>,
    session: Option<Findings<'a>>,
}

/// Where the principal stands to the resource.
#[derive(Clone, Copy, PartialEq)]
enum Relation {
    /// There is no resource with a policy of its own.
    IdentityOnly,
    /// The principal belongs to no account.
    NoAccount,
    SameAccount,
    CrossAccount,
}

impl<'a> Applicable<'a> {
    /// Service control policies limit the principals of an account, so not those without one.
    pub(crate) fn service_levels(&self, principal: &Principal<'_>) -> &'a [Vec<Arc<Policy>>] {
        principal.account().map_or(&[], |_| self.service_control)
    }
}

impl Applicable<'_> {
    /// Nothing applies; the start of what does.
    pub const NOTHING: Applicable<'static> = Applicable {
        owner: None,
        resource: None,
        identity: &[],
        boundary: None,
        session: None,
        service_control: &[],
        resource_control: &[],
        vpc_endpoint: None,
        grant: &|| None,
    };
}

/// Decides a request: an explicit deny anywhere, then controls, then the resource's side and the principal's.
pub fn decide<'a>(request: &Request<'_>, applicable: &Applicable<'a>) -> Verdict<'a> {
    with_scene(request, |scene| {
        let weighing = Weighing::of(scene, applicable);
        match weighing.verdict(scene.principal, applicable) {
            Ok(because) => Verdict::Allowed(because),
            Err(denial) => Verdict::Denied(denial),
        }
    })
}

/// Puts the action in lower case, on the stack as a rule.
pub(crate) fn with_scene<T>(request: &Request<'_>, then: impl FnOnce(&Scene<'_>) -> T) -> T {
    let scene = |action: &str| {
        let Request { resource, ref principal, context, .. } = *request;
        then(&Scene { action, resource, principal, context, doubt: context.doubt() })
    };
    let mut usual = [0; ACTION_BYTES_USUAL];
    match usual.get_mut(..request.action.len()) {
        Some(bytes) => {
            bytes.copy_from_slice(request.action.as_bytes());
            bytes.make_ascii_lowercase();
            scene(std::str::from_utf8(bytes).unwrap_or(""))
        }
        None => scene(&request.action.to_ascii_lowercase()),
    }
}

impl<'a> Found<'a> {
    fn named(self, kind: PolicyKind) -> Determining<'a> {
        self.0.determining(self.1, kind)
    }
}

impl<'a> Findings<'a> {
    fn of(scene: &Scene<'_>, policies: impl IntoIterator<Item = &'a Policy>) -> Self {
        let mut findings = Findings::default();
        policies.into_iter().for_each(|policy| findings.add(scene, policy));
        findings
    }

    fn of_list(scene: &Scene<'_>, policies: &'a [Arc<Policy>]) -> Self {
        Findings::of(scene, policies.iter().map(|policy| &**policy))
    }

    /// Statements that could change nothing any more are not looked at: after a deny none, after an allow none that
    /// concerns the principal no more closely.
    fn add(&mut self, scene: &Scene<'_>, policy: &'a Policy) {
        if self.deny.is_some() {
            return;
        }
        let answered = Answered::nothing();
        let mut best = self.allow.map(|(standing, _)| standing);
        for rule in &policy.rules {
            if rule.effect == Effect::Allow && best == Some(Standing::Free) {
                continue;
            }
            let Some(standing) = rule.standing(scene) else { continue };
            match rule.effect {
                Effect::Allow if best >= Some(standing) || !rule.applies(scene, &answered) => {}
                Effect::Allow => {
                    best = Some(standing);
                    self.allow = Some((standing, Found(policy, rule)));
                }
                Effect::Deny if rule.applies(scene, &answered) => {
                    self.deny = Some(Found(policy, rule));
                    return;
                }
                Effect::Deny => {}
            }
        }
    }

    /// Over levels each of which must allow: also whether every one does.
    fn of_levels(scene: &Scene<'_>, levels: &'a [Vec<Arc<Policy>>]) -> (Self, bool) {
        let mut all = (Findings::default(), true);
        for level in levels {
            let findings = Findings::of_list(scene, level);
            all.1 &= findings.allow.is_some();
            all.0.deny = all.0.deny.or(findings.deny);
        }
        all
    }
}

impl<'a> Weighing<'a> {
    fn of(scene: &Scene<'_>, applicable: &Applicable<'a>) -> Weighing<'a> {
        let service_levels = applicable.service_levels(scene.principal);
        let (service_control, serves) = Findings::of_levels(scene, service_levels);
        let (resource_control, controls) = Findings::of_levels(scene, applicable.resource_control);
        let uncontrolled = [(serves, PolicyKind::ServiceControl), (controls, PolicyKind::ResourceControl)];
        Weighing {
            service_control,
            resource_control,
            uncontrolled: uncontrolled.into_iter().find(|(allows, _)| !allows).map(|(_, kind)| kind),
            vpc_endpoint: applicable.vpc_endpoint.map(|policy| Findings::of(scene, [policy])),
            resource: Findings::of(scene, applicable.resource),
            identity: Findings::of_list(scene, applicable.identity),
            boundary: applicable.boundary.map(|policy| Findings::of(scene, [policy])),
            session: applicable.session.map(|policies| Findings::of_list(scene, policies)),
        }
    }

    fn verdict(
        self,
        principal: &Principal<'_>,
        applicable: &Applicable<'a>,
    ) -> Result<Because<'a>, Denial<'a>> {
        if let Some(deny) = self.explicit_deny() {
            return Err(Denial::Explicit(deny));
        }
        if let Some(kind) = self.uncontrolled {
            return Err(Denial::NoAllow(kind));
        }
        if !passes(&self.vpc_endpoint) {
            return Err(Denial::NoAllow(PolicyKind::VpcEndpoint));
        }
        let relation = Relation::of(principal, applicable.owner);
        let by_policy = self.by_policy(principal, relation);
        let by_policy = by_policy.or_else(|kind| match relation {
            Relation::IdentityOnly => Err(kind),
            _ => self.by_grant(principal, relation, applicable.grant, kind),
        });
        by_policy.map_err(Denial::NoAllow)
    }

    /// The first deny, in the order in which the kinds are looked at.
    fn explicit_deny(&self) -> Option<Determining<'a>> {
        use PolicyKind::{
            Boundary, Identity, Resource, ResourceControl, ServiceControl, Session, VpcEndpoint,
        };
        let order = [
            (ServiceControl, Some(&self.service_control)),
            (ResourceControl, Some(&self.resource_control)),
            (VpcEndpoint, self.vpc_endpoint.as_ref()),
            (Resource, Some(&self.resource)),
            (Identity, Some(&self.identity)),
            (Boundary, self.boundary.as_ref()),
            (Session, self.session.as_ref()),
        ];
        order.into_iter().find_map(|(kind, findings)| findings?.deny.map(|found| found.named(kind)))
    }

    /// What the resource's policy and the principal's own allow together, or which of them does not.
    fn by_policy(&self, principal: &Principal<'_>, relation: Relation) -> Result<Because<'a>, PolicyKind> {
        if relation == Relation::IdentityOnly {
            return self.own_side(principal);
        }
        let (standing, found) = self.resource.allow.ok_or(PolicyKind::Resource)?;
        let resource = Some(found.named(PolicyKind::Resource));
        match (relation, standing) {
            (Relation::NoAccount, _) | (Relation::SameAccount, Standing::Free) => {
                Ok(Because { resource, ..Because::default() })
            }
            (Relation::SameAccount, Standing::Limited) => {
                self.limits().map(|()| Because { resource, ..Because::default() })
            }
            _ => self.own_side(principal).map(|own| Because { resource, ..own }),
        }
    }

    /// What a grant allows; failing that, the kind that was missing before, or the principal's own side.
    fn by_grant(
        &self,
        principal: &Principal<'_>,
        relation: Relation,
        grant: &dyn Fn() -> Option<GrantAllow>,
        missing: PolicyKind,
    ) -> Result<Because<'a>, PolicyKind> {
        let grant = grant().ok_or(missing)?;
        let own = match grant.grantee_is_account && relation != Relation::NoAccount {
            true => self.own_side(principal)?,
            false => Because::default(),
        };
        Ok(Because { grant: Some(grant), ..own })
    }

    /// What the principal's account allows it.
    fn own_side(&self, principal: &Principal<'_>) -> Result<Because<'a>, PolicyKind> {
        let identity = self.identity.allow.map(|(_, found)| found.named(PolicyKind::Identity));
        if identity.is_none() && !principal.has_root_identity() {
            return Err(PolicyKind::Identity);
        }
        self.limits().map(|()| Because { identity, ..Because::default() })
    }

    fn limits(&self) -> Result<(), PolicyKind> {
        if !passes(&self.boundary) {
            return Err(PolicyKind::Boundary);
        }
        if passes(&self.session) { Ok(()) } else { Err(PolicyKind::Session) }
    }
}

impl Relation {
    fn of(principal: &Principal<'_>, owner: Option<AccountId>) -> Relation {
        match (principal.account(), owner) {
            (_, None) => Relation::IdentityOnly,
            (None, Some(_)) => Relation::NoAccount,
            (Some(own), Some(owner)) if own == owner => Relation::SameAccount,
            (Some(_), Some(_)) => Relation::CrossAccount,
        }
    }
}

/// Whether a limit, where there is one, allows.
fn passes(limit: &Option<Findings<'_>>) -> bool {
    limit.as_ref().is_none_or(|findings| findings.allow.is_some())
}

#[cfg(test)]
mod tests;
