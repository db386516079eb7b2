//! Reading rows for something that will be held in memory.

use std::sync::Arc;

use claviger_names::AccountId;
use claviger_seal::SealedEntry;
use claviger_store::Path;
use serde::de::DeserializeOwned;

use super::stamps::Basis;
use super::{Based, Directory};
use crate::IamError;
use crate::model::{Entity, UniqueId};
use crate::rows::{Held, Row, at, text_of};

/// Reads rows and notes which.
pub(super) struct Reading<'d> {
    pub directory: &'d Directory,
    basis: Basis,
}

impl<'d> Reading<'d> {
    pub(super) fn new(directory: &'d Directory) -> Reading<'d> {
        Reading { directory, basis: Basis::default() }
    }

    pub(super) async fn entry(&mut self, path: &Path) -> Result<Option<SealedEntry>, IamError> {
        self.directory.stamps.note(path.as_str(), &mut self.basis);
        self.directory.read(path).await
    }

    pub(super) async fn row<R: DeserializeOwned>(&mut self, path: Path) -> Result<Option<Row<R>>, IamError> {
        self.entry(&path).await?.map(Row::read).transpose()
    }

    pub(super) async fn text(&mut self, path: &Path) -> Result<Option<String>, IamError> {
        self.entry(path).await?.as_ref().map(text_of).transpose()
    }

    /// The entity that has this id now, and its account.
    pub(super) async fn entity<E: Entity>(
        &mut self,
        id: UniqueId,
    ) -> Result<Option<(AccountId, E)>, IamError> {
        let Some(held) = self.row::<Held>(at::identity(id)?).await? else { return Ok(None) };
        let Held { account, kind, name, .. } = held.record;
        if kind != E::KIND {
            return Ok(None);
        }
        let row = self.row::<E>(at::entity(account, kind, &name)?).await?;
        Ok(row.filter(|row| row.record.id() == id).map(|row| (account, row.record)))
    }

    /// What was made of the rows that were read.
    pub(super) fn done<V>(self, value: V, weight_bytes: usize) -> Based<V> {
        Based { value: Arc::new(value), basis: Arc::new(self.basis), weight_bytes }
    }
}
