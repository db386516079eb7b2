//! What the operations on grants share: the members that name whom and within which constraints, and how grants are
//! listed.

use std::borrow::Cow;
use std::collections::BTreeMap;

use claviger_audit::Shown;
use claviger_iam::UniqueId;
use claviger_policy::{Kind, PrincipalText};
use claviger_wire::{Bounds, EpochSeconds, Members, Pattern, TextRule};
use serde::Serialize;

use crate::fault::Fault;
use crate::keyspace::Grant;
use crate::kms::Kms;
use crate::model::{
    Constraints, ContextConstraint, GrantId, GrantOperation, Key, KeyKind, KeyRecord, Party, PartyName,
};

/// Pairs of a constraint (API reference, GrantConstraints).
const CONSTRAINT_PAIRS_MAX: usize = 8;

/// Characters of a value in a constraint (API reference, GrantConstraints).
const CONSTRAINT_VALUE_CHARACTERS_MAX: usize = 384;

/// A grant's id, as the model has it.
pub(super) const GRANT_ID: TextRule = TextRule::length(1, 128);

/// A grant token.
pub(super) const GRANT_TOKEN: TextRule = TextRule::length(1, 8192);

/// A grant's name.
pub(super) const GRANT_NAME: TextRule = TextRule::matching(
    1,
    256,
    Pattern {
        text: "^[a-zA-Z0-9:/_-]+$",
        holds: |text| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b":/_-".contains(&b))
        },
    },
);

/// An ARN of a principal.
pub(super) const PRINCIPAL: TextRule = TextRule::matching(
    1,
    256,
    Pattern {
        text: r"^[\w+=,.@:/-]+$",
        holds: |text| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&b))
        },
    },
);

/// A service principal.
pub(super) const SERVICE_PRINCIPAL: TextRule = TextRule::matching(
    1,
    128,
    Pattern {
        text: r"^([A-Za-z0-9\-]+)\.([A-Za-z0-9\-]+)(\.[A-Za-z0-9\-]+)+$",
        holds: |text| {
            let is_label = |label: &str| {
                !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            };
            text.split('.').count() >= 3 && text.split('.').all(is_label)
        },
    },
);

const SOURCE_ARN: TextRule = TextRule::matching(
    20,
    512,
    Pattern { text: r"^arn:aws[a-z0-9-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:.+$", holds: is_source_arn },
);

/// How many operations a grant may name; each counts once.
pub(super) const OPERATIONS: Bounds = Bounds::new(0, i64::MAX);

/// Whom a request names in two members, of which one at most may be there.
#[derive(Default)]
pub(super) struct PartyMembers<'b> {
    pub principal: Option<Cow<'b, str>>,
    pub service: Option<Cow<'b, str>>,
}

impl PartyMembers<'_> {
    /// The one that is there; `which` names it in the refusal of two.
    pub(super) fn one(&self, which: &str) -> Result<Option<PartyName<'_>>, Fault> {
        match (self.principal.as_deref(), self.service.as_deref()) {
            (Some(_), Some(_)) => Err(Fault::Validation(Cow::Owned(format!(
                "You cannot specify both {which}Principal and {which}ServicePrincipal."
            )))),
            (Some(arn), None) => Ok(Some(PartyName::Principal(arn))),
            (None, Some(name)) => Ok(Some(PartyName::Service(name))),
            (None, None) => Ok(None),
        }
    }
}

/// Takes the member Constraints; what it says is checked by [`constraints`].
pub(super) fn take_constraints<'b>(members: &mut Members<'b>) -> SentConstraints<'b> {
    let sent = members.structure("Constraints", |constraints| SentConstraints {
        subset: constraints.map("EncryptionContextSubset"),
        equals: constraints.map("EncryptionContextEquals"),
        source_arn: constraints.text("SourceArn", &SOURCE_ARN),
    });
    sent.unwrap_or_default()
}

/// Constraints as they were sent.
#[derive(Default)]
pub(super) struct SentConstraints<'b> {
    subset: Vec<(Cow<'b, str>, Cow<'b, str>)>,
    equals: Vec<(Cow<'b, str>, Cow<'b, str>)>,
    source_arn: Option<Cow<'b, str>>,
}

