//! Bytes as two lower-case hexadecimal digits each, from a table: every record writes well over a hundred.

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

/// The two digits of a byte.
pub(crate) fn pair(byte: u8) -> [u8; 2] {
    PAIRS[usize::from(byte)]
}

/// The byte that two lower-case digits write.
pub(crate) fn byte(high: u8, low: u8) -> Option<u8> {
    let value = |digit| DIGITS.iter().position(|&known| known == digit);
    u8::try_from(value(high)? << 4 | value(low)?).ok()
}
