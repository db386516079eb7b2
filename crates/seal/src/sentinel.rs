//! The first row of a sealed store: it tells the root key from a wrong one before anything is read or written.

use crate::place::SENTINEL;
use crate::{OpenError, RootKey, RootKeyError, RootKeyId, SealError};
use claviger_crypto::{Random, Secret};
use claviger_store::{Entry, Outcome, Path, Span, Store, Transaction};

/// The format of sealing that this version reads and writes.
pub const SEALING_VERSION: u8 = 1;

const CHECK_BYTES: usize = 32;
const ROOT_KEY_ID_BYTES: usize = 32;

/// Makes sure that `store` is sealed under `root`, and seals an empty one.
pub(crate) async fn check_or_create(
    store: &dyn Store,
    root: &dyn RootKey,
    random: &dyn Random,
) -> Result<(), OpenError> {
    let path = sentinel_path()?;
    match store.read(&path).await? {
        Some(entry) => check(&entry, root).await,
        None if store.scan(Span::prefix(""), 1).await?.is_empty() => create(store, &path, root, random).await,
        None => check_late(store, &path, root).await,
    }
}

/// The store was empty at first look and is not now: another node may have sealed it in between.
async fn check_late(store: &dyn Store, path: &Path, root: &dyn RootKey) -> Result<(), OpenError> {
    match store.read(path).await? {
        Some(entry) => check(&entry, root).await,
        None => Err(OpenError::NeverSealed),
    }
}

async fn create(
    store: &dyn Store,
    path: &Path,
    root: &dyn RootKey,
    random: &dyn Random,
) -> Result<(), OpenError> {
    let mut row = vec![SEALING_VERSION];
    row.extend_from_slice(root.id().bytes());
    let check_value = Secret::random(CHECK_BYTES, random).map_err(SealError::from)?;
    let wrapped = root.wrap(&check_value, &bind(&row, path), random).await.map_err(SealError::from)?;
    row.extend_from_slice(&wrapped);
    let transaction = Transaction::new().absent(path.clone()).put(path.clone(), row);
    match store.commit(transaction).await? {
        Outcome::Committed(_) => Ok(()),
        Outcome::Conflict => check_late(store, path, root).await,
    }
}

async fn check(entry: &Entry, root: &dyn RootKey) -> Result<(), OpenError> {
    let unsealable = || SealError::Unsealable { path: entry.path.clone() };
    let found = *entry.value.first().ok_or_else(unsealable)?;
    if found != SEALING_VERSION {
        return Err(OpenError::UnknownSealing { found });
    }
    let (row, wrapped) = entry.value.split_at_checked(1 + ROOT_KEY_ID_BYTES).ok_or_else(unsealable)?;
    let expected = RootKeyId::from_bytes(row[1..].try_into().map_err(|_| unsealable())?);
    if expected != root.id() {
        return Err(OpenError::WrongRootKey { expected, given: root.id() });
    }
    match root.unwrap(wrapped, &bind(row, &entry.path)).await {
        Ok(_) => Ok(()),
        Err(RootKeyError::DoesNotOpen) => Err(unsealable().into()),
        Err(RootKeyError::Encrypt(error)) => Err(SealError::from(error).into()),
    }
}

fn sentinel_path() -> Result<Path, OpenError> {
    Path::parse(SENTINEL).map_err(|_| OpenError::NeverSealed)
}

fn bind(row: &[u8], path: &Path) -> Vec<u8> {
    [row, path.as_str().as_bytes()].concat()
}
