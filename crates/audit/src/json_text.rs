//! Walks over the JSON of a record without reading what nobody asks for: whoever follows the trail wants a few members of
//! every record.

use std::borrow::Cow;

/// A value in the JSON of a record: split off, not read. Between its parts stands no white space, as records are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonText<'a>(&'a str);

/// Where a value stands in a text, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    start: u32,
    end: u32,
}

impl<'a> JsonText<'a> {
    /// The value that stands there.
    pub(crate) fn at(text: &'a str, span: Span) -> Option<JsonText<'a>> {
        text.get(span.start as usize..span.end as usize).map(JsonText)
    }

    /// Its JSON.
    pub fn as_str(self) -> &'a str {
        self.0
    }

    /// What it says, if it is a string; borrowed where nothing in it was escaped.
    pub(crate) fn string(self) -> Option<Cow<'a, str>> {
        match self.0.as_bytes() {
            [b'"', .., b'"'] => unescaped(self.0.get(1..self.0.len() - 1)?),
            _ => None,
        }
    }

    /// Shows the members of an object.
    pub(crate) fn each_member(self, mut see: impl FnMut(&str, JsonText<'a>)) -> Option<()> {
        each_member(self.0.as_bytes(), Span::of(self.0)?, |name, value| {
            let name = std::str::from_utf8(name).ok().and_then(unescaped);
            if let Some((name, value)) = name.zip(JsonText::at(self.0, value)) {
                see(&name, value);
            }
        })
    }

    /// Shows the names and values of an object of strings; what else is in it is passed over.
    pub(crate) fn each_pair(self, mut see: impl FnMut(&str, &str)) -> Option<()> {
        self.each_member(|name, value| value.string().iter().for_each(|value| see(name, value)))
    }
}

impl Span {
    /// The whole of a text; none if it is longer than any record.
    pub(crate) fn of(text: &str) -> Option<Span> {
        u32::try_from(text.len()).ok().map(|end| Span { start: 0, end })
    }

    pub(crate) fn bytes(self, text: &[u8]) -> &[u8] {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    fn cursor(self, text: &[u8]) -> Option<Cursor<'_>> {
        Some(Cursor { bytes: text.get(..self.end as usize)?, at: self.start as usize })
    }
}

/// Shows the members of the object that stands there, their names as they are written; none when it is no whole object.
pub(crate) fn each_member<'a>(
    text: &'a [u8],
    object: Span,
    mut see: impl FnMut(&'a [u8], Span),
) -> Option<()> {
    object.cursor(text)?.parts(b'{', b'}', |cursor| {
        let name = cursor.name()?;
        cursor.take(b':').then(|| cursor.value())?.map(|value| see(name, value))
    })
}

/// Shows the elements of the array that stands there; none when it is no whole array.
pub(crate) fn each_element(text: &[u8], array: Span, mut see: impl FnMut(Span)) -> Option<()> {
    array.cursor(text)?.parts(b'[', b']', |cursor| cursor.value().map(&mut see))
}

/// How far a text was walked.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// Takes one part after the other, with commas between them, up to the end.
    fn parts(&mut self, open: u8, close: u8, mut part: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        if !self.take(open) {
            return None;
        }
        if !self.take(close) {
            part(self)?;
            while self.take(b',') {
                part(self)?;
            }
            self.take(close).then_some(())?;
        }
        (self.at == self.bytes.len()).then_some(())
    }

    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.bytes.get(self.at) == Some(&byte);
        self.at += usize::from(is_next);
        is_next
    }

    /// What stands between the quotation marks of a string.
    fn name(&mut self) -> Option<&'a [u8]> {
        let start = self.at + 1;
        if self.bytes.get(self.at) != Some(&b'"') {
            return None;
        }
        self.at = string_end(self.bytes, self.at)?;
        self.bytes.get(start..self.at - 1)
    }

    fn value(&mut self) -> Option<Span> {
        let start = self.at;
        self.at = match self.bytes.get(start)? {
            b'"' => string_end(self.bytes, start)?,
            b'{' | b'[' => nested_end(self.bytes, start)?,
            b',' | b'}' | b']' => return None,
            _ => {
                let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']');
                start + self.bytes[start..].iter().position(ends)?
            }
        };
        Some(Span { start: u32::try_from(start).ok()?, end: u32::try_from(self.at).ok()? })
    }
}

/// What stands between quotation marks, borrowed where nothing in it was escaped.
fn unescaped(inner: &str) -> Option<Cow<'_, str>> {
    match plain_bytes(inner.as_bytes()) < inner.len() {
        true => serde_json::from_str(&format!("\"{inner}\"")).ok().map(Cow::Owned),
        false => Some(Cow::Borrowed(inner)),
    }
}

/// Where the object or array ends that begins here.
fn nested_end(bytes: &[u8], begin: usize) -> Option<usize> {
    let (mut at, mut depth) = (begin, 0_usize);
    loop {
        match bytes.get(at)? {
            b'"' => {
                at = string_end(bytes, at)?;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return Some(at);
        }
    }
}

/// Where the string ends whose opening quotation mark stands here.
fn string_end(bytes: &[u8], begin: usize) -> Option<usize> {
    let mut at = begin + 1;
    loop {
        at += plain_bytes(bytes.get(at..)?);
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            _ => at += 2,
        }
    }
}

