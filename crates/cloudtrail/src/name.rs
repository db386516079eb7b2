//! The name of a trail, and what is wrong with a text that is none.

use std::fmt;

const NAME_CHARACTERS_MIN: usize = 3;
const NAME_CHARACTERS_MAX: usize = 128;

/// 3 to 128 letters, digits, dots, underscores and dashes: a letter or digit at both ends, no two signs in a row, and no
/// IPv4 address.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrailName(Box<str>);

/// Why a text is no trail's name, in AWS's words where they are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedTrailName {
    /// Nothing at all.
    #[error("Trail name cannot be blank!")]
    Blank,
    /// Fewer than three characters.
    #[error(
        "Trail name too short. Minimum allowed length: {NAME_CHARACTERS_MIN} characters. Specified name length: {0} characters."
    )]
    TooShort(usize),
    /// More than 128 characters.
    #[error(
        "Trail name too long. Maximum allowed length: {NAME_CHARACTERS_MAX} characters. Specified name length: {0} characters."
    )]
    TooLong(usize),
    /// The first character is a sign.
    #[error("Trail name must starts with a letter or number.")]
    Start,
    /// The last character is a sign.
    #[error("Trail name must ends with a letter or number.")]
    End,
    /// A character that names do not have.
    #[error(
        "Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens (-), and underscores (_)."
    )]
    Character,
    /// Two signs in a row.
    #[error("Trail name must not have adjacent periods, hyphens or underscores.")]
    AdjacentSigns,
    /// `192.168.5.4`
    #[error("Trail name must not be formatted as an IP address.")]
    Address,
}

impl TrailName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name that the text is.
    pub fn parse(text: &str) -> Result<TrailName, MalformedTrailName> {
        let characters = text.chars().count();
        let is_sign = |byte: u8| b"._-".contains(&byte);
        let is_end = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
        let bytes = text.as_bytes();
        let fault = match characters {
            0 => Some(MalformedTrailName::Blank),
            1..NAME_CHARACTERS_MIN => Some(MalformedTrailName::TooShort(characters)),
            NAME_CHARACTERS_MIN..=NAME_CHARACTERS_MAX => None,
            _ => Some(MalformedTrailName::TooLong(characters)),
        };
        let fault = fault.or_else(|| {
            if !bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || is_sign(*byte)) {
                Some(MalformedTrailName::Character)
            } else if !is_end(bytes.first()) {
                Some(MalformedTrailName::Start)
            } else if !is_end(bytes.last()) {
                Some(MalformedTrailName::End)
            } else if bytes.windows(2).any(|pair| is_sign(pair[0]) && is_sign(pair[1])) {
                Some(MalformedTrailName::AdjacentSigns)
            } else {
                is_address(text).then_some(MalformedTrailName::Address)
            }
        });
        fault.map_or_else(|| Ok(TrailName(text.into())), Err)
    }
}

fn is_address(text: &str) -> bool {
    text.parse::<std::net::Ipv4Addr>().is_ok()
}

impl fmt::Display for TrailName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TrailName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl serde::Serialize for TrailName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for TrailName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<TrailName, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        TrailName::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_trails_keep_every_rule() {
        use MalformedTrailName::{Address, AdjacentSigns, Blank, Character, End, Start, TooLong, TooShort};
        for name in ["abc", "a-b_c.d", "192.168.5", "192.168.5.400", &"x".repeat(128)] {
            assert_eq!(TrailName::parse(name).map(|parsed| parsed.as_str() == name), Ok(true), "{name}");
        }
        for (text, fault) in [
            ("", Blank),
            ("ab", TooShort(2)),
            (&"x".repeat(129), TooLong(129)),
            ("-ab", Start),
            ("ab.", End),
            ("a b", Character),
            ("aéb", Character),
            ("my-_name", AdjacentSigns),
            ("my--name", AdjacentSigns),
            ("192.168.5.4", Address),
        ] {
            assert_eq!(TrailName::parse(text), Err(fault), "{text}");
        }
    }
}
