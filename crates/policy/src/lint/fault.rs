//! Where a text that is no policy goes wrong.

use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::line_of;
use crate::document::{Document, Kind};
use crate::json::Members;

/// The line on which a text that is no policy of this kind goes wrong: where it is no JSON, or the first statement that
/// cannot stand by itself; else the first.
pub(super) fn fault_line(text: &str, kind: Kind) -> usize {
    match serde_json::from_str::<IgnoredAny>(text) {
        Err(error) => error.line().max(1),
        Ok(_) => wrong_statement(text, kind).map_or(1, |at| line_of(text, at)),
    }
}

fn wrong_statement(text: &str, kind: Kind) -> Option<usize> {
    let mut members: Members<&RawValue> = serde_json::from_str(text).ok()?;
    let version = members.take("Version").map_or("\"2012-10-17\"", RawValue::get);
    let all = members.take("Statement")?;
    let list: Vec<&RawValue> = serde_json::from_str(all.get()).unwrap_or_else(|_| vec![all]);
    let stands = |statement: &RawValue| {
        let alone = format!("{{\"Version\":{version},\"Statement\":{}}}", statement.get());
        Document::parse(&alone, kind).is_ok()
    };
    let wrong = list.into_iter().find(|statement| !stands(statement))?;
    Some((wrong.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize))
}
