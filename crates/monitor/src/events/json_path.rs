//! The paths by which a target's input names parts of an event: `$.detail.resources[0].ARN`.

use serde_json::Value;

/// Most bytes of a path, as AWS's limit.
const PATH_BYTES_MAX: usize = 256;

/// A path into an event.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct JsonPath(Vec<Step>);

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Member(Box<str>),
    Element(usize),
}

impl JsonPath {
    /// `$`, then `.name` and `[number]`.
    pub(super) fn parse(text: &str) -> Option<JsonPath> {
        let mut rest = text.strip_prefix('$').filter(|_| text.len() <= PATH_BYTES_MAX)?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let (step, after) = if let Some(inner) = rest.strip_prefix('[') {
                let (number, after) = inner.split_once(']')?;
                (Step::Element(number.parse().ok()?), after)
            } else {
                let inner = rest.strip_prefix('.')?;
                let end = inner.find(['.', '[']).unwrap_or(inner.len());
                let (name, after) = inner.split_at(end);
                (Step::Member(name.into()), after)
            };
            let is_name = |name: &str| {
                !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-/:".contains(&b))
            };
            if matches!(&step, Step::Member(name) if !is_name(name)) {
                return None;
            }
            steps.push(step);
            rest = after;
        }
        Some(JsonPath(steps))
    }

    /// What it leads to in an event.
    pub(super) fn in_event<'v>(&self, event: &'v Value) -> Option<&'v Value> {
        self.0.iter().try_fold(event, |value, step| match step {
            Step::Member(name) => value.get(&**name),
            Step::Element(at) => value.get(at),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_leads_through_members_and_elements() {
        let event = json!({"detail-type": "a", "detail": {"keys": [{"id": 1}, {"id": 2}]}});
        let at = |path: &str| JsonPath::parse(path).unwrap().in_event(&event).cloned();
        assert_eq!(at("$"), Some(event.clone()));
        assert_eq!(at("$.detail-type"), Some(json!("a")));
        assert_eq!(at("$.detail.keys[1].id"), Some(json!(2)));
        assert_eq!(at("$.detail.keys[2].id"), None);
        assert_eq!(at("$.detail-type.a"), None);
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for wrong in ["", "a", "$a", "$.", "$..a", "$.a[", "$.a[b]", "$.a[*]", "$.*", "$.a b", "$[-1]"] {
            assert_eq!(JsonPath::parse(wrong), None, "{wrong}");
        }
        let long = |bytes: usize| format!("$.{}", "a".repeat(bytes - 2));
        assert!(JsonPath::parse(&long(PATH_BYTES_MAX)).is_some());
        assert_eq!(JsonPath::parse(&long(PATH_BYTES_MAX + 1)), None);
    }
}
