//! Keys that KMS itself manages for an integrated service: one in each account and Region, made when first asked for.

use std::sync::Arc;

use claviger_iam::IntegratedService;
use claviger_names::AliasName;
use claviger_store::Revision;

use crate::fault::Fault;
use crate::keyspace::{Changes, Duty};
use crate::kms::Kms;
use crate::model::{AliasRecord, Key, KeyManager, Place, Rotation};
use crate::op::KeyChoice;

/// How many days lie between two rotations of such a key; nobody can change it (developer guide, rotating keys).
const ROTATION_DAYS: u16 = 365;

/// What everybody in the account may do through the service, who may use the service.
const THROUGH_SERVICE: &[&str] = &[
    "kms:Encrypt",
    "kms:Decrypt",
    "kms:ReEncrypt*",
    "kms:GenerateDataKey*",
    "kms:CreateGrant",
    "kms:DescribeKey",
];

/// What the account may do itself.
const DIRECTLY: &[&str] = &["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"];

/// A key that will be there when it is first used.
pub(crate) struct FirstUse {
    /// The key as policies see it, still without material.
    pub key: Arc<Key>,
    changes: Changes,
}

impl Kms {
    /// The key that `service` will have in this account and Region, under its alias.
    pub(crate) async fn aws_managed_key(
        &self,
        place: Place,
        service: &IntegratedService,
        alias: &AliasName,
    ) -> Result<FirstUse, Fault> {
        let choice = KeyChoice::default();
        let mut record = choice.new_key(self, None)?;
        let material = choice.fill(self, &place, &mut record).await?;
        record.manager = KeyManager::Aws;
        record.description = description(service);
        record.policy = policy(place, service);
        let now = record.created;
        let of_alias = AliasRecord { target: record.id, created: now, updated: now };
        let rotation = Rotation::every(ROTATION_DAYS, now)?;
        record.rotation = Some(rotation);
        let changes = Changes::new().create_key(&place, &record, material);
        let key = Key::assemble(place, record, vec![alias.clone()], Revision(0), Vec::new())?;
        let changes =
            changes.put_alias(&key, alias, &of_alias, None).schedule(Duty::Rotate, &key, rotation.next);
        Ok(FirstUse { key: Arc::new(key), changes })
    }

    /// Makes that key. [`Fault::Overtaken`] when somebody else was first: it is there then.
    pub(crate) async fn begin(&self, FirstUse { key, changes }: FirstUse) -> Result<Arc<Key>, Fault> {
        self.commit(changes).await?;
        tracing::info!(key = %key.arn, "a key was made for an integrated service");
        self.key(key.place, key.record.id).await?.ok_or(Fault::Overtaken)
    }
}

fn description(service: &IntegratedService) -> String {
    format!("Default key that protects my {} data when no other key is defined", service.principal.label())
}

/// The key's policy, which nobody can change: it lets nobody do that.
fn policy(Place { account, region }: Place, service: &IntegratedService) -> String {
    let (name, via, partition) =
        (service.principal.label(), service.principal.endpoint(region), region.partition());
    let (through, directly) = (listed(THROUGH_SERVICE), listed(DIRECTLY));
    format!(
        r#"{{
  "Version" : "2012-10-17",
  "Id" : "auto-{name}-1",
  "Statement" : [ {{
    "Sid" : "Allow access through {name} for all principals in the account that are authorized to use {name}",
    "Effect" : "Allow",
    "Principal" : {{
      "AWS" : "*"
    }},
    "Action" : {through},
    "Resource" : "*",
    "Condition" : {{
      "StringEquals" : {{
        "kms:CallerAccount" : "{account}",
        "kms:ViaService" : "{via}"
      }}
    }}
  }}, {{
    "Sid" : "Allow direct access to key metadata to the account",
    "Effect" : "Allow",
    "Principal" : {{
      "AWS" : "arn:{partition}:iam::{account}:root"
    }},
    "Action" : {directly},
    "Resource" : "*"
  }} ]
}}"#
    )
}

fn listed(actions: &[&str]) -> String {
    format!("[ \"{}\" ]", actions.join("\", \""))
}
