//! Lower-case hexadecimal of 32 bytes, the only form in which hashes and signatures are written.

use aws_lc_rs::digest;

/// No digit.
const NONE: u8 = 0xff;

/// What each character stands for as a digit.
const VALUES: [u8; 256] = values();

const fn values() -> [u8; 256] {
    let mut values = [NONE; 256];
    let mut value = 0;
    while value < DIGITS.len() {
        values[DIGITS[value] as usize] = value as u8;
        value += 1;
    }
    values
}

/// 32 bytes as 64 lower-case digits.
pub(crate) type Hex = [u8; 64];

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The two digits of every byte.
const PAIRS: [[u8; 2]; 256] = pairs();

const fn pairs() -> [[u8; 2]; 256] {
    let mut pairs = [[0; 2]; 256];
    let mut byte = 0;
    while byte < pairs.len() {
        pairs[byte] = [DIGITS[byte >> 4], DIGITS[byte & 15]];
        byte += 1;
    }
    pairs
}

/// The SHA-256 of `bytes` in hex.
pub(crate) fn sha256(bytes: &[u8]) -> Hex {
    encode(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// The first 32 of `bytes` in hex.
pub(crate) fn encode(bytes: &[u8]) -> Hex {
    let mut hex = [b'0'; 64];
    for (pair, byte) in hex.as_chunks_mut::<2>().0.iter_mut().zip(bytes) {
        *pair = PAIRS[usize::from(*byte)];
    }
    hex
}

/// The 32 bytes that 64 lower-case digits stand for; none for any other text.
pub(crate) fn decode(text: &str) -> Option<[u8; 32]> {
    let digits: &Hex = text.as_bytes().try_into().ok()?;
    let values = digits.map(|digit| VALUES[usize::from(digit)]);
    let is_hex = !values.contains(&NONE);
    is_hex.then(|| std::array::from_fn(|at| (values[2 * at] << 4) | values[2 * at + 1]))
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
