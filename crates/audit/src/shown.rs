//! What a record shows of a request or an answer, built member by member from an allow-list.

use std::fmt;

use jiff::Timestamp;

use crate::{json, shown_date};

/// Room that the parameters of most operations fit into.
const USUAL_BYTES: usize = 192;

/// A JSON object that is already written, on one line; only [`Shown`] makes one, so it is always valid.
#[derive(Clone, PartialEq, Eq)]
pub struct Json(Vec<u8>);

impl Json {
    /// The object's text.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Builds a `requestParameters`, `responseElements` or `additionalEventData`: only what is named here is shown.
#[derive(Clone, Default)]
pub struct Shown {
    /// The object without its closing brace; empty until the first member.
    open: Vec<u8>,
}

impl Shown {
    /// An object without members.
    pub fn new() -> Shown {
        Shown::default()
    }

    /// Adds a text.
    #[must_use]
    pub fn text(mut self, name: &str, value: &str) -> Shown {
        json::string(self.member(name), value);
        self
    }

    /// Adds a text when there is one.
    #[must_use]
    pub fn maybe_text(self, name: &str, value: Option<&str>) -> Shown {
        match value {
            Some(value) => self.text(name, value),
            None => self,
        }
    }

    /// Adds true or false.
    #[must_use]
    pub fn flag(mut self, name: &str, value: bool) -> Shown {
        json::flag(self.member(name), value);
        self
    }

    /// Adds true or false when it was said.
    #[must_use]
    pub fn maybe_flag(self, name: &str, value: Option<bool>) -> Shown {
        match value {
            Some(value) => self.flag(name, value),
            None => self,
        }
    }

    /// Adds a whole number.
    #[must_use]
    pub fn number(mut self, name: &str, value: i64) -> Shown {
        self.member(name).extend_from_slice(value.to_string().as_bytes());
        self
    }

    /// Adds a whole number when there is one.
    #[must_use]
    pub fn maybe_number(self, name: &str, value: Option<i64>) -> Shown {
        match value {
            Some(value) => self.number(name, value),
            None => self,
        }
    }

    /// Adds a moment the way CloudTrail shows them inside answers: `Aug 10, 2022, 10:38:27 PM` in UTC.
    #[must_use]
    pub fn date(self, name: &str, moment: Timestamp) -> Shown {
        let date = shown_date(moment);
        self.text(name, &date)
    }

    /// Adds a list of texts, also an empty one.
    #[must_use]
    pub fn list<'t>(mut self, name: &str, values: impl IntoIterator<Item = &'t str>) -> Shown {
        let out = self.member(name);
        bracketed(out, values, |out, value| {
            json::string(out, value);
        });
        self
    }

    /// Adds an object of texts, also an empty one, such as an encryption context. Names must differ.
    #[must_use]
    pub fn map<'t>(mut self, name: &str, pairs: impl IntoIterator<Item = (&'t str, &'t str)>) -> Shown {
        let out = self.member(name);
        out.push(b'{');
        for (index, (key, value)) in pairs.into_iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            json::string(out, key);
            out.push(b':');
            json::string(out, value);
        }
        out.push(b'}');
        self
    }

    /// Adds a nested object, also an empty one.
    #[must_use]
    pub fn object(mut self, name: &str, nested: Shown) -> Shown {
        nested.close_into(self.member(name));
        self
    }

    /// Adds a list of objects, such as tags.
    #[must_use]
    pub fn objects(mut self, name: &str, nested: impl IntoIterator<Item = Shown>) -> Shown {
        let out = self.member(name);
        bracketed(out, nested, |out, object| object.close_into(out));
        self
    }

    /// The finished object; none without members, which CloudTrail writes as `null`.
    pub fn done(mut self) -> Option<Json> {
        if self.open.is_empty() {
            return None;
        }
        self.open.push(b'}');
        Some(Json(self.open))
    }

    fn member(&mut self, name: &str) -> &mut Vec<u8> {
        if self.open.is_empty() {
            self.open.reserve(USUAL_BYTES);
            self.open.push(b'{');
        } else {
            self.open.push(b',');
        }
        json::string(&mut self.open, name);
        self.open.push(b':');
        &mut self.open
    }

    fn close_into(self, out: &mut Vec<u8>) {
        match self.done() {
            Some(json) => out.extend_from_slice(json.as_bytes()),
            None => out.extend_from_slice(b"{}"),
        }
    }
}

fn bracketed<T>(
    out: &mut Vec<u8>,
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut Vec<u8>, T),
) {
    out.push(b'[');
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(out, item);
    }
    out.push(b']');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_without_members_is_none() {
        assert_eq!(Shown::new().maybe_text("keyId", None).done(), None);
    }

    #[test]
    fn members_stand_in_the_order_in_which_they_were_added() {
        let shown = Shown::new()
            .text("keyId", "k\"1")
            .number("limit", -5)
            .maybe_flag("dryRun", Some(true))
            .list("operations", ["Encrypt", "Decrypt"])
            .map("encryptionContext", [("a", "1"), ("b\n", "2")])
            .object("constraints", Shown::new())
            .objects("tags", [Shown::new().text("tagKey", "t"), Shown::new()]);
        assert_eq!(
            shown.done().unwrap().to_string(),
            r#"{"keyId":"k\"1","limit":-5,"dryRun":true,"operations":["Encrypt","Decrypt"],"encryptionContext":{"a":"1","b\n":"2"},"constraints":{},"tags":[{"tagKey":"t"},{}]}"#
        );
    }
}
