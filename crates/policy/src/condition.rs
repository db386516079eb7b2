//! One compiled condition, and whether a request meets it.

use base64::Engine as _;

use crate::arn::ArnPattern;
use crate::document::Condition;
use crate::operator::{Each, Operator, Order, Test};
use crate::pattern::{Pattern, Special};
use crate::value::{Network, Number, Value, Values, parse_time};
use crate::verdict::Miss;
use crate::vocabulary::{ConditionKey, Context, Vocabulary};

/// A condition: a key, and what its values are held against.
#[derive(Debug)]
pub(crate) struct Requirement {
    operator: Operator,
    key: ConditionKey,
    operands: Box<[Operand]>,
    has_variables: bool,
}

/// One of a condition's values, read as its operator needs it.
#[derive(Debug)]
pub(crate) enum Operand {
    Text(Pattern),
    IgnoringCase(Pattern),
    Like(Pattern),
    Arn(ArnPattern),
    Number(Order, Number),
    Time(Order, i64),
    Bytes(Box<[u8]>),
    Network(Network),
    Absent(bool),
}

impl Requirement {
    /// Compiles a condition; `variables` is none where `${…}` is plain text.
    pub(crate) fn compile(
        condition: &Condition,
        vocabulary: &Vocabulary,
        has_variables: bool,
    ) -> Requirement {
        let operator = condition.operator;
        let variables = has_variables.then_some(vocabulary);
        let operands =
            condition.values.iter().filter_map(|text| Operand::read(operator.test, text, variables));
        let operands: Box<[Operand]> = operands.collect();
        let has_variables = operands.iter().any(Operand::has_variables);
        Requirement { operator, key: vocabulary.key(&condition.key), operands, has_variables }
    }

    /// Whether the request meets the condition.
    #[inline]
    pub(crate) fn check<'p>(&'p self, context: &dyn Context) -> Result<(), Miss<'p>> {
        if let Some(key) = self.unresolved(context) {
            return Err(Miss::Variable { key });
        }
        let values = context.values(&self.key);
        let absent = values.is_absent();
        let hit = |value: &Value<'_>| self.has_match(value, context);
        let negated = self.operator.negated;
        let met = match self.operator.each {
            _ if self.operator.test == Test::Null => self.operands.iter().any(|o| o.is_absence(absent)),
            _ if absent && self.operator.if_exists => true,
            None if absent => negated,
            None => match values {
                Values::One(value) => hit(&value) != negated,
                values => values.any(hit) != negated,
            },
            Some(Each::Any) => values.any(|value| hit(value) != negated),
            Some(Each::All) => values.all(|value| hit(value) != negated),
        };
        match met {
            true => Ok(()),
            false => Err(Miss::Condition { operator: self.operator, key: self.key.name(), absent }),
        }
    }

    /// Whether a key that the condition asks for, its own or that of a policy variable, is in doubt.
    pub(crate) fn in_doubt(&self, context: &dyn Context) -> Option<Miss<'_>> {
        let Requirement { operator, ref key, .. } = *self;
        let own = context.is_in_doubt(key.name());
        let own = own.then(|| Miss::Condition { operator, key: key.name(), absent: true });
        let variable = || self.unresolved(context).filter(|key| context.is_in_doubt(key));
        own.or_else(|| variable().map(|key| Miss::Variable { key }))
    }

    fn has_match(&self, value: &Value<'_>, context: &dyn Context) -> bool {
        self.operands.iter().any(|operand| operand.matches(value, context))
    }

    /// The keys that the condition asks for and the request lacks: its own, and that of a policy variable.
    pub(crate) fn absent_keys(&self, context: &dyn Context) -> impl Iterator<Item = &str> {
        let own = context.values(&self.key).is_absent().then(|| self.key.name());
        own.into_iter().chain(self.unresolved(context))
    }

    /// The first policy variable that the request does not resolve.
    fn unresolved(&self, context: &dyn Context) -> Option<&str> {
        if !self.has_variables {
            return None;
        }
        self.operands.iter().find_map(|operand| operand.unresolved(context))
    }
}

impl Operand {
    /// Whether a text is a value that the test can use.
    pub(crate) fn is_valid(test: Test, text: &str) -> bool {
        let is_flag = text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false");
        match test {
            Test::Bool => is_flag || text.contains("${"),
            _ => Operand::read(test, text, None).is_some(),
        }
    }

    fn read(test: Test, text: &str, variables: Option<&Vocabulary>) -> Option<Operand> {
        let pattern = |wildcards| Pattern::compile(text, Special { wildcards, variables });
        match test {
            Test::StringEquals => Some(Operand::Text(pattern(false))),
            Test::StringEqualsIgnoreCase | Test::Bool => Some(Operand::IgnoringCase(pattern(false))),
            Test::StringLike => Some(Operand::Like(pattern(true))),
            Test::Arn => Some(Operand::Arn(ArnPattern::of_condition(text, variables))),
            Test::Numeric(order) => Number::parse(text).map(|number| Operand::Number(order, number)),
            Test::Date(order) => parse_time(text).map(|time| Operand::Time(order, time)),
            Test::BinaryEquals => {
                let bytes = base64::engine::general_purpose::STANDARD.decode(text).ok()?;
                Some(Operand::Bytes(bytes.into()))
            }
            Test::IpAddress => Network::parse(text).map(Operand::Network),
            Test::Null => text.to_ascii_lowercase().parse().ok().map(Operand::Absent),
        }
    }

    fn matches(&self, value: &Value<'_>, context: &dyn Context) -> bool {
        match self {
            Operand::Text(pattern) => match (pattern, value) {
                (Pattern::Exact(exact), Value::Text(text)) => **exact == **text,
                (pattern, value) => pattern.equals(&value.text(), context),
            },
            Operand::IgnoringCase(pattern) => pattern.equals_ignoring_case(&value.text(), context),
            Operand::Like(pattern) => pattern.matches(&value.text(), context),
            Operand::Arn(pattern) => pattern.matches(&value.text(), context),
            Operand::Number(order, limit) => {
                value.number().is_some_and(|number| order.holds(number.cmp(limit)))
            }
            Operand::Time(order, limit) => value.time().is_some_and(|time| order.holds(time.cmp(limit))),
            Operand::Bytes(bytes) => value.bytes() == Some(&**bytes),
            Operand::Network(network) => value.address().is_some_and(|address| network.contains(address)),
            Operand::Absent(_) => false,
        }
    }

    fn is_absence(&self, absent: bool) -> bool {
        matches!(self, Operand::Absent(wanted) if *wanted == absent)
    }

    fn has_variables(&self) -> bool {
        match self {
            Operand::Text(pattern) | Operand::IgnoringCase(pattern) | Operand::Like(pattern) => {
                pattern.has_variables()
            }
            Operand::Arn(pattern) => pattern.has_variables(),
            Operand::Number(..) | Operand::Time(..) | Operand::Bytes(_) => false,
            Operand::Network(_) | Operand::Absent(_) => false,
        }
    }

    fn unresolved(&self, context: &dyn Context) -> Option<&str> {
        match self {
            Operand::Text(pattern) | Operand::IgnoringCase(pattern) | Operand::Like(pattern) => {
                pattern.unresolved(context)
            }
            Operand::Arn(pattern) => pattern.unresolved(context),
            Operand::Number(..) | Operand::Time(..) | Operand::Bytes(_) => None,
            Operand::Network(_) | Operand::Absent(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
