//! One sealed value: which domain key opens it, and its bytes bound to its path.

use crate::SealError;
use crate::domain_key::DomainKey;
use claviger_crypto::derived::{self, Label, NONCE_BYTES, OVERHEAD_BYTES};
use claviger_crypto::{Random, Secret};
use claviger_store::{Path, VALUE_LIMIT_BYTES};

/// The longest value that can be sealed.
pub const VALUE_BYTES_MAX: usize = VALUE_LIMIT_BYTES - HEADER_BYTES - OVERHEAD_BYTES;

const FORMAT: u8 = 1;
const VALUE: Label = Label::new(b"claviger-val-1");
const VERSION_BYTES: usize = size_of::<u32>();
const HEADER_BYTES: usize = 1 + VERSION_BYTES + NONCE_BYTES;

/// A value as it is stored, not yet authenticated.
pub(crate) struct SealedValue<'a> {
    /// The domain key that it says it is sealed under.
    pub(crate) key_version: u32,
    header: &'a [u8],
    sealed: &'a [u8],
}

impl<'a> SealedValue<'a> {
    /// Reads the header; none where it is not one of this format.
    pub(crate) fn parse(stored: &'a [u8]) -> Option<SealedValue<'a>> {
        let (header, sealed) = stored.split_at_checked(HEADER_BYTES)?;
        let (&format, rest) = header.split_first()?;
        let key_version = u32::from_be_bytes(*rest.first_chunk()?);
        (format == FORMAT).then_some(SealedValue { key_version, header, sealed })
    }

    /// The value, when it was sealed for this path under this key.
    pub(crate) fn open(&self, key: &DomainKey, path: &Path) -> Result<Secret, SealError> {
        derived::open(&key.secret, VALUE, &associate(self.header, path), self.sealed)
            .map_err(|_| SealError::Unsealable { path: path.clone() })
    }
}

/// The value as it is stored at `path`.
pub(crate) fn seal(
    key: &DomainKey,
    path: &Path,
    value: &Secret,
    random: &dyn Random,
) -> Result<Vec<u8>, SealError> {
    let mut nonce = [0; NONCE_BYTES];
    random.fill_public(&mut nonce)?;
    let mut stored = Vec::with_capacity(HEADER_BYTES + value.len() + OVERHEAD_BYTES);
    stored.push(FORMAT);
    stored.extend_from_slice(&key.version.to_be_bytes());
    stored.extend_from_slice(&nonce);
    let associated = associate(&stored, path);
    derived::seal(&key.secret, VALUE, &associated, value.expose(), &mut stored)?;
    Ok(stored)
}

fn associate(header: &[u8], path: &Path) -> Vec<u8> {
    [header, path.as_str().as_bytes()].concat()
}
