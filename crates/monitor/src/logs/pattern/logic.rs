//! Conditions joined by `&&`, `||` and parentheses.

use super::PatternFault;
use super::cursor::Cursor;

/// Deepest nesting of parentheses.
const DEPTH_MAX: usize = 32;

/// What holds of the tests in it: `&&` binds closer than `||`.
#[derive(Debug)]
pub(super) enum Logic<T> {
    Test(T),
    All(Vec<Logic<T>>),
    Any(Vec<Logic<T>>),
}

impl<T> Logic<T> {
    /// Reads a condition whose tests `read` reads.
    pub(super) fn parse(
        cursor: &mut Cursor<'_>,
        read: &mut dyn FnMut(&mut Cursor<'_>) -> Result<T, PatternFault>,
    ) -> Result<Logic<T>, PatternFault> {
        any(cursor, read, 0)
    }

    /// Whether it holds where these tests do.
    pub(super) fn holds(&self, test: &impl Fn(&T) -> bool) -> bool {
        match self {
            Logic::Test(it) => test(it),
            Logic::All(parts) => parts.iter().all(|part| part.holds(test)),
            Logic::Any(parts) => parts.iter().any(|part| part.holds(test)),
        }
    }

    /// Does something with every test in it.
    pub(super) fn each<'a>(&'a self, visit: &mut impl FnMut(&'a T)) {
        match self {
            Logic::Test(it) => visit(it),
            Logic::All(parts) | Logic::Any(parts) => parts.iter().for_each(|part| part.each(visit)),
        }
    }
}

type Read<'r, T> = &'r mut dyn FnMut(&mut Cursor<'_>) -> Result<T, PatternFault>;

fn any<T>(cursor: &mut Cursor<'_>, read: Read<'_, T>, depth: usize) -> Result<Logic<T>, PatternFault> {
    let mut parts = vec![all(cursor, read, depth)?];
    while cursor.eat("||") {
        parts.push(all(cursor, read, depth)?);
    }
    Ok(joined(parts, Logic::Any))
}

fn all<T>(cursor: &mut Cursor<'_>, read: Read<'_, T>, depth: usize) -> Result<Logic<T>, PatternFault> {
    let mut parts = vec![one(cursor, read, depth)?];
    while cursor.eat("&&") {
        parts.push(one(cursor, read, depth)?);
    }
    Ok(joined(parts, Logic::All))
}

fn one<T>(cursor: &mut Cursor<'_>, read: Read<'_, T>, depth: usize) -> Result<Logic<T>, PatternFault> {
    if !cursor.eat("(") {
        return read(cursor).map(Logic::Test);
    }
    if depth == DEPTH_MAX {
        return Err(PatternFault::Malformed);
    }
    let inner = any(cursor, read, depth + 1)?;
    cursor.expect(")")?;
    Ok(inner)
}

fn joined<T>(mut parts: Vec<Logic<T>>, join: fn(Vec<Logic<T>>) -> Logic<T>) -> Logic<T> {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            join(parts)
        }
    }
}
