//! What kind of key a CreateKey asks for: the members that depend on each other.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_crypto::{KeyMaterial, MaterialSpec, WrappingAlgorithm, WrappingKeySpec};
use claviger_iam::Bindings;
use claviger_names::{KeyId, Region};
use claviger_wire::Members;

use crate::fault::Fault;
use crate::kms::Kms;
use crate::model::{
    CustomerMasterKeySpec, KeyManager, KeyRecord, KeySpec, KeyState, KeyTraits, KeyUsage, MaterialRecord,
    MultiRegionKeyType, Origin, Place, Tags,
};

/// Usage, spec and origin as they were sent.
#[derive(Default)]
pub(crate) struct KeyChoice {
    usage: Option<KeyUsage>,
    old_spec: Option<CustomerMasterKeySpec>,
    spec: Option<KeySpec>,
    origin: Origin,
}

impl KeyChoice {
    /// Takes KeyUsage, CustomerMasterKeySpec, KeySpec and Origin.
    pub(crate) fn take(members: &mut Members<'_>) -> KeyChoice {
        KeyChoice {
            usage: members.one_of("KeyUsage"),
            old_spec: members.one_of("CustomerMasterKeySpec"),
            spec: members.one_of("KeySpec"),
            origin: members.one_of("Origin").unwrap_or_default(),
        }
    }

    /// The spec, under its new or its old name.
    pub(crate) fn spec(&self) -> KeySpec {
        self.spec.or(self.old_spec.map(|CustomerMasterKeySpec(spec)| spec)).unwrap_or_default()
    }

    /// The usage.
    pub(crate) fn usage(&self) -> KeyUsage {
        self.usage.unwrap_or_default()
    }

    /// Where the material comes from.
    pub(crate) fn origin(&self) -> Origin {
        self.origin
    }

    /// What the key will be.
    pub(crate) fn traits(&self, multi_region: Option<bool>) -> KeyTraits {
        let (spec, usage, origin) = (self.spec(), self.usage(), self.origin());
        let role = (multi_region == Some(true)).then_some(MultiRegionKeyType::Primary);
        KeyTraits { spec, usage, origin, multi_region: role }
    }

    /// A fresh key, still without description, tags, policy and material.
    pub(crate) fn new_key(&self, kms: &Kms, multi_region: Option<bool>) -> Result<KeyRecord, Fault> {
        let random = kms.random_bytes()?;
        let id = match multi_region {
            Some(true) => KeyId::multi_region(random),
            Some(false) | None => KeyId::single_region(random),
        };
        Ok(KeyRecord {
            id,
            created: kms.now(),
            description: String::new(),
            spec: self.spec(),
            usage: self.usage(),
            origin: self.origin(),
            manager: KeyManager::Customer,
            state: KeyState::PendingImport,
            tags: Tags::default(),
            policy: String::new(),
            bindings: Bindings::default(),
            materials: Vec::new(),
            pending_material: None,
            rotation: None,
            multi_region: None,
        })
    }

    /// Gives a fresh key its material, unless that is to be imported.
    pub(crate) async fn fill(
        &self,
        kms: &Kms,
        place: &Place,
        record: &mut KeyRecord,
    ) -> Result<Option<KeyMaterial>, Fault> {
        let spec = self.served_in(place.region)?;
        match self.origin {
            Origin::EXTERNAL => Ok(None),
            Origin::AWS_KMS | Origin::AWS_CLOUDHSM | Origin::EXTERNAL_KEY_STORE => {
                let material = kms.generation.material(place.account, spec, &kms.random).await?;
                record.materials.push(MaterialRecord::first(material.id_for(&record.id)));
                record.state = KeyState::Enabled;
                Ok(Some(material))
            }
        }
    }

    /// Refuses what contradicts itself.
    pub(crate) fn check(&self) -> Result<(), Fault> {
        let invalid = |text: String| Err(Fault::Validation(Cow::Owned(text)));
        if self.spec.is_some() && self.old_spec.is_some() {
            return invalid(
                "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is \
                 deprecated."
                    .to_owned(),
            );
        }
        match (self.spec(), self.usage) {
            (spec, Some(usage)) if !spec.serves(usage) => {
                invalid(format!("KeyUsage {} is not compatible with KeySpec {}", usage.name(), spec.name()))
            }
            (KeySpec::SYMMETRIC_DEFAULT, _) | (_, Some(_)) => Ok(()),
            (_, None) => invalid(
                "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys."
                    .to_owned(),
            ),
        }
    }

    /// Refuses what this Region does not have, and what AWS has and this service does not have yet.
    pub(crate) fn check_supported(&self, region: Region) -> Result<(), Fault> {
        match (self.origin, self.served_in(region)?) {
            (Origin::AWS_KMS, _) => Ok(()),
            (Origin::EXTERNAL, spec) if is_importable(spec) => Ok(()),
            (Origin::EXTERNAL, spec) => {
                Err(unsupported(format!("KeySpec {} is not supported with Origin EXTERNAL", spec.name())))
            }
            (origin @ (Origin::AWS_CLOUDHSM | Origin::EXTERNAL_KEY_STORE), _) => {
                Err(unsupported(format!("Origin {} is not supported.", origin.name())))
            }
        }
    }

    fn served_in(&self, region: Region) -> Result<MaterialSpec, Fault> {
        let spec = self.spec();
        let served = spec.served_in(region);
        served.ok_or_else(|| unsupported(format!("KeySpec {} is not supported in this Region", spec.name())))
    }

    /// Shows it in a record.
    pub(crate) fn show(&self, shown: Shown) -> Shown {
        shown
            .text("keyUsage", self.usage().name())
            .text("keySpec", self.spec().name())
            .text("customerMasterKeySpec", self.spec().name())
            .text("origin", self.origin.name())
    }
}

/// Whether there is a way to bring such material.
fn is_importable(spec: MaterialSpec) -> bool {
    WrappingAlgorithm::ALL
        .iter()
        .any(|algorithm| WrappingKeySpec::ALL.iter().any(|key| algorithm.wraps(spec, *key)))
}

fn unsupported(text: String) -> Fault {
    Fault::Unsupported(Some(text.into()))
}