/// What they come to.
pub(super) fn constraints(sent: &SentConstraints<'_>) -> Result<Constraints, Fault> {
    let context = match (&sent.equals[..], &sent.subset[..]) {
        ([], []) => None,
        (equals, []) => Some(ContextConstraint::Equals(pairs(equals)?)),
        ([], subset) => Some(ContextConstraint::Subset(pairs(subset)?)),
        (_, _) => {
            return Err(Fault::Validation(Cow::Borrowed(
                "You cannot specify both EncryptionContextEquals and EncryptionContextSubset.",
            )));
        }
    };
    Ok(Constraints { context, source_arn: sent.source_arn.as_deref().map(Box::from) })
}

fn pairs(sent: &[(Cow<'_, str>, Cow<'_, str>)]) -> Result<BTreeMap<Box<str>, Box<str>>, Fault> {
    let is_long =
        |(_, value): &(Cow<'_, str>, Cow<'_, str>)| value.chars().count() > CONSTRAINT_VALUE_CHARACTERS_MAX;
    if sent.len() > CONSTRAINT_PAIRS_MAX || sent.iter().any(is_long) {
        return Err(Fault::Validation(Cow::Owned(format!(
            "A grant constraint can have at most {CONSTRAINT_PAIRS_MAX} encryption context pairs, and each value at most \
             {CONSTRAINT_VALUE_CHARACTERS_MAX} characters."
        ))));
    }
    Ok(sent.iter().map(|(key, value)| (Box::from(&**key), Box::from(&**value))).collect())
}

fn is_source_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [scheme, partition, service, _, account, resource] = parts[..] else { return false };
    scheme == "arn"
        && partition.starts_with("aws")
        && !service.is_empty()
        && account.len() == 12
        && account.bytes().all(|b| b.is_ascii_digit())
        && !resource.is_empty()
}

/// Whom a name means, bound to who that is now.
pub(super) async fn party(kms: &Kms, name: PartyName<'_>) -> Result<Party, Fault> {
    let arn = match name {
        PartyName::Service(name) => return Ok(Party::Service { name: name.into() }),
        PartyName::Principal(arn) => arn,
    };
    let unknown = || Fault::InvalidArn(format!("ARN does not refer to a valid principal: {arn}").into());
    if !arn.starts_with("arn:") {
        return Err(unknown());
    }
    let found = match PrincipalText::parse(Kind::Key, "AWS", arn).map_err(|_| unknown())? {
        PrincipalText::Account(account) => {
            let exists = kms.directory.has_account(account).await.map_err(Fault::internal)?;
            exists.then(|| Party::Account { arn: arn.into(), account })
        }
        PrincipalText::User(arn) | PrincipalText::Role(arn) => {
            let id: Option<UniqueId> = kms.directory.unique_id(&arn).await.map_err(Fault::internal)?;
            id.map(|id| Party::Identity { arn, id })
        }
        PrincipalText::AssumedRole(arn) | PrincipalText::FederatedUser(arn) => {
            let party = Party::Session { arn };
            let Some(account) = party.account() else { return Err(unknown()) };
            kms.directory.has_account(account).await.map_err(Fault::internal)?.then_some(party)
        }
        PrincipalText::Anyone
        | PrincipalText::UniqueId(_)
        | PrincipalText::Service(_)
        | PrincipalText::Federated(_) => None,
    };
    found.ok_or_else(unknown)
}

/// A grant in a list.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GrantListEntry {
    key_id: String,
    grant_id: GrantId,
    name: Box<str>,
    creation_date: EpochSeconds,
    #[serde(skip_serializing_if = "Option::is_none")]
    grantee_principal: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retiring_principal: Option<String>,
    issuing_account: String,
    operations: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    constraints: Option<ListedConstraints>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grantee_service_principal: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retiring_service_principal: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ListedConstraints {
    #[serde(skip_serializing_if = "Option::is_none")]
    encryption_context_subset: Option<BTreeMap<Box<str>, Box<str>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encryption_context_equals: Option<BTreeMap<Box<str>, Box<str>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_arn: Option<Box<str>>,
}