/// How many bytes come before the next quotation mark or backslash, eight looked at together. Strings are too short for
/// memchr, whose call costs more than the search.
fn plain_bytes(bytes: &[u8]) -> usize {
    const WORD_BYTES: usize = size_of::<u64>();
    let (words, rest) = bytes.as_chunks::<WORD_BYTES>();
    for (number, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = first_of(word, b'"') | first_of(word, b'\\');
        if found != 0 {
            return number * WORD_BYTES + found.trailing_zeros() as usize / 8;
        }
    }
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\');
    bytes.len() - rest.len() + rest.iter().position(is_special).unwrap_or(rest.len())
}

/// A word whose lowest bit that is set is the highest of the first byte in `word` that is `byte`; 0 when none is. Only in a
/// byte of zero, or above one, does the subtraction set a highest bit that was not set.
fn first_of(word: u64, byte: u8) -> u64 {
    const LOWS: u64 = u64::from_le_bytes([0x01; 8]);
    const HIGHS: u64 = u64::from_le_bytes([0x80; 8]);
    let differs = word ^ (LOWS * u64::from(byte));
    differs.wrapping_sub(LOWS) & !differs & HIGHS
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn members(text: &str) -> Option<Vec<(&str, &str)>> {
        let mut members = Vec::new();
        each_member(text.as_bytes(), Span::of(text)?, |name, value| {
            members.push((std::str::from_utf8(name).unwrap(), JsonText::at(text, value).unwrap().as_str()));
        })?;
        Some(members)
    }

    fn elements(text: &str) -> Option<Vec<&str>> {
        let mut elements = Vec::new();
        each_element(text.as_bytes(), Span::of(text)?, |value| {
            elements.push(JsonText::at(text, value).unwrap().as_str());
        })?;
        Some(elements)
    }

    fn string(text: &str) -> Option<Cow<'_, str>> {
        JsonText::at(text, Span::of(text)?)?.string()
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            r#"[{}\[\]",:\\a]{0,19}"#.prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map(r#"[a-z{"\\]{0,12}"#, inner, 0..6)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    fn read(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn members_are_split_where_they_end() {
        let object = r#"{"a":1,"b":{"c":["}",{"d":"\\"}]},"e":"x\",\"","f":[],"g":true}"#;
        let expected = [
            ("a", "1"),
            ("b", r#"{"c":["}",{"d":"\\"}]}"#),
            ("e", r#""x\",\"""#),
            ("f", "[]"),
            ("g", "true"),
        ];
        assert_eq!(members(object).unwrap(), expected);
        assert_eq!(members("{}").unwrap(), []);
    }

    #[test]
    fn what_is_no_whole_object_has_no_members() {
        for text in [
            "",
            "{",
            "[]",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1"#,
            r#"{"a":1,}"#,
            r#"{"a":1}}"#,
            r#"{"a":"1}"#,
            "{,}",
            r#"{"a":1,"b":"\"#,
            "{a:1}",
            r#"{"a":[}"#,
            r#"{"a":1}x"#,
            r#""a""#,
            "null",
            r#"{"a" :1}"#,
        ] {
            assert_eq!(members(text), None, "{text}");
        }
    }

    #[test]
    fn the_pairs_of_an_object_are_its_strings() {
        let mut pairs = Vec::new();
        let text = r#"{"a\"":"b","c":1,"d":"\u00e9"}"#;
        let object = JsonText::at(text, Span::of(text).unwrap()).unwrap();
        object.each_pair(|name, value| pairs.push((name.to_owned(), value.to_owned()))).unwrap();
        assert_eq!(pairs, [("a\"".to_owned(), "b".to_owned()), ("d".to_owned(), "é".to_owned())]);
    }

    proptest! {
        #[test]
        fn everything_is_split_as_serde_reads_it(value in any_json()) {
            let text = value.to_string();
            match &value {
                Value::Object(map) => {
                    let found = members(&text).unwrap().into_iter();
                    let found = found.map(|(name, value)| (unescaped(name).unwrap().into_owned(), read(value)));
                    prop_assert_eq!(found.collect::<Vec<_>>(), map.clone().into_iter().collect::<Vec<_>>());
                }
                Value::Array(values) => {
                    let found = elements(&text).unwrap().into_iter().map(read);
                    prop_assert_eq!(found.collect::<Vec<_>>(), values.clone());
                }
                Value::String(expected) => prop_assert_eq!(string(&text).unwrap(), expected.as_str()),
                Value::Null | Value::Bool(_) | Value::Number(_) => prop_assert!(members(&text).is_none()),
            }
        }

        #[test]
        fn no_text_is_too_odd(text in r#"[{}\[\]",:\\a1é]{0,24}"#) {
            let _ = (members(&text), elements(&text), string(&text));
        }
    }
}
