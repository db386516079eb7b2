//! What the service did on its own and still has to tell.

use claviger_crypto::Secret;
use claviger_seal::{SealedStore, Write};
use claviger_store::{Path, Span};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Changes, from_json, path, told};
use crate::fault::Fault;

const NOTES: &str = "-/-/untold/";

/// Where the note of this number stands.
pub(crate) fn note_path(number: u128) -> Result<Path, Fault> {
    path(format!("{NOTES}{number:032x}"))
}

/// Up to `limit` notes behind `after`.
pub(crate) async fn list_notes<N: DeserializeOwned>(
    store: &SealedStore,
    after: Option<&Path>,
    limit: usize,
) -> Result<Vec<(Path, N)>, Fault> {
    let span = Span::prefix(NOTES);
    let span = if let Some(after) = after { span.after(after) } else { span };
    let entries = store.scan(span, limit).await.map_err(told)?;
    entries.iter().map(|entry| Ok((entry.path.clone(), from_json(entry)?))).collect()
}

impl Changes {
    /// Notes what is done, to be told.
    pub(crate) fn note(mut self, at: &Path, note: &(impl Serialize + ?Sized)) -> Changes {
        let json = serde_json::to_vec(note).map_err(Fault::internal);
        self.write(json.map(|json| Write::Put(at.clone(), Secret::new(json))));
        self
    }

    /// Removes a note that is told.
    pub(crate) fn settle_note(mut self, at: &Path) -> Changes {
        self.write(Ok(Write::Delete(at.clone())));
        self
    }
}
