//! What kind of key a CreateKey asks for: the members that depend on each other.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_crypto::SymmetricMaterial;
use claviger_iam::Bindings;
use claviger_names::KeyId;
use claviger_wire::Members;

use crate::fault::Fault;
use crate::kms::Kms;
use crate::model::{
    CustomerMasterKeySpec, KeyManager, KeyRecord, KeySpec, KeyState, KeyTraits, KeyUsage, MaterialRecord,
    Origin, Tags,
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
        KeyTraits { spec, usage, origin, is_multi_region: multi_region == Some(true) }
    }

    /// A fresh key, still without description, tags and policy.
    pub(crate) fn new_key(
        &self,
        kms: &Kms,
        multi_region: Option<bool>,
    ) -> Result<(KeyRecord, SymmetricMaterial), Fault> {
        let random = kms.random_bytes()?;
        let id = match multi_region {
            Some(true) => KeyId::multi_region(random),
            Some(false) | None => KeyId::single_region(random),
        };
        let material = SymmetricMaterial::generate(&*kms.random).map_err(Fault::internal)?;
        let record = KeyRecord {
            id,
            created: kms.now(),
            description: String::new(),
            spec: self.spec(),
            usage: self.usage(),
            origin: self.origin(),
            manager: KeyManager::Customer,
            state: KeyState::Enabled,
            tags: Tags::default(),
            policy: String::new(),
            bindings: Bindings::default(),
            materials: vec![MaterialRecord::first(material.id_for(&id))],
            rotation: None,
        };
        Ok((record, material))
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

    /// Refuses what AWS has and this service does not have yet.
    pub(crate) fn check_supported(&self) -> Result<(), Fault> {
        match (self.origin, self.spec()) {
            (Origin::AWS_KMS, KeySpec::SYMMETRIC_DEFAULT) => Ok(()),
            (Origin::AWS_KMS, spec) => unsupported(format!("KeySpec {} is not supported.", spec.name())),
            (origin, _) => unsupported(format!("Origin {} is not supported.", origin.name())),
        }
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

fn unsupported(text: String) -> Result<(), Fault> {
    Err(Fault::Unsupported(Some(Cow::Owned(text))))
}
