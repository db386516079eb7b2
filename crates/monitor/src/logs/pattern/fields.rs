//! Patterns on events of fields between spaces: `[ip, user, ..., status = 4*, bytes > 1000]`.

use super::PatternFault;
use super::comparison::Comparison;
use super::cursor::Cursor;
use super::logic::Logic;

/// The fields that an event has, and what holds of them.
#[derive(Debug)]
pub(super) struct Fields {
    names: Vec<Option<Box<str>>>,
    /// Before which of them any number of others may stand.
    gap: Option<usize>,
    conditions: Vec<Logic<Test>>,
}

#[derive(Debug)]
struct Test {
    field: usize,
    comparison: Option<Comparison>,
}

/// An event's fields with their names.
pub(super) type Named<'e> = Vec<(String, &'e str)>;

impl Fields {
    /// Reads a pattern behind its opening bracket.
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Result<Fields, PatternFault> {
        let mut fields = Fields { names: Vec::new(), gap: None, conditions: Vec::new() };
        loop {
            fields.read_one(cursor)?;
            if cursor.eat("]") {
                return Ok(fields);
            }
            cursor.expect(",")?;
        }
    }

    fn read_one(&mut self, cursor: &mut Cursor<'_>) -> Result<(), PatternFault> {
        if cursor.eat("...") {
            return match self.gap.replace(self.names.len()) {
                None => Ok(()),
                Some(_) => Err(PatternFault::Malformed),
            };
        }
        if matches!(cursor.peek(), Some(',' | ']')) {
            self.names.push(None);
            return Ok(());
        }
        let condition = Logic::parse(cursor, &mut |cursor| self.test(cursor))?;
        self.conditions.push(condition);
        Ok(())
    }

    /// A name that is new stands for the next field.
    fn test(&mut self, cursor: &mut Cursor<'_>) -> Result<Test, PatternFault> {
        cursor.peek();
        let name = match cursor.run(|next| next.is_alphanumeric() || next == '_' || next == '-') {
            "" => return Err(cursor.fault()),
            name => name,
        };
        let known = self.names.iter().position(|known| known.as_deref() == Some(name));
        let field = known.unwrap_or_else(|| {
            self.names.push(Some(name.into()));
            self.names.len() - 1
        });
        Ok(Test { field, comparison: Comparison::parse(cursor)? })
    }

    /// The fields of an event that matches, by their names or else their numbers.
    pub(super) fn find<'e>(&self, event: &'e str) -> Option<Named<'e>> {
        let values = split(event);
        let between = values.len().checked_sub(self.names.len())?;
        if between > 0 && self.gap.is_none() {
            return None;
        }
        let gap = self.gap.unwrap_or(self.names.len());
        let place = |field: usize| if field < gap { field } else { field + between };
        let holds = |test: &Test| {
            test.comparison.as_ref().is_none_or(|comparison| comparison.holds(values[place(test.field)]))
        };
        if !self.conditions.iter().all(|condition| condition.holds(&holds)) {
            return None;
        }
        let mut named: Named<'e> =
            values.iter().enumerate().map(|(at, value)| (format!("${}", at + 1), *value)).collect();
        for (field, name) in self.names.iter().enumerate() {
            if let Some(name) = name {
                named[place(field)].0 = format!("${name}");
            }
        }
        Some(named)
    }
}

/// An event's fields: what stands between spaces, between brackets or between quotation marks.
fn split(event: &str) -> Vec<&str> {
    let mut fields = Vec::new();
    let mut rest = event.trim_start();
    while let Some(first) = rest.chars().next() {
        let closing = match first {
            '[' => Some(']'),
            '"' => Some('"'),
            _ => None,
        };
        let closed = closing.and_then(|closing| rest[1..].split_once(closing));
        let (field, behind) =
            closed.unwrap_or_else(|| rest.split_once(char::is_whitespace).unwrap_or((rest, "")));
        fields.push(field);
        rest = behind.trim_start();
    }
    fields
}
