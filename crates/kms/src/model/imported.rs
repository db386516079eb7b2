//! Key material that its owner brings: what is kept of each, and how the materials of a key come, go and come again.

use claviger_clock::Timestamp;
use claviger_crypto::MaterialId;
use serde::{Deserialize, Serialize};

use super::{ExpirationModel, ImportType, KeyRecord, KeyState, MaterialRecord};

/// What is kept of a material that was imported, beside its bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Imported {
    pub presence: Presence,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// SubjectPublicKeyInfo in DER, in Base64, of an asymmetric key: its public half stays when the private one goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
}

/// Whether a material is here, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Presence {
    /// It was deleted or has expired: only its owner has it.
    Absent,
    Lasting,
    Until(Timestamp),
}

/// A material that was unwrapped, and how its owner wants it kept.
pub(crate) struct Import<'r> {
    pub id: MaterialId,
    pub kind: Option<ImportType>,
    /// The id that its owner expects it to have.
    pub expected: Option<MaterialId>,
    pub presence: Presence,
    /// None leaves the one that there is.
    pub description: Option<&'r str>,
    pub public_key: Option<String>,
}

/// Why a key does not take a material.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotTaken {
    /// It is not the material that is called for.
    Incorrect,
    /// This one waits already for the rotation to it.
    AnotherWaits(MaterialId),
}

impl Presence {
    /// What the API calls it; nothing while the material is not here.
    pub(crate) fn model(self) -> Option<ExpirationModel> {
        match self {
            Presence::Absent => None,
            Presence::Lasting => Some(ExpirationModel::DoesNotExpire),
            Presence::Until(_) => Some(ExpirationModel::Expires),
        }
    }

    /// When it expires, if it does.
    pub(crate) fn end(self) -> Option<Timestamp> {
        match self {
            Presence::Absent | Presence::Lasting => None,
            Presence::Until(end) => Some(end),
        }
    }
}

impl MaterialRecord {
    /// Whether its bytes are here: those that the service made always are.
    pub(crate) fn is_present(&self) -> bool {
        self.imported.as_ref().is_none_or(|imported| imported.presence != Presence::Absent)
    }

    /// Whether and until when it is here; what the service made has neither.
    pub(crate) fn presence(&self) -> Option<Presence> {
        self.imported.as_ref().map(|imported| imported.presence)
    }

    /// The same material while it is not here.
    pub(crate) fn absent(&self) -> MaterialRecord {
        let imported = self.imported.clone();
        let imported = imported.map(|imported| Imported { presence: Presence::Absent, ..imported });
        MaterialRecord { imported, ..self.clone() }
    }

    fn of(import: &Import<'_>) -> MaterialRecord {
        let imported = Imported {
            presence: import.presence,
            description: import.description.map(str::to_owned),
            public_key: import.public_key.clone(),
        };
        MaterialRecord { imported: Some(imported), ..MaterialRecord::first(import.id) }
    }
}

impl KeyRecord {
    /// Whether the key has all of the materials that belong to it for good, and one at least.
    pub(crate) fn is_whole(&self) -> bool {
        !self.materials.is_empty() && self.materials.iter().all(MaterialRecord::is_present)
    }

    /// Its materials, and the one that waits for the rotation to it.
    pub(crate) fn all_materials(&self) -> impl Iterator<Item = &MaterialRecord> {
        self.materials.iter().chain(&self.pending_material)
    }

    /// When its materials expire, those of them that do, also the one that waits.
    pub(crate) fn expirations(&self) -> impl Iterator<Item = Timestamp> {
        self.all_materials().filter_map(|material| material.presence()?.end())
    }

    /// Whether one of its materials is past its time.
    pub(crate) fn has_expired(&self, now: Timestamp) -> bool {
        self.expirations().any(|end| end <= now)
    }

    /// The key once it has this material.
    pub(crate) fn with_import(&self, import: &Import<'_>) -> Result<KeyRecord, NotTaken> {
        if import.expected.is_some_and(|expected| expected != import.id) {
            return Err(NotTaken::Incorrect);
        }
        let mut record = self.clone();
        let default = if self.materials.is_empty() { ImportType::New } else { ImportType::Existing };
        match (import.kind.unwrap_or(default), record.imported_mut(import.id)) {
            (ImportType::New, None) => record.take_new(import)?,
            (ImportType::Existing, Some(imported)) => {
                imported.presence = import.presence;
                if let Some(description) = import.description {
                    imported.description = Some(description.to_owned());
                }
            }
            (ImportType::New, Some(_)) | (ImportType::Existing, None) => return Err(NotTaken::Incorrect),
        }
        record.state = record.state_of_materials();
        Ok(record)
    }

    fn imported_mut(&mut self, id: MaterialId) -> Option<&mut Imported> {
        let mut all = self.materials.iter_mut().chain(&mut self.pending_material);
        all.find(|material| material.id == id)?.imported.as_mut()
    }

    /// The first material is the key's for good; each that follows, from the rotation to it on.
    fn take_new(&mut self, import: &Import<'_>) -> Result<(), NotTaken> {
        match &self.pending_material {
            Some(waiting) => return Err(NotTaken::AnotherWaits(waiting.id)),
            None if self.materials.is_empty() => self.materials.push(MaterialRecord::of(import)),
            None => self.pending_material = Some(MaterialRecord::of(import)),
        }
        Ok(())
    }

    /// The key without the bytes of its imported materials that `goes` tells of, and which those are; none where none of
    /// them is here.
    pub(crate) fn without(
        &self,
        goes: impl Fn(MaterialId, Presence) -> bool,
    ) -> Option<(KeyRecord, Vec<MaterialId>)> {
        let mut record = self.clone();
        let goes = |material: &MaterialRecord| {
            material.is_present() && material.presence().is_some_and(|presence| goes(material.id, presence))
        };
        let mut gone = Vec::new();
        for material in record.materials.iter_mut().filter(|material| goes(material)) {
            gone.push(material.id);
            if let Some(imported) = &mut material.imported {
                imported.presence = Presence::Absent;
            }
        }
        gone.extend(record.pending_material.take_if(|material| goes(material)).map(|material| material.id));
        record.state = record.state_of_materials();
        (!gone.is_empty()).then_some((record, gone))
    }

    /// The key without the material that waits, if it is this one: also where its bytes are only elsewhere.
    pub(crate) fn without_waiting(&self, id: MaterialId) -> Option<KeyRecord> {
        let waits = self.pending_material.as_ref().is_some_and(|waiting| waiting.id == id);
        waits.then(|| KeyRecord { pending_material: None, ..self.clone() })
    }

    /// The state that the key is in by its materials.
    pub(crate) fn state_of_materials(&self) -> KeyState {
        match (self.state, self.is_whole()) {
            (KeyState::PendingDeletion { .. } | KeyState::PendingReplicaDeletion { .. }, _) => self.state,
            (KeyState::PendingImport, true) => KeyState::Enabled,
            (KeyState::Enabled | KeyState::Disabled, true) => self.state,
            (KeyState::Enabled | KeyState::Disabled | KeyState::PendingImport, false) => {
                KeyState::PendingImport
            }
        }
    }
}

#[cfg(test)]
mod tests;
