//! A key: what is stored of it, and the form in which a node holds it, its material opened.

use std::sync::Arc;

use claviger_cache::Weighed;
use claviger_clock::Timestamp;
use claviger_crypto::{KeyIdentity, MaterialId, SymmetricMaterial};
use claviger_iam::Bindings;
use claviger_names::{AccountId, AliasName, KeyId, Region};
use claviger_policy::{Document, Kind, Policy};
use claviger_store::Revision;
use serde::{Deserialize, Serialize, Serializer};

use super::{KeyManager, KeySpec, KeyUsage, MaterialRecord, Origin, Rotation, Tags};
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
    /// The rotations that it has by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation: Option<Rotation>,
}

/// What about a key never changes, and policies ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyTraits {
    pub spec: KeySpec,
    pub usage: KeyUsage,
    pub origin: Origin,
    pub is_multi_region: bool,
}

impl KeyRecord {
    /// What about it never changes.
    pub(crate) fn traits(&self) -> KeyTraits {
        let KeyRecord { spec, usage, origin, id, .. } = *self;
        KeyTraits { spec, usage, origin, is_multi_region: id.is_multi_region() }
    }
}

/// A key's state, with what only that state has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum KeyState {
    Enabled,
    Disabled,
    PendingDeletion { due: Timestamp },
}

impl KeyState {
    /// The state's name in the API.
    pub(crate) fn name(self) -> &'static str {
        match self {
            KeyState::Enabled => "Enabled",
            KeyState::Disabled => "Disabled",
            KeyState::PendingDeletion { .. } => "PendingDeletion",
        }
    }

    /// Whether the waiting period is over: the key is gone, whether or not its rows still are.
    pub(crate) fn is_past(self, now: Timestamp) -> bool {
        matches!(self, KeyState::PendingDeletion { due } if due <= now)
    }
}

/// A key as a node holds it. Never without its material; opening that takes a [`Permit`].
pub(crate) struct Key {
    pub place: Place,
    pub arn: Box<str>,
    pub record: KeyRecord,
    pub aliases: Vec<AliasName>,
    /// The key policy, compiled.
    pub policy: Policy,
    /// The commit that this is the state of.
    pub revision: Revision,
    materials: Vec<(MaterialId, SymmetricMaterial)>,
}

impl Key {
    /// A key from what is stored of it. `materials` are in the record's order.
    pub(crate) fn assemble(
        place: Place,
        record: KeyRecord,
        aliases: Vec<AliasName>,
        revision: Revision,
        materials: Vec<(MaterialId, SymmetricMaterial)>,
    ) -> Result<Key, Fault> {
        let arn = record.id.arn(place.account, place.region).into_boxed_str();
        let document = Document::parse(&record.policy, Kind::Key).map_err(Fault::internal)?;
        let policy = compiled(&document, &record.bindings);
        Ok(Key { place, arn, record, aliases, policy, revision, materials })
    }

    /// The key as conditions of policies see it.
    pub(crate) fn view(&self) -> KeyView<'_> {
        KeyView { place: &self.place, arn: &self.arn, record: &self.record, aliases: &self.aliases }
    }

    /// The identity that its messages carry.
    pub(crate) fn identity(&self) -> KeyIdentity {
        KeyIdentity { account: self.place.account, region: self.place.region, key: self.record.id }
    }

    /// The material that encrypts, for whom the gate has let through.
    pub(crate) fn current_material<S>(&self, _: &Permit<'_, S>) -> Option<(MaterialId, &SymmetricMaterial)> {
        self.materials.last().map(|(id, material)| (*id, material))
    }

    /// The material of this id, for whom the gate has let through.
    pub(crate) fn material<S>(&self, _: &Permit<'_, S>, id: MaterialId) -> Option<&SymmetricMaterial> {
        self.materials.iter().find(|(other, _)| *other == id).map(|(_, material)| material)
    }

    /// Refuses a key whose material the service does not renew: it is symmetric, and was made here.
    pub(crate) fn check_rotates(&self) -> Result<(), Fault> {
        match (self.record.spec, self.record.origin) {
            (KeySpec::SYMMETRIC_DEFAULT, Origin::AWS_KMS) => Ok(()),
            (_, _) => Err(Fault::Unsupported(None)),
        }
    }

    /// Refuses a key that waits for its deletion.
    pub(crate) fn check_not_pending_deletion(&self) -> Result<(), Fault> {
        match self.record.state {
            KeyState::Enabled | KeyState::Disabled => Ok(()),
            KeyState::PendingDeletion { .. } => Err(self.clash(StateClash::PendingDeletion)),
        }
    }

    /// Refuses a key that cannot be used now.
    pub(crate) fn check_enabled(&self) -> Result<(), Fault> {
        match self.record.state {
            KeyState::Enabled => Ok(()),
            KeyState::Disabled => Err(Fault::Disabled(self.arn.clone())),
            KeyState::PendingDeletion { .. } => Err(self.clash(StateClash::PendingDeletion)),
        }
    }

    /// The fault that this key's state is in the way.
    pub(crate) fn clash(&self, clash: StateClash) -> Fault {
        Fault::InvalidState(self.arn.clone(), clash)
    }
}

/// A key policy, compiled, its ARNs meaning whom they meant when it was saved.
pub(crate) fn compiled(document: &Document, bindings: &Bindings) -> Policy {
    let bind = |arn: &str| bindings.get(arn).map(|id| id.as_str().into());
    Policy::compile(document, POLICY_NAME, &KEY_POLICY_VOCABULARY, &bind)
}

impl Weighed for Key {
    fn weight_bytes(&self) -> usize {
        const FIXED_BYTES: usize = 1024;
        // The policy is held twice, as text and as what it says.
        FIXED_BYTES
            + self.record.description.len()
            + 3 * self.record.policy.len()
            + self.record.tags.weight_bytes()
    }
}

/// The key's ARN in an answer.
pub(crate) struct KeyArn(pub Arc<Key>);

impl Serialize for KeyArn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.arn)
    }
}
