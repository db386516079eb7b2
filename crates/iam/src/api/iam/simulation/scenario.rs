//! A simulation made ready: policies compiled, the caller and the facts of the request supposed.

use std::sync::Arc;

use claviger_names::AccountId;
use claviger_policy::{self as policy, Applicable, Explanation, Kind, Policy, PolicyKind, explain};

use super::super::page::Listed;
use super::Sent;
use super::context::Supplied;
use super::position::{Position, positions};
use super::result::{Decision, Evaluation, Matched, Outcome, most_restrictive};
use super::source::{Held, Named, Origin, Source};
use crate::api::Fault;
use crate::model::EntityKind;
use crate::{ControlLevels, VOCABULARY};

/// What the pages of the results belong to.
const LIST: &str = "Simulation";

/// Most statements that one answer weighs, and decisions that it makes, together: what is asked grows as the product of
/// actions, resources and statements.
const WEIGHINGS_MAX: usize = 100_000;

/// The resource of a simulation that names none.
const EVERYTHING: &str = "*";

/// What a policy names that allows everything; only for asking what other policies leave of it.
const ALLOW_ALL: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;

/// What the simulator calls a policy, and where its statements stand.
struct Located {
    id: String,
    positions: Vec<[Position; 2]>,
}

/// A simulation.
pub(in crate::api::iam) struct Scenario<'r> {
    sent: &'r Sent,
    /// Whose statements those of `identity` are, in the same order.
    sources: Vec<Located>,
    identity: Vec<Arc<Policy>>,
    boundary: Option<Policy>,
    resource: Option<(Located, Policy)>,
    service_control: ControlLevels,
    /// A policy that allows everything.
    everything: Arc<Policy>,
    caller: Option<Named>,
    caller_account: AccountId,
    owner: AccountId,
    context: Supplied,
}

