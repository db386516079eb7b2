//! A key: what is stored of it, and the form in which a node holds it, its material opened.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use claviger_cache::Weighed;
use claviger_clock::Timestamp;
use claviger_crypto::{KeyIdentity, KeyMaterial, MacKey, MaterialId, MaterialSpec, PrivateKey, PublicKey};
use claviger_iam::Bindings;
use claviger_names::{AccountId, AliasName, KeyId, Region};
use claviger_policy::{Document, Kind, Policy};
use claviger_store::Revision;
use serde::{Deserialize, Serialize, Serializer};

use super::{
    KeyKind, KeyManager, KeySpec, KeyUsage, LastUseCell, MaterialRecord, MultiRegionKeyType, Origin,
    RegionSet, Rotation, Tags,
};
use crate::fault::{Fault, StateClash};
use crate::gate::{KEY_POLICY_VOCABULARY, KeyView, Permit};

/// The name of every key's one policy.
pub(crate) const POLICY_NAME: &str = "default";

/// An account and a Region: where a key or alias lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub account: AccountId,
    pub region: Region,
}

/// All that is stored of a key but its material.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct KeyRecord {
    pub id: KeyId,
    pub created: Timestamp,
    pub description: String,
    pub spec: KeySpec,
    pub usage: KeyUsage,
    pub origin: Origin,
    pub manager: KeyManager,
    pub state: KeyState,
    pub tags: Tags,
    /// The key policy as it was given.
    pub policy: String,
    /// Whom its ARNs meant then.
    #[serde(default)]
    pub bindings: Bindings,
    /// Its materials, oldest first; the last encrypts.
    pub materials: Vec<MaterialRecord>,
    /// An imported material that waits for the rotation to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_material: Option<MaterialRecord>,
    /// The rotations that it has by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation: Option<Rotation>,
    /// The Regions of a multi-Region key; where it is not stored, the key is alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multi_region: Option<RegionSet>,
}

/// What about a key hardly ever changes, and policies ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyTraits {
    pub spec: KeySpec,
    pub usage: KeyUsage,
    pub origin: Origin,
    /// What it is in its set, if it is a multi-Region key.
    pub multi_region: Option<MultiRegionKeyType>,
}

impl KeyRecord {
    /// What policies ask for of the key in this Region.
    pub(crate) fn traits(&self, region: Region) -> KeyTraits {
        let KeyRecord { spec, usage, origin, id, .. } = *self;
        let role = self.multi_region.as_ref().map_or(MultiRegionKeyType::Primary, |set| set.role(region));
        KeyTraits { spec, usage, origin, multi_region: id.is_multi_region().then_some(role) }
    }
}

/// A key's state, with what only that state has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum KeyState {
    Enabled,
    Disabled,
    /// Its material is yet to be imported, or imported again.
    PendingImport,
    PendingDeletion {
        due: Timestamp,
    },
    /// A primary that waits for its replicas to be deleted; then its own waiting period begins.
    PendingReplicaDeletion {
        window_days: i64,
    },
}

impl KeyState {
    /// The state's name in the API.
    pub(crate) fn name(self) -> &'static str {
        match self {
            KeyState::Enabled => "Enabled",
            KeyState::Disabled => "Disabled",
            KeyState::PendingImport => "PendingImport",
            KeyState::PendingDeletion { .. } => "PendingDeletion",
            KeyState::PendingReplicaDeletion { .. } => "PendingReplicaDeletion",
        }
    }

    /// Whether the waiting period is over: the key is gone, whether or not its rows still are.
    pub(crate) fn is_past(self, now: Timestamp) -> bool {
        matches!(self, KeyState::PendingDeletion { due } if due <= now)
    }
}

/// A key as a node holds it, with such of its material as is here; opening that takes a [`Permit`].
pub(crate) struct Key {
    pub place: Place,
    pub arn: Box<str>,
    pub record: KeyRecord,
    pub aliases: Vec<AliasName>,
    /// The key policy, compiled.
    pub policy: Policy,
    /// The commit that this is the state of.
    pub revision: Revision,
    /// What it was last used for.
    pub last_use: Arc<LastUseCell>,
    materials: Vec<(MaterialId, KeyMaterial)>,
    /// The public half of an asymmetric key whose private half is gone.
    public_half: Option<PublicKey>,
}

