//! Bytes as two lower-case hexadecimal digits each, from tables: every record writes well over a hundred.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

const PAIRS: [[u8; 2]; 256] = pairs();

const fn pairs() -> [[u8; 2]; 256] {
    let mut pairs = [[0; 2]; 256];
    let mut byte = 0;
    while byte < pairs.len() {
        pairs[byte] = [DIGITS[byte >> 4], DIGITS[byte & 0xf]];
        byte += 1;
    }
    pairs
}

/// What each character is worth as a digit.
const VALUES: [Option<u8>; 256] = values();

const fn values() -> [Option<u8>; 256] {
    let mut values = [None; 256];
    let mut value = 0;
    while value < DIGITS.len() {
        values[DIGITS[value] as usize] = Some(value as u8);
        value += 1;
    }
    values
}

/// The two digits of a byte.
pub(crate) fn pair(byte: u8) -> [u8; 2] {
    PAIRS[usize::from(byte)]
}

/// The byte that two lower-case digits write.
pub(crate) fn byte(high: u8, low: u8) -> Option<u8> {
    Some(VALUES[usize::from(high)]? << 4 | VALUES[usize::from(low)]?)
}
