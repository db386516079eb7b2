//! KeyMetadata, as DescribeKey and CreateKey answer it.

use claviger_audit::{Resource, ResourceKind, Shown};
use claviger_crypto::MaterialId;
use claviger_names::{AccountId, KeyId, Region};
use claviger_wire::EpochSeconds;
use serde::Serialize;

use super::{
    Algorithms, ExpirationModel, Key, KeyKind, KeyManager, KeySpec, KeyState, KeyUsage, MaterialRecord,
    Origin, Presence, RegionSet,
};

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
    #[serde(skip_serializing_if = "Option::is_none")]
    pending_deletion_window_in_days: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_to: Option<EpochSeconds>,
    origin: Origin,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration_model: Option<&'static str>,
    key_manager: KeyManager,
    customer_master_key_spec: KeySpec,
    key_spec: KeySpec,
    #[serde(flatten)]
    algorithms: Algorithms,
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
                KeyState::Enabled
                | KeyState::Disabled
                | KeyState::PendingImport
                | KeyState::PendingReplicaDeletion { .. } => None,
            },
            pending_deletion_window_in_days: match record.state {
                KeyState::PendingReplicaDeletion { window_days } => Some(window_days),
                KeyState::Enabled
                | KeyState::Disabled
                | KeyState::PendingImport
                | KeyState::PendingDeletion { .. } => None,
            },
            valid_to: presences(&record.materials).filter_map(Presence::end).min().map(EpochSeconds),
            origin: record.origin,
            expiration_model: expiration_model(&record.materials).map(ExpirationModel::name),
            key_manager: record.manager,
            customer_master_key_spec: record.spec,
            key_spec: record.spec,
            algorithms: Algorithms::of(record.spec, record.usage),
            multi_region: record.id.is_multi_region(),
            multi_region_configuration: record.multi_region.as_ref().map(|set| configuration(key, set)),
            current_key_material_id: match record.spec.kind() {
                KeyKind::Symmetric => record.materials.last().map(|material| material.id),
                KeyKind::Asymmetric | KeyKind::Hmac => None,
            },
        }
    }

    /// The same, without the replicas in these Regions.
    pub(crate) fn without_replicas(mut self, gone: &[Region]) -> KeyMetadata {
        if let Some(configuration) = &mut self.multi_region_configuration {
            configuration.replica_keys.retain(|replica| !gone.contains(&replica.region));
        }
        self
    }

    /// The same of a key that is only now being made.
    pub(crate) fn creating(self) -> KeyMetadata {
        KeyMetadata { key_state: "Creating", enabled: false, ..self }
    }

    /// The key, as a record lists it.
    pub(crate) fn resource(&self) -> Resource {
        Resource { account: self.aws_account_id, arn: self.arn.clone(), kind: ResourceKind::Key }
    }

    /// The same as CloudTrail shows it; its spelling of the first member is AWS's.
    pub(crate) fn shown(&self) -> Shown {
        let shown = Shown::new()
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
            .list(self.algorithms.shown_name(), self.algorithms.names().iter().copied())
            .flag("multiRegion", self.multi_region);
        match &self.multi_region_configuration {
            Some(configuration) => shown.object("multiRegionConfiguration", configuration.shown()),
            None => shown,
        }
    }
}

impl MultiRegionConfiguration {
    fn shown(&self) -> Shown {
        Shown::new()
            .text("multiRegionKeyType", self.multi_region_key_type)
            .object("primaryKey", self.primary_key.shown())
            .objects("replicaKeys", self.replica_keys.iter().map(MultiRegionKey::shown))
    }
}

impl MultiRegionKey {
    fn shown(&self) -> Shown {
        Shown::new().text("arn", &self.arn).text("region", self.region.as_str())
    }
}

fn configuration(key: &Key, set: &RegionSet) -> MultiRegionConfiguration {
    let of = |region: Region| {
        let arn = key.record.id.arn(key.place.account, region).into_boxed_str();
        MultiRegionKey { arn, region }
    };
    MultiRegionConfiguration {
        multi_region_key_type: set.role(key.place.region).name(),
        primary_key: of(set.primary),
        replica_keys: set.replicas.iter().copied().map(of).collect(),
    }
}

fn presences(materials: &[MaterialRecord]) -> impl Iterator<Item = Presence> {
    materials.iter().filter_map(MaterialRecord::presence)
}

/// Whether some imported material expires; none where there is none.
fn expiration_model(materials: &[MaterialRecord]) -> Option<ExpirationModel> {
    let expires = presences(materials).filter_map(Presence::model);
    expires.reduce(|one, other| if one == ExpirationModel::Expires { one } else { other })
}
