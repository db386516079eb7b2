//! Changes principals inside the text of a policy, and nothing else of it.

use std::ops::Range;

/// The text with every principal that `changed` names written as its partner. The text is a policy document.
pub(crate) fn replace_principals(text: &str, changed: &[(&str, String)]) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut copied = 0;
    for range in principals_in(text) {
        let written: Option<String> = serde_json::from_str(&text[range.clone()]).ok();
        let partner = written.and_then(|written| changed.iter().find(|(from, _)| *from == written));
        if let Some((_, to)) = partner {
            replaced.push_str(&text[copied..range.start]);
            replaced.push_str(&serde_json::Value::from(to.as_str()).to_string());
            copied = range.end;
        }
    }
    replaced.push_str(&text[copied..]);
    replaced
}

/// Where the values of Principal and NotPrincipal stand, quotes included.
fn principals_in(text: &str) -> Vec<Range<usize>> {
    let mut scan = Scan { text, at: 0, found: Vec::new() };
    scan.value(Inside::Document);
    scan.found
}

/// What a value is the value of.
#[derive(Clone, Copy, PartialEq)]
enum Inside {
    Document,
    Statement,
    Principal,
    Other,
}

impl Inside {
    fn member(self, name: &str) -> Inside {
        match (self, name) {
            (Inside::Document, "Statement") => Inside::Statement,
            (Inside::Statement, "Principal" | "NotPrincipal") => Inside::Principal,
            (Inside::Principal, _) => Inside::Principal,
            _ => Inside::Other,
        }
    }
}

/// Walks over JSON that is known to be well-formed; over anything else it ends early.
struct Scan<'t> {
    text: &'t str,
    at: usize,
    found: Vec<Range<usize>>,
}

impl Scan<'_> {
    fn value(&mut self, inside: Inside) {
        match self.peek() {
            Some(b'{') => self.object(inside),
            Some(b'[') => self.array(inside),
            Some(b'"') => {
                let range = self.string();
                if inside == Inside::Principal {
                    self.found.push(range);
                }
            }
            _ => self.skip(|byte| !b",]}".contains(&byte)),
        }
    }

    fn object(&mut self, inside: Inside) {
        self.at += 1;
        while self.peek() == Some(b'"') {
            let name = self.string();
            let name: String = serde_json::from_str(&self.text[name]).unwrap_or_default();
            self.peek();
            self.at += 1;
            self.value(inside.member(&name));
            self.comma();
        }
        self.at += 1;
    }

    fn array(&mut self, inside: Inside) {
        self.at += 1;
        while self.peek().is_some_and(|byte| byte != b']') {
            self.value(inside);
            self.comma();
        }
        self.at += 1;
    }

    fn comma(&mut self) {
        if self.peek() == Some(b',') {
            self.at += 1;
        }
    }

    /// The string that begins here, quotes included.
    fn string(&mut self) -> Range<usize> {
        let start = self.at;
        self.at += 1;
        while let Some(byte) = self.byte() {
            self.at += if byte == b'\\' { 2 } else { 1 };
            if byte == b'"' {
                break;
            }
        }
        self.at = self.at.min(self.text.len());
        start..self.at
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        self.skip(|byte| byte.is_ascii_whitespace());
        self.byte()
    }

    fn skip(&mut self, wanted: impl Fn(u8) -> bool) {
        while self.byte().is_some_and(&wanted) {
            self.at += 1;
        }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:iam::111122223333:user/bob";

    fn replaced(text: &str) -> String {
        replace_principals(text, &[(ARN, "AIDAX".to_owned())])
    }

    #[test]
    fn principals_change_and_everything_else_stays_as_it_was_written() {
        let text = format!(
            r#"{{ "Statement" : [{{"Principal":{{"AWS": ["{ARN}" , "x"]}},
            "Condition":{{"ArnEquals":{{"aws:PrincipalArn":"{ARN}"}}}}, "Resource":"{ARN}"}}], "Id":"{ARN}" }}"#
        );
        let expected = text.replacen(&format!("\"{ARN}\""), "\"AIDAX\"", 1);
        assert_eq!(replaced(&text), expected);
    }

    #[test]
    fn both_elements_lone_statements_and_escapes_are_found() {
        let escaped = ARN.replace('/', "\\/");
        for (text, expected) in [
            (
                format!(r#"{{"Statement":{{"NotPrincipal":{{"AWS":"{ARN}"}}}}}}"#),
                r#"{"Statement":{"NotPrincipal":{"AWS":"AIDAX"}}}"#,
            ),
            (
                format!(r#"{{"Statement":{{"Principal":{{"AWS":"{escaped}"}}}}}}"#),
                r#"{"Statement":{"Principal":{"AWS":"AIDAX"}}}"#,
            ),
            (r#"{"a":"\"","Statement":[]}"#.to_owned(), r#"{"a":"\"","Statement":[]}"#),
        ] {
            assert_eq!(replaced(&text), expected);
        }
    }

    #[test]
    fn what_is_no_json_ends_without_harm() {
        for text in
            ["", "{", "{\"", "[[[", "{\"Statement\":[{\"Principal\":\"", "\"\\", "{\"a\" \u{e9}", "}}"]
        {
            assert_eq!(replaced(text), text);
        }
    }
}
