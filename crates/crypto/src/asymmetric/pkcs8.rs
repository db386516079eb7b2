//! The envelopes of keys: PKCS#8 around private ones, SubjectPublicKeyInfo around public ones.

use super::ber;
use super::der::{
    BIT_STRING, CONTEXT_0_OF, CONTEXT_1, INTEGER, OCTET_STRING, Reader, SEQUENCE, element, only, whole_bytes,
};
use crate::Secret;
use zeroize::Zeroizing;

/// What a PKCS#8 holds.
pub(crate) struct PrivateKeyInfo {
    /// The private key as its own standard writes it, in DER.
    pub(crate) private: Zeroizing<Vec<u8>>,
    /// The public key that a version 2 may give beside it.
    pub(crate) public: Option<Vec<u8>>,
}

/// Reads a PKCS#8 in BER (RFC 5208 or 5958) whose algorithm is written in exactly these bytes; attributes are dropped.
pub(crate) fn read_private(algorithm: &[u8], ber: &[u8]) -> Option<PrivateKeyInfo> {
    let info = ber::to_der(ber)?;
    let mut info = Reader::new(only(SEQUENCE, &info)?);
    let version = info.take(INTEGER)?;
    let found = info.take(SEQUENCE)?;
    let private = ber::to_der(info.take(OCTET_STRING)?)?;
    info.take_if(CONTEXT_0_OF)?;
    let public = info.take_if(CONTEXT_1)?;
    info.finish()?;
    let public = match (version, public) {
        ([0 | 1], None) => None,
        ([1], Some(bits)) => Some(whole_bytes(bits)?.to_vec()),
        _ => return None,
    };
    (found == algorithm).then_some(PrivateKeyInfo { private, public })
}

/// The PKCS#8 of version 1, in DER.
pub(crate) fn write_private(algorithm: &[u8], private: &[u8]) -> Secret {
    let parts =
        [element(INTEGER, &[&[0]]), element(SEQUENCE, &[algorithm]), element(OCTET_STRING, &[private])];
    Secret::from(element(SEQUENCE, &[&parts[0], &parts[1], &parts[2]]))
}

/// The public key in a SubjectPublicKeyInfo (RFC 5280), in DER, whose algorithm is written in exactly these bytes.
pub(crate) fn read_public<'a>(algorithm: &[u8], der: &'a [u8]) -> Option<&'a [u8]> {
    let mut info = Reader::new(only(SEQUENCE, der)?);
    let found = info.take(SEQUENCE)?;
    let public = whole_bytes(info.take(BIT_STRING)?)?;
    info.finish()?;
    (found == algorithm).then_some(public)
}

/// The SubjectPublicKeyInfo, in DER.
pub(crate) fn write_public(algorithm: &[u8], public: &[u8]) -> Vec<u8> {
    let algorithm = element(SEQUENCE, &[algorithm]);
    let public = element(BIT_STRING, &[&[0], public]);
    std::mem::take(&mut *element(SEQUENCE, &[&algorithm, &public]))
}