impl Key {
    /// A key from what is stored of it. `materials` are in the record's order.
    pub(crate) fn assemble(
        place: Place,
        mut record: KeyRecord,
        aliases: Vec<AliasName>,
        revision: Revision,
        materials: Vec<(MaterialId, KeyMaterial)>,
    ) -> Result<Key, Fault> {
        if record.id.is_multi_region() && record.multi_region.is_none() {
            record.multi_region = Some(RegionSet::alone(place.region));
        }
        let arn = record.id.arn(place.account, place.region).into_boxed_str();
        let document = Document::parse(&record.policy, Kind::Key).map_err(Fault::internal)?;
        let policy = compiled(&document, &record.bindings);
        let public_half = if materials.is_empty() { public_half(&record)? } else { None };
        let last_use = Arc::default();
        Ok(Key { place, arn, record, aliases, policy, revision, last_use, materials, public_half })
    }

    /// The key as conditions of policies see it.
    pub(crate) fn view(&self) -> KeyView<'_> {
        let Key { place, arn, record, aliases, last_use, .. } = self;
        KeyView { place, arn, record, aliases, last_use: Some(last_use) }
    }

    /// The identity that its messages carry.
    pub(crate) fn identity(&self) -> KeyIdentity {
        KeyIdentity { account: self.place.account, region: self.place.region, key: self.record.id }
    }

    /// The material that is used for all that is new, for whom the gate has let through.
    pub(crate) fn current_material<S>(&self, _: &Permit<'_, S>) -> Result<(MaterialId, &KeyMaterial), Fault> {
        let is_current =
            |id: MaterialId| self.record.materials.last().is_some_and(|current| current.id == id);
        let current = self.materials.last().map(|(id, material)| (*id, material));
        current.filter(|(id, _)| is_current(*id)).ok_or_else(|| Fault::internal("a key without material"))
    }

    /// The material of this id, for whom the gate has let through.
    pub(crate) fn material<S>(&self, _: &Permit<'_, S>, id: MaterialId) -> Option<&KeyMaterial> {
        self.materials.iter().find(|(other, _)| *other == id).map(|(_, material)| material)
    }

    /// All of its materials, oldest first, for whom the gate has let through.
    pub(crate) fn materials<S>(&self, _: &Permit<'_, S>) -> impl Iterator<Item = (MaterialId, &KeyMaterial)> {
        self.materials.iter().map(|(id, material)| (*id, material))
    }

    /// The private key of an asymmetric key, for whom the gate has let through.
    pub(crate) fn private_key<S>(&self, permit: &Permit<'_, S>) -> Result<&PrivateKey, Fault> {
        match self.current_material(permit)? {
            (_, KeyMaterial::PrivateKey(key)) => Ok(key),
            (_, KeyMaterial::Symmetric(_) | KeyMaterial::Mac(_)) => Err(Fault::internal("no private key")),
        }
    }

    /// The public half of an asymmetric key, for whom the gate has let through. It is told also while imported material is
    /// gone; of a key that never had any there is none.
    pub(crate) fn public_key<S>(&self, permit: &Permit<'_, S>) -> Result<&PublicKey, Fault> {
        match (&self.public_half, self.materials.is_empty()) {
            (Some(public), _) => Ok(public),
            (None, true) => Err(self.clash(StateClash::PendingImport)),
            (None, false) => self.private_key(permit).map(PrivateKey::public_key),
        }
    }

    /// The secret of an HMAC key, for whom the gate has let through.
    pub(crate) fn mac_key<S>(&self, permit: &Permit<'_, S>) -> Result<&MacKey, Fault> {
        match self.current_material(permit)? {
            (_, KeyMaterial::Mac(key)) => Ok(key),
            (_, KeyMaterial::Symmetric(_) | KeyMaterial::PrivateKey(_)) => {
                Err(Fault::internal("no HMAC key"))
            }
        }
    }

    /// Refuses a key whose material is its owner's to bring.
    pub(crate) fn check_not_imported(&self) -> Result<(), Fault> {
        match self.record.origin {
            Origin::EXTERNAL => Err(self.wrong_origin()),
            Origin::AWS_KMS | Origin::AWS_CLOUDHSM | Origin::EXTERNAL_KEY_STORE => Ok(()),
        }
    }

    /// Refuses a key that never has more than one material.
    pub(crate) fn check_has_rotations(&self) -> Result<(), Fault> {
        match (self.record.spec, self.record.origin) {
            (KeySpec::SYMMETRIC_DEFAULT, Origin::AWS_KMS | Origin::EXTERNAL) => Ok(()),
            (_, _) => Err(Fault::Unsupported(None)),
        }
    }

    /// Refuses a key whose material is not its owner's to bring.
    pub(crate) fn check_takes_imports(&self) -> Result<(), Fault> {
        match self.record.origin {
            Origin::EXTERNAL => Ok(()),
            Origin::AWS_KMS | Origin::AWS_CLOUDHSM | Origin::EXTERNAL_KEY_STORE => Err(self.wrong_origin()),
        }
    }

    fn wrong_origin(&self) -> Fault {
        let origin = self.record.origin.name();
        let text = format!("{} origin is {origin} which is not valid for this operation.", self.arn);
        Fault::Unsupported(Some(text.into()))
    }

    /// Refuses a key that waits for its deletion.
    pub(crate) fn check_not_pending_deletion(&self) -> Result<(), Fault> {
        match self.record.state {
            KeyState::Enabled | KeyState::Disabled | KeyState::PendingImport => Ok(()),
            KeyState::PendingDeletion { .. } => Err(self.clash(StateClash::PendingDeletion)),
            KeyState::PendingReplicaDeletion { .. } => Err(self.clash(StateClash::PendingReplicaDeletion)),
        }
    }

    /// Refuses a key that has no material, or waits for its deletion.
    pub(crate) fn check_whole(&self) -> Result<(), Fault> {
        match self.record.state {
            KeyState::Enabled | KeyState::Disabled => Ok(()),
            KeyState::PendingImport => Err(self.clash(StateClash::PendingImport)),
            KeyState::PendingDeletion { .. } => Err(self.clash(StateClash::PendingDeletion)),
            KeyState::PendingReplicaDeletion { .. } => Err(self.clash(StateClash::PendingReplicaDeletion)),
        }
    }

    /// Refuses a key that cannot be used now.
    pub(crate) fn check_enabled(&self) -> Result<(), Fault> {
        match self.record.state {
            KeyState::Enabled => Ok(()),
            KeyState::Disabled => Err(Fault::Disabled(self.arn.clone())),
            KeyState::PendingImport => Err(self.clash(StateClash::PendingImport)),
            KeyState::PendingDeletion { .. } => Err(self.clash(StateClash::PendingDeletion)),
            KeyState::PendingReplicaDeletion { .. } => Err(self.clash(StateClash::PendingReplicaDeletion)),
        }
    }

    /// The fault that this key's state is in the way.
    pub(crate) fn clash(&self, clash: StateClash) -> Fault {
        Fault::InvalidState(self.arn.clone(), clash)
    }
}

