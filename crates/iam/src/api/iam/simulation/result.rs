//! What a simulation came to, action by action, and how it is told.

use std::collections::HashSet;
use std::hash::Hash;

use claviger_policy::{Denial, Effect, PolicyKind, Verdict};
use claviger_wire::Xml;

use super::position::Position;

/// A decision, from the mildest to the strictest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Decision {
    Allowed,
    ImplicitDeny,
    ExplicitDeny,
}

/// A statement that made a decision.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Matched {
    source: String,
    kind: PolicyKind,
    positions: [Position; 2],
}

/// What was decided on one action and one resource.
pub(super) struct Outcome {
    pub resource: String,
    pub decision: Decision,
    pub matched: Vec<Matched>,
    /// Condition keys that policies ask for and that were not given.
    pub missing: Vec<String>,
    /// What the boundary says, if there is one.
    pub by_boundary: Option<bool>,
    /// What service control policies say, if there are any.
    pub by_organizations: Option<bool>,
    /// What each kind of policy says; empty within one account, none where it is not told.
    pub details: Option<Vec<(PolicyKind, Decision)>>,
}

/// What was decided on one action.
pub(in crate::api::iam) struct Evaluation {
    action: String,
    /// Over all resources: the strictest decision, and what led to it.
    overall: Outcome,
    /// For each resource that the request names.
    specific: Vec<Outcome>,
}

/// The strictest of these.
pub(super) fn most_restrictive(decisions: impl IntoIterator<Item = Decision>) -> Option<Decision> {
    decisions.into_iter().max()
}

impl Decision {
    pub(super) fn of(verdict: &Verdict<'_>) -> Decision {
        match verdict {
            Verdict::Allowed(_) => Decision::Allowed,
            Verdict::Denied(Denial::NoAllow(_)) => Decision::ImplicitDeny,
            Verdict::Denied(Denial::Explicit(_)) => Decision::ExplicitDeny,
        }
    }

    /// The effect of the statements that make such a decision; without any, it is made by none.
    pub(super) fn effect(self) -> Option<Effect> {
        match self {
            Decision::Allowed => Some(Effect::Allow),
            Decision::ImplicitDeny => None,
            Decision::ExplicitDeny => Some(Effect::Deny),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Decision::Allowed => "allowed",
            Decision::ImplicitDeny => "implicitDeny",
            Decision::ExplicitDeny => "explicitDeny",
        }
    }
}

impl Matched {
    pub(super) fn new(source: &str, kind: PolicyKind, positions: [Position; 2]) -> Matched {
        Matched { source: source.to_owned(), kind, positions }
    }

    fn write(&self, xml: &mut Xml) {
        let Matched { source, kind, positions: [start, end] } = self;
        xml.text("SourcePolicyId", source).text("SourcePolicyType", shown(*kind));
        for (name, position) in [("StartPosition", start), ("EndPosition", end)] {
            xml.element(name, |xml| {
                xml.number("Line", position.line).number("Column", position.column);
            });
        }
    }
}

impl Outcome {
    /// All of these together.
    fn overall(outcomes: &[Outcome]) -> Outcome {
        let all = |of: fn(&Outcome) -> Option<bool>| outcomes.iter().filter_map(of).reduce(|a, b| a && b);
        let decision = most_restrictive(outcomes.iter().map(|outcome| outcome.decision));
        let decision = decision.unwrap_or(Decision::ImplicitDeny);
        let decisive = outcomes.iter().filter(|outcome| outcome.decision == decision);
        Outcome {
            resource: "*".to_owned(),
            decision,
            matched: union(decisive.flat_map(|outcome| &outcome.matched)),
            missing: union(outcomes.iter().flat_map(|outcome| &outcome.missing)),
            by_boundary: all(|outcome| outcome.by_boundary),
            by_organizations: all(|outcome| outcome.by_organizations),
            details: strictest_details(outcomes),
        }
    }

    fn write(&self, xml: &mut Xml, decision: &str) {
        xml.text("EvalResourceName", &self.resource).text(decision, self.decision.name());
        xml.list("MatchedStatements", &self.matched, |xml, matched| matched.write(xml));
        xml.texts("MissingContextValues", &self.missing);
    }

    fn write_limits(&self, xml: &mut Xml) {
        if let Some(allows) = self.by_boundary {
            xml.element("PermissionsBoundaryDecisionDetail", |xml| {
                xml.flag("AllowedByPermissionsBoundary", allows);
            });
        }
        if let Some(details) = &self.details {
            let told = details.iter().map(|(kind, decision)| (shown(*kind), decision.name()));
            xml.map("EvalDecisionDetails", told, |xml, decision| {
                xml.text("value", decision);
            });
        }
    }
}

impl Evaluation {
    /// The outcomes of one action; told one by one where the request names resources.
    pub(super) fn new(action: &str, outcomes: Vec<Outcome>, is_specific: bool) -> Evaluation {
        let mut overall = Outcome::overall(&outcomes);
        // With one resource its name stands on top too, as AWS was seen to do.
        if let [only] = &outcomes[..] {
            overall.resource.clone_from(&only.resource);
        }
        Evaluation {
            action: action.to_owned(),
            overall,
            specific: if is_specific { outcomes } else { Vec::new() },
        }
    }

    pub(super) fn write(&self, xml: &mut Xml) {
        xml.text("EvalActionName", &self.action);
        self.overall.write(xml, "EvalDecision");
        if let Some(allows) = self.overall.by_organizations {
            xml.element("OrganizationsDecisionDetail", |xml| {
                xml.flag("AllowedByOrganizations", allows);
            });
        }
        self.overall.write_limits(xml);
        if !self.specific.is_empty() {
            xml.list("ResourceSpecificResults", &self.specific, |xml, outcome| {
                outcome.write(xml, "EvalResourceDecision");
                outcome.write_limits(xml);
            });
        }
    }
}

/// The strictest decision of each kind of policy, where any outcome tells of them.
fn strictest_details(outcomes: &[Outcome]) -> Option<Vec<(PolicyKind, Decision)>> {
    let told = outcomes.iter().filter_map(|outcome| outcome.details.as_ref());
    told.cloned().reduce(|mut all, more| {
        for (kind, decision) in more {
            match all.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, strictest)) => *strictest = decision.max(*strictest),
                None => all.push((kind, decision)),
            }
        }
        all
    })
}

/// Each once, in order.
fn union<'a, T: Clone + Eq + Hash + 'a>(items: impl Iterator<Item = &'a T>) -> Vec<T> {
    let mut seen = HashSet::new();
    items.filter(|item| seen.insert(*item)).cloned().collect()
}

/// What the simulator calls a kind of policy, which is not what the model says.
fn shown(kind: PolicyKind) -> &'static str {
    match kind {
        PolicyKind::Identity => "IAM Policy",
        PolicyKind::Resource => "Resource Policy",
        PolicyKind::Boundary => "Permissions Boundary Policy",
        PolicyKind::Session => "Session Policy",
        PolicyKind::ServiceControl => "Service Control Policy",
        PolicyKind::ResourceControl => "Resource Control Policy",
        PolicyKind::VpcEndpoint => "VPC Endpoint Policy",
    }
}