impl<'r> Scenario<'r> {
    /// Reads a request: its policies on top of those `held`, its caller instead of `of`, in an account.
    pub(in crate::api::iam) fn read(
        sent: &'r Sent,
        held: Held,
        of: Option<Named>,
        account: AccountId,
    ) -> Result<Scenario<'r>, Fault> {
        let mut sources = held.policies;
        sources.extend(Source::of_list(super::POLICY_INPUT, &sent.policies));
        let compiled = |(at, source): (usize, &Source)| compile(source, Kind::Identity, &at.to_string());
        let compiled = sources.iter().enumerate().map(compiled).collect::<Result<Vec<_>, _>>()?;
        let (sources, identity) = compiled.into_iter().map(|(at, policy)| (at, Arc::new(policy))).unzip();
        let boundary = boundary(sent, held.boundary)?;
        let caller = sent.caller.as_deref().map(Named::read).transpose()?.or(of);
        let caller_account = caller.as_ref().map_or(account, |caller| caller.account);
        check_names(sent)?;
        Ok(Scenario {
            sent,
            identity,
            sources,
            boundary,
            resource: resource_policy(sent, caller.as_ref())?,
            service_control: held.service_control,
            everything: Arc::new(compile(&sent_source("", ALLOW_ALL), Kind::Identity, "")?.1),
            caller,
            caller_account,
            owner: owner(sent, caller_account)?,
            context: Supplied::read(&sent.entries)?,
        })
    }

    /// The results of the page that is asked for, in the order of the actions.
    pub(in crate::api::iam) fn evaluate(&self) -> Result<Listed<Evaluation>, Fault> {
        let order = |at: &usize| format!("{at:08}");
        let Listed { items, marker } = self.sent.page.of(LIST, 0..self.sent.actions.len(), order)?;
        let mut weighings_left = WEIGHINGS_MAX;
        let actions = items.into_iter().filter_map(|at| self.sent.actions.get(at));
        let items =
            actions.map(|action| self.of_action(action, &mut weighings_left)).collect::<Result<_, _>>()?;
        Ok(Listed { items, marker })
    }

    fn of_action(&self, action: &str, weighings_left: &mut usize) -> Result<Evaluation, Fault> {
        let mut resources = self.sent.resources.iter().map(String::as_str).collect::<Vec<_>>();
        let is_specific = resources.iter().any(|resource| *resource != EVERYTHING);
        if resources.is_empty() {
            resources.push(EVERYTHING);
        }
        let outcome = |resource| self.outcome(action, resource, is_specific, weighings_left);
        let outcomes = resources.into_iter().map(outcome).collect::<Result<_, _>>()?;
        Ok(Evaluation::new(action, outcomes, is_specific))
    }

    fn outcome(
        &self,
        action: &str,
        resource: &str,
        is_specific: bool,
        weighings_left: &mut usize,
    ) -> Result<Outcome, Fault> {
        let request =
            policy::Request { action, resource, principal: self.principal(), context: &self.context };
        let owner = self.resource.as_ref().map(|_| self.owner_of(resource));
        let explanation = explain(&request, &self.applicable(owner));
        *weighings_left =
            weighings_left.checked_sub(1 + explanation.statements.len()).ok_or_else(too_much)?;
        let by_organizations = self.organizations_allow(&request);
        let is_foreign = owner.is_some_and(|owner| owner != self.caller_account);
        let details = is_specific && by_organizations != Some(false);
        let by_boundary = || Decision::of_kind(&explanation, PolicyKind::Boundary) == Decision::Allowed;
        Ok(Outcome {
            resource: resource.to_owned(),
            decision: Decision::of(&explanation.verdict),
            matched: self.matched(&explanation),
            missing: explanation.absent_keys.iter().map(|key| (*key).to_owned()).collect(),
            by_boundary: self.boundary.as_ref().map(|_| by_boundary()),
            by_organizations,
            details: details.then(|| if is_foreign { self.details(&explanation) } else { Vec::new() }),
        })
    }

    /// All that has a say over a resource of this owner; of none when the resource's side is not looked at.
    fn applicable(&self, owner: Option<AccountId>) -> Applicable<'_> {
        Applicable {
            owner,
            resource: self.resource.as_ref().map(|(_, policy)| policy),
            identity: &self.identity,
            boundary: self.boundary.as_ref(),
            service_control: &self.service_control.0,
            ..Applicable::NOTHING
        }
    }

    /// The statements of identity and resource policies that made the decision.
    fn matched(&self, explanation: &Explanation<'_>) -> Vec<Matched> {
        let Some(effect) = Decision::of(&explanation.verdict).effect() else { return Vec::new() };
        let decided = explanation.statements.iter();
        let decided = decided.filter(|weighed| weighed.effect == effect && weighed.outcome.is_ok());
        decided.filter_map(|weighed| self.source_of(&weighed.statement)).collect()
    }

    fn source_of(&self, statement: &policy::Determining<'_>) -> Option<Matched> {
        let source = match statement.kind {
            PolicyKind::Identity => self.sources.get(statement.policy.parse::<usize>().ok()?)?,
            PolicyKind::Resource => &self.resource.as_ref()?.0,
            PolicyKind::Boundary
            | PolicyKind::Session
            | PolicyKind::ServiceControl
            | PolicyKind::ResourceControl
            | PolicyKind::VpcEndpoint => return None,
        };
        let positions = source.positions.get(statement.number.checked_sub(1)?)?;
        Some(Matched::new(&source.id, statement.kind, *positions))
    }

    /// What each kind of policy says by itself.
    fn details(&self, explanation: &Explanation<'_>) -> Vec<(PolicyKind, Decision)> {
        let kinds = [PolicyKind::Identity, PolicyKind::Resource];
        let boundary = self.boundary.as_ref().map(|_| PolicyKind::Boundary);
        kinds.into_iter().chain(boundary).map(|kind| (kind, Decision::of_kind(explanation, kind))).collect()
    }

    /// Whether service control policies, where there are any, leave the request alone.
    fn organizations_allow(&self, request: &policy::Request<'_>) -> Option<bool> {
        let levels = &self.service_control.0;
        let identity = std::slice::from_ref(&self.everything);
        let applicable = Applicable { identity, service_control: levels, ..Applicable::NOTHING };
        (!levels.is_empty()).then(|| policy::decide(request, &applicable).is_allowed())
    }

    /// The caller, whose unique id is taken to be its ARN on both sides.
    fn principal(&self) -> policy::Principal<'_> {
        let account = self.caller_account;
        match &self.caller {
            None => policy::Principal::User { account, arn: "", id: "" },
            Some(Named { arn, kind: EntityKind::Role, .. }) => {
                policy::Principal::RoleSession { account, role_arn: arn, role_id: arn, session_arn: "" }
            }
            Some(Named { arn, .. }) => policy::Principal::User { account, arn, id: arn },
        }
    }

    /// The account that a resource's ARN names, or the one that the request does.
    fn owner_of(&self, resource: &str) -> AccountId {
        resource.split(':').nth(4).and_then(|account| account.parse().ok()).unwrap_or(self.owner)
    }
}

