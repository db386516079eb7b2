//! Answers of the Query protocol: XML, written element by element.

use std::fmt::Write as _;

use jiff::Timestamp;
use zeroize::Zeroizing;

/// Room that most answers fit into.
const USUAL_BYTES: usize = 4096;

/// Room for what stands around the content of an answer.
const ENVELOPE_BYTES: usize = 1024;

/// Builds XML. Names of elements are ours, texts are anybody's.
pub struct Xml(Zeroizing<Vec<u8>>);

impl Default for Xml {
    fn default() -> Xml {
        Xml::with_capacity(USUAL_BYTES)
    }
}

impl Xml {
    /// An empty text with room for so many bytes: what holds a secret must not grow, since growing leaves the old
    /// bytes behind.
    pub fn with_capacity(bytes: usize) -> Xml {
        Xml(Zeroizing::new(Vec::with_capacity(bytes)))
    }

    /// `<name>value</name>`
    pub fn text(&mut self, name: &str, value: &str) -> &mut Xml {
        self.element(name, |xml| xml.escaped(value))
    }

    /// The same, when there is a value.
    pub fn maybe_text(&mut self, name: &str, value: Option<&str>) -> &mut Xml {
        match value {
            Some(value) => self.text(name, value),
            None => self,
        }
    }

    /// A whole number.
    pub fn number(&mut self, name: &str, value: i64) -> &mut Xml {
        self.text(name, &value.to_string())
    }

    /// A whole number, when there is one.
    pub fn maybe_number(&mut self, name: &str, value: Option<i64>) -> &mut Xml {
        match value {
            Some(value) => self.number(name, value),
            None => self,
        }
    }

    /// `true` or `false`.
    pub fn flag(&mut self, name: &str, value: bool) -> &mut Xml {
        self.text(name, if value { "true" } else { "false" })
    }

    /// A moment in whole seconds: `2025-04-10T08:53:12Z`.
    pub fn time(&mut self, name: &str, value: Timestamp) -> &mut Xml {
        let seconds = Timestamp::from_second(value.as_second()).unwrap_or(value);
        self.text(name, &seconds.to_string())
    }

    /// An element whose content `write` adds.
    pub fn element(&mut self, name: &str, write: impl FnOnce(&mut Xml)) -> &mut Xml {
        self.raw(&["<", name, ">"]);
        write(self);
        self.raw(&["</", name, ">"])
    }

    /// A list: each item is a `member`, whose content `write` adds.
    pub fn list<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Xml, T),
    ) -> &mut Xml {
        self.element(name, |xml| {
            for item in items {
                xml.element("member", |xml| write(xml, item));
            }
        })
    }

    /// A list of texts.
    pub fn texts<T: AsRef<str>>(&mut self, name: &str, items: impl IntoIterator<Item = T>) -> &mut Xml {
        self.list(name, items, |xml, item| xml.escaped(item.as_ref()))
    }

    /// A map to whole numbers, in the order given.
    pub fn numbers<'t>(&mut self, name: &str, pairs: impl IntoIterator<Item = (&'t str, i64)>) -> &mut Xml {
        self.map(name, pairs, |xml, value| {
            xml.number("value", value);
        })
    }

    /// A map: `write` adds the element `value` of each key.
    pub fn map<'t, T>(
        &mut self,
        name: &str,
        pairs: impl IntoIterator<Item = (&'t str, T)>,
        mut write: impl FnMut(&mut Xml, T),
    ) -> &mut Xml {
        self.element(name, |xml| {
            for (key, value) in pairs {
                xml.element("entry", |xml| write(xml.text("key", key), value));
            }
        })
    }

    /// What was written.
    pub fn done(self) -> Zeroizing<Vec<u8>> {
        self.0
    }

    fn raw(&mut self, parts: &[&str]) -> &mut Xml {
        for part in parts {
            self.0.extend_from_slice(part.as_bytes());
        }
        self
    }

    /// A carriage return would be read back as a line feed, and what XML has no way to say is replaced.
    fn escaped(&mut self, text: &str) {
        let mut buffer = [0; 4];
        for letter in text.chars() {
            let written = match letter {
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                '"' => "&quot;",
                '\r' => "&#xD;",
                '\t' | '\n' => letter.encode_utf8(&mut buffer),
                '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => "\u{fffd}",
                other => other.encode_utf8(&mut buffer),
            };
            self.0.extend_from_slice(written.as_bytes());
        }
    }
}

/// A whole answer. `content` is what stands in its Result element, if the operation has one.
pub fn query_response(
    namespace: &str,
    operation: &str,
    request_id: &str,
    content: Option<Xml>,
) -> Zeroizing<Vec<u8>> {
    let content_bytes = content.as_ref().map_or(0, |content| content.0.len());
    let mut xml = Xml::with_capacity(content_bytes + ENVELOPE_BYTES);
    let response = format!("{operation}Response");
    xml.raw(&["<", &response, " xmlns=\"", namespace, "\">"]);
    if let Some(content) = content {
        xml.element(&format!("{operation}Result"), |xml| xml.0.extend_from_slice(&content.0));
    }
    xml.element("ResponseMetadata", |xml| {
        xml.text("RequestId", request_id);
    });
    xml.raw(&["</", &response, ">"]);
    xml.done()
}

