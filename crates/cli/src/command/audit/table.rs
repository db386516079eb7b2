//! Records as a table for people: when, what, who, with which key and encryption context, and what came of it.

use std::borrow::Cow;

use claviger_audit::{Event, EventResource, Outline};
use serde_json::{Map, Value};

const HEADING: [&str; 6] = ["TIME", "EVENT", "WHO", "KEY", "RESULT", "ENCRYPTION CONTEXT"];

/// Stands where there is nothing to be shown.
const NOTHING: &str = "-";

/// The rows of these records, with those of the heading first if it is asked for. Columns are as wide as they must be.
pub(super) fn rows(records: &[String], has_heading: bool) -> Vec<String> {
    let heading = has_heading.then(|| HEADING.map(str::to_owned));
    let outlined = records.iter().filter_map(|record| Some((record, Outline::of(record)?)));
    let shown = outlined.map(|(record, outline)| cells(&Event::of(record, &outline)));
    let cells: Vec<_> = heading.into_iter().chain(shown).collect();
    let widths = HEADING
        .iter()
        .enumerate()
        .map(|(column, _)| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or_default());
    let widths: Vec<_> = widths.collect();
    let padded = |row: &[String; 6]| {
        let columns = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        columns.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    cells.iter().map(padded).collect()
}

fn cells(event: &Event<'_>) -> [String; 6] {
    let result = event.error_code().map_or_else(|| "ok".to_owned(), Cow::into_owned);
    let keys: Vec<_> = event.resources().map(|resource| short_name(&resource).to_owned()).collect();
    [
        event.time().to_string(),
        event.name().to_string(),
        who(event),
        or_nothing(keys.join(",")),
        result,
        context(event),
    ]
    .map(|cell| printable(&cell))
}

/// Such as `user/Alice`, behind the account.
fn who(event: &Event<'_>) -> String {
    match (event.caller_arn(), event.user_name(), event.access_key_id()) {
        (Some(arn), _, _) => arn.splitn(6, ':').skip(4).collect::<Vec<_>>().join(":"),
        (None, Some(name), _) => name.to_string(),
        (None, None, Some(claimed)) => format!("? ({claimed})"),
        (None, None, None) if event.is_service_event() => event.source().into_owned(),
        (None, None, None) => NOTHING.to_owned(),
    }
}

fn short_name<'a>(resource: &'a EventResource<'_>) -> &'a str {
    let name = resource.arn.splitn(6, ':').nth(5).unwrap_or(&resource.arn);
    name.strip_prefix("key/").unwrap_or(name)
}

/// Such as `tenant=blue order=17`; of a re-encryption both.
fn context(event: &Event<'_>) -> String {
    let parameters =
        event.request_parameters().and_then(|text| serde_json::from_str::<Value>(text.as_str()).ok());
    let of = |name: &str| {
        let pairs =
            parameters.as_ref().and_then(|parameters| parameters.get(name)).and_then(Value::as_object);
        pairs.map(pairs_shown)
    };
    let source = of("sourceEncryptionContext").map(|pairs| format!("{pairs} ->"));
    let shown = [source, of("encryptionContext"), of("destinationEncryptionContext")];
    or_nothing(shown.into_iter().flatten().collect::<Vec<_>>().join(" "))
}

fn pairs_shown(pairs: &Map<String, Value>) -> String {
    let pairs = pairs.iter().map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()));
    pairs.collect::<Vec<_>>().join(" ")
}

fn or_nothing(text: String) -> String {
    if text.is_empty() { NOTHING.to_owned() } else { text }
}

/// The text without what a terminal would obey: callers choose what stands in a record.
fn printable(text: &str) -> String {
    let shown = |letter: char| match letter {
        letter if letter.is_control() => letter.escape_default().to_string(),
        letter => letter.to_string(),
    };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

    fn record(name: &str, identity: &str, more: &str, resources: &[&str]) -> String {
        let resources: Vec<_> = resources.iter().map(|arn| format!(r#"{{"ARN":"{arn}"}}"#)).collect();
        format!(
            r#"{{"userIdentity":{identity},"eventTime":"2026-11-22T10:00:00Z","eventSource":"kms.amazonaws.com","eventName":"{name}","awsRegion":"us-east-1",{more},"eventID":"e","readOnly":true,"resources":[{}],"eventType":"AwsApiCall"}}"#,
            resources.join(",")
        )
    }

    #[test]
    fn a_row_says_when_what_who_with_which_key_and_context_and_what_came_of_it() {
        let alice = r#"{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/Alice","userName":"Alice"}"#;
        let used = r#""requestParameters":{"encryptionContext":{"tenant":"blue","order":"17"}}"#;
        let denied = r#""errorCode":"AccessDenied","requestParameters":{"sourceEncryptionContext":{"a":"\u001b[2J"},"destinationEncryptionContext":{"b":"2"}}"#;
        let claimed = r#"{"type":"Unknown","accessKeyId":"AKIAX"}"#;
        let records = [
            record("Decrypt", alice, used, &[KEY]),
            record("ReEncrypt", claimed, denied, &[KEY, "arn:aws:kms:us-east-1:111122223333:alias/orders"]),
            record("ListKeys", "{}", r#""requestParameters":null"#, &[]),
        ];
        let expected = [
            "TIME                  EVENT      WHO                      KEY                                                RESULT        ENCRYPTION CONTEXT",
            "2026-11-22T10:00:00Z  Decrypt    111122223333:user/Alice  1234abcd-12ab-34cd-56ef-1234567890ab               ok            order=17 tenant=blue",
            r"2026-11-22T10:00:00Z  ReEncrypt  ? (AKIAX)                1234abcd-12ab-34cd-56ef-1234567890ab,alias/orders  AccessDenied  a=\u{1b}[2J -> b=2",
            "2026-11-22T10:00:00Z  ListKeys   -                        -                                                  ok            -",
        ];
        assert_eq!(rows(&records, true), expected);
        assert_eq!(rows(&records[2..], false), ["2026-11-22T10:00:00Z  ListKeys  -  -  ok  -"]);
    }
}
