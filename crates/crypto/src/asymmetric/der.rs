//! DER as keys need it: one encoding for each value, and nothing lenient about it.

use zeroize::Zeroizing;

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const SEQUENCE: u8 = 0x30;
/// `[0]` and `[1]` around bytes.
pub(crate) const CONTEXT_0: u8 = 0x80;
pub(crate) const CONTEXT_1: u8 = 0x81;
/// `[0]` and `[1]` around elements.
pub(crate) const CONTEXT_0_OF: u8 = 0xa0;
pub(crate) const CONTEXT_1_OF: u8 = 0xa1;

/// The first byte of a length that stands in bytes of its own; its lower bits count them.
const LONG_LENGTH: u8 = 0x80;
const LENGTH_BYTES_MAX: u8 = 4;
const SIGN: u8 = 0x80;

/// Takes elements from the front of bytes; whatever is not as expected is `None`.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader(bytes)
    }

    /// The contents of the next element, which has this tag.
    pub(crate) fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (found, contents, behind) = split_element(self.0)?;
        self.0 = behind;
        (found == tag).then_some(contents)
    }

    /// The contents of the next element when it has this tag; the outer `None` is for bytes that are no element.
    pub(crate) fn take_if(&mut self, tag: u8) -> Option<Option<&'a [u8]>> {
        match self.0.first() {
            Some(first) if *first == tag => self.take(tag).map(Some),
            _ => Some(None),
        }
    }

    /// The digits of the next element, an integer above zero.
    pub(crate) fn take_positive(&mut self) -> Option<&'a [u8]> {
        match self.take(INTEGER)? {
            [] | [0] => None,
            [0, digits @ ..] => (digits[0] & SIGN != 0).then_some(digits),
            digits => (digits[0] & SIGN == 0).then_some(digits),
        }
    }

    /// That nothing is left.
    pub(crate) fn finish(self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

/// The contents of the one element that all of `bytes` are.
pub(crate) fn only(tag: u8, bytes: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(bytes);
    let contents = reader.take(tag)?;
    reader.finish().map(|()| contents)
}

/// Bytes of a bit string that are whole.
pub(crate) fn whole_bytes(bit_string: &[u8]) -> Option<&[u8]> {
    match bit_string {
        [0, bytes @ ..] => Some(bytes),
        _ => None,
    }
}

/// An element with these contents, in a buffer that never grew.
pub(crate) fn element(tag: u8, parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let digits = length.to_be_bytes();
    let digits = &digits[(length.leading_zeros() / u8::BITS) as usize..];
    let mut element = Zeroizing::new(Vec::with_capacity(2 + digits.len() + length));
    element.push(tag);
    if length >= usize::from(LONG_LENGTH) {
        element.push(LONG_LENGTH | digits.len() as u8);
        element.extend_from_slice(digits);
    } else {
        element.push(length as u8);
    }
    parts.iter().for_each(|part| element.extend_from_slice(part));
    element
}

/// The integer of these digits, of which one at least is not zero.
pub(crate) fn positive(digits: &[u8]) -> Zeroizing<Vec<u8>> {
    let zeros = digits.iter().take_while(|digit| **digit == 0).count();
    let digits = &digits[zeros..];
    let sign: &[u8] = if digits.first().is_some_and(|first| first & SIGN != 0) { &[0] } else { &[] };
    element(INTEGER, &[sign, digits])
}

/// Tag, contents, and what is behind.
fn split_element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, first], rest) = bytes.split_first_chunk()?;
    let (length, rest) = match first {
        0..LONG_LENGTH => (usize::from(first), rest),
        LONG_LENGTH.. => long_length(first & !LONG_LENGTH, rest)?,
    };
    let (contents, behind) = rest.split_at_checked(length)?;
    Some((tag, contents, behind))
}

fn long_length(digits: u8, rest: &[u8]) -> Option<(usize, &[u8])> {
    if digits == 0 || digits > LENGTH_BYTES_MAX {
        return None;
    }
    let (digits, rest) = rest.split_at_checked(usize::from(digits))?;
    let length = digits.iter().fold(0, |length, digit| length << u8::BITS | usize::from(*digit));
    let is_shortest = digits[0] != 0 && length >= usize::from(LONG_LENGTH);
    is_shortest.then_some((length, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_the_shortest_length_is_read() {
        assert_eq!(only(4, &[4, 1, 7]), Some(&[7][..]));
        for longer in
            [&[4, 0x81, 1, 7][..], &[4, 0x82, 0, 1, 7], &[4, 0x80, 7, 0, 0], &[4, 0x85, 0, 0, 0, 0, 1, 7]]
        {
            assert_eq!(only(4, longer), None, "{longer:?}");
        }
        assert_eq!(only(4, &[4, 2, 7]), None);
        assert_eq!(only(4, &[4, 1, 7, 0]), None);
        assert_eq!(only(4, &[5, 1, 7]), None);
        assert_eq!(only(4, &[4]), None);
    }

    #[test]
    fn an_integer_above_zero_has_one_encoding() {
        let read = |bytes: &[u8]| Reader::new(bytes).take_positive().map(<[u8]>::to_vec);
        assert_eq!(read(&[2, 1, 0x7f]), Some(vec![0x7f]));
        assert_eq!(read(&[2, 2, 0, 0x80]), Some(vec![0x80]));
        for wrong in [&[2, 0][..], &[2, 1, 0], &[2, 1, 0x80], &[2, 2, 0, 0x7f], &[2, 2, 0, 0], &[3, 1, 1]] {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn an_integer_is_written_as_it_is_read(digits in proptest::collection::vec(any::<u8>(), 1..40), zeros in 0..3_usize) {
            let first = digits[0].max(1);
            let digits = [&[first][..], &digits[1..]].concat();
            let padded = [&vec![0; zeros][..], &digits].concat();
            let integer = positive(&padded);
            let mut reader = Reader::new(&integer);
            prop_assert_eq!(reader.take_positive(), Some(&digits[..]));
            prop_assert_eq!(reader.finish(), Some(()));
        }

        #[test]
        fn what_is_written_is_read(tag: u8, contents in proptest::collection::vec(any::<u8>(), 0..70_000)) {
            let (left, right) = contents.split_at(contents.len() / 3);
            let element = element(tag, &[left, right]);
            prop_assert_eq!(only(tag, &element), Some(&contents[..]));
        }
    }
}
