//! Answers as bytes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::ser::{Error as _, Serialize, Serializer};
use zeroize::Zeroizing;

/// Bytes that stand in an answer as Base64.
pub struct Base64<B>(pub B);

impl<B: AsRef<[u8]>> Serialize for Base64<B> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes = self.0.as_ref();
        // It may be plaintext: nothing of it stays behind.
        let mut text = Zeroizing::new(vec![0; base64_bytes(bytes.len())]);
        let length = STANDARD.encode_slice(bytes, &mut text).map_err(S::Error::custom)?;
        serializer.serialize_str(std::str::from_utf8(&text[..length]).map_err(S::Error::custom)?)
    }
}

/// How many bytes so many take in Base64, a little more where bytes of several values are counted together.
pub const fn base64_bytes(bytes: usize) -> usize {
    // Each value may be padded by up to four.
    bytes.div_ceil(3) * 4 + 8
}

/// A moment that stands in an answer as seconds since 1970, with milliseconds as fraction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EpochSeconds(pub Timestamp);

impl Serialize for EpochSeconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0.as_millisecond() as f64 / 1000.0)
    }
}

/// The body of an error: its shape name and, where AWS gives one, its message. AWS spells the member of
/// AccessDeniedException with a capital.
pub fn error_body(shape: &str, message: Option<&str>) -> Vec<u8> {
    let text = |text: &str| serde_json::Value::from(text).to_string();
    let body = match message {
        None => format!("{{\"__type\":{}}}", text(shape)),
        Some(message) if shape == "AccessDeniedException" => {
            format!("{{\"__type\":{},\"Message\":{}}}", text(shape), text(message))
        }
        Some(message) => format!("{{\"__type\":{},\"message\":{}}}", text(shape), text(message)),
    };
    body.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_moments_are_written_as_the_sdks_read_them() {
        let moment = Timestamp::from_millisecond(1_568_565_290_120).unwrap();
        assert_eq!(serde_json::to_string(&EpochSeconds(moment)).unwrap(), "1568565290.12");
        assert_eq!(serde_json::to_string(&Base64(b"\xff\xfe")).unwrap(), "\"//4=\"");
    }

    #[test]
    fn errors_spell_their_message_as_aws_does() {
        assert_eq!(
            error_body("AccessDeniedException", Some("no \"x\"")),
            br#"{"__type":"AccessDeniedException","Message":"no \"x\""}"#
        );
        assert_eq!(
            error_body("ValidationException", Some("m")),
            br#"{"__type":"ValidationException","message":"m"}"#
        );
        assert_eq!(
            error_body("InvalidCiphertextException", None),
            br#"{"__type":"InvalidCiphertextException"}"#
        );
    }
}
