//! The bytes of a session token.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use claviger_crypto::derived::{self, Label, NONCE_BYTES, OVERHEAD_BYTES};
use claviger_crypto::{Random, Secret};
use claviger_seal::SealError;

use super::key::SessionKey;
use crate::{AccessKeyId, IamError};

/// Longest token that is looked at: longer ones are not made here.
pub(super) const TOKEN_BYTES_MAX: usize = 24 * 1024;

const FORMAT: u8 = 1;
const TOKEN: Label = Label::new(b"claviger-tok-1");
const VERSION_BYTES: usize = size_of::<u32>();
const HEADER_BYTES: usize = 1 + VERSION_BYTES + NONCE_BYTES;

/// A token, read but not yet authenticated.
pub(super) struct SealedToken {
    /// The session key that it says it is sealed under.
    pub key_version: u32,
    bytes: Vec<u8>,
}

impl SealedToken {
    /// Reads a token; none where it is not one of this format.
    pub(super) fn parse(text: &str) -> Option<SealedToken> {
        if text.len() > TOKEN_BYTES_MAX {
            return None;
        }
        let bytes = STANDARD.decode(text).ok()?;
        let (&format, rest) = bytes.split_first()?;
        let key_version = u32::from_be_bytes(*rest.first_chunk()?);
        (format == FORMAT && bytes.len() >= HEADER_BYTES + OVERHEAD_BYTES)
            .then_some(SealedToken { key_version, bytes })
    }

    /// What was sealed, if it was sealed under this key and for this access key.
    pub(super) fn open(&self, key: &SessionKey, id: &AccessKeyId) -> Option<Secret> {
        let (header, sealed) = self.bytes.split_at_checked(HEADER_BYTES)?;
        derived::open(&key.secret, TOKEN, &associated(header, id), sealed).ok()
    }
}

/// A token for this access key.
pub(super) fn seal(
    key: &SessionKey,
    id: &AccessKeyId,
    state: &[u8],
    random: &dyn Random,
) -> Result<String, IamError> {
    let mut nonce = [0; NONCE_BYTES];
    random.fill_public(&mut nonce)?;
    let mut bytes = vec![FORMAT];
    bytes.extend_from_slice(&key.version.to_be_bytes());
    bytes.extend_from_slice(&nonce);
    let associated = associated(&bytes, id);
    derived::seal(&key.secret, TOKEN, &associated, state, &mut bytes).map_err(SealError::from)?;
    Ok(STANDARD.encode(&bytes))
}

fn associated(header: &[u8], id: &AccessKeyId) -> Vec<u8> {
    [header, id.as_str().as_bytes()].concat()
}
