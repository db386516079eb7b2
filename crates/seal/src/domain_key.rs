//! The key of one account and Region, in one version, and how it is stored.

use crate::{RootKey, RootKeyError, SealError};
use claviger_clock::Timestamp;
use claviger_crypto::{Random, Secret};
use claviger_store::{Entry, Path};

pub(crate) const DOMAIN_KEY_BYTES: usize = 32;

const FORMAT: u8 = 1;
const ROOT_KEY_ID_BYTES: usize = 32;
const TIME_BYTES: usize = size_of::<i64>();
const HEADER_BYTES: usize = 1 + ROOT_KEY_ID_BYTES + TIME_BYTES;

/// One opened version of a domain key.
pub(crate) struct DomainKey {
    pub(crate) version: u32,
    pub(crate) created: Timestamp,
    pub(crate) secret: Secret,
}

impl DomainKey {
    /// A fresh key.
    pub(crate) fn generate(
        version: u32,
        created: Timestamp,
        random: &dyn Random,
    ) -> Result<DomainKey, SealError> {
        Ok(DomainKey { version, created, secret: Secret::random(DOMAIN_KEY_BYTES, random)? })
    }

    /// The key as it is stored at `path`: wrapped by the root key.
    pub(crate) async fn wrap(
        &self,
        root: &dyn RootKey,
        path: &Path,
        random: &dyn Random,
    ) -> Result<Vec<u8>, SealError> {
        let mut stored = vec![FORMAT];
        stored.extend_from_slice(root.id().bytes());
        stored.extend_from_slice(&self.created.as_second().to_be_bytes());
        let wrapped = root.wrap(&self.secret, &bind(&stored, path), random).await?;
        stored.extend_from_slice(&wrapped);
        Ok(stored)
    }

    /// The key that was wrapped by this root key for this path.
    pub(crate) async fn unwrap(
        version: u32,
        entry: &Entry,
        root: &dyn RootKey,
    ) -> Result<DomainKey, SealError> {
        let unsealable = || SealError::Unsealable { path: entry.path.clone() };
        let (header, wrapped) = entry.value.split_at_checked(HEADER_BYTES).ok_or_else(unsealable)?;
        let created = parse_header(header, root).ok_or_else(unsealable)?;
        match root.unwrap(wrapped, &bind(header, &entry.path)).await {
            Ok(secret) if secret.len() == DOMAIN_KEY_BYTES => Ok(DomainKey { version, created, secret }),
            Ok(_) | Err(RootKeyError::DoesNotOpen) => Err(unsealable()),
            Err(RootKeyError::Encrypt(error)) => Err(RootKeyError::Encrypt(error).into()),
        }
    }
}

/// When the key was made, if this format and root key it was wrapped in.
fn parse_header(header: &[u8], root: &dyn RootKey) -> Option<Timestamp> {
    let (&format, rest) = header.split_first()?;
    let (root_key_id, created) = rest.split_at_checked(ROOT_KEY_ID_BYTES)?;
    let created = Timestamp::from_second(i64::from_be_bytes(created.try_into().ok()?)).ok()?;
    (format == FORMAT && root_key_id == root.id().bytes()).then_some(created)
}

fn bind(header: &[u8], path: &Path) -> Vec<u8> {
    [header, path.as_str().as_bytes()].concat()
}
