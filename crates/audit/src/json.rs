//! The JSON writer: text is escaped straight into a byte buffer, so what it writes is always valid and on one line.

use crate::hex;
use crate::json_text::{Form, Span};

/// What a byte asks of the writer.
#[derive(Clone, Copy, PartialEq)]
enum Class {
    Plain,
    /// Below U+0020, U+007F, a quote or a backslash: one byte, escaped.
    Escaped,
    /// First byte of a two-byte character that may be a C1 control (U+0080 to U+009F).
    MayBeC1,
    /// First byte of a three-byte character that may be U+2028 or U+2029, which some readers take for line ends.
    MayBeSeparator,
}

/// Ends a line for some readers of text.
const LINE_SEPARATOR: u16 = 0x2028;

/// Ends a paragraph for some readers of text.
const PARAGRAPH_SEPARATOR: u16 = 0x2029;

const CLASSES: [Class; 256] = classes();

const fn classes() -> [Class; 256] {
    let mut classes = [Class::Plain; 256];
    let mut byte = 0;
    while byte < 0x20 {
        classes[byte] = Class::Escaped;
        byte += 1;
    }
    classes[0x7f] = Class::Escaped;
    classes[b'"' as usize] = Class::Escaped;
    classes[b'\\' as usize] = Class::Escaped;
    classes[0xc2] = Class::MayBeC1;
    classes[0xe2] = Class::MayBeSeparator;
    classes
}

/// Bytes that are looked at together.
const WORD_BYTES: usize = size_of::<u64>();

/// The lowest bit of every byte of a word, and the highest.
const LOWS: u64 = u64::from_ne_bytes([0x01; WORD_BYTES]);
const HIGHS: u64 = u64::from_ne_bytes([0x80; WORD_BYTES]);

/// Whether nothing in the text needs a closer look. The last word overlaps the one before it, so that no bytes are left
/// over that would be looked at one by one.
fn is_plain(text: &[u8]) -> bool {
    let Some(last) = text.last_chunk::<WORD_BYTES>() else {
        return text.iter().all(|byte| CLASSES[usize::from(*byte)] == Class::Plain);
    };
    let (words, _) = text.as_chunks::<WORD_BYTES>();
    words.iter().fold(odd_bits(last), |odd, word| odd | odd_bits(word)) & HIGHS == 0
}

/// The highest bit of a byte is set where one is not ASCII, a control, a quote or a backslash, and may then be set of
/// those after it too; else none is.
fn odd_bits(word: &[u8; WORD_BYTES]) -> u64 {
    let word = u64::from_le_bytes(*word);
    let is_zero = |word: u64| word.wrapping_sub(LOWS);
    let is_control = word.wrapping_sub(LOWS * 0x20) | word.wrapping_add(LOWS);
    let is_escaped = is_zero(word ^ (LOWS * u64::from(b'"'))) | is_zero(word ^ (LOWS * u64::from(b'\\')));
    word | is_control | is_escaped
}

/// Appends `text` as a JSON string with its quotes, and answers where it stands.
pub(crate) fn string(out: &mut Vec<u8>, text: &str) -> Span {
    let start = out.len();
    out.push(b'"');
    let form = match is_plain(text.as_bytes()) {
        true => {
            out.extend_from_slice(text.as_bytes());
            Form::Plain
        }
        false => escaped(out, text.as_bytes()),
    };
    out.push(b'"');
    Span::new(start, out.len(), form)
}

fn escaped(out: &mut Vec<u8>, text: &[u8]) -> Form {
    let (mut rest, mut form) = (text, Form::Plain);
    while let Some(at) = rest.iter().position(|byte| CLASSES[usize::from(*byte)] != Class::Plain) {
        let (plain, from) = rest.split_at(at);
        out.extend_from_slice(plain);
        let taken = match special(from) {
            Some(special) => {
                escape(out, special.code);
                form = Form::Escaped;
                special.bytes
            }
            None => {
                out.push(from[0]);
                1
            }
        };
        rest = &from[taken..];
    }
    out.extend_from_slice(rest);
    form
}

/// A character that is escaped, and how many bytes it took in the text.
struct Special {
    code: u16,
    bytes: usize,
}

