//! What one principal may do with one key: every action, decided by the engine, with what is not known of a request left
//! in doubt.

use claviger_iam::Caller;
use claviger_policy::{
    self as policy, Because, Denial, Doubt, Effect, Explanation, GrantAllow, Verdict, Weighed,
};

use super::caller::{subject, unsigned};
use super::question::{no_source, supposed_origin};
use super::supposed::{Given, Knowledge, Supposed};
use super::told::{Access, AccessGroup, Citation, CitedGrant, Outcome, Subject, SubjectKind};
use crate::fault::Fault;
use crate::gate::{Call, Question, Sides, Stated, grantee_handles};
use crate::keyspace;
use crate::kms::Kms;
use crate::model::{GrantOperation, GrantRecord, Key};
use crate::op::{Facts, OPERATIONS, PolicyType};

/// Most rows of grants to one principal that are looked at.
pub(super) const GRANTS_READ_MAX: usize = 1_000;

/// Most grants that one action is told to be allowed by.
const GRANTS_CITED_MAX: usize = 10;

/// A grant to the caller, and whether it is to its account as a whole.
pub(super) struct Held {
    pub record: GrantRecord,
    pub is_account: bool,
}

/// One principal before one key.
struct Analysis<'a> {
    call: Call<'a>,
    key: &'a Key,
    sides: Sides,
    grants: Vec<Held>,
    is_session: bool,
}

/// Which grants count.
#[derive(Clone, Copy)]
enum Counting {
    /// Those that ask nothing of the request.
    Unconstrained,
    All,
}

impl Kms {
    /// What a principal may do with a key; none when the principal is gone.
    pub(super) async fn access_of(
        &self,
        key: &Key,
        caller: Caller,
        of: Subject,
    ) -> Result<Option<Access>, Fault> {
        let is_session = matches!(of.kind, SubjectKind::Role | SubjectKind::Session);
        let is_anyone = of.kind == SubjectKind::Anyone;
        let credential = unsigned(caller);
        let origin = supposed_origin(self, key.place.region, no_source());
        let call = Call { credential: &credential, origin, body: &[] };
        let sides = match call.sides(self, Some(key.place.account)).await {
            Err(Fault::Unauthenticated(_)) => return Ok(None),
            sides => sides?,
        };
        let (grants, all) = if is_anyone { (Vec::new(), true) } else { self.grants_held(&call, key).await? };
        let analysis = Analysis { call, key, sides, grants, is_session };
        let mut access: Vec<AccessGroup> = Vec::new();
        for facts in key_permissions() {
            let outcome = analysis.outcome(&facts);
            let action = facts.action.to_owned();
            match access.iter_mut().find(|group| group.outcome == outcome) {
                Some(group) => group.actions.push(action),
                None => access.push(AccessGroup { actions: vec![action], outcome }),
            }
        }
        Ok(Some(Access { principal: of, access, has_more_grants: !all }))
    }

    /// The grants to the caller on a key, and whether these are all.
    pub(super) async fn grants_held(&self, call: &Call<'_>, key: &Key) -> Result<(Vec<Held>, bool), Fault> {
        let (mut held, mut all) = (Vec::new(), true);
        for handle in grantee_handles(call) {
            let (records, complete) =
                keyspace::grants_to(&self.store, &key.place, &key.record.id, &handle.text, GRANTS_READ_MAX)
                    .await?;
            all &= complete;
            held.extend(records.into_iter().map(|record| Held { record, is_account: handle.is_account }));
        }
        Ok((held, all))
    }

    /// The same of a caller that a subject is told of by.
    pub(super) fn subject(&self, key: &Key, caller: &Caller, named: bool) -> Subject {
        subject(caller, key.place.account, key.place.region, named)
    }
}

/// The permissions on a key that key policies have a say in.
pub(super) fn key_permissions() -> impl Iterator<Item = Facts> {
    let on_keys = OPERATIONS.iter().filter(|entry| entry.facts.policy != PolicyType::Iam);
    on_keys.flat_map(|entry| entry.facts.permissions())
}

