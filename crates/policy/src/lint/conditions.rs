//! What can be wrong with the conditions of a statement.

use super::catalogue::{Action, Catalogue, Form, Key, Reach, covers};
use super::mistake::Mistake;
use super::statement::actions_of;
use crate::document::{Condition, Document, Effect, Element, Kind, Statement, Version};
use crate::operator::{Each, Test};
use crate::pattern::variables_of;

/// Parts of an ARN.
const ARN_SEGMENTS: usize = 6;

/// Digits of an account's number.
const ACCOUNT_DIGITS: usize = 12;

/// The mistakes of the conditions of one statement, and of policy variables anywhere in it.
pub(super) fn mistakes(statement: &Statement, document: &Document, catalogue: &Catalogue) -> Vec<Mistake> {
    let scene = Scene {
        statement,
        kind: document.kind(),
        has_variables: document.version() == Version::V2012,
        catalogue,
        actions: actions_of(statement, catalogue),
    };
    let mut found = Vec::new();
    if !scene.has_variables {
        found.extend(plain_variables(statement));
    }
    for condition in &statement.conditions {
        if condition.values.is_empty() {
            found.push(Mistake::NoValues(condition.key.clone()));
        }
        match catalogue.key(&condition.key) {
            Some(key) => scene.check(condition, key, &mut found),
            None if scene.is_foreign(&condition.key) => {}
            None => found.push(Mistake::UnknownKey(condition.key.clone())),
        }
    }
    found
}

/// A statement and what it is about.
struct Scene<'a> {
    statement: &'a Statement,
    kind: Kind,
    has_variables: bool,
    catalogue: &'a Catalogue,
    actions: Vec<&'static Action>,
}

impl Scene<'_> {
    /// Whether a key can be another service's or an identity provider's, which this catalogue knows nothing of.
    fn is_foreign(&self, key: &str) -> bool {
        let prefix = key.split_once(':').map(|(prefix, _)| prefix.to_ascii_lowercase());
        let is_ours = |prefix: &str| prefix == "aws" || prefix == self.catalogue.service;
        self.kind != Kind::Key && prefix.is_some_and(|prefix| !is_ours(&prefix))
    }

    fn check(&self, condition: &Condition, key: &Key, found: &mut Vec<Mistake>) {
        let named = || condition.key.clone();
        if self.is_never_present(key) {
            return found.push(Mistake::KeyNeverPresent(named()));
        }
        found.extend(self.absent_for(condition, key));
        let (operator, is) = (condition.operator, key.form.words());
        match operator.each {
            Some(Each::All) if !key.many => found.push(Mistake::EachOfOne(named())),
            None if key.many && operator.test != Test::Null => found.push(Mistake::OneOfMany(named())),
            Some(Each::All | Each::Any) | None => {}
        }
        if !key.form.suits(operator.test) {
            return found.push(Mistake::OtherOperator { operator, key: named(), is });
        }
        let variable = |value: &str| self.has_variables && value.contains("${");
        let odd =
            condition.values.iter().filter(|value| !variable(value) && !key.form.has(operator.test, value));
        found.extend(odd.map(|value| Mistake::OtherValue { key: named(), value: value.clone(), is }));
    }

    /// Whether none of the actions has the key.
    fn is_never_present(&self, key: &Key) -> bool {
        let by_identity = key.reach == Reach::KeysByIdentity && self.kind == Kind::Key;
        let is_of_service =
            key.name.split_once(':').is_some_and(|(prefix, _)| prefix == self.catalogue.service);
        let none = !self.actions.iter().any(|action| action.has(key));
        by_identity || (none && (is_of_service || self.is_about_service_alone()))
    }

    fn is_about_service_alone(&self) -> bool {
        let is_of_service = |pattern: &str| {
            pattern
                .split_once(':')
                .is_some_and(|(prefix, _)| prefix.eq_ignore_ascii_case(self.catalogue.service))
        };
        match &self.statement.actions {
            Some(Element::Only(patterns)) => patterns.iter().all(|pattern| is_of_service(pattern)),
            Some(Element::Except(_)) => self.kind == Kind::Key,
            None => false,
        }
    }

    /// The actions that are allowed by name only when they have a key that they never have.
    fn absent_for(&self, condition: &Condition, key: &Key) -> Vec<Mistake> {
        let operator = condition.operator;
        let needs_key = !operator.negated && !operator.if_exists && operator.each != Some(Each::All);
        let Some(Element::Only(patterns)) = &self.statement.actions else { return Vec::new() };
        if self.statement.effect == Effect::Deny || operator.test == Test::Null || !needs_key {
            return Vec::new();
        }
        let named = patterns.iter().filter(|pattern| !pattern.contains(['*', '?']));
        let lacks = |pattern: &str| self.catalogue.matching(pattern).any(|action| !action.has(key));
        let lacking = named.filter(|pattern| lacks(pattern));
        lacking
            .map(|action| Mistake::KeyAbsent { action: action.clone(), key: condition.key.clone() })
            .collect()
    }
}