/// The entry of a grant; who is gone is told by unique id.
pub(super) async fn listed(kms: &Kms, grant: &Grant) -> Result<GrantListEntry, Fault> {
    let Grant { place, key, record } = grant;
    let terms = &record.terms;
    let (grantee_principal, grantee_service_principal) = names(kms, grant, Some(&terms.grantee)).await?;
    let (retiring_principal, retiring_service_principal) = names(kms, grant, terms.retiring.as_ref()).await?;
    Ok(GrantListEntry {
        key_id: key.arn(place.account, place.region),
        grant_id: record.id,
        name: terms.name.clone().unwrap_or_default(),
        creation_date: EpochSeconds(record.created),
        grantee_principal,
        retiring_principal,
        issuing_account: format!("arn:{}:iam::{}:root", place.region.partition(), record.issuer),
        operations: terms.operations.iter().map(|operation| operation.name()).collect(),
        constraints: listed_constraints(&terms.constraints),
        grantee_service_principal,
        retiring_service_principal,
    })
}

async fn names(
    kms: &Kms,
    grant: &Grant,
    party: Option<&Party>,
) -> Result<(Option<String>, Option<String>), Fault> {
    Ok(match party {
        None => (None, None),
        Some(Party::Service { name }) => (None, Some(name.to_string())),
        Some(Party::Session { arn } | Party::Account { arn, .. }) => (Some(arn.to_string()), None),
        Some(Party::Identity { id, .. }) => {
            let now = kms.directory.principal_of(*id).await.map_err(Fault::internal)?;
            let partition = grant.place.region.partition();
            (Some(now.map_or_else(|| id.to_string(), |name| name.arn(partition))), None)
        }
    })
}

fn listed_constraints(constraints: &Constraints) -> Option<ListedConstraints> {
    let Constraints { context, source_arn } = constraints;
    if context.is_none() && source_arn.is_none() {
        return None;
    }
    let (equals, subset) = match context {
        Some(ContextConstraint::Equals(pairs)) => (Some(pairs.clone()), None),
        Some(ContextConstraint::Subset(pairs)) => (None, Some(pairs.clone())),
        None => (None, None),
    };
    Some(ListedConstraints {
        encryption_context_subset: subset,
        encryption_context_equals: equals,
        source_arn: source_arn.clone(),
    })
}

/// Shows constraints in a record.
pub(super) fn show_constraints(shown: Shown, constraints: &Constraints) -> Shown {
    let Some(context) = &constraints.context else {
        return match &constraints.source_arn {
            Some(arn) => shown.object("constraints", Shown::new().text("sourceArn", arn)),
            None => shown,
        };
    };
    let name = match context {
        ContextConstraint::Equals(_) => "encryptionContextEquals",
        ContextConstraint::Subset(_) => "encryptionContextSubset",
    };
    let pairs = context.pairs().iter().map(|(key, value)| (&**key, &**value));
    let inner = Shown::new().map(name, pairs).maybe_text("sourceArn", constraints.source_arn.as_deref());
    shown.object("constraints", inner)
}

/// Refuses operations that the key has not, and a context that it cannot bind.
pub(super) fn check_terms(
    key: &Key,
    operations: &[GrantOperation],
    constraints: &Constraints,
) -> Result<(), Fault> {
    let KeyRecord { spec, usage, .. } = key.record;
    if let Some(operation) = operations.iter().find(|operation| !operation.is_of(spec, usage)) {
        return Err(Fault::Validation(Cow::Owned(format!(
            "Operation {} is not valid for a KMS key with key spec {}.",
            operation.name(),
            spec.name()
        ))));
    }
    match (&constraints.context, spec.kind()) {
        (None, _) | (Some(_), KeyKind::Symmetric) => Ok(()),
        (Some(_), KeyKind::Asymmetric | KeyKind::Hmac) => Err(Fault::Validation(Cow::Owned(format!(
            "Encryption context constraints are not valid for a KMS key with key spec {}.",
            spec.name()
        )))),
    }
}
