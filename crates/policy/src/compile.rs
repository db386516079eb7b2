//! A document made ready to decide: patterns cut, values read, principals bound.

use std::ops::Range;

use crate::arn::ArnPattern;
use crate::condition::Requirement;
use crate::decide::Scene;
use crate::document::{Document, Effect, Element, Kind, Statement, Version};
use crate::pattern::{Pattern, Special};
use crate::verdict::{Determining, Miss, PolicyKind};
use crate::vocabulary::Vocabulary;
use crate::who::{Standing, Who};

/// A compiled policy.
#[derive(Debug)]
pub struct Policy {
    name: Box<str>,
    pub(crate) rules: Box<[Rule]>,
}

/// A compiled statement.
#[derive(Debug)]
pub(crate) struct Rule {
    sid: Option<Box<str>>,
    number: usize,
    span: Range<usize>,
    pub(crate) effect: Effect,
    who: Who,
    actions: Listed<Pattern>,
    resources: Listed<ArnPattern>,
    requirements: Box<[Requirement]>,
    /// Whether a policy variable is among the resources.
    has_variables: bool,
}

/// Patterns of which one must match, or none.
#[derive(Debug)]
enum Listed<T> {
    Only(Box<[T]>),
    Except(Box<[T]>),
}

impl Policy {
    /// Compiles a document. `name` is what verdicts call the policy; `bind` gives the unique id that an IAM user's or
    /// role's ARN was saved with, and none when that ARN is to match nobody.
    pub fn compile(
        document: &Document,
        name: &str,
        vocabulary: &Vocabulary,
        bind: &dyn Fn(&str) -> Option<Box<str>>,
    ) -> Policy {
        let statements = document.statements.iter().enumerate();
        let rules =
            statements.map(|(at, statement)| Rule::compile(document, at, statement, vocabulary, bind));
        Policy { name: name.into(), rules: rules.collect() }
    }

    /// What verdicts call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How a verdict names one of this policy's statements.
    pub(crate) fn determining<'a>(&'a self, rule: &'a Rule, kind: PolicyKind) -> Determining<'a> {
        let sid = rule.sid.as_deref();
        Determining { kind, policy: &self.name, sid, number: rule.number, span: rule.span.clone() }
    }
}

impl Rule {
    fn compile(
        document: &Document,
        at: usize,
        statement: &Statement,
        vocabulary: &Vocabulary,
        bind: &dyn Fn(&str) -> Option<Box<str>>,
    ) -> Rule {
        let has_variables = document.version == Version::V2012;
        let action = |text: &str| {
            Pattern::compile(&text.to_ascii_lowercase(), Special { wildcards: true, variables: None })
        };
        let variables = has_variables.then_some(vocabulary);
        let resource = |text: &str| ArnPattern::of_resource(text, variables);
        let resources = match &statement.resources {
            // A trust policy has none: it is about its role.
            None if document.kind == Kind::Trust => Listed::Except(Box::new([])),
            resources => Listed::compile(resources.as_ref(), resource),
        };
        let conditions = statement.conditions.iter();
        let has_resource_variables = resources.items().iter().any(ArnPattern::has_variables);
        Rule {
            sid: statement.sid.clone(),
            number: at + 1,
            span: statement.span.clone(),
            effect: statement.effect,
            who: Who::compile(statement.principals.as_ref(), bind),
            actions: Listed::compile(statement.actions.as_ref(), action),
            resources,
            requirements: conditions.map(|c| Requirement::compile(c, vocabulary, has_variables)).collect(),
            has_variables: has_resource_variables,
        }
    }

    /// Whether the statement is about the request, and how it concerns the principal.
    pub(crate) fn weigh<'p>(&'p self, scene: &Scene<'_>) -> Result<Standing, Miss<'p>> {
        let standing = self.who.standing(scene.principal, self.effect).ok_or(Miss::Principal)?;
        self.acts_on(scene)?;
        self.requirements.iter().try_for_each(|requirement| requirement.check(scene.context))?;
        Ok(standing)
    }

    /// Whether the statement is about the request's action and resource.
    fn acts_on<'p>(&'p self, scene: &Scene<'_>) -> Result<(), Miss<'p>> {
        if !self.actions.covers(|pattern| pattern.matches(scene.action, scene.context)) {
            return Err(Miss::Action);
        }
        let mut variable_resources = self.resources.items().iter().filter(|_| self.has_variables);
        if let Some(key) = variable_resources.find_map(|resource| resource.unresolved(scene.context)) {
            return Err(Miss::Variable { key });
        }
        match self.resources.covers(|pattern| pattern.matches(scene.resource, scene.context)) {
            true => Ok(()),
            false => Err(Miss::Resource),
        }
    }

    /// The condition keys that the statement asks for and the request lacks, if the statement is about the request's
    /// action and resource.
    pub(crate) fn absent_keys<'p>(&'p self, scene: &Scene<'_>) -> Vec<&'p str> {
        match self.acts_on(scene) {
            Ok(()) => self.requirements.iter().flat_map(|r| r.absent_keys(scene.context)).collect(),
            Err(Miss::Variable { key }) => vec![key],
            Err(_) => Vec::new(),
        }
    }
}

impl<T> Listed<T> {
    /// A missing or empty element matches nothing, in either form.
    fn compile(element: Option<&Element<Box<str>>>, read: impl Fn(&str) -> T) -> Listed<T> {
        let read = |items: &[Box<str>]| items.iter().map(|text| read(text)).collect();
        match element {
            None => Listed::Only(Box::new([])),
            Some(Element::Except(items)) if !items.is_empty() => Listed::Except(read(items)),
            Some(Element::Only(items) | Element::Except(items)) => Listed::Only(read(items)),
        }
    }

    fn items(&self) -> &[T] {
        match self {
            Listed::Only(items) | Listed::Except(items) => items,
        }
    }

    fn covers(&self, matching: impl Fn(&T) -> bool) -> bool {
        match self {
            Listed::Only(items) => items.iter().any(matching),
            Listed::Except(items) => !items.iter().any(matching),
        }
    }
}
