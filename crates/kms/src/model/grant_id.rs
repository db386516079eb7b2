//! The name of a grant.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Bytes of a grant's id.
const GRANT_ID_BYTES: usize = 32;

/// Names one grant: 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct GrantId([u8; GRANT_ID_BYTES]);

/// The text is no grant id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a grant id is 64 lower-case hexadecimal digits")]
pub(crate) struct MalformedGrantId;

impl GrantId {
    /// The id that these random bytes make.
    pub(crate) fn from_random(random: [u8; GRANT_ID_BYTES]) -> GrantId {
        GrantId(random)
    }

    /// Its bytes.
    pub(crate) fn bytes(&self) -> [u8; GRANT_ID_BYTES] {
        self.0
    }
}

impl fmt::Display for GrantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for GrantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for GrantId {
    type Err = MalformedGrantId;

    fn from_str(text: &str) -> Result<GrantId, MalformedGrantId> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != 2 * GRANT_ID_BYTES || !text.bytes().all(is_digit) {
            return Err(MalformedGrantId);
        }
        let mut bytes = [0; GRANT_ID_BYTES];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).map_err(|_| MalformedGrantId)?;
        }
        Ok(GrantId(bytes))
    }
}

impl Serialize for GrantId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for GrantId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<GrantId, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_id_is_64_lower_case_digits() {
        let id = GrantId::from_random([0xab; 32]);
        assert_eq!(id.to_string().parse(), Ok(id));
        for wrong in ["", "ab", &"AB".repeat(32), &"g".repeat(64)] {
            assert_eq!(wrong.parse::<GrantId>(), Err(MalformedGrantId), "{wrong}");
        }
    }
}