fn too_much() -> Fault {
    let text = format!(
        "A simulation can weigh at most {WEIGHINGS_MAX} statements: ask for fewer actions or resources."
    );
    Fault::InvalidInput(text.into())
}

fn sent_source(id: &str, text: &str) -> Source {
    Source { id: id.to_owned(), text: text.to_owned(), origin: Origin::Sent }
}

/// A policy, and where its statements stand. Verdicts call it by `name`.
fn compile(source: &Source, kind: Kind, name: &str) -> Result<(Located, Policy), Fault> {
    let document = source.document(kind)?;
    let policy = Policy::compile(&document, name, &VOCABULARY, &|arn| Some(arn.into()));
    let positions = positions(&source.text, document.statements());
    Ok((Located { id: source.id.clone(), positions }, policy))
}

/// The boundary of the request, or the one that is in force.
fn boundary(sent: &Sent, held: Option<Source>) -> Result<Option<Policy>, Fault> {
    let source = match &sent.boundaries[..] {
        [] => held,
        [text] => Some(sent_source("", text)),
        [..] => {
            return Err(Fault::InvalidInput("Only one permissions boundary policy can be simulated.".into()));
        }
    };
    source.map(|source| Ok(compile(&source, Kind::Identity, "")?.1)).transpose()
}

/// The resource's policy. AWS takes one for callers that are users alone.
fn resource_policy(sent: &Sent, caller: Option<&Named>) -> Result<Option<(Located, Policy)>, Fault> {
    let Some(text) = &sent.resource_policy else { return Ok(None) };
    if caller.is_none_or(|caller| caller.kind != EntityKind::User) {
        return Err(Fault::InvalidInput(
            "Invalid caller - Caller must be an IAM user in this context.".into(),
        ));
    }
    compile(&sent_source("ResourcePolicy", text), Kind::Key, "").map(Some)
}

/// Who owns what names no owner: an account by its number or as its root's ARN.
fn owner(sent: &Sent, default: AccountId) -> Result<AccountId, Fault> {
    let Some(text) = &sent.resource_owner else { return Ok(default) };
    let of_root = |text: &str| {
        let rest = text.strip_prefix("arn:")?;
        let (_, rest) = rest.split_once(":iam::")?;
        rest.strip_suffix(":root")?.parse().ok()
    };
    let refused = || Fault::InvalidInput(format!("'{text}' is not a valid as a Resource Owner.").into());
    text.parse().ok().or_else(|| of_root(text)).ok_or_else(refused)
}

fn check_names(sent: &Sent) -> Result<(), Fault> {
    if let Some(wrong) = sent.actions.iter().find(|action| !is_action(action)) {
        return Err(Fault::InvalidInput(format!("Invalid Action Name: {wrong}").into()));
    }
    let is_arn =
        |text: &str| text == EVERYTHING || (text.starts_with("arn:") && text.splitn(6, ':').count() == 6);
    match sent.resources.iter().find(|resource| !is_arn(resource)) {
        Some(wrong) => {
            Err(Fault::InvalidInput(format!("ResourceNames are not in a valid ARN format: {wrong}.").into()))
        }
        None => Ok(()),
    }
}

/// Whether it is one action of one service, without wildcards.
fn is_action(text: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.split_once(':').is_some_and(|(service, name)| plain(service) && plain(name))
}

impl Decision {
    /// What policies of one kind say by themselves.
    fn of_kind(explanation: &Explanation<'_>, kind: PolicyKind) -> Decision {
        let of_kind = explanation.statements.iter().filter(|weighed| weighed.statement.kind == kind);
        let found = of_kind.filter(|weighed| weighed.outcome.is_ok()).map(|weighed| match weighed.effect {
            policy::Effect::Allow => Decision::Allowed,
            policy::Effect::Deny => Decision::ExplicitDeny,
        });
        most_restrictive(found).unwrap_or(Decision::ImplicitDeny)
    }
}
