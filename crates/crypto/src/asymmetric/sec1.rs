//! Keys on curves of Weierstrass form, as SEC 1 and RFC 5915 write them.

use super::der::{
    BIT_STRING, CONTEXT_0_OF, CONTEXT_1_OF, INTEGER, OCTET_STRING, Reader, SEQUENCE, element, only,
    whole_bytes,
};
use zeroize::Zeroizing;

const EC_PRIVATE_KEY_VERSION: [u8; 1] = [1];
const UNCOMPRESSED: u8 = 4;
/// id-ecPublicKey, before the name of the curve in an AlgorithmIdentifier.
const EC_PUBLIC_KEY_BYTES: usize = 9;

/// What an ECPrivateKey holds. The two halves are not compared.
pub(crate) struct EcPrivateKey<'a> {
    /// Not longer than a coordinate.
    pub(crate) scalar: &'a [u8],
    /// A point of the curve's size, compressed or not.
    pub(crate) point: Option<&'a [u8]>,
}

/// Reads an ECPrivateKey (RFC 5915) in DER, of the curve in this AlgorithmIdentifier. Its public half, and the curve's
/// name, may be absent.
pub(crate) fn read_private<'a>(
    algorithm: &[u8],
    coordinate_bytes: usize,
    private: &'a [u8],
) -> Option<EcPrivateKey<'a>> {
    let mut fields = Reader::new(only(SEQUENCE, private)?);
    let version = fields.take(INTEGER)?;
    let scalar = fields.take(OCTET_STRING)?;
    let name = fields.take_if(CONTEXT_0_OF)?;
    let point = fields.take_if(CONTEXT_1_OF)?;
    fields.finish()?;
    let point = match point {
        Some(bits) => Some(only(BIT_STRING, bits).and_then(whole_bytes)?),
        None => None,
    };
    let is_exact = version == EC_PRIVATE_KEY_VERSION
        && (1..=coordinate_bytes).contains(&scalar.len())
        && name.is_none_or(|name| name == &algorithm[EC_PUBLIC_KEY_BYTES..])
        && point.is_none_or(|point| is_encoded_point(coordinate_bytes, point));
    is_exact.then_some(EcPrivateKey { scalar, point })
}

/// The ECPrivateKey in the one form that is kept, whatever was imported: with its public half, without the curve's name.
pub(crate) fn write_private(scalar: &[u8], public: &[u8]) -> Zeroizing<Vec<u8>> {
    let point = element(BIT_STRING, &[&[0], public]);
    let fields = [
        element(INTEGER, &[&EC_PRIVATE_KEY_VERSION]),
        element(OCTET_STRING, &[scalar]),
        element(CONTEXT_1_OF, &[&point]),
    ];
    element(SEQUENCE, &[&fields[0], &fields[1], &fields[2]])
}

/// Whether these may be the bytes of a point that `PublicKey` writes: uncompressed.
pub(crate) fn is_public(coordinate_bytes: usize, public: &[u8]) -> Option<()> {
    (public.first() == Some(&UNCOMPRESSED) && is_encoded_point(coordinate_bytes, public)).then_some(())
}

/// Whether a point has the size that it has on a curve of such coordinates, compressed or not.
pub(crate) fn is_encoded_point(coordinate_bytes: usize, point: &[u8]) -> bool {
    match point {
        [UNCOMPRESSED, rest @ ..] => rest.len() == 2 * coordinate_bytes,
        [2 | 3, rest @ ..] => rest.len() == coordinate_bytes,
        _ => false,
    }
}

/// The uncompressed point of two coordinates of the same size.
pub(crate) fn uncompressed(x: &[u8], y: &[u8]) -> Vec<u8> {
    [&[UNCOMPRESSED], x, y].concat()
}
