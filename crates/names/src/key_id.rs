//! The id of a key: a UUID, or `mrk-` and 32 hexadecimal digits for a multi-Region key.

use std::fmt;
use std::str::FromStr;

/// A key's id. Both forms carry sixteen bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyId {
    /// `1234abcd-12ab-34cd-56ef-1234567890ab`
    SingleRegion([u8; 16]),
    /// `mrk-1234abcd12ab34cd56ef1234567890ab`
    MultiRegion([u8; 16]),
}

/// The text is not a key id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key id is a UUID or mrk- and 32 hexadecimal digits")]
pub struct MalformedKeyId;

/// Where a UUID has its dashes.
const DASHES: [usize; 4] = [8, 13, 18, 23];

impl KeyId {
    /// A fresh single-Region id from sixteen random bytes: a version 4 UUID.
    pub fn single_region(mut random: [u8; 16]) -> KeyId {
        random[6] = (random[6] & 0x0f) | 0x40;
        random[8] = (random[8] & 0x3f) | 0x80;
        KeyId::SingleRegion(random)
    }

    /// A fresh multi-Region id from sixteen random bytes.
    pub fn multi_region(random: [u8; 16]) -> KeyId {
        KeyId::MultiRegion(random)
    }

    /// Whether this is the id of a multi-Region key.
    pub fn is_multi_region(&self) -> bool {
        matches!(self, KeyId::MultiRegion(_))
    }

    /// The sixteen bytes that the id writes in hexadecimal.
    pub fn bytes(&self) -> &[u8; 16] {
        match self {
            KeyId::SingleRegion(bytes) | KeyId::MultiRegion(bytes) => bytes,
        }
    }
}

impl FromStr for KeyId {
    type Err = MalformedKeyId;

    fn from_str(text: &str) -> Result<KeyId, MalformedKeyId> {
        if let Some(digits) = text.strip_prefix("mrk-") {
            let digits = digits.as_bytes().try_into().map_err(|_| MalformedKeyId)?;
            return bytes_of(digits).map(KeyId::MultiRegion);
        }
        let text: &[u8; UUID_TEXT_BYTES] = text.as_bytes().try_into().map_err(|_| MalformedKeyId)?;
        if DASHES.iter().any(|at| text[*at] != b'-') {
            return Err(MalformedKeyId);
        }
        bytes_of(&UUID_DIGITS.map(|at| text[at])).map(KeyId::SingleRegion)
    }
}

/// Characters of a UUID.
const UUID_TEXT_BYTES: usize = 36;

/// Where a UUID has its digits.
const UUID_DIGITS: [usize; 32] = uuid_digits();

const fn uuid_digits() -> [usize; 32] {
    let mut digits = [0; 32];
    let (mut at, mut found) = (0, 0);
    while found < digits.len() {
        if !matches!(at, 8 | 13 | 18 | 23) {
            digits[found] = at;
            found += 1;
        }
        at += 1;
    }
    digits
}

/// No digit.
const NONE: u8 = 0xff;

/// What each character stands for as a lower-case hexadecimal digit.
const DIGIT_VALUES: [u8; 256] = digit_values();

const fn digit_values() -> [u8; 256] {
    let mut values = [NONE; 256];
    let mut value = 0;
    while value < 16 {
        values[b"0123456789abcdef"[value as usize] as usize] = value;
        value += 1;
    }
    values
}

fn bytes_of(digits: &[u8; 32]) -> Result<[u8; 16], MalformedKeyId> {
    let values = digits.map(|digit| DIGIT_VALUES[usize::from(digit)]);
    if values.contains(&NONE) {
        return Err(MalformedKeyId);
    }
    Ok(std::array::from_fn(|at| values[2 * at] << 4 | values[2 * at + 1]))
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0_u8; 36];
        let mut at = 0;
        if self.is_multi_region() {
            text[..4].copy_from_slice(b"mrk-");
            at = 4;
        }
        for byte in self.bytes() {
            if !self.is_multi_region() && DASHES.contains(&at) {
                text[at] = b'-';
                at += 1;
            }
            text[at] = DIGITS[usize::from(byte >> 4)];
            text[at + 1] = DIGITS[usize::from(byte & 15)];
            at += 2;
        }
        f.pad(std::str::from_utf8(&text[..at]).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

crate::text::serde_as_text!(KeyId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_written_as_they_were_read() {
        for text in ["1234abcd-12ab-34cd-56ef-1234567890ab", "mrk-1234abcd12ab34cd56ef1234567890ab"] {
            assert_eq!(text.parse::<KeyId>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_neither_form_is_refused() {
        let wrong = [
            "",
            "fake-key-id",
            "1234abcd12ab34cd56ef1234567890ab",
            "mrk-fake-key-id",
            "mrk-",
            "1234ABCD-12ab-34cd-56ef-1234567890ab",
            "1234abcd-12ab-34cd-56ef-1234567890a",
            "1234abcd-12ab-34cd-56ef-1234567890abc",
            "1234abcd-12ab-34cd-56ef-1234567890é",
            "mrk-1234abcd12ab34cd56ef1234567890abc",
            "1234abcd-12ab-34cd-56ef1-234567890ab",
        ];
        for text in wrong {
            assert_eq!(text.parse::<KeyId>(), Err(MalformedKeyId), "{text}");
        }
    }

    #[test]
    fn a_fresh_id_is_a_version_4_uuid() {
        assert_eq!(KeyId::single_region([0xff; 16]).to_string(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(KeyId::single_region([0; 16]).to_string(), "00000000-0000-4000-8000-000000000000");
    }
}
