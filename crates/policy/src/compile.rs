//! A document made ready to decide: patterns cut, values read, principals bound.

use std::ops::Range;

use crate::arn::ArnPattern;
use crate::condition::Requirement;
use crate::decide::Scene;
use crate::document::{Condition, Document, Effect, Element, Kind, Statement, Version};
use crate::pattern::{Pattern, Special};
use crate::shared::{Answers, Pool, Shared};
use crate::verdict::{Determining, Miss, PolicyKind};
use crate::vocabulary::{Doubt, Vocabulary};
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
    subject: Shared<Subject>,
    requirements: Box<[Shared<Requirement>]>,
    /// The requirements, as written.
    conditions: Box<[Condition]>,
}

/// What a statement is about: its actions and resources.
#[derive(Debug)]
struct Subject {
    actions: Listed<Pattern>,
    resources: Listed<ArnPattern>,
    /// Whether a policy variable is among the resources.
    has_variables: bool,
}

/// What a policy's statements have answered about a request so far.
pub(crate) struct Answered {
    subjects: Answers,
    requirements: Answers,
}

/// What a statement is about, as written.
type Written<'d> = (Option<&'d Element<Box<str>>>, Option<&'d Element<Box<str>>>);

/// A policy while it is compiled.
struct Compiler<'d> {
    document: &'d Document,
    vocabulary: &'d Vocabulary,
    bind: &'d dyn Fn(&str) -> Option<Box<str>>,
    subjects: Pool<Written<'d>, Subject>,
    requirements: Pool<&'d Condition, Requirement>,
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
        let (subjects, requirements) = (Pool::new(), Pool::new());
        let mut compiler = Compiler { document, vocabulary, bind, subjects, requirements };
        let statements = document.statements.iter().enumerate();
        Policy { name: name.into(), rules: statements.map(|(at, s)| compiler.rule(at, s)).collect() }
    }

    /// What verdicts call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How a verdict names one of this policy's statements.
    pub(crate) fn determining<'a>(&'a self, rule: &'a Rule, kind: PolicyKind) -> Determining<'a> {
        let sid = rule.sid.as_deref();
        let Rule { number, ref span, ref conditions, .. } = *rule;
        Determining { kind, policy: &self.name, sid, number, span: span.clone(), conditions }
    }
}

impl<'d> Compiler<'d> {
    fn rule(&mut self, at: usize, statement: &'d Statement) -> Rule {
        let has_variables = self.document.version == Version::V2012;
        let variables = has_variables.then_some(self.vocabulary);
        let written = (statement.actions.as_ref(), statement.resources.as_ref());
        let (kind, vocabulary) = (self.document.kind, self.vocabulary);
        let requirement = |condition| Requirement::compile(condition, vocabulary, has_variables);
        let requirements = statement.conditions.iter().map(|c| self.requirements.share(c, requirement));
        Rule {
            sid: statement.sid.clone(),
            number: at + 1,
            span: statement.span.clone(),
            effect: statement.effect,
            who: Who::compile(statement.principals.as_ref(), self.bind),
            requirements: requirements.collect(),
            conditions: statement.conditions.as_slice().into(),
            subject: self.subjects.share(written, |written| Subject::compile(written, kind, variables)),
        }
    }
}

impl Subject {
    fn compile((actions, resources): Written<'_>, kind: Kind, variables: Option<&Vocabulary>) -> Subject {
        let action = |text: &str| {
            Pattern::compile(&text.to_ascii_lowercase(), Special { wildcards: true, variables: None })
        };
        let resource = |text: &str| ArnPattern::of_resource(text, variables);
        let resources = match resources {
            // A trust policy has none: it is about its role.
            None if kind == Kind::Trust => Listed::Except(Box::new([])),
            resources => Listed::compile(resources, resource),
        };
        let has_variables = resources.items().iter().any(ArnPattern::has_variables);
        Subject { actions: Listed::compile(actions, action), resources, has_variables }
    }

    /// Whether the request's action and resource are among these.
    fn check<'p>(&'p self, scene: &Scene<'_>) -> Result<(), Miss<'p>> {
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
}

impl Answered {
    pub(crate) fn nothing() -> Answered {
        Answered { subjects: Answers::new(), requirements: Answers::new() }
    }
}

impl Rule {
    /// How the statement concerns the principal, if it does.
    #[inline]
    pub(crate) fn standing(&self, scene: &Scene<'_>) -> Option<Standing> {
        self.who.standing(scene.principal, self.effect)
    }

    /// Whether it is about the request, whoever the principal is. What an earlier statement answered is not asked again.
    #[inline]
    pub(crate) fn applies(&self, scene: &Scene<'_>, answered: &Answered) -> bool {
        if let Some(doubt) = scene.doubt {
            return self.applies_in_doubt(scene, doubt).is_ok();
        }
        let requires = |requirement: &Requirement| requirement.check(scene.context).is_ok();
        answered.subjects.of(&self.subject, |subject| subject.check(scene).is_ok())
            && self.requirements.iter().all(|shared| answered.requirements.of(shared, requires))
    }

    /// Whether it is about the request, and how it concerns the principal; or the first element that does not match.
    pub(crate) fn weigh<'p>(&'p self, scene: &Scene<'_>) -> Result<Standing, Miss<'p>> {
        let standing = self.standing(scene).ok_or(Miss::Principal)?;
        if let Some(doubt) = scene.doubt {
            return self.applies_in_doubt(scene, doubt).map(|()| standing);
        }
        self.subject.check(scene)?;
        self.requirements.iter().try_for_each(|requirement| requirement.check(scene.context))?;
        Ok(standing)
    }

    /// The same where not everything is known of the request. What is known decides first.
    fn applies_in_doubt<'p>(&'p self, scene: &Scene<'_>, doubt: Doubt) -> Result<(), Miss<'p>> {
        let mut open = match self.subject.check(scene) {
            Err(miss @ Miss::Variable { key }) if scene.context.is_in_doubt(key) => Some(miss),
            outcome => outcome.map(|()| None)?,
        };
        for requirement in &self.requirements {
            match requirement.in_doubt(scene.context) {
                None => requirement.check(scene.context)?,
                Some(miss) => open = open.or(Some(miss)),
            }
        }
        match (open, doubt, self.effect) {
            (None, _, _) => Ok(()),
            (Some(_), Doubt::ForCaller, Effect::Allow) | (Some(_), Doubt::AgainstCaller, Effect::Deny) => {
                Ok(())
            }
            (Some(miss), Doubt::ForCaller | Doubt::AgainstCaller | Doubt::LeftOut, _) => Err(miss),
        }
    }

    /// The condition keys that the statement asks for and the request lacks, if the statement is about the request's
    /// action and resource.
    pub(crate) fn absent_keys<'p>(&'p self, scene: &Scene<'_>) -> Vec<&'p str> {
        match self.subject.check(scene) {
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