/// The body of an error. Whoever caused it, 4xx says: the sender.
pub fn query_error(
    namespace: &str,
    status: u16,
    code: &str,
    message: Option<&str>,
    request_id: &str,
) -> Zeroizing<Vec<u8>> {
    let mut xml = Xml::default();
    xml.raw(&["<ErrorResponse xmlns=\"", namespace, "\">"]);
    xml.element("Error", |xml| {
        xml.text("Type", if status < 500 { "Sender" } else { "Receiver" });
        xml.text("Code", code).maybe_text("Message", message);
    });
    xml.text("RequestId", request_id);
    xml.raw(&["</ErrorResponse>"]);
    xml.done()
}

/// A text as RFC 3986 escapes it, as policy documents stand in answers.
pub fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(write: impl FnOnce(&mut Xml)) -> String {
        let mut xml = Xml::default();
        write(&mut xml);
        String::from_utf8(xml.done().to_vec()).unwrap()
    }

    #[test]
    fn an_answer_has_its_result_and_names_its_request() {
        let mut content = Xml::default();
        content.text("Arn", "arn:aws:iam::111122223333:root");
        let namespace = "https://sts.amazonaws.com/doc/2011-06-15/";
        let body = query_response(namespace, "GetCallerIdentity", "r-1", Some(content));
        assert_eq!(
            String::from_utf8(body.to_vec()).unwrap(),
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
             <GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:root</Arn></GetCallerIdentityResult>\
             <ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
        );
        let body = query_response("n", "DeleteUser", "r-1", None);
        assert_eq!(
            String::from_utf8(body.to_vec()).unwrap(),
            "<DeleteUserResponse xmlns=\"n\"><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata>\
             </DeleteUserResponse>"
        );
    }

    #[test]
    fn an_error_says_whose_fault_it_is() {
        let error = |status| {
            String::from_utf8(query_error("n", status, "NoSuchEntity", Some("a<b"), "r").to_vec()).unwrap()
        };
        assert_eq!(
            error(404),
            "<ErrorResponse xmlns=\"n\"><Error><Type>Sender</Type><Code>NoSuchEntity</Code>\
             <Message>a&lt;b</Message></Error><RequestId>r</RequestId></ErrorResponse>"
        );
        assert!(error(500).contains("<Type>Receiver</Type>"));
    }

    #[test]
    fn lists_maps_and_times_are_written_as_the_sdks_read_them() {
        let text = written(|xml| {
            xml.list("Users", [1, 2], |xml, n| {
                xml.number("N", n);
            });
            xml.texts("Names", ["a"]).texts::<&str>("None", []);
            xml.numbers("SummaryMap", [("Users", 1)]);
            xml.time("CreateDate", Timestamp::from_millisecond(1_744_275_192_987).unwrap());
            xml.flag("IsTruncated", false).maybe_text("Marker", None).maybe_number("N", None);
        });
        assert_eq!(
            text,
            "<Users><member><N>1</N></member><member><N>2</N></member></Users>\
             <Names><member>a</member></Names><None></None>\
             <SummaryMap><entry><key>Users</key><value>1</value></entry></SummaryMap>\
             <CreateDate>2025-04-10T08:53:12Z</CreateDate><IsTruncated>false</IsTruncated>"
        );
    }

    #[test]
    fn policy_documents_are_escaped_once_with_blanks_as_percent_20() {
        assert_eq!(percent_encoded("{\"a\": \"/%3A~é\"}"), "%7B%22a%22%3A%20%22%2F%253A~%C3%A9%22%7D");
        assert_eq!(percent_encoded("-._~!*'()+"), "-._~%21%2A%27%28%29%2B");
    }

    #[test]
    fn what_xml_would_change_is_escaped_and_what_it_cannot_say_replaced() {
        let text = written(|xml| {
            xml.text("a", "&<>\"'\r\n\t\0\u{1f}\u{7f}\u{fffd}\u{fffe}\u{ffff}\u{1f511}");
        });
        let gone = "\u{fffd}";
        assert_eq!(
            text,
            format!("<a>&amp;&lt;&gt;&quot;'&#xD;\n\t{gone}{gone}\u{7f}{gone}{gone}{gone}\u{1f511}</a>")
        );
    }

    proptest! {
        #[test]
        fn nothing_in_a_text_ends_its_element(text in any::<String>()) {
            let xml = written(|xml| {
                xml.text("a", &text);
            });
            let inner = xml.strip_prefix("<a>").and_then(|rest| rest.strip_suffix("</a>")).unwrap();
            prop_assert!(!inner.contains(['<', '>', '"', '\r']));
            prop_assert!(!inner.chars().any(|c| c < ' ' && !matches!(c, '\t' | '\n')));
            let known = ["amp;", "lt;", "gt;", "quot;", "#xD;"];
            let ends = |rest: &str| known.iter().any(|name| rest.starts_with(name));
            prop_assert!(inner.split('&').skip(1).all(ends));
        }
    }
}
