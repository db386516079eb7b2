//! A message on its way, as it is kept.

use claviger_clock::Timestamp;
use claviger_monitor::Message;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

/// A message, and where it is to go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Letter {
    /// The destination's ARN.
    pub to: Box<str>,
    /// The account it is of; nothing where an earlier release did not say.
    #[serde(default)]
    pub account: Box<str>,
    pub id: Box<str>,
    pub subject: Box<str>,
    pub body: Box<str>,
    /// When it was accepted, in milliseconds since 1970.
    pub accepted_ms: i64,
}

impl Letter {
    pub(crate) fn new(to: &str, message: Message, now: Timestamp) -> Letter {
        let Message { account, id, subject, body } = message;
        Letter {
            to: to.into(),
            account: account.as_str().into(),
            id,
            subject,
            body,
            accepted_ms: now.as_millisecond(),
        }
    }

    pub(crate) fn accepted(&self) -> Timestamp {
        Timestamp::from_millisecond(self.accepted_ms).unwrap_or_default()
    }

    /// The body on one line: what is not JSON becomes a text of JSON.
    pub(crate) fn line(&self) -> serde_json::Result<Box<RawValue>> {
        match serde_json::from_str::<Box<RawValue>>(&self.body) {
            Ok(json) if !self.body.contains(['\n', '\r']) => Ok(json),
            Ok(json) => to_raw_value(&serde_json::from_str::<serde_json::Value>(json.get())?),
            Err(_) => to_raw_value(&self.body),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_becomes_one_line_of_json_as_it_is_if_it_can() {
        let line = |body: &str| {
            let account = claviger_names::AccountId::SERVICES;
            let message = Message { account, id: "a".into(), subject: "".into(), body: body.into() };
            Letter::new("arn", message, Timestamp::UNIX_EPOCH).line().unwrap().get().to_owned()
        };
        assert_eq!(line(r#"{"b": 1, "a": 2}"#), r#"{"b": 1, "a": 2}"#);
        assert_eq!(line("{\n  \"a\": 2\n}"), r#"{"a":2}"#);
        assert_eq!(line("no\njson"), r#""no\njson""#);
    }
}
