//! The checksum that every row carries, and reading a row back.

use aws_lc_rs::digest;
use claviger_store::{Entry, Path, Revision, StoreError};
use rusqlite::Row;

const CHECKSUM_BYTES: usize = 16;

/// Against damage, not against an attacker: values are authenticated by who stores them.
pub(crate) type Checksum = [u8; CHECKSUM_BYTES];

/// The last revision, and how many entries there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Meta {
    pub(crate) revision: u64,
    pub(crate) entries: u64,
}

impl Meta {
    /// Its checksum is that of an entry with the path that no entry has.
    pub(crate) fn checksum(&self) -> Checksum {
        checksum("", self.revision, &self.entries.to_be_bytes())
    }

    /// Reads `revision, entries, checksum`.
    pub(crate) fn of(row: &Row<'_>) -> rusqlite::Result<Result<Meta, StoreError>> {
        let meta = Meta { revision: row.get(0)?, entries: row.get(1)? };
        let kept = row.get_ref(2)?.as_blob()? == meta.checksum();
        Ok(if kept { Ok(meta) } else { Err(damaged("the meta row does not match its checksum")) })
    }
}

/// The first 16 bytes of SHA-256 over the length of the path, the path, the revision and the value.
pub(crate) fn checksum(path: &str, revision: u64, value: &[u8]) -> Checksum {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(&(path.len() as u64).to_be_bytes());
    context.update(path.as_bytes());
    context.update(&revision.to_be_bytes());
    context.update(value);
    let mut checksum = [0; CHECKSUM_BYTES];
    checksum.copy_from_slice(&context.finish().as_ref()[..CHECKSUM_BYTES]);
    checksum
}

/// Checks a row of `path, revision, checksum, value` against its checksum, and gives its revision.
pub(crate) fn check(row: &Row<'_>) -> rusqlite::Result<Result<u64, StoreError>> {
    let path = row.get_ref(0)?.as_str()?;
    let revision = row.get(1)?;
    let kept = row.get_ref(2)?.as_blob()? == checksum(path, revision, row.get_ref(3)?.as_blob()?);
    Ok(if kept {
        Ok(revision)
    } else {
        Err(damaged(format!("the entry {path:?} does not match its checksum")))
    })
}

/// The entry in a row of `path, revision, checksum, value`.
pub(crate) fn entry(row: &Row<'_>) -> rusqlite::Result<Result<Entry, StoreError>> {
    let revision = match check(row)? {
        Ok(revision) => Revision(revision),
        Err(damage) => return Ok(Err(damage)),
    };
    let path = row.get_ref(0)?.as_str()?;
    let value = row.get_ref(3)?.as_blob()?.to_vec();
    Ok(Path::parse(path)
        .map(|path| Entry { path, value, revision })
        .map_err(|cause| damaged(format!("an entry at {path:?}: {cause}"))))
}

fn damaged(finding: impl Into<String>) -> StoreError {
    StoreError::Damaged { finding: finding.into() }
}