/// What looks like a policy variable and is none.
fn plain_variables(statement: &Statement) -> Vec<Mistake> {
    let resources = statement.resources.iter().flat_map(Element::items);
    let values = statement.conditions.iter().flat_map(|condition| &condition.values);
    let texts = resources.chain(values).filter(|text| variables_of(text).next().is_some());
    texts.map(|text| Mistake::PlainVariable(text.clone())).collect()
}

impl Form {
    /// Whether a test can hold for such values.
    fn suits(self, test: Test) -> bool {
        let is_text = matches!(self, Form::Text);
        match test {
            Test::Null | Test::StringEquals | Test::StringEqualsIgnoreCase | Test::StringLike => true,
            Test::Numeric(_) | Test::Date(_) => matches!(self, Form::Number | Form::Time),
            Test::Bool => is_text || self == Form::Flag,
            Test::BinaryEquals => is_text,
            Test::IpAddress => self == Form::Address,
            Test::Arn => is_text || self == Form::Arn,
        }
    }

    /// Whether a policy's value can match such values.
    fn has(self, test: Test, value: &str) -> bool {
        let text = match test {
            Test::StringLike if value.contains(['*', '?']) => return self.has_like(value),
            Test::StringLike | Test::StringEquals | Test::StringEqualsIgnoreCase => value,
            Test::Arn => {
                return value.splitn(ARN_SEGMENTS, ':').count() == ARN_SEGMENTS && value.starts_with("arn:");
            }
            Test::Numeric(_) | Test::Date(_) | Test::Bool => return true,
            Test::BinaryEquals | Test::IpAddress | Test::Null => return true,
        };
        let is = |word: &&str| {
            **word == *text || (test == Test::StringEqualsIgnoreCase && word.eq_ignore_ascii_case(text))
        };
        match self {
            Form::OneOf(words) => words.iter().any(is),
            Form::Account => text.len() == ACCOUNT_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit()),
            Form::Alias => text.starts_with("alias/"),
            Form::Endpoint => text.strip_suffix(".amazonaws.com").is_some_and(|rest| rest.contains('.')),
            Form::Arn => text.splitn(ARN_SEGMENTS, ':').count() == ARN_SEGMENTS && text.starts_with("arn:"),
            Form::Flag => text == "true" || text == "false",
            Form::Text | Form::Number | Form::Time | Form::Address => true,
        }
    }

    /// The same for a value with wildcards.
    fn has_like(self, pattern: &str) -> bool {
        let literal = pattern.split(['*', '?']).next().unwrap_or("");
        match self {
            Form::OneOf(words) => words.iter().any(|word| covers(pattern, word)),
            Form::Alias => literal.starts_with("alias/") || "alias/".starts_with(literal),
            Form::Arn => literal.starts_with("arn:") || "arn:".starts_with(literal),
            Form::Endpoint => pattern.ends_with(['*', '?']) || pattern.ends_with(".com"),
            Form::Text | Form::Account | Form::Flag | Form::Number | Form::Time | Form::Address => true,
        }
    }
}
