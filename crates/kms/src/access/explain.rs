//! Why a request is decided as it is: one that nobody made, with everything that was weighed.

use std::borrow::Cow;

use claviger_names::{AccountId, Region};
use claviger_policy::{
    self as policy, Denial, Determining, Effect, Explanation, GrantAllow, Miss, Verdict, Weighed,
};
use serde::{Deserialize, Serialize};

use super::caller::unsigned;
use super::fault::Unexplained;
use super::matrix::{Held, cited, key_permissions};
use super::question::{KeyText, no_source, supposed_origin};
use super::supposed::{Given, Knowledge, Supposed};
use super::told::{Citation, CitedGrant, Explained, Outcome, WeighedGrant, WeighedStatement};
use crate::fault::Fault;
use crate::gate::{Call, Question, Stated, allowing_grant, grant_holds};
use crate::kms::Kms;
use crate::model::{GrantRecord, Key};
use crate::op::Facts;

/// A request that somebody asks about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hypothesis {
    /// ARN of a user, role, session, federated user or root user, or a service's name.
    pub principal: String,
    /// Such as `kms:Decrypt`.
    pub action: String,
    /// Key ARN or alias ARN; with account and Region also key id or alias name.
    pub key: String,
    /// The key's account.
    pub account: Option<AccountId>,
    /// The key's Region.
    pub region: Option<Region>,
    /// The encryption context.
    pub context: Vec<(String, String)>,
    /// Values of condition keys; one that comes several times has several.
    pub conditions: Vec<(String, String)>,
}

/// What is asked about, and how much of the request is known.
pub(super) struct Supposition<'a> {
    pub target: Target<'a>,
    pub facts: Facts,
    pub stated: Stated<'a>,
    pub given: &'a Given,
    pub knowledge: Knowledge,
}

/// What an action is on.
#[derive(Clone, Copy)]
pub(super) enum Target<'a> {
    Key(&'a Key, Option<&'a str>),
    /// What no key policy has a say in: the ARN of an alias or key, or `*`.
    Account(&'a str),
}

impl Kms {
    /// Why a request that nobody made would be allowed or denied.
    pub async fn explain(&self, hypothesis: &Hypothesis) -> Result<Explained, Unexplained> {
        let Hypothesis { principal, action, key, account, region, context, conditions } = hypothesis;
        let no_action = || Unexplained::NoAction(action.clone());
        let facts = key_permissions().find(|facts| facts.action.eq_ignore_ascii_case(action));
        let facts = facts.ok_or_else(no_action)?;
        let named = KeyText { text: key, account: *account, region: *region };
        let (key, alias) = self.key_of(named).await?;
        let caller = self.caller_named(principal).await?;
        let pairs: Vec<_> = context.iter().map(|(key, value)| (Cow::from(key), Cow::from(value))).collect();
        let given = Given::of(conditions);
        let credential = unsigned(caller);
        let origin = supposed_origin(self, key.place.region, no_source());
        let call = Call { credential: &credential, origin, body: &[] };
        let supposition = Supposition {
            target: Target::Key(&key, alias.as_deref()),
            facts,
            stated: Stated { context: &pairs, ..Stated::default() },
            given: &given,
            knowledge: Knowledge::Given,
        };
        Ok(self.explain_one(&call, &supposition).await?)
    }

    /// Decides, and tells everything that was weighed.
    pub(super) async fn explain_one(
        &self,
        call: &Call<'_>,
        supposition: &Supposition<'_>,
    ) -> Result<Explained, Fault> {
        let Supposition { target, facts, stated, .. } = supposition;
        let sides = call.sides(self, target.owner()).await?;
        let (held, all) = match target {
            Target::Key(key, _) => self.grants_held(call, key).await?,
            Target::Account(_) => (Vec::new(), true),
        };
        let grant = match (target, facts.grant) {
            (Target::Key(key, _), Some(operation)) => {
                allowing_grant(self, call, key, operation, stated, &[]).await?
            }
            (Target::Key(..) | Target::Account(_), _) => None,
        };
        let question = supposition.question();
        let grants = || grant;
        let explained = call.consider(&sides, &question, &grants, |request, applicable| {
            let Supposition { given, knowledge, .. } = *supposition;
            let context = Supposed { inner: request.context, given, knowledge, action: facts.action };
            let explanation = policy::explain(&policy::Request { context: &context, ..*request }, applicable);
            told(call, supposition, &explanation, grant, &held)
        });
        Ok(Explained { has_more_grants: !all, ..explained })
    }
}