fn special(rest: &[u8]) -> Option<Special> {
    match CLASSES[usize::from(rest[0])] {
        Class::Plain => None,
        Class::Escaped => Some(Special { code: u16::from(rest[0]), bytes: 1 }),
        Class::MayBeC1 => match rest {
            [_, second @ 0x80..=0x9f, ..] => Some(Special { code: u16::from(*second), bytes: 2 }),
            _ => None,
        },
        Class::MayBeSeparator => match rest {
            [_, 0x80, 0xa8, ..] => Some(Special { code: LINE_SEPARATOR, bytes: 3 }),
            [_, 0x80, 0xa9, ..] => Some(Special { code: PARAGRAPH_SEPARATOR, bytes: 3 }),
            _ => None,
        },
    }
}

fn escape(out: &mut Vec<u8>, code: u16) {
    let short = match code {
        0x08 => b'b',
        0x09 => b't',
        0x0a => b'n',
        0x0c => b'f',
        0x0d => b'r',
        0x22 => b'"',
        0x5c => b'\\',
        _ => {
            out.extend_from_slice(b"\\u");
            code.to_be_bytes().into_iter().for_each(|byte| out.extend_from_slice(&hex::pair(byte)));
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

/// Appends `true` or `false`.
pub(crate) fn flag(out: &mut Vec<u8>, value: bool) {
    out.extend_from_slice(if value { b"true" } else { b"false" });
}

/// An object being written: places the commas, and closes when done. Values answer where they stand in the buffer.
pub(crate) struct Object<'b> {
    out: &'b mut Vec<u8>,
    is_empty: bool,
}

impl<'b> Object<'b> {
    pub(crate) fn open(out: &'b mut Vec<u8>) -> Object<'b> {
        out.push(b'{');
        Object { out, is_empty: true }
    }

    /// Writes the member's name; the caller writes its value next. The name is ours and needs no escaping. Inlined,
    /// because the copy of a name of known length is a few moves.
    #[inline(always)]
    pub(crate) fn name(&mut self, name: &'static str) -> &mut Vec<u8> {
        if !self.is_empty {
            self.out.push(b',');
        }
        self.is_empty = false;
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    pub(crate) fn text(&mut self, name: &'static str, value: &str) -> Span {
        string(self.name(name), value)
    }

    /// A value known to hold nothing that needs escaping, such as an identifier of ours.
    pub(crate) fn ascii(&mut self, name: &'static str, value: &[u8]) -> Span {
        let out = self.name(name);
        let start = out.len();
        out.push(b'"');
        out.extend_from_slice(value);
        out.push(b'"');
        Span::new(start, out.len(), Form::Plain)
    }

    pub(crate) fn flag(&mut self, name: &'static str, value: bool) {
        flag(self.name(name), value);
    }

    pub(crate) fn null(&mut self, name: &'static str) {
        self.name(name).extend_from_slice(b"null");
    }

    pub(crate) fn number(&mut self, name: &'static str, value: u64) {
        self.name(name).extend_from_slice(value.to_string().as_bytes());
    }

    pub(crate) fn object(&mut self, name: &'static str) -> Object<'_> {
        Object::open(self.name(name))
    }

    pub(crate) fn close(self) {
        self.out.push(b'}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        let mut out = Vec::new();
        string(&mut out, text);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_character_below_two_thousand_and_fifty_round_trips_in_printable_form() {
        for code in (0..0x800).chain([0x2027, 0x2028, 0x2029, 0x202a, 0xe000, 0xfeff, 0x1_f600]) {
            let Some(character) = char::from_u32(code) else { continue };
            let json = written(&format!("a{character}b"));
            assert!(!json.chars().any(char::is_control), "{json:?}");
            assert_eq!(serde_json::from_str::<String>(&json).unwrap(), format!("a{character}b"));
        }
    }

    #[test]
    fn what_needs_a_closer_look_is_found_wherever_it_stands() {
        for (text, byte) in (0..40).flat_map(|bytes| (0..=u8::MAX).map(move |byte| (vec![b'a'; bytes], byte)))
        {
            let is_odd = CLASSES[usize::from(byte)] != Class::Plain || !byte.is_ascii();
            for at in 0..text.len() {
                let mut text = text.clone();
                text[at] = byte;
                assert!(!(is_plain(&text) && CLASSES[usize::from(byte)] != Class::Plain), "{byte} at {at}");
                assert!(is_odd || is_plain(&text), "{byte} at {at}");
            }
        }
    }

    #[test]
    fn what_has_a_short_escape_takes_it_and_the_rest_is_in_hex() {
        assert_eq!(written("\"\\\n\r\t\u{8}\u{c}/"), r#""\"\\\n\r\t\b\f/""#);
        assert_eq!(written("\0\u{1f}\u{7f}\u{9b}\u{2028}é"), r#""\u0000\u001f\u007f\u009b\u2028é""#);
    }
}
