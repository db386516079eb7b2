//! What an input transformer makes of an event: a template of JSON with `<names>` for parts of the event.

use std::collections::BTreeMap;

use serde_json::Value;

use super::json_path::JsonPath;

/// What a template may name without saying where it is.
const RESERVED: [&str; 5] = [
    "aws.events.rule-arn",
    "aws.events.rule-name",
    "aws.events.event",
    "aws.events.event.json",
    "aws.events.event.ingestion-time",
];

/// A template, ready to be filled.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Template {
    pieces: Vec<Piece>,
    paths: BTreeMap<String, JsonPath>,
}

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Fixed(String),
    /// Stands where JSON has a value.
    Value(String),
    /// Stands inside of a text.
    InText(String),
}

/// Why a template is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TemplateFault {
    /// It names what nobody defines.
    Unknown(String),
    /// Filled, it is not JSON.
    NotJson,
    /// What a name stands for is no path.
    Path(String),
}

/// What is filled in.
pub(super) struct Filling<'a> {
    pub event: &'a Value,
    pub rule_arn: &'a str,
    pub rule_name: &'a str,
    /// When the event came in, as a time of ISO 8601.
    pub ingestion_time: &'a str,
}

impl Template {
    /// Reads a template and what its names stand for.
    pub(super) fn parse(paths: &BTreeMap<String, String>, text: &str) -> Result<Template, TemplateFault> {
        let path = |(name, path): (&String, &String)| {
            let parsed = JsonPath::parse(path).ok_or_else(|| TemplateFault::Path(path.clone()))?;
            Ok((name.clone(), parsed))
        };
        let paths = paths.iter().map(path).collect::<Result<BTreeMap<_, _>, _>>()?;
        let template = Template { pieces: pieces(text), paths };
        let unknown = template.pieces.iter().find_map(|piece| match piece {
            Piece::Value(name) | Piece::InText(name) => (!template.knows(name)).then_some(name),
            Piece::Fixed(_) => None,
        });
        if let Some(name) = unknown {
            return Err(TemplateFault::Unknown(name.clone()));
        }
        let trial = Filling { event: &Value::Null, rule_arn: "", rule_name: "", ingestion_time: "" };
        match serde_json::from_str::<Value>(&template.fill(&trial)) {
            Ok(_) => Ok(template),
            Err(_) => Err(TemplateFault::NotJson),
        }
    }

    fn knows(&self, name: &str) -> bool {
        RESERVED.contains(&name) || self.paths.contains_key(name)
    }

    /// The template with everything filled in. What the event has not is null, and nothing inside of a text.
    pub(super) fn fill(&self, filling: &Filling<'_>) -> String {
        let mut filled = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Fixed(text) => filled.push_str(text),
                Piece::Value(name) => filled.push_str(&self.value(name, filling).to_string()),
                Piece::InText(name) => {
                    let text = match self.value(name, filling) {
                        Value::Null => String::new(),
                        Value::String(text) => text,
                        other => other.to_string(),
                    };
                    let quoted = Value::String(text).to_string();
                    filled.push_str(&quoted[1..quoted.len() - 1]);
                }
            }
        }
        filled
    }

    fn value(&self, name: &str, filling: &Filling<'_>) -> Value {
        if let Some(path) = self.paths.get(name) {
            return path.in_event(filling.event).cloned().unwrap_or_default();
        }
        match name {
            "aws.events.rule-arn" => filling.rule_arn.into(),
            "aws.events.rule-name" => filling.rule_name.into(),
            "aws.events.event.ingestion-time" => filling.ingestion_time.into(),
            "aws.events.event.json" => filling.event.clone(),
            _ => {
                let mut event = filling.event.clone();
                if let Value::Object(members) = &mut event {
                    members.remove("detail");
                }
                event
            }
        }
    }
}

/// The pieces of a template: `<name>` inside of a text of JSON or outside, and all else.
fn pieces(text: &str) -> Vec<Piece> {
    let (mut pieces, mut fixed) = (Vec::new(), String::new());
    let (mut is_in_text, mut rest) = (false, text);
    while let Some(first) = rest.chars().next() {
        let name =
            rest.strip_prefix('<').and_then(|rest| rest.split_once('>')).filter(|(name, _)| is_name(name));
        if let Some((name, after)) = name {
            pieces.push(Piece::Fixed(std::mem::take(&mut fixed)));
            let name = name.to_owned();
            pieces.push(if is_in_text { Piece::InText(name) } else { Piece::Value(name) });
            rest = after;
            continue;
        }
        let is_escape = is_in_text && first == '\\';
        is_in_text ^= first == '"';
        let length = rest.chars().take(if is_escape { 2 } else { 1 }).map(char::len_utf8).sum();
        fixed.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    pieces.push(Piece::Fixed(fixed));
    pieces
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parse(text: &str) -> Result<Template, TemplateFault> {
        let paths = [("id", "$.detail.id"), ("all", "$.detail"), ("none", "$.nothing")];
        let paths = paths.map(|(name, path)| (name.to_owned(), path.to_owned())).into();
        Template::parse(&paths, text)
    }

    fn filled(text: &str) -> String {
        let event = json!({"source": "aws.kms", "detail": {"id": "a\"b", "n": 1}});
        let filling = Filling { event: &event, rule_arn: "arn", rule_name: "r", ingestion_time: "t" };
        parse(text).unwrap().fill(&filling)
    }

    #[test]
    fn names_are_filled_in_as_values_and_inside_of_texts() {
        for (template, wanted) in [
            (r#"{"key": <id>}"#, r#"{"key": "a\"b"}"#),
            (r#"{"key": "it is <id>!"}"#, r#"{"key": "it is a\"b!"}"#),
            (r#""<id>""#, r#""a\"b""#),
            (r#"{"all": <all>}"#, r#"{"all": {"id":"a\"b","n":1}}"#),
            (r#""<all>""#, r#""{\"id\":\"a\\\"b\",\"n\":1}""#),
            (r#"[<none>, "<none>"]"#, r#"[null, ""]"#),
            (r#"["\"<id>", "a < b >"]"#, r#"["\"a\"b", "a < b >"]"#),
            ("[<aws.events.rule-arn>, <aws.events.rule-name>]", r#"["arn", "r"]"#),
            ("[<aws.events.event.ingestion-time>, <aws.events.event>]", r#"["t", {"source":"aws.kms"}]"#),
        ] {
            assert_eq!(filled(template), wanted, "{template}");
        }
        assert!(filled("<aws.events.event.json>").contains("detail"));
    }

    #[test]
    fn what_cannot_be_filled_in_is_refused() {
        assert_eq!(parse(r#"{"a": <b>}"#), Err(TemplateFault::Unknown("b".to_owned())));
        assert_eq!(parse("no json <id>"), Err(TemplateFault::NotJson));
        let paths = [("a".to_owned(), "b".to_owned())].into();
        assert_eq!(Template::parse(&paths, "1"), Err(TemplateFault::Path("b".to_owned())));
    }
}