impl Target<'_> {
    fn owner(&self) -> Option<AccountId> {
        match self {
            Target::Key(key, _) => Some(key.place.account),
            Target::Account(_) => None,
        }
    }
}

impl<'a> Supposition<'a> {
    fn question(&self) -> Question<'a> {
        let (resource, key, request_alias) = match self.target {
            Target::Key(key, alias) => (&*key.arn, Some((key.view(), &key.policy)), alias),
            Target::Account(resource) => (resource, None, None),
        };
        Question { action: self.facts.action, resource, key, request_alias, stated: self.stated }
    }
}

fn told(
    call: &Call<'_>,
    supposition: &Supposition<'_>,
    explanation: &Explanation<'_>,
    grant: Option<GrantAllow>,
    held: &[Held],
) -> Explained {
    let Supposition { target, facts, stated, .. } = supposition;
    let is_foreign = target.owner().is_some_and(|owner| owner != call.account()) && !call.is_by_service();
    let decision = match (&explanation.verdict, is_foreign && !facts.cross_account) {
        (_, true) => Outcome::OtherAccount,
        (Verdict::Allowed(because), false) => Outcome::Allowed {
            by: cited(because),
            grants: because
                .grant
                .iter()
                .filter_map(|allow| record_of(held, allow))
                .map(CitedGrant::of)
                .collect(),
        },
        (Verdict::Denied(Denial::Explicit(by)), false) => {
            Outcome::Denied { by: Citation::of(by, Effect::Deny) }
        }
        (Verdict::Denied(Denial::NoAllow(kind)), false) => Outcome::NotAllowed { lacking: (*kind).into() },
    };
    let weighed = |Weighed { statement, effect, outcome }: &Weighed<'_>| WeighedStatement {
        statement: Citation::of(statement, *effect),
        miss: outcome.err().map(|miss| words(&miss, statement)),
    };
    let weigh = |Held { record, .. }: &Held| WeighedGrant {
        grant: CitedGrant::of(record),
        miss: grant_miss(record, call, facts, stated, grant),
    };
    Explained {
        principal: call.credential.caller.arn(call.origin.region),
        action: facts.action.to_owned(),
        resource: supposition.question().resource.to_owned(),
        decision,
        statements: explanation.statements.iter().map(weighed).collect(),
        grants_considered: held.iter().map(weigh).collect(),
        has_more_grants: false,
        absent_keys: explanation.absent_keys.iter().map(ToString::to_string).collect(),
    }
}

fn record_of<'h>(held: &'h [Held], allow: &GrantAllow) -> Option<&'h GrantRecord> {
    held.iter().map(|held| &held.record).find(|record| record.id.bytes() == allow.id)
}

/// Why a grant does not let the caller do this.
fn grant_miss(
    record: &GrantRecord,
    call: &Call<'_>,
    facts: &Facts,
    stated: &Stated<'_>,
    found: Option<GrantAllow>,
) -> Option<String> {
    let Some(operation) = facts.grant else { return Some(format!("no grant can allow {}", facts.action)) };
    if found.is_some_and(|allow| allow.id == record.id.bytes()) {
        return None;
    }
    if !record.terms.operations.contains(&operation) {
        let names: Vec<_> = record.terms.operations.iter().map(|operation| operation.name()).collect();
        return Some(format!("it is for {}", names.join(", ")));
    }
    match (grant_holds(record, call, operation, stated), stated.grant) {
        (true, _) => None,
        (false, Some(_)) => Some("the grant to be made is not narrower than it".to_owned()),
        (false, None) => {
            let constraints = CitedGrant::of(record).constraints;
            Some(format!("it asks that {}", constraints.join(" and that ")))
        }
    }
}

/// What of a statement does not match, as a sentence without its end.
fn words(miss: &Miss<'_>, statement: &Determining<'_>) -> String {
    match miss {
        Miss::Principal => "it is for other principals".to_owned(),
        Miss::Action => "it is about other actions".to_owned(),
        Miss::Resource => "it is about other resources".to_owned(),
        Miss::Variable { key } => format!("the request has no {key}, which a variable stands for"),
        Miss::Condition { operator, key, absent } => {
            let wanted = statement.conditions.iter();
            let wanted =
                wanted.filter(|condition| condition.operator == *operator && *condition.key == **key);
            let values: Vec<_> =
                wanted.flat_map(|condition| &condition.values).map(|value| &**value).collect();
            let has = if *absent { "the request has no such value" } else { "the request has another value" };
            format!("{operator} {key} {}: {has}", values.join(", "))
        }
    }
}
