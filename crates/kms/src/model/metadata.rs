//! KeyMetadata, as DescribeKey and CreateKey answer it.

use claviger_audit::{Resource, ResourceKind, Shown};
use claviger_crypto::MaterialId;
use claviger_names::{AccountId, KeyId, Region};
use claviger_wire::EpochSeconds;
use serde::Serialize;

use super::{EncryptionAlgorithm, Key, KeyManager, KeySpec, KeyState, KeyUsage, Origin};

/// What AWS tells of a key.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct KeyMetadata {
    #[serde(rename = "AWSAccountId")]
    aws_account_id: AccountId,
    key_id: KeyId,
    arn: Box<str>,
    creation_date: EpochSeconds,
    enabled: bool,
    description: String,
    key_usage: KeyUsage,
    key_state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    deletion_date: Option<EpochSeconds>,
    origin: Origin,
    key_manager: KeyManager,
    customer_master_key_spec: KeySpec,
    key_spec: KeySpec,
    encryption_algorithms: [EncryptionAlgorithm; 1],
    multi_region: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_region_configuration: Option<MultiRegionConfiguration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_key_material_id: Option<MaterialId>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct MultiRegionConfiguration {
    multi_region_key_type: &'static str,
    primary_key: MultiRegionKey,
    replica_keys: Vec<MultiRegionKey>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct MultiRegionKey {
    arn: Box<str>,
    region: Region,
}

impl KeyMetadata {
    /// What is told of `key`.
    pub(crate) fn of(key: &Key) -> KeyMetadata {
        let record = &key.record;
        KeyMetadata {
            aws_account_id: key.place.account,
            key_id: record.id,
            arn: key.arn.clone(),
            creation_date: EpochSeconds(record.created),
            enabled: record.state == KeyState::Enabled,
            description: record.description.clone(),
            key_usage: record.usage,
            key_state: record.state.name(),
            deletion_date: match record.state {
                KeyState::PendingDeletion { due } => Some(EpochSeconds(due)),
                KeyState::Enabled | KeyState::Disabled => None,
            },
            origin: record.origin,
            key_manager: record.manager,
            customer_master_key_spec: record.spec,
            key_spec: record.spec,
            encryption_algorithms: [EncryptionAlgorithm::SYMMETRIC_DEFAULT],
            multi_region: record.id.is_multi_region(),
            multi_region_configuration: record.id.is_multi_region().then(|| MultiRegionConfiguration {
                multi_region_key_type: "PRIMARY",
                primary_key: MultiRegionKey { arn: key.arn.clone(), region: key.place.region },
                replica_keys: Vec::new(),
            }),
            current_key_material_id: record.materials.last().map(|material| material.id),
        }
    }

    /// The key, as a record lists it.
    pub(crate) fn resource(&self) -> Resource {
        Resource { account: self.aws_account_id, arn: self.arn.clone(), kind: ResourceKind::Key }
    }

    /// The same as CloudTrail shows it; its spelling of the first member is AWS's.
    pub(crate) fn shown(&self) -> Shown {
        Shown::new()
            .text("aWSAccountId", self.aws_account_id.as_str())
            .text("keyId", &self.key_id.to_string())
            .text("arn", &self.arn)
            .date("creationDate", self.creation_date.0)
            .flag("enabled", self.enabled)
            .text("description", &self.description)
            .text("keyUsage", self.key_usage.name())
            .text("keyState", self.key_state)
            .text("origin", self.origin.name())
            .text("keyManager", self.key_manager.name())
            .text("customerMasterKeySpec", self.key_spec.name())
            .text("keySpec", self.key_spec.name())
            .list("encryptionAlgorithms", self.encryption_algorithms.iter().map(|algorithm| algorithm.name()))
            .flag("multiRegion", self.multi_region)
    }
}
