//! Managed policies as operations meet them: those of the account and those of AWS.

use claviger_names::{AccountId, ArnPartition};

use crate::PolicyArn;
use crate::api::{Api, Ask, Call, Fault};
use crate::aws_policies::AwsPolicy;
use crate::model::{PolicyOwner, PolicyRecord, PolicyUse, UniqueId};
use crate::rows::{Changes, Row, Usage, at};

/// A managed policy that an entity can use.
pub(super) enum Usable {
    Own(Row<PolicyRecord>),
    Aws(&'static AwsPolicy, UniqueId),
}

impl Usable {
    /// Its unique id.
    pub(super) fn id(&self) -> UniqueId {
        match self {
            Usable::Own(row) => row.record.id,
            Usable::Aws(_, id) => *id,
        }
    }

    /// The same changes, made only if the policy still is as it was read.
    pub(super) fn hold(&self, changes: Changes) -> Changes {
        match self {
            Usable::Own(row) => changes.hold(row),
            Usable::Aws(..) => changes,
        }
    }

    /// Refuses a policy that only service-linked roles have.
    pub(super) fn check_attachable(&self) -> Result<(), Fault> {
        match self {
            Usable::Aws(policy, _) if !policy.is_attachable() => Err(Fault::PolicyNotAttachable(
                "Cannot attach a Service Role Policy to a Customer Role.".into(),
            )),
            Usable::Own(_) | Usable::Aws(..) => Ok(()),
        }
    }
}

/// The policy of this ARN, as the caller's account can use it.
pub(super) async fn usable(api: &Api, account: AccountId, arn: &PolicyArn) -> Result<Option<Usable>, Fault> {
    match arn.owner {
        PolicyOwner::Aws => {
            let found = AwsPolicy::find(arn);
            Ok(found.and_then(|policy| Some(Usable::Aws(policy, policy.unique_id()?))))
        }
        PolicyOwner::Account(owner) if owner == account => Ok(own(api, account, arn).await?.map(Usable::Own)),
        PolicyOwner::Account(_) => Ok(None),
    }
}

/// Whether the account can use a policy of this ARN.
pub(in crate::api) async fn exists(api: &Api, account: AccountId, arn: &PolicyArn) -> Result<bool, Fault> {
    Ok(usable(api, account, arn).await?.is_some())
}

/// The account's own policy of this ARN.
pub(super) async fn own(
    api: &Api,
    account: AccountId,
    arn: &PolicyArn,
) -> Result<Option<Row<PolicyRecord>>, Fault> {
    let row: Option<Row<PolicyRecord>> = api.directory.row(at::policy(account, &arn.name)?).await?;
    let is = |row: &Row<PolicyRecord>| row.record.name == arn.name && row.record.path == arn.path;
    Ok(row.filter(|row| is(row) && arn.owner == PolicyOwner::Account(account)))
}

/// The account's own policy of this ARN, to be changed.
pub(super) async fn changeable(
    api: &Api,
    call: &Call<'_>,
    arn: &PolicyArn,
) -> Result<Row<PolicyRecord>, Fault> {
    own(api, call.account(), arn).await?.ok_or_else(not_found)
}

/// The policy of this ARN, to be attached.
pub(super) async fn attachable(api: &Api, call: &Call<'_>, arn: &PolicyArn) -> Result<Usable, Fault> {
    let found = usable(api, call.account(), arn).await?;
    let text = || Fault::NoSuchEntity("Policy ARN does not exist or is not attachable.".into());
    let policy = found.ok_or_else(text)?;
    policy.check_attachable()?;
    Ok(policy)
}

/// The refusal of a policy that is not there.
pub(super) fn not_found() -> Fault {
    Fault::NoSuchEntity("Policy ARN was not found.".into())
}

/// How often an account uses a policy.
pub(super) async fn uses(api: &Api, account: AccountId, policy: UniqueId) -> Result<Row<PolicyUse>, Fault> {
    Ok(api.directory.row_or_new(at::policy_use(account, policy)?).await?)
}

/// The same changes, and one user, group or role more that uses the policy.
pub(super) fn with_use(
    changes: Changes,
    account: AccountId,
    policy: UniqueId,
    uses: &mut Row<PolicyUse>,
    usage: Usage,
    entity: UniqueId,
) -> Changes {
    *count(uses, usage) += 1;
    changes.update(uses).put_bytes(at::policy_of(account, policy, usage, entity), &[])
}

/// The same changes, and one less.
pub(super) fn without_use(
    changes: Changes,
    account: AccountId,
    policy: UniqueId,
    uses: &mut Row<PolicyUse>,
    usage: Usage,
    entity: UniqueId,
) -> Changes {
    let count = count(uses, usage);
    *count = count.saturating_sub(1);
    changes.update(uses).delete(at::policy_of(account, policy, usage, entity))
}

fn count(uses: &mut Row<PolicyUse>, usage: Usage) -> &mut u32 {
    match usage {
        Usage::Attached => &mut uses.record.attachments,
        Usage::Boundary => &mut uses.record.boundaries,
    }
}

impl PolicyRecord {
    /// Its ARN, but for the partition.
    pub(super) fn policy_arn(&self, account: AccountId) -> PolicyArn {
        let (path, name) = (self.path.clone(), self.name.clone());
        PolicyArn { owner: PolicyOwner::Account(account), path, name }
    }
}

/// `action` on the managed policy of this ARN, with what it is tagged with.
pub(super) async fn ask(
    api: &Api,
    call: &Call<'_>,
    action: &'static str,
    arn: &PolicyArn,
) -> Result<Ask, Fault> {
    let ask = ask_of(action, arn, call.partition());
    Ok(match own(api, call.account(), arn).await? {
        Some(row) => ask.resource_tags(row.record.tags.iter()),
        None => ask,
    })
}

/// `action` on a managed policy.
pub(super) fn ask_of(action: &'static str, arn: &PolicyArn, partition: ArnPartition) -> Ask {
    let arn = arn.arn(partition);
    Ask::new(action, arn.as_str(), format!("policy {arn}"))
}

/// `v1` as its number; what is no version of ours is none.
pub(super) fn version_number(id: &str) -> Option<u32> {
    id.strip_prefix('v')?.parse().ok()
}

/// The refusal of a version that is not there.
pub(super) fn version_not_found(id: &str) -> Fault {
    Fault::NoSuchEntity(format!("Policy ARN version {id} does not exist or is not attachable.").into())
}
