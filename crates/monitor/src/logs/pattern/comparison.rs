//! What a value of a log event is compared with.

use super::PatternFault;
use super::cursor::Cursor;
use super::expression::Expression;

/// An operator and what stands behind it.
#[derive(Debug)]
pub(super) enum Comparison {
    Equal(Operand),
    NotEqual(Operand),
    Order(Order, f64),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Order {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug)]
pub(super) enum Operand {
    Glob(Glob),
    Regex(Expression),
}

/// A text that may go on at either end, where it has an asterisk. One in between is an asterisk.
#[derive(Debug)]
pub(super) struct Glob {
    text: Box<str>,
    open_start: bool,
    open_end: bool,
    number: Option<f64>,
}

/// Longer ones first, since they are tried in this order.
const ORDERS: [(&str, Order); 4] =
    [("<=", Order::LessOrEqual), (">=", Order::GreaterOrEqual), ("<", Order::Less), (">", Order::Greater)];

impl Comparison {
    /// Reads an operator and its operand; none when no operator comes next.
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Result<Option<Comparison>, PatternFault> {
        if cursor.eat("!=") {
            return Operand::parse(cursor).map(Comparison::NotEqual).map(Some);
        }
        if cursor.eat("=") {
            return Operand::parse(cursor).map(Comparison::Equal).map(Some);
        }
        let Some((_, order)) = ORDERS.iter().find(|(sign, _)| cursor.eat(sign)) else { return Ok(None) };
        cursor.peek();
        let number = cursor.run(is_unquoted).parse().map_err(|_| PatternFault::Malformed)?;
        Ok(Some(Comparison::Order(*order, number)))
    }

    /// Whether it holds of a value.
    pub(super) fn holds(&self, value: &str) -> bool {
        match self {
            Comparison::Equal(operand) => operand.matches(value),
            Comparison::NotEqual(operand) => !operand.matches(value),
            Comparison::Order(order, bound) => number(value).is_some_and(|value| order.holds(value, *bound)),
        }
    }
}

impl Order {
    fn holds(self, value: f64, bound: f64) -> bool {
        match self {
            Order::Less => value < bound,
            Order::LessOrEqual => value <= bound,
            Order::Greater => value > bound,
            Order::GreaterOrEqual => value >= bound,
        }
    }
}

impl Operand {
    fn parse(cursor: &mut Cursor<'_>) -> Result<Operand, PatternFault> {
        if cursor.eat("%") {
            return cursor.regex().map(Operand::Regex);
        }
        if cursor.eat("\"") {
            return cursor.quoted().map(|text| Operand::Glob(Glob::of(&text)));
        }
        cursor.peek();
        match cursor.run(is_unquoted) {
            "" => Err(cursor.fault()),
            text => Ok(Operand::Glob(Glob::of(text))),
        }
    }

    fn matches(&self, value: &str) -> bool {
        match self {
            Operand::Glob(glob) => glob.matches(value),
            Operand::Regex(regex) => regex.matches(value),
        }
    }
}

impl Glob {
    fn of(text: &str) -> Glob {
        let (text, open_end) = text.strip_suffix('*').map_or((text, false), |text| (text, true));
        let (text, open_start) = text.strip_prefix('*').map_or((text, false), |text| (text, true));
        let number = number(text).filter(|_| !open_start && !open_end);
        Glob { text: text.into(), open_start, open_end, number }
    }

    fn matches(&self, value: &str) -> bool {
        match (self.open_start, self.open_end) {
            (false, false) => *value == *self.text || self.number.is_some() && self.number == number(value),
            (false, true) => value.starts_with(&*self.text),
            (true, false) => value.ends_with(&*self.text),
            (true, true) => value.contains(&*self.text),
        }
    }
}

/// Digits with a sign, a point and an exponent at most: what `f64` takes besides are words.
fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|_| text.ends_with(|last: char| last.is_ascii_digit() || last == '.'))
}

/// What may stand without quotation marks.
fn is_unquoted(letter: char) -> bool {
    letter.is_alphanumeric() || "_-.*+/:".contains(letter)
}