impl Analysis<'_> {
    fn outcome(&self, facts: &Facts) -> Outcome {
        if !facts.cross_account && self.is_foreign() {
            return Outcome::OtherAccount;
        }
        let [sure, undenied] = [Doubt::AgainstCaller, Doubt::LeftOut];
        if let Some((by, grants)) = self.allowed(facts, sure, Counting::Unconstrained) {
            return Outcome::Allowed { by, grants };
        }
        if let Some((by, grants)) = self.allowed(facts, undenied, Counting::Unconstrained) {
            let conditions = self.in_doubt(facts, &[Effect::Deny]);
            return Outcome::Conditional { by, grants, conditions };
        }
        self.weighed(facts, Doubt::ForCaller, Counting::All, |explained| match &explained.verdict {
            Verdict::Allowed(because) => Outcome::Conditional {
                by: cited(because),
                grants: self.cited_grants(facts, because, Counting::All),
                conditions: self.in_doubt(facts, &[Effect::Allow, Effect::Deny]),
            },
            Verdict::Denied(Denial::Explicit(by)) => Outcome::Denied { by: Citation::of(by, Effect::Deny) },
            Verdict::Denied(Denial::NoAllow(kind)) => Outcome::NotAllowed { lacking: (*kind).into() },
        })
    }

    /// Services belong to no account and so to no other.
    fn is_foreign(&self) -> bool {
        !self.call.is_by_service() && self.call.account() != self.key.place.account
    }

    fn allowed(
        &self,
        facts: &Facts,
        doubt: Doubt,
        counting: Counting,
    ) -> Option<(Vec<Citation>, Vec<CitedGrant>)> {
        self.weighed(facts, doubt, counting, |explained| match &explained.verdict {
            Verdict::Allowed(because) => Some((cited(because), self.cited_grants(facts, because, counting))),
            Verdict::Denied(_) => None,
        })
    }

    /// The statements of which it is not known whether they match.
    fn in_doubt(&self, facts: &Facts, effects: &[Effect]) -> Vec<Citation> {
        let matching = |doubt| {
            self.weighed(facts, doubt, Counting::All, |explained| {
                let matching = explained.statements.iter().filter(|weighed| weighed.outcome.is_ok());
                matching.map(|Weighed { statement, effect, .. }| Citation::of(statement, *effect)).collect()
            })
        };
        let [best, worst]: [Vec<Citation>; 2] = [matching(Doubt::ForCaller), matching(Doubt::AgainstCaller)];
        let differ = |some: &[Citation], others: &[Citation]| -> Vec<Citation> {
            some.iter().filter(|citation| !others.contains(citation)).cloned().collect()
        };
        let mut in_doubt = Vec::new();
        if effects.contains(&Effect::Allow) {
            in_doubt.extend(differ(&best, &worst));
        }
        if effects.contains(&Effect::Deny) {
            in_doubt.extend(differ(&worst, &best));
        }
        in_doubt
    }

    fn weighed<T>(
        &self,
        facts: &Facts,
        doubt: Doubt,
        counting: Counting,
        then: impl FnOnce(&Explanation<'_>) -> T,
    ) -> T {
        let question = Question {
            action: facts.action,
            resource: &self.key.arn,
            key: Some((self.key.view(), &self.key.policy)),
            request_alias: None,
            stated: Stated::default(),
        };
        let grant = || facts.grant.and_then(|operation| self.first_grant(operation, counting));
        let knowledge = Knowledge::Subject { doubt, is_session: self.is_session };
        self.call.consider(&self.sides, &question, &grant, |request, applicable| {
            let (inner, given) = (request.context, &Given::default());
            let context = Supposed { inner, given, knowledge, action: facts.action };
            then(&policy::explain(&policy::Request { context: &context, ..*request }, applicable))
        })
    }

    /// One to the caller itself goes before one to its account.
    fn first_grant(&self, operation: GrantOperation, counting: Counting) -> Option<GrantAllow> {
        let mut serving: Vec<&Held> = self.serving(operation, counting).collect();
        serving.sort_by_key(|held| held.is_account);
        let held = serving.first()?;
        Some(GrantAllow { id: held.record.id.bytes(), grantee_is_account: held.is_account })
    }

    fn serving(&self, operation: GrantOperation, counting: Counting) -> impl Iterator<Item = &Held> {
        let by_service = self.call.is_by_service();
        self.grants.iter().filter(move |Held { record, .. }| {
            let constraints = &record.terms.constraints;
            let asks = constraints.context.is_some() && operation.minds_context()
                || constraints.source_arn.is_some() && by_service;
            let counts = match counting {
                Counting::Unconstrained => !asks,
                Counting::All => true,
            };
            record.terms.operations.contains(&operation) && counts
        })
    }

    fn cited_grants(&self, facts: &Facts, because: &Because<'_>, counting: Counting) -> Vec<CitedGrant> {
        match (because.grant, facts.grant) {
            (Some(_), Some(operation)) => {
                let serving = self.serving(operation, counting).take(GRANTS_CITED_MAX);
                serving.map(|held| CitedGrant::of(&held.record)).collect()
            }
            (None, _) | (_, None) => Vec::new(),
        }
    }
}

/// The statements that allowed.
pub(super) fn cited(because: &Because<'_>) -> Vec<Citation> {
    let statements = because.resource.iter().chain(&because.identity);
    statements.map(|statement| Citation::of(statement, Effect::Allow)).collect()
}