/// What is kept of the public half of imported material.
fn public_half(record: &KeyRecord) -> Result<Option<PublicKey>, Fault> {
    let MaterialSpec::PrivateKey(spec) = record.spec.material() else { return Ok(None) };
    let imported = record.materials.last().and_then(|material| material.imported.as_ref());
    let Some(text) = imported.and_then(|imported| imported.public_key.as_ref()) else { return Ok(None) };
    let der = STANDARD.decode(text).map_err(Fault::internal)?;
    PublicKey::from_der(spec, &der).map(Some).map_err(Fault::internal)
}

/// A key policy, compiled, its ARNs meaning whom they meant when it was saved.
pub(crate) fn compiled(document: &Document, bindings: &Bindings) -> Policy {
    let bind = |arn: &str| bindings.get(arn).map(|id| id.as_str().into());
    Policy::compile(document, POLICY_NAME, &KEY_POLICY_VOCABULARY, &bind)
}

impl Weighed for Key {
    fn weight_bytes(&self) -> usize {
        const FIXED_BYTES: usize = 1024;
        const ASYMMETRIC_BYTES: usize = 16_384;
        // Of each material, with the forms that are made of it when it is used.
        let material_bytes = match self.record.spec.kind() {
            KeyKind::Symmetric => 128,
            KeyKind::Hmac => 2048,
            KeyKind::Asymmetric => ASYMMETRIC_BYTES,
        };
        // The policy is held twice, as text and as what it says.
        FIXED_BYTES
            + self.record.materials.len() * material_bytes
            + self.record.description.len()
            + 3 * self.record.policy.len()
            + self.record.tags.weight_bytes()
            + self.record.multi_region.as_ref().map_or(0, |set| size_of_val(&*set.replicas))
    }
}

/// The key's ARN in an answer.
pub(crate) struct KeyArn(pub Arc<Key>);

impl Serialize for KeyArn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.arn)
    }
}
