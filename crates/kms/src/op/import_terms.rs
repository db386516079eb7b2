//! How an ImportKeyMaterial wants its material kept: the members that depend on each other.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_clock::{SignedDuration, Timestamp};
use claviger_crypto::MaterialId;
use claviger_wire::Members;

use super::member::{KEY_MATERIAL_DESCRIPTION, key_material_id};
use crate::fault::Fault;
use crate::gate::Particulars;
use crate::model::{ExpirationModel, ImportType, Key, KeyKind, Presence};

/// How far ahead material may expire (API reference, ImportKeyMaterial).
const VALIDITY_MAX: SignedDuration = SignedDuration::from_hours(365 * 24);

/// The optional members as they were sent.
#[derive(Default)]
pub(crate) struct ImportTerms<'b> {
    valid_to: Option<Timestamp>,
    model: Option<ExpirationModel>,
    pub kind: Option<ImportType>,
    pub description: Option<Cow<'b, str>>,
    pub material: Option<MaterialId>,
}

impl<'b> ImportTerms<'b> {
    /// Takes ValidTo, ExpirationModel, ImportType, KeyMaterialDescription and KeyMaterialId.
    pub(crate) fn take(members: &mut Members<'b>) -> ImportTerms<'b> {
        ImportTerms {
            valid_to: members.time("ValidTo"),
            model: members.one_of("ExpirationModel"),
            kind: members.one_of("ImportType"),
            description: members.text("KeyMaterialDescription", &KEY_MATERIAL_DESCRIPTION),
            material: key_material_id(members),
        }
    }
}

impl ImportTerms<'_> {
    /// Whether and until when the material is to be here.
    pub(crate) fn presence(&self) -> Result<Presence, Fault> {
        match (self.model.unwrap_or_default(), self.valid_to) {
            (ExpirationModel::Expires, Some(end)) => Ok(Presence::Until(end)),
            (ExpirationModel::DoesNotExpire, None) => Ok(Presence::Lasting),
            (ExpirationModel::Expires, None) => {
                invalid("A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES")
            }
            (ExpirationModel::DoesNotExpire, Some(_)) => invalid(
                "A validTo date must not be set if the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE",
            ),
        }
    }

    /// Refuses what contradicts itself.
    pub(crate) fn check(&self) -> Result<(), Fault> {
        self.presence()?;
        match (self.kind, self.material) {
            (Some(ImportType::New), Some(_)) => {
                invalid("KeyMaterialId must not be set if the ImportType is NEW_KEY_MATERIAL")
            }
            (_, _) => Ok(()),
        }
    }

    /// Refuses what only symmetric encryption keys have.
    pub(crate) fn check_kind(&self, key: &Key) -> Result<(), Fault> {
        let is_plain = self.kind.is_none() && self.description.is_none() && self.material.is_none();
        match key.record.spec.kind() {
            KeyKind::Asymmetric | KeyKind::Hmac if !is_plain => Err(Fault::Unsupported(Some(Cow::Borrowed(
                "ImportType, KeyMaterialDescription and KeyMaterialId are valid only for symmetric encryption keys.",
            )))),
            KeyKind::Symmetric | KeyKind::Asymmetric | KeyKind::Hmac => Ok(()),
        }
    }

    /// Refuses a date that is past or too far ahead.
    pub(crate) fn check_date(&self, now: Timestamp) -> Result<(), Fault> {
        let latest = now.checked_add(VALIDITY_MAX).map_err(Fault::internal)?;
        match self.valid_to {
            Some(end) if end <= now => invalid("The validTo date must be in the future"),
            Some(end) if end > latest => invalid("The validTo date must be at most 365 days in the future"),
            Some(_) | None => Ok(()),
        }
    }

    /// What conditions of policies find of it: nothing of what was not sent.
    pub(crate) fn particulars(&self) -> Particulars<'static> {
        Particulars::Import {
            expiration_model: self.model.map(ExpirationModel::name),
            valid_to: self.valid_to,
        }
    }

    /// Shows it in a record.
    pub(crate) fn show(&self, shown: Shown) -> Shown {
        let shown = match self.valid_to {
            Some(end) => shown.date("validTo", end),
            None => shown,
        };
        let material = self.material.map(|id| id.to_string());
        shown
            .maybe_text("expirationModel", self.model.map(ExpirationModel::name))
            .maybe_text("importType", self.kind.map(ImportType::name))
            .maybe_text("keyMaterialDescription", self.description.as_deref())
            .maybe_text("keyMaterialId", material.as_deref())
    }
}

fn invalid<T>(text: &'static str) -> Result<T, Fault> {
    Err(Fault::Validation(Cow::Borrowed(text)))
}
