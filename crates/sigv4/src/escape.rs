//! Percent-encoding as Signature Version 4 wants it, and the pairs of a query string.

use std::borrow::Cow;

const DIGITS: &[u8; 16] = b"0123456789ABCDEF";

/// A `%` that two hexadecimal digits do not follow.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct IllegalEscape;

/// The parts of `text` between the bytes `at`, which is ASCII. For short texts this is faster than `str::split`.
pub(crate) fn split(text: &str, at: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let part = match text.as_bytes().iter().position(|byte| *byte == at) {
            Some(end) => {
                rest = Some(&text[end + 1..]);
                &text[..end]
            }
            None => rest.take()?,
        };
        Some(part)
    })
}

/// The name and value of each parameter, still encoded. Empty parameters carry nothing and are left out.
pub(crate) fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query
        .split('&')
        .filter(|parameter| !parameter.is_empty())
        .map(|parameter| parameter.split_once('=').unwrap_or((parameter, "")))
}

/// Appends `bytes` with everything but RFC 3986's unreserved characters and `kept` as `%XX`.
pub(crate) fn encode(bytes: &[u8], kept: Option<u8>, out: &mut Vec<u8>) {
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') || kept == Some(byte) {
            out.push(byte);
        } else {
            out.extend([b'%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
        }
    }
}

/// What a name or value of a query means: `%XX` is a byte and `+` a space.
pub(crate) fn decode(text: &str) -> Result<Cow<'_, [u8]>, IllegalEscape> {
    let bytes = text.as_bytes();
    if !bytes.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter();
    while let Some(&byte) = rest.next() {
        plain.push(match byte {
            b'+' => b' ',
            b'%' => escaped(rest.next(), rest.next()).ok_or(IllegalEscape)?,
            other => other,
        });
    }
    Ok(Cow::Owned(plain))
}

fn escaped(high: Option<&u8>, low: Option<&u8>) -> Option<u8> {
    let high = char::from(*high?).to_digit(16)?;
    let low = char::from(*low?).to_digit(16)?;
    u8::try_from(high * 16 + low).ok()
}
