//! What an input transformer makes of an event: a template of JSON with `<names>` for parts of the event.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use super::json_path::JsonPath;
use crate::MESSAGE_BYTES_MAX;

/// Most placeholders of a template, as AWS's quota of an input transformer's variables.
const PLACEHOLDERS_MAX: usize = 100;

/// A template, ready to be filled.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Fixed(String),
    /// Stands where JSON has a value.
    Value(Part),
    /// Stands inside of a text.
    InText(Part),
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq)]
enum Part {
    At(JsonPath),
    RuleArn,
    RuleName,
    IngestionTime,
    /// The event without its detail.
    Frame,
    Event,
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
    /// It has more placeholders than [`PLACEHOLDERS_MAX`].
    TooMany,
}

/// What a template makes of an event is longer than a message may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLong;

/// What is filled in.
pub(super) struct Filling<'a> {
    pub event: &'a Value,
    /// The event as JSON.
    pub text: &'a str,
    /// The event without its detail, as JSON.
    pub frame: &'a str,
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
        let template = Template(pieces(text, |name| Part::named(name, &paths))?);
        if template.0.iter().filter(|piece| !matches!(piece, Piece::Fixed(_))).count() > PLACEHOLDERS_MAX {
            return Err(TemplateFault::TooMany);
        }
        let event = &Value::Null;
        let (rule_arn, rule_name, ingestion_time) = ("", "", "");
        let trial = Filling { event, text: "null", frame: "null", rule_arn, rule_name, ingestion_time };
        let filled = template.fill(&trial, MESSAGE_BYTES_MAX).map_err(|TooLong| TemplateFault::NotJson)?;
        match serde_json::from_str::<Value>(&filled) {
            Ok(_) => Ok(template),
            Err(_) => Err(TemplateFault::NotJson),
        }
    }

    /// The template with everything filled in. What the event has not is null, and nothing inside of a text.
    /// It ends where it becomes longer than that: what is filled in costs what it is long, and no more.
    pub(super) fn fill(&self, filling: &Filling<'_>, bytes_max: usize) -> Result<String, TooLong> {
        let mut filled = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Fixed(text) => filled.push_str(text),
                Piece::Value(part) => filled.push_str(&part.value(filling)),
                Piece::InText(part) => {
                    let quoted = Value::String(part.text(filling)).to_string();
                    filled.push_str(&quoted[1..quoted.len() - 1]);
                }
            }
            if filled.len() > bytes_max {
                return Err(TooLong);
            }
        }
        Ok(filled)
    }
}

impl Part {
    fn named(name: &str, paths: &BTreeMap<String, JsonPath>) -> Result<Part, TemplateFault> {
        match (paths.get(name), name) {
            (Some(path), _) => Ok(Part::At(path.clone())),
            (None, "aws.events.rule-arn") => Ok(Part::RuleArn),
            (None, "aws.events.rule-name") => Ok(Part::RuleName),
            (None, "aws.events.event.ingestion-time") => Ok(Part::IngestionTime),
            (None, "aws.events.event") => Ok(Part::Frame),
            (None, "aws.events.event.json") => Ok(Part::Event),
            (None, _) => Err(TemplateFault::Unknown(name.to_owned())),
        }
    }

    /// It as JSON.
    fn value<'a>(&self, filling: &Filling<'a>) -> Cow<'a, str> {
        let quoted = |text: &str| Cow::Owned(Value::from(text).to_string());
        match self {
            Part::At(path) => path.in_event(filling.event).unwrap_or(&Value::Null).to_string().into(),
            Part::RuleArn => quoted(filling.rule_arn),
            Part::RuleName => quoted(filling.rule_name),
            Part::IngestionTime => quoted(filling.ingestion_time),
            Part::Frame => filling.frame.into(),
            Part::Event => filling.text.into(),
        }
    }

    /// It inside of a text.
    fn text(&self, filling: &Filling<'_>) -> String {
        match self {
            Part::At(path) => match path.in_event(filling.event) {
                None | Some(Value::Null) => String::new(),
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
            },
            Part::RuleArn => filling.rule_arn.to_owned(),
            Part::RuleName => filling.rule_name.to_owned(),
            Part::IngestionTime => filling.ingestion_time.to_owned(),
            Part::Frame => filling.frame.to_owned(),
            Part::Event => filling.text.to_owned(),
        }
    }
}

/// The pieces of a template: `<name>` inside of a text of JSON or outside, and all else.
fn pieces(
    text: &str,
    part: impl Fn(&str) -> Result<Part, TemplateFault>,
) -> Result<Vec<Piece>, TemplateFault> {
    let (mut pieces, mut fixed) = (Vec::new(), String::new());
    let (mut is_in_text, mut rest) = (false, text);
    while let Some(first) = rest.chars().next() {
        let name =
            rest.strip_prefix('<').and_then(|rest| rest.split_once('>')).filter(|(name, _)| is_name(name));
        if let Some((name, after)) = name {
            pieces.push(Piece::Fixed(std::mem::take(&mut fixed)));
            pieces.push(if is_in_text { Piece::InText(part(name)?) } else { Piece::Value(part(name)?) });
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
    Ok(pieces)
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

    fn fill(text: &str, event: &Value, bytes_max: usize) -> Result<String, TooLong> {
        let (text, whole) = (parse(text).unwrap(), event.to_string());
        let (rule_arn, rule_name, ingestion_time, frame) = ("arn", "r", "t", r#"{"source":"aws.kms"}"#);
        text.fill(&Filling { event, text: &whole, frame, rule_arn, rule_name, ingestion_time }, bytes_max)
    }

    fn filled(text: &str) -> String {
        let event = json!({"source": "aws.kms", "detail": {"id": "a\"b", "n": 1}});
        fill(text, &event, MESSAGE_BYTES_MAX).unwrap()
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

    #[test]
    fn a_template_has_a_hundred_placeholders_at_most() {
        let of = |count: usize| format!("[{}]", vec!["<aws.events.event.json>"; count].join(","));
        assert!(parse(&of(PLACEHOLDERS_MAX)).is_ok());
        assert_eq!(parse(&of(PLACEHOLDERS_MAX + 1)), Err(TemplateFault::TooMany));
    }

    #[test]
    fn filling_ends_where_it_becomes_too_long() {
        let event = json!({"detail": {"id": "1234"}});
        assert_eq!(fill("[<id>,<id>]", &event, 15).as_deref(), Ok(r#"["1234","1234"]"#));
        for template in ["[<id>,<id>]", r#"["<all>"]"#, "[<all>,1]", "[1,<aws.events.event.json>]"] {
            assert_eq!(fill(template, &event, 14), Err(TooLong), "{template}");
        }
    }
}
