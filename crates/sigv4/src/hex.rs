//! Lower-case hexadecimal of 32 bytes, the only form in which hashes and signatures are written.

use aws_lc_rs::digest;

/// 32 bytes as 64 lower-case digits.
pub(crate) type Hex = [u8; 64];

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The SHA-256 of `bytes` in hex.
pub(crate) fn sha256(bytes: &[u8]) -> Hex {
    encode(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// The first 32 of `bytes` in hex.
pub(crate) fn encode(bytes: &[u8]) -> Hex {
    let mut hex = [b'0'; 64];
    for (pair, byte) in hex.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    hex
}

/// The 32 bytes that 64 lower-case digits stand for; none for any other text.
pub(crate) fn decode(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = (digit(pair[0])? << 4) | digit(pair[1])?;
    }
    Some(bytes)
}

fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let bytes: [u8; 32] = std::array::from_fn(|at| u8::try_from(at * 8 + 7).unwrap());
        let text = String::from_utf8(encode(&bytes).to_vec()).unwrap();
        assert!(text.starts_with("070f171f") && text.ends_with("f7ff"));
        assert_eq!(decode(&text), Some(bytes));
    }

    #[test]
    fn only_64_lower_case_digits_are_read() {
        for odd in ["A", "F", "g", "`", "/", ":", " ", "+", "\0"] {
            assert_eq!(decode(&format!("{odd}{}", "0".repeat(63))), None, "{odd}");
            assert_eq!(decode(&format!("{}{odd}", "0".repeat(63))), None, "{odd}");
        }
        for length in [0, 1, 62, 63, 65, 66, 128] {
            assert_eq!(decode(&"0".repeat(length)), None, "{length}");
        }
        assert_eq!(decode(&"é".repeat(32)), None);
    }
}
