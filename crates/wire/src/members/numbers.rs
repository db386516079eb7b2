//! Numbers with fractions, and whether a member was sent at all.

use super::{Members, Notation, Value};

impl Members<'_> {
    /// A number, whole or not.
    pub fn number(&mut self, name: &str) -> Option<f64> {
        match self.take(name)? {
            Value::Whole(number) => Some(number as f64),
            Value::Fraction(number) => Some(number),
            Value::Text(text) if self.notation == Notation::Query => match text.parse() {
                Ok(number) if f64::is_finite(number) => Some(number),
                Ok(_) | Err(_) => self.wrong_type(&Value::Text(text), "a Double"),
            },
            other => self.wrong_type(&other, "a Double"),
        }
    }

    /// Whether a member was sent that was not taken yet: for what is refused whatever it says.
    pub fn is_sent(&self, name: &str) -> bool {
        self.pairs.iter().any(|(other, value)| other == name && !matches!(value, Value::Null))
    }

    /// A list of numbers, whole or not.
    pub fn numbers(&mut self, name: &str) -> Option<Vec<f64>> {
        let items = self.list(name)?;
        let mut numbers = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Value::Whole(number) => numbers.push(number as f64),
                Value::Fraction(number) => numbers.push(number),
                Value::Text(text) if self.notation == Notation::Query && text.parse::<f64>().is_ok() => {
                    numbers.extend(text.parse::<f64>());
                }
                other => return self.wrong_type(&other, "a Double"),
            }
        }
        Some(numbers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::WireFault;

    #[test]
    fn numbers_are_taken_whole_or_not_and_nothing_else_is() {
        let mut members = Members::read(br#"{"A":[1,2.5],"B":["x"],"C":null,"D":1}"#).unwrap();
        assert_eq!(members.numbers("A"), Some(vec![1.0, 2.5]));
        assert_eq!((members.numbers("C"), members.number("D")), (None, Some(1.0)));
        assert_eq!(members.numbers("B"), None);
        let text = "STRING_VALUE can not be converted to a Double".to_owned();
        assert_eq!(members.finish(()), Err(WireFault::Serialization(Some(text))));
    }

    #[test]
    fn a_member_is_sent_unless_it_is_absent_or_null() {
        let members = Members::read(br#"{"A":{},"B":null}"#).unwrap();
        assert!(members.is_sent("A") && !members.is_sent("B") && !members.is_sent("C"));
    }
}
