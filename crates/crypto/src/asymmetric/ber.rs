//! BER to DER: keys come from tools that write indefinite lengths, long lengths and strings in pieces.

use super::der::{OCTET_STRING, element, only};
use zeroize::Zeroizing;

/// The most bytes that are read; a PKCS#8 of RSA-4096 has 2400.
const BYTES_MAX: usize = 16 << 10;
/// How many elements may stand in one another.
const DEPTH_MAX: usize = 8;

const CONSTRUCTED: u8 = 0x20;
const OCTET_STRINGS: u8 = OCTET_STRING | CONSTRUCTED;
const NUMBER: u8 = 0x1f;
const LONG_LENGTH: u8 = 0x80;
const LENGTH_BYTES_MAX: u8 = 4;
const END: [u8; 2] = [0, 0];

/// The same element in DER, when `ber` is one element and nothing more.
///
/// What is inside a primitive element is taken as it is.
pub(crate) fn to_der(ber: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut rest = ber;
    let der = (ber.len() <= BYTES_MAX).then(|| convert(&mut rest, DEPTH_MAX))??;
    rest.is_empty().then_some(der)
}

fn convert(rest: &mut &[u8], depth: usize) -> Option<Zeroizing<Vec<u8>>> {
    let depth = depth.checked_sub(1)?;
    let (&tag, behind) = rest.split_first()?;
    *rest = behind;
    if tag & NUMBER == NUMBER {
        return None;
    }
    match (tag & CONSTRUCTED != 0, take_length(rest)?) {
        (false, Some(length)) => Some(element(tag, &[take(rest, length)?])),
        (false, None) => None,
        (true, Some(length)) => {
            let mut contents = take(rest, length)?;
            let mut children = Vec::new();
            while !contents.is_empty() {
                children.push(convert(&mut contents, depth)?);
            }
            join(tag, &children)
        }
        (true, None) => {
            let mut children = Vec::new();
            while !rest.starts_with(&END) {
                children.push(convert(rest, depth)?);
            }
            take(rest, END.len())?;
            join(tag, &children)
        }
    }
}

fn join(tag: u8, children: &[Zeroizing<Vec<u8>>]) -> Option<Zeroizing<Vec<u8>>> {
    let children = children.iter().map(|child| child.as_slice());
    match tag {
        OCTET_STRINGS => {
            let pieces = children.map(|child| only(OCTET_STRING, child)).collect::<Option<Vec<_>>>()?;
            Some(element(OCTET_STRING, &pieces))
        }
        _ => Some(element(tag, &children.collect::<Vec<_>>())),
    }
}

/// The length, `None` inside when it is indefinite.
fn take_length(rest: &mut &[u8]) -> Option<Option<usize>> {
    let (&first, behind) = rest.split_first()?;
    *rest = behind;
    match first {
        0..LONG_LENGTH => Some(Some(usize::from(first))),
        LONG_LENGTH => Some(None),
        _ if first & !LONG_LENGTH > LENGTH_BYTES_MAX => None,
        _ => {
            let digits = take(rest, usize::from(first & !LONG_LENGTH))?;
            Some(Some(digits.iter().fold(0, |length, digit| length << u8::BITS | usize::from(*digit))))
        }
    }
}

fn take<'a>(rest: &mut &'a [u8], bytes: usize) -> Option<&'a [u8]> {
    let (taken, behind) = rest.split_at_checked(bytes)?;
    *rest = behind;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn der(ber: &[u8]) -> Option<Vec<u8>> {
        to_der(ber).map(|der| der.to_vec())
    }

    #[test]
    fn every_form_becomes_the_one_of_der() {
        let expected = Some(vec![0x30, 6, 2, 1, 1, 4, 1, 9]);
        assert_eq!(der(&[0x30, 6, 2, 1, 1, 4, 1, 9]), expected);
        assert_eq!(der(&[0x30, 0x82, 0, 6, 2, 1, 1, 4, 1, 9]), expected);
        assert_eq!(der(&[0x30, 0x80, 2, 1, 1, 4, 0x81, 1, 9, 0, 0]), expected);
        assert_eq!(der(&[0x24, 0x80, 4, 1, 1, 0x24, 3, 4, 1, 2, 4, 0, 0, 0]), Some(vec![4, 2, 1, 2]));
    }

    #[test]
    fn what_is_not_one_element_is_refused() {
        let nested = [[0x30, 0x80]; DEPTH_MAX + 1].concat();
        let unfinished = [0x30, 0x80, 2, 1, 1];
        let too_long = [vec![4, 0x82, 0x40, 0], vec![0; BYTES_MAX]].concat();
        for wrong in [
            &[][..],
            &[2],
            &[2, 1],
            &[2, 1, 1, 0],
            &[4, 0x80, 0, 0],
            &[0x1f, 1, 1, 1],
            &[4, 0x85, 0, 0, 0, 0, 1, 1],
            &[0x24, 3, 2, 1, 1],
            &nested,
            &unfinished,
            &too_long,
        ] {
            assert_eq!(der(wrong), None, "{:?}", &wrong[..wrong.len().min(16)]);
        }
    }

    proptest! {
        #[test]
        fn der_stays_as_it_is(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let inner = element(OCTET_STRING, &[&bytes]);
            let outer = element(0x30, &[&inner, &inner]);
            prop_assert_eq!(der(&outer), Some(outer.to_vec()));
        }

        #[test]
        fn no_bytes_make_it_fail_otherwise(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Some(once) = der(&bytes) {
                prop_assert_eq!(der(&once), Some(once));
            }
        }
    }
}
