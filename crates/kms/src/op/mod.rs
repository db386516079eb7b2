//! The operations: what each is, and the one table of all of them with their facts.

mod answer;
mod cancel_key_deletion;
mod connect_custom_key_store;
mod create_alias;
mod create_custom_key_store;
mod create_grant;
mod create_key;
mod data_key;
mod decapsulate;
mod decrypt;
mod delete_alias;
mod delete_custom_key_store;
mod delete_imported_key_material;
mod derive_shared_secret;
mod describe_custom_key_stores;
mod describe_key;
mod disable_key;
mod disable_key_rotation;
mod disconnect_custom_key_store;
mod enable_key;
mod enable_key_rotation;
mod encapsulate;
mod encrypt;
mod encryption;
mod facts;
mod generate_data_key;
mod generate_data_key_pair;
mod generate_data_key_pair_without_plaintext;
mod generate_data_key_without_plaintext;
mod generate_mac;
mod generate_random;
mod get_key_last_usage;
mod get_key_policy;
mod get_key_rotation_status;
mod get_parameters_for_import;
mod get_public_key;
mod grant;
mod grant_terms;
mod import_key_material;
mod import_terms;
mod key_choice;
mod key_pair;
mod key_store;
mod list_aliases;
mod list_grants;
mod list_key_policies;
mod list_key_rotations;
mod list_keys;
mod list_resource_tags;
mod list_retirable_grants;
mod mac;
mod member;
mod paging;
mod policy;
mod put_key_policy;
mod re_encrypt;
mod replica;
mod replicate_key;
mod retire_grant;
mod revoke_grant;
mod rotate_key_on_demand;
mod schedule_key_deletion;
mod sign;
mod signing;
mod tag_resource;
mod untag_resource;
mod update_alias;
mod update_custom_key_store;
mod update_key_description;
mod update_primary_region;
mod verify;
mod verify_mac;

use claviger_audit::Shown;
use claviger_names::Region;
use claviger_wire::Members;
use futures_util::future::BoxFuture;
pub(crate) use key_choice::KeyChoice;
use serde::Serialize;
use zeroize::Zeroizing;

pub use crate::model::{GrantOperation, KeyUsage};
pub(crate) use enable_key_rotation::DEFAULT_PERIOD_DAYS;
pub use facts::{Facts, KeyNames, PolicyType, QuotaBucket, States};
pub(crate) use schedule_key_deletion::DEFAULT_WINDOW_DAYS;

use crate::fault::Fault;
use crate::gate::{Call, Permit, Scope};
use crate::kms::Kms;
use crate::model::KeyPairSpec;
use crate::pipeline::{self, Told, Trace};
use crate::quota::RequestQuota;

/// Room that an answer without data takes.
pub(crate) const USUAL_ANSWER_BYTES: usize = 384;

/// One operation of the API. What all of them do alike is done by the pipeline.
pub(crate) trait Operation: 'static {
    /// What the rest of the product knows of it.
    const FACTS: Facts;
    /// What it touches.
    type Scope: Scope;
    /// Its request, parsed; it may borrow from the body.
    type Request<'b>: Send + Sync;
    /// Its answer.
    type Response: Serialize + Send + Sync;

    /// Takes the members in the order of the model.
    fn parse(members: Members<'_>) -> Result<Self::Request<'_>, Fault>;

    /// What the gate is to resolve and decide on.
    fn asks<'r>(request: &'r Self::Request<'_>) -> Result<<Self::Scope as Scope>::Ask<'r>, Fault>;

    /// What the record shows of the request: an allow-list.
    fn shown(request: &Self::Request<'_>) -> Shown;

    /// What the record shows of the answer.
    fn told(_: &Self::Response) -> Told {
        Told::default()
    }

    /// Room that the answer takes in JSON, so that its buffer does not grow: what grows leaves its old bytes behind.
    fn answer_bytes(_: &Self::Response) -> usize {
        USUAL_ANSWER_BYTES
    }

    /// What else it counts as, of the request quotas, where its facts do not tell.
    fn pair(_: &Self::Request<'_>) -> Option<KeyPairSpec> {
        None
    }

    /// What it counts as in another Region, and how often.
    fn counts_in(_: &Self::Request<'_>) -> Option<(Region, RequestQuota, u32)> {
        None
    }

    /// Whether the caller only wants to know if it would succeed.
    fn dry_run(_: &Self::Request<'_>) -> DryRun {
        DryRun::No
    }

    /// Refuses what the request asks of what it touches and cannot have: operations of another kind of key, …
    fn fits(_: &Self::Request<'_>, _: &Self::Scope) -> Result<(), Fault> {
        Ok(())
    }

    /// The same, where the state of the key is told first: an algorithm that it has not, a message that does not fit.
    fn suits(_: &Self::Request<'_>, _: &Self::Scope) -> Result<(), Fault> {
        Ok(())
    }

    /// Does it.
    fn run(
        kms: &Kms,
        permit: Permit<'_, Self::Scope>,
        request: &Self::Request<'_>,
    ) -> impl Future<Output = Result<Self::Response, Fault>> + Send;
}

/// How far a request is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DryRun {
    /// To its end.
    No,
    /// Up to the gate.
    BeforeRun,
    /// To its end, but only the outcome is told: it changes nothing.
    AfterRun,
}

impl DryRun {
    /// What the DryRun member asks for where nothing but the gate can refuse.
    pub(crate) fn asked(flag: Option<bool>) -> DryRun {
        if flag == Some(true) { DryRun::BeforeRun } else { DryRun::No }
    }

