//! What a target is sent of an event.

use std::collections::BTreeMap;

use claviger_api::Fault;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fault::EventsFault;
use super::json_path::JsonPath;
use super::template::{Filling, Template, TemplateFault, TooLong};
use crate::MESSAGE_BYTES_MAX;

/// What a target is sent, as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum InputRecord {
    /// The event.
    Event,
    /// Always the same JSON.
    Constant(String),
    /// A part of the event.
    Path(String),
    /// What a transformer makes of it.
    Template { paths: BTreeMap<String, String>, template: String },
}

/// The same, ready to be used.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Input {
    Event,
    Constant(String),
    Path(JsonPath),
    Template(Template),
}

impl Input {
    /// Reads what a target is to be sent; refuses it in the name of the target.
    pub(super) fn parse(record: &InputRecord, target: &str) -> Result<Input, Fault> {
        let invalid = |text: String| Fault::Invalid(text.into());
        match record {
            InputRecord::Event => Ok(Input::Event),
            InputRecord::Constant(json) => match serde_json::from_str::<Value>(json) {
                Ok(_) => Ok(Input::Constant(json.clone())),
                Err(error) => {
                    Err(invalid(format!("JSON syntax error in Input for target {target} : {error}.")))
                }
            },
            InputRecord::Path(path) => JsonPath::parse(path)
                .map(Input::Path)
                .ok_or_else(|| invalid(format!("Invalid InputPath for target {target} : [{path}]."))),
            InputRecord::Template { paths, template } => {
                Template::parse(paths, template).map(Input::Template).map_err(|fault| {
                    invalid(match fault {
                        TemplateFault::TooMany => return EventsFault::TooMany.into(),
                        TemplateFault::Unknown(name) => {
                            format!("InputTemplate for target {target} contains invalid placeholder {name}.")
                        }
                        TemplateFault::NotJson => {
                            format!("Invalid InputTemplate for target {target} : [it is not JSON].")
                        }
                        TemplateFault::Path(path) => {
                            format!("Invalid InputPathsMap for target {target} : [{path}].")
                        }
                    })
                })
            }
        }
    }

    /// What is sent of an event. What the event has not is an empty object.
    pub(super) fn body(&self, filling: &Filling<'_>) -> Result<String, TooLong> {
        let body = match self {
            Input::Event => filling.text.to_owned(),
            Input::Constant(json) => json.clone(),
            Input::Path(path) => {
                path.in_event(filling.event).map_or_else(|| "{}".to_owned(), Value::to_string)
            }
            Input::Template(template) => template.fill(filling, MESSAGE_BYTES_MAX)?,
        };
        if body.len() > MESSAGE_BYTES_MAX { Err(TooLong) } else { Ok(body) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_as_many_bytes_as_a_message_may_and_not_one_more() {
        let (event, frame) = (Value::Null, "{}");
        let (rule_arn, rule_name, ingestion_time) = ("arn", "r", "t");
        let sent = |text: &str| {
            let filling = Filling { event: &event, text, frame, rule_arn, rule_name, ingestion_time };
            Input::Event.body(&filling).map(|body| body.len())
        };
        assert_eq!(sent(&"x".repeat(MESSAGE_BYTES_MAX)), Ok(MESSAGE_BYTES_MAX));
        assert_eq!(sent(&"x".repeat(MESSAGE_BYTES_MAX + 1)), Err(TooLong));
    }
}
