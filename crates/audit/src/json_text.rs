//! Walks over the JSON of a record, once, without reading what nobody asks for: whoever follows the trail wants a few members
//! of every record.

use std::borrow::Cow;

/// A value in the JSON of a record: split off, not read. Between its parts stands no white space, as records are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonText<'a>(&'a str);

/// Where a value stands in a text, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    start: u32,
    end: u32,
    form: Form,
}

/// What kind of value it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A string that says what it says.
    Plain,
    /// A string with escapes.
    Escaped,
    /// No string.
    Other,
}

/// How far the JSON of a record was walked. What each step takes, it has then passed; it is none where the text is not
/// what is wanted.
pub(crate) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> JsonText<'a> {
    /// Its JSON.
    pub fn as_str(self) -> &'a str {
        self.0
    }

    /// Shows the members of an object as far as it is one: each is to be taken.
    pub(crate) fn each_member(self, see: impl FnMut(&'a str, &mut Cursor<'a>) -> Option<()>) -> Option<()> {
        Cursor::new(self.0).members(see)
    }
}

impl Span {
    /// From one place in a text to another. Records are far shorter than what fits.
    pub(crate) fn new(start: usize, end: usize, form: Form) -> Span {
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span { start: place(start), end: place(end), form }
    }

    pub(crate) fn is_null(self, text: &str) -> bool {
        self.form == Form::Other && text.as_bytes().get(self.start as usize) == Some(&b'n')
    }

    /// Its JSON in the text that it was found in.
    pub(crate) fn json(self, text: &str) -> Option<JsonText<'_>> {
        text.get(self.start as usize..self.end as usize).map(JsonText)
    }

    /// What it says, if it is a string; borrowed where nothing in it was escaped.
    pub(crate) fn string(self, text: &str) -> Option<Cow<'_, str>> {
        match self.form {
            Form::Plain => text.get(self.start as usize + 1..self.end as usize - 1).map(Cow::Borrowed),
            Form::Escaped => serde_json::from_str(self.json(text)?.0).ok().map(Cow::Owned),
            Form::Other => None,
        }
    }
}

impl<'a> Cursor<'a> {
    /// Before the beginning of this text.
    pub(crate) fn new(text: &'a str) -> Cursor<'a> {
        Cursor { text, at: 0 }
    }

    /// The text that is walked.
    pub(crate) fn text(&self) -> &'a str {
        self.text
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.at == self.text.len()
    }

    /// Takes an object: `see` gets the name of each member as it is written, and takes its value.
    pub(crate) fn members(&mut self, mut see: impl FnMut(&'a str, &mut Self) -> Option<()>) -> Option<()> {
        self.parts(b'{', b'}', |cursor| {
            let name = cursor.name()?;
            cursor.take(b':').then(|| see(name, cursor))?
        })
    }

    /// Takes an array: `see` takes each element.
    pub(crate) fn elements(&mut self, see: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.parts(b'[', b']', see)
    }

    /// Takes an object of strings and shows each with its name. What else is in it is passed over; any other value, too.
    pub(crate) fn pairs(&mut self, mut see: impl FnMut(&str, &str)) -> Option<()> {
        if self.next() != Some(b'{') {
            return self.skip();
        }
        self.parts(b'{', b'}', |cursor| {
            let name = cursor.string()?;
            let value = cursor.take(b':').then(|| cursor.value())??.string(cursor.text);
            value.iter().for_each(|value| see(&name, value));
            Some(())
        })
    }

    fn string(&mut self) -> Option<Cow<'a, str>> {
        self.value()?.string(self.text)
    }

    /// Takes any value.
    pub(crate) fn value(&mut self) -> Option<Span> {
        let start = self.at;
        let form = match self.next()? {
            b'"' => self.pass_string()?,
            b'{' | b'[' => self.pass_nested()?,
            b',' | b'}' | b']' => return None,
            _ => self.pass_word(),
        };
        Some(Span::new(start, self.at, form))
    }

    /// Takes any value and forgets it.
    pub(crate) fn skip(&mut self) -> Option<()> {
        self.value().map(drop)
    }

    /// Takes one part after the other, with commas between them.
    fn parts(&mut self, open: u8, close: u8, mut part: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        if !self.take(open) {
            return None;
        }
        if self.take(close) {
            return Some(());
        }
        part(self)?;
        while self.take(b',') {
            part(self)?;
        }
        self.take(close).then_some(())
    }

    fn next(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.next() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    /// What stands between the quotation marks of a string.
    fn name(&mut self) -> Option<&'a str> {
        let start = self.at + 1;
        match self.next()? {
            b'"' => self.pass_string()?,
            _ => return None,
        };
        self.text.get(start..self.at - 1)
    }

    fn pass_string(&mut self) -> Option<Form> {
        let bytes = self.text.as_bytes();
        let (mut at, mut form) = (self.at + 1, Form::Plain);
        loop {
            at += plain_bytes(bytes.get(at..)?);
            match bytes.get(at)? {
                b'"' => break,
                _ => (at, form) = (at + 2, Form::Escaped),
            }
        }
        self.at = at + 1;
        Some(form)
    }

    fn pass_nested(&mut self) -> Option<Form> {
        let mut depth = 0_usize;
        loop {
            match self.next()? {
                b'"' => {
                    self.pass_string()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Some(Form::Other);
            }
        }
    }

    /// A number, `true`, `false` or `null`.
    fn pass_word(&mut self) -> Form {
        while self.next().is_some_and(|byte| !matches!(byte, b',' | b'}' | b']')) {
            self.at += 1;
        }
        Form::Other
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

    /// What `take` takes, if that is the whole text.
    fn whole<'a, T>(text: &'a str, take: impl FnOnce(&mut Cursor<'a>) -> Option<T>) -> Option<T> {
        let mut cursor = Cursor::new(text);
        take(&mut cursor).filter(|_| cursor.is_at_end())
    }

    fn members(text: &str) -> Option<Vec<(&str, &str)>> {
        whole(text, |cursor| {
            let mut members = Vec::new();
            cursor.members(|name, cursor| {
                members.push((name, cursor.value()?.json(text)?.as_str()));
                Some(())
            })?;
            Some(members)
        })
    }

    fn elements(text: &str) -> Option<Vec<&str>> {
        whole(text, |cursor| {
            let mut elements = Vec::new();
            cursor.elements(|cursor| {
                elements.push(cursor.value()?.json(text)?.as_str());
                Some(())
            })?;
            Some(elements)
        })
    }

    fn string(text: &str) -> Option<Cow<'_, str>> {
        whole(text, Cursor::value)?.string(text)
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

    proptest! {
        #[test]
        fn everything_is_split_as_serde_reads_it(value in any_json()) {
            let text = value.to_string();
            match &value {
                Value::Object(map) => {
                    let found = members(&text).unwrap().into_iter();
                    let found = found.map(|(name, value)| (string(&format!("\"{name}\"")).unwrap().into_owned(), read(value)));
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
