//! The identifiers of requests and events: version 4 UUIDs made from random bytes that the caller supplies.

use std::fmt;

use crate::hex;

/// Bytes of a UUID's text.
const UUID_TEXT_BYTES: usize = 36;

/// Names one request; the caller reads it in `x-amzn-RequestId`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId([u8; 16]);

/// Names one record.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct EventId([u8; 16]);

impl RequestId {
    /// The identifier that these random bytes make.
    pub fn from_random(random: [u8; 16]) -> RequestId {
        RequestId(version_4(random))
    }

    /// The identifier of this number.
    pub fn of_u128(number: u128) -> RequestId {
        RequestId(number.to_be_bytes())
    }

    /// Its number.
    pub fn as_u128(&self) -> u128 {
        u128::from_be_bytes(self.0)
    }

    /// The identifier with these 32 digits; whatever else stands between them is passed over.
    pub fn parse(text: &str) -> Option<RequestId> {
        number(text).map(RequestId::of_u128)
    }

    /// Its text, as ASCII.
    pub fn text(&self) -> [u8; UUID_TEXT_BYTES] {
        uuid_text(&self.0)
    }
}

impl EventId {
    /// The identifier that these random bytes make.
    pub fn from_random(random: [u8; 16]) -> EventId {
        EventId(version_4(random))
    }

    /// The identifier with these 32 digits; whatever else stands between them is passed over.
    pub fn parse(text: &str) -> Option<EventId> {
        number(text).map(EventId::of_u128)
    }

    /// The identifier of this number.
    pub fn of_u128(number: u128) -> EventId {
        EventId(number.to_be_bytes())
    }

    /// Its number.
    pub fn as_u128(&self) -> u128 {
        u128::from_be_bytes(self.0)
    }

    pub(crate) fn text(&self) -> [u8; UUID_TEXT_BYTES] {
        uuid_text(&self.0)
    }
}

fn number(text: &str) -> Option<u128> {
    let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
    u128::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 32)
}

fn version_4(mut random: [u8; 16]) -> [u8; 16] {
    random[6] = random[6] & 0x0f | 0x40;
    random[8] = random[8] & 0x3f | 0x80;
    random
}

fn uuid_text(bytes: &[u8; 16]) -> [u8; UUID_TEXT_BYTES] {
    let mut text = [b'-'; UUID_TEXT_BYTES];
    let mut at = 0;
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            at += 1;
        }
        text[at..at + 2].copy_from_slice(&hex::pair(*byte));
        at += 2;
    }
    text
}

fn show(text: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(std::str::from_utf8(text).unwrap_or(""))
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(&self.text(), f)
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(&self.text(), f)
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(&self.text(), f)
    }
}

impl fmt::Debug for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(&self.text(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_bytes_become_a_version_4_uuid() {
        assert_eq!(RequestId::from_random([0xff; 16]).to_string(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(EventId::from_random([0; 16]).to_string(), "00000000-0000-4000-8000-000000000000");
    }
}
