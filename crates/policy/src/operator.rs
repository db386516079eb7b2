//! Condition operators: their names, and what a name is made of.

use std::cmp::Ordering;
use std::fmt;

/// A condition operator, such as `ForAnyValue:StringNotLikeIfExists`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operator {
    /// The set qualifier, for keys of several values.
    pub each: Option<Each>,
    /// What is compared, and how.
    pub test: Test,
    /// Whether it holds when the test does not.
    pub negated: bool,
    /// Whether it holds when the key is absent.
    pub if_exists: bool,
}

/// A set qualifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Each {
    /// `ForAllValues:`
    All,
    /// `ForAnyValue:`
    Any,
}

/// A comparison, without its negation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    /// Equal text.
    StringEquals,
    /// Equal text but for case.
    StringEqualsIgnoreCase,
    /// Text with `*` and `?`.
    StringLike,
    /// Numbers in order.
    Numeric(Order),
    /// Points in time, in order.
    Date(Order),
    /// `true` or `false`.
    Bool,
    /// Equal bytes.
    BinaryEquals,
    /// An address in a range.
    IpAddress,
    /// An ARN, segment by segment.
    Arn,
    /// Whether the key is absent.
    Null,
}

/// How the request's value stands to the policy's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// =
    Equal,
    /// <
    Less,
    /// ≤
    LessOrEqual,
    /// >
    Greater,
    /// ≥
    GreaterOrEqual,
}

/// Every name without qualifier and suffix: the test, and whether it is negated. The first name of a test is its own.
const NAMES: &[(&str, Test, bool)] = &[
    ("StringEquals", Test::StringEquals, false),
    ("StringNotEquals", Test::StringEquals, true),
    ("StringEqualsIgnoreCase", Test::StringEqualsIgnoreCase, false),
    ("StringNotEqualsIgnoreCase", Test::StringEqualsIgnoreCase, true),
    ("StringLike", Test::StringLike, false),
    ("StringNotLike", Test::StringLike, true),
    ("NumericEquals", Test::Numeric(Order::Equal), false),
    ("NumericNotEquals", Test::Numeric(Order::Equal), true),
    ("NumericLessThan", Test::Numeric(Order::Less), false),
    ("NumericLessThanEquals", Test::Numeric(Order::LessOrEqual), false),
    ("NumericGreaterThan", Test::Numeric(Order::Greater), false),
    ("NumericGreaterThanEquals", Test::Numeric(Order::GreaterOrEqual), false),
    ("DateEquals", Test::Date(Order::Equal), false),
    ("DateNotEquals", Test::Date(Order::Equal), true),
    ("DateLessThan", Test::Date(Order::Less), false),
    ("DateLessThanEquals", Test::Date(Order::LessOrEqual), false),
    ("DateGreaterThan", Test::Date(Order::Greater), false),
    ("DateGreaterThanEquals", Test::Date(Order::GreaterOrEqual), false),
    ("Bool", Test::Bool, false),
    ("BinaryEquals", Test::BinaryEquals, false),
    ("IpAddress", Test::IpAddress, false),
    ("NotIpAddress", Test::IpAddress, true),
    ("ArnLike", Test::Arn, false),
    ("ArnNotLike", Test::Arn, true),
    ("ArnEquals", Test::Arn, false),
    ("ArnNotEquals", Test::Arn, true),
    ("Null", Test::Null, false),
];

impl Operator {
    /// Reads an operator's name.
    pub(crate) fn parse(name: &str) -> Option<Operator> {
        let (each, plain) = match name.split_once(':') {
            Some(("ForAllValues", rest)) => (Some(Each::All), rest),
            Some(("ForAnyValue", rest)) => (Some(Each::Any), rest),
            Some(_) => return None,
            None => (None, name),
        };
        let (base, if_exists) = match plain.strip_suffix("IfExists") {
            Some(base) => (base, true),
            None => (plain, false),
        };
        let (_, test, negated) = *NAMES.iter().find(|(name, ..)| *name == base)?;
        let operator = Operator { each, test, negated, if_exists };
        (test != Test::Null || !if_exists).then_some(operator)
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each = match self.each {
            Some(Each::All) => "ForAllValues:",
            Some(Each::Any) => "ForAnyValue:",
            None => "",
        };
        let named = NAMES.iter().find(|(_, test, negated)| (*test, *negated) == (self.test, self.negated));
        let name = named.map_or("", |(name, ..)| name);
        write!(f, "{each}{name}{}", if self.if_exists { "IfExists" } else { "" })
    }
}

impl Order {
    /// Whether it holds, given how the request's value compares with the policy's.
    pub(crate) fn holds(self, ordering: Ordering) -> bool {
        match self {
            Order::Equal => ordering.is_eq(),
            Order::Less => ordering.is_lt(),
            Order::LessOrEqual => ordering.is_le(),
            Order::Greater => ordering.is_gt(),
            Order::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operator_reads_with_qualifier_and_if_exists_and_is_written_again() {
        for (base, test, negated) in NAMES {
            for each in ["", "ForAllValues:", "ForAnyValue:"] {
                let operator = Operator::parse(&format!("{each}{base}")).unwrap();
                assert_eq!((operator.test, operator.negated), (*test, *negated), "{base}");
                let written = operator.to_string();
                assert_eq!(Operator::parse(&written), Some(operator), "{written}");
                let optional = Operator::parse(&format!("{each}{base}IfExists"));
                assert_eq!(optional.is_some(), *test != Test::Null, "{base}");
            }
        }
    }

    #[test]
    fn a_name_that_is_no_operator_is_refused() {
        for name in [
            "",
            "stringequals",
            "StringEqualsifexists",
            "ForSomeValues:Bool",
            "BoolNot",
            "NullIfExists",
            ":Bool",
        ] {
            assert_eq!(Operator::parse(name), None, "{name}");
        }
    }
}