    /// The same where what the request brings is looked at too: a signature, a ciphertext.
    pub(crate) fn asked_of_proof(flag: Option<bool>) -> DryRun {
        if flag == Some(true) { DryRun::AfterRun } else { DryRun::No }
    }

    /// Shows in a record that nothing was done.
    pub(crate) fn show(self, shown: Shown) -> Shown {
        match self {
            DryRun::No => shown,
            DryRun::BeforeRun | DryRun::AfterRun => shown.flag("dryRun", true),
        }
    }
}

/// An operation in the table.
pub struct Entry {
    /// What it is.
    pub facts: Facts,
    pub(crate) perform: Perform,
}

type Perform =
    for<'c> fn(&'c Kms, &'c Call<'c>, &'c mut Trace) -> BoxFuture<'c, Result<Zeroizing<Vec<u8>>, Fault>>;

const fn entry<O: Operation>() -> Entry {
    Entry { facts: O::FACTS, perform: |kms, call, trace| Box::pin(pipeline::perform::<O>(kms, call, trace)) }
}

/// Every operation that this service has, in the order of their names.
pub const OPERATIONS: &[Entry] = &[
    entry::<cancel_key_deletion::CancelKeyDeletion>(),
    entry::<connect_custom_key_store::ConnectCustomKeyStore>(),
    entry::<create_alias::CreateAlias>(),
    entry::<create_custom_key_store::CreateCustomKeyStore>(),
    entry::<create_grant::CreateGrant>(),
    entry::<create_key::CreateKey>(),
    entry::<decapsulate::Decapsulate>(),
    entry::<decrypt::Decrypt>(),
    entry::<delete_alias::DeleteAlias>(),
    entry::<delete_custom_key_store::DeleteCustomKeyStore>(),
    entry::<delete_imported_key_material::DeleteImportedKeyMaterial>(),
    entry::<derive_shared_secret::DeriveSharedSecret>(),
    entry::<describe_custom_key_stores::DescribeCustomKeyStores>(),
    entry::<describe_key::DescribeKey>(),
    entry::<disable_key::DisableKey>(),
    entry::<disable_key_rotation::DisableKeyRotation>(),
    entry::<disconnect_custom_key_store::DisconnectCustomKeyStore>(),
    entry::<enable_key::EnableKey>(),
    entry::<enable_key_rotation::EnableKeyRotation>(),
    entry::<encapsulate::Encapsulate>(),
    entry::<encrypt::Encrypt>(),
    entry::<generate_data_key::GenerateDataKey>(),
    entry::<generate_data_key_pair::GenerateDataKeyPair>(),
    entry::<generate_data_key_pair_without_plaintext::GenerateDataKeyPairWithoutPlaintext>(),
    entry::<generate_data_key_without_plaintext::GenerateDataKeyWithoutPlaintext>(),
    entry::<generate_mac::GenerateMac>(),
    entry::<generate_random::GenerateRandom>(),
    entry::<get_key_last_usage::GetKeyLastUsage>(),
    entry::<get_key_policy::GetKeyPolicy>(),
    entry::<get_key_rotation_status::GetKeyRotationStatus>(),
    entry::<get_parameters_for_import::GetParametersForImport>(),
    entry::<get_public_key::GetPublicKey>(),
    entry::<import_key_material::ImportKeyMaterial>(),
    entry::<list_aliases::ListAliases>(),
    entry::<list_grants::ListGrants>(),
    entry::<list_key_policies::ListKeyPolicies>(),
    entry::<list_key_rotations::ListKeyRotations>(),
    entry::<list_keys::ListKeys>(),
    entry::<list_resource_tags::ListResourceTags>(),
    entry::<list_retirable_grants::ListRetirableGrants>(),
    entry::<put_key_policy::PutKeyPolicy>(),
    entry::<re_encrypt::ReEncrypt>(),
    entry::<replicate_key::ReplicateKey>(),
    entry::<retire_grant::RetireGrant>(),
    entry::<revoke_grant::RevokeGrant>(),
    entry::<rotate_key_on_demand::RotateKeyOnDemand>(),
    entry::<schedule_key_deletion::ScheduleKeyDeletion>(),
    entry::<sign::Sign>(),
    entry::<tag_resource::TagResource>(),
    entry::<untag_resource::UntagResource>(),
    entry::<update_alias::UpdateAlias>(),
    entry::<update_custom_key_store::UpdateCustomKeyStore>(),
    entry::<update_key_description::UpdateKeyDescription>(),
    entry::<update_primary_region::UpdatePrimaryRegion>(),
    entry::<verify::Verify>(),
    entry::<verify_mac::VerifyMac>(),
];

/// The operation of this name.
pub(crate) fn find(name: &str) -> Option<&'static Entry> {
    position(name).map(|at| &OPERATIONS[at])
}

/// Where the operation of this name stands in the table.
pub(crate) fn position(name: &str) -> Option<usize> {
    OPERATIONS.binary_search_by(|entry| entry.facts.name.cmp(name)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_so_that_every_operation_is_found() {
        for entry in OPERATIONS {
            assert_eq!(find(entry.facts.name).unwrap().facts.name, entry.facts.name);
        }
        assert!(find("").is_none() && find("encrypt").is_none() && find("Zzz").is_none());
    }

    #[test]
    fn every_action_is_the_operations_own() {
        for entry in OPERATIONS {
            let action = format!("kms:{}", entry.facts.name);
            let two_actions = entry.facts.name == "ReEncrypt";
            assert!(two_actions || entry.facts.action == action, "{action}");
        }
    }
}
