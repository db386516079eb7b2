//! The public name of one version of key material.

use crate::message::{KEY_ID_BYTES, key_form};
use claviger_names::KeyId;
use serde::ser::Error as _;
use std::fmt;
use std::str::FromStr;

/// Bytes of a material id.
pub const MATERIAL_ID_BYTES: usize = 32;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Names one key material of one key, in every Region alike; written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MaterialId([u8; MATERIAL_ID_BYTES]);

/// The text is no material id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a material id is 64 lower-case hexadecimal digits")]
pub struct MalformedMaterialId;

impl MaterialId {
    /// The id of these bytes.
    pub const fn from_bytes(bytes: [u8; MATERIAL_ID_BYTES]) -> MaterialId {
        MaterialId(bytes)
    }

    /// Its bytes.
    pub const fn bytes(&self) -> &[u8; MATERIAL_ID_BYTES] {
        &self.0
    }

    fn digits(&self) -> [u8; 2 * MATERIAL_ID_BYTES] {
        let mut digits = [0; 2 * MATERIAL_ID_BYTES];
        for (pair, byte) in digits.as_chunks_mut().0.iter_mut().zip(self.0) {
            *pair = [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
        }
        digits
    }
}

/// The form and the bytes of a key id: what a material id is bound to beside the material.
pub(crate) fn named_key(key: &KeyId) -> [u8; 1 + KEY_ID_BYTES] {
    let mut named = [key_form(key); 1 + KEY_ID_BYTES];
    named[1..].copy_from_slice(key.bytes());
    named
}

impl FromStr for MaterialId {
    type Err = MalformedMaterialId;

    fn from_str(text: &str) -> Result<MaterialId, MalformedMaterialId> {
        let digits: &[u8; 2 * MATERIAL_ID_BYTES] =
            text.as_bytes().try_into().map_err(|_| MalformedMaterialId)?;
        let mut id = [0; MATERIAL_ID_BYTES];
        for (byte, pair) in id.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
        }
        Ok(MaterialId(id))
    }
}

fn nibble(digit: u8) -> Result<u8, MalformedMaterialId> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(MalformedMaterialId),
    }
}

impl fmt::Display for MaterialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.digits()).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for MaterialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl serde::Serialize for MaterialId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Not by way of Display: every answer of the data plane names its material.
        serializer.serialize_str(std::str::from_utf8(&self.digits()).map_err(S::Error::custom)?)
    }
}

impl<'de> serde::Deserialize<'de> for MaterialId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<MaterialId, D::Error> {
        let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_64_lower_case_digits_and_reads_back() {
        let id = MaterialId(std::array::from_fn(|at| 8 * at as u8 + 1));
        let text = id.to_string();
        assert_eq!(&text[..16], "0109111921293139");
        assert_eq!(text.parse(), Ok(id));
        assert_eq!(serde_json::from_str::<MaterialId>(&serde_json::to_string(&id).unwrap()).unwrap(), id);
        for wrong in ["", &text[1..], &text.to_uppercase(), &format!("{text}0"), &text.replace('9', "g")] {
            assert_eq!(wrong.parse::<MaterialId>(), Err(MalformedMaterialId), "{wrong}");
        }
    }
}
