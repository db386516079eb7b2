//! The policy simulator: what a request asks, and how policies decide it without anything being done.

mod context;
mod exclusion;
mod position;
mod result;
mod scenario;
mod source;

use std::collections::HashSet;

use claviger_audit::Shown;
use claviger_policy::{Document, Kind};
use claviger_wire::{Bounds, Members, TextRule, Xml};

use super::member::DOCUMENT;
use super::page::{Listed, Page};
use crate::api::Fault;

pub(super) use exclusion::{SentExclusion, take as take_exclusions, without};
pub(super) use result::Evaluation;
pub(super) use scenario::Scenario;
pub(super) use source::{Held, Named, Source};

use context::Entry;

/// The list that documents of a request stand in.
pub(super) const POLICY_INPUT: &str = "PolicyInputList";

const ACTION: TextRule = TextRule::length(3, 128);
const RESOURCE: TextRule = TextRule::length(1, 2048);
const HANDLING_OPTION: TextRule = TextRule::length(1, 64);
const ANY_COUNT: Bounds = Bounds::new(0, i64::MAX);

/// What both simulations are sent.
pub(super) struct Sent {
    pub policies: Vec<String>,
    boundaries: Vec<String>,
    actions: Vec<String>,
    resources: Vec<String>,
    resource_policy: Option<String>,
    resource_owner: Option<String>,
    caller: Option<String>,
    entries: Vec<Entry>,
    page: Page,
}

impl Sent {
    /// Takes the members. ResourceHandlingOption is about EC2 alone and changes nothing here.
    pub(super) fn take(members: &mut Members<'_>, policies: Vec<String>) -> Sent {
        let boundaries = texts(members, "PermissionsBoundaryPolicyInputList", ANY_COUNT, &DOCUMENT);
        let actions = texts(members, "ActionNames", ANY_COUNT, &ACTION);
        let actions = members.required("ActionNames", actions);
        let resources = texts(members, "ResourceArns", ANY_COUNT, &RESOURCE).unwrap_or_default();
        let resource_policy = owned_text(members, "ResourcePolicy", &DOCUMENT);
        let resource_owner = owned_text(members, "ResourceOwner", &RESOURCE);
        let caller = owned_text(members, "CallerArn", &RESOURCE);
        let entries = Entry::take_all(members);
        members.text("ResourceHandlingOption", &HANDLING_OPTION);
        let (boundaries, page) = (boundaries.unwrap_or_default(), Page::take(members));
        Sent {
            policies,
            boundaries,
            actions,
            resources,
            resource_policy,
            resource_owner,
            caller,
            entries,
            page,
        }
    }

    /// Shows what was asked, without the policies.
    pub(super) fn show(&self, shown: Shown) -> Shown {
        let shown = shown.list("actionNames", self.actions.iter().map(String::as_str));
        let shown = match self.resources.is_empty() {
            true => shown,
            false => shown.list("resourceArns", self.resources.iter().map(String::as_str)),
        };
        let shown = shown.maybe_text("resourceOwner", self.resource_owner.as_deref());
        self.page.show(shown.maybe_text("callerArn", self.caller.as_deref()))
    }
}

/// Takes a list of documents, if it is there.
pub(super) fn take_policies(members: &mut Members<'_>) -> Option<Vec<String>> {
    texts(members, POLICY_INPUT, ANY_COUNT, &DOCUMENT)
}

/// Takes a list of texts.
fn texts(members: &mut Members<'_>, name: &str, count: Bounds, rule: &TextRule) -> Option<Vec<String>> {
    let texts = members.texts(name, count, rule)?;
    Some(texts.into_iter().map(|text| text.into_owned()).collect())
}

fn owned_text(members: &mut Members<'_>, name: &str, rule: &TextRule) -> Option<String> {
    members.text(name, rule).map(|text| text.into_owned())
}

/// Writes the answer of a simulation.
pub(super) fn write(listed: &Listed<Evaluation>, xml: &mut Xml) {
    listed.write(xml, "EvaluationResults", |xml, evaluation| evaluation.write(xml));
}

/// The condition keys that policies ask for: once, whatever their case, as first written.
pub(super) fn context_keys(sources: &[Source]) -> Result<Vec<String>, Fault> {
    let (mut keys, mut seen) = (Vec::new(), HashSet::new());
    for source in sources {
        let document: Document = source.document(Kind::Identity)?;
        let found = document.condition_keys().into_iter();
        keys.extend(found.filter(|key| seen.insert(key.to_ascii_lowercase())).map(str::to_owned));
    }
    Ok(keys)
}

/// Writes the answer of what asks for condition keys.
pub(super) fn write_context_keys(keys: &[String], xml: &mut Xml) {
    xml.texts("ContextKeyNames", keys);
}

#[cfg(test)]
mod tests;
