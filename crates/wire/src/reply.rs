//! Answers as bytes.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::ser::{Serialize, Serializer};
use serde_json::ser::Formatter;
use zeroize::Zeroize as _;

/// Bytes that are encoded at a time: a multiple of three, so that only the last have padding.
const BASE64_CHUNK_BYTES: usize = 192;

/// Bytes that stand in an answer as Base64.
pub struct Base64<B>(pub B);

impl<B: AsRef<[u8]>> Serialize for Base64<B> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0.as_ref())
    }
}

/// JSON whose bytes are Base64, which needs no escaping.
struct WithBase64;

impl Formatter for WithBase64 {
    fn write_byte_array<W: ?Sized + io::Write>(&mut self, writer: &mut W, bytes: &[u8]) -> io::Result<()> {
        let mut text = [0; base64_bytes(BASE64_CHUNK_BYTES)];
        writer.write_all(b"\"")?;
        let written = bytes.chunks(BASE64_CHUNK_BYTES).try_for_each(|chunk| {
            let length = STANDARD.encode_slice(chunk, &mut text).map_err(io::Error::other)?;
            writer.write_all(&text[..length])
        });
        // It may be plaintext: nothing of it stays behind. Only what was used is wiped, byte by byte.
        text[..base64_bytes(bytes.len().min(BASE64_CHUNK_BYTES))].zeroize();
        written?;
        writer.write_all(b"\"")
    }
}

/// Appends an answer as JSON.
pub fn write_json(answer: &impl Serialize, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    answer.serialize(&mut serde_json::Serializer::with_formatter(out, WithBase64))
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
        let (mut json, long) = (Vec::new(), vec![0; 2 * BASE64_CHUNK_BYTES + 1]);
        write_json(&(Base64(b"\xff\xfe"), Base64(b""), Base64(&long)), &mut json).unwrap();
        assert_eq!(json, format!("[\"//4=\",\"\",\"{}\"]", STANDARD.encode(&long)).into_bytes());
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
