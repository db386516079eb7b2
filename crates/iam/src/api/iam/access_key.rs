//! Access keys as operations meet them: whose they are, and whether they are the one named.

use super::caller;
use super::kin;
use crate::access_key::{AccessKeyRecord, Owner};
use crate::account::AccountRecord;
use crate::api::{Api, Ask, Call, Fault};
use crate::model::UserRecord;
use crate::rows::{Changes, Row, at};
use crate::{AccessKeyId, Principal, UserName};

/// Most access keys of a user.
pub(super) const ACCESS_KEYS_MAX: usize = 2;

/// Whoever has access keys.
pub(super) enum Keeper {
    Root(Row<AccountRecord>),
    User(Row<UserRecord>),
}

impl Keeper {
    /// The user of this name, or the caller, be it the root user.
    pub(super) async fn find(api: &Api, call: &Call<'_>, name: Option<&UserName>) -> Result<Keeper, Fault> {
        if let (None, Principal::Root) = (name, &call.caller.principal) {
            return Ok(Keeper::Root(api.directory.account_row(call.account()).await?));
        }
        let name = caller::user(call, name)?;
        Ok(Keeper::User(kin::find(api, call, name.as_str()).await?))
    }

    /// The ids of its access keys.
    pub(super) fn keys(&self) -> Vec<AccessKeyId> {
        match self {
            Keeper::Root(row) => {
                row.record.root_access_keys.iter().filter_map(|id| id.parse().ok()).collect()
            }
            Keeper::User(row) => row.record.access_keys.clone(),
        }
    }

    /// Whose its access keys are.
    pub(super) fn owner(&self) -> Owner {
        match self {
            Keeper::Root(_) => Owner::Root,
            Keeper::User(row) => Owner::User(row.record.id),
        }
    }

    /// What it is called; the root user has no name.
    pub(super) fn name(&self) -> Option<UserName> {
        match self {
            Keeper::Root(_) => None,
            Keeper::User(row) => Some(row.record.name.clone()),
        }
    }

    /// These changes, and its access keys are these.
    pub(super) fn with_keys(self, changes: Changes, keys: &[AccessKeyId]) -> Changes {
        match self {
            Keeper::Root(mut row) => {
                row.record.root_access_keys = keys.iter().map(ToString::to_string).collect();
                changes.update(&row)
            }
            Keeper::User(mut row) => {
                row.record.access_keys = keys.to_vec();
                changes.update(&row)
            }
        }
    }
}

/// `action` on the user of this name, or the caller.
pub(super) async fn ask(
    api: &Api,
    call: &Call<'_>,
    action: &'static str,
    name: Option<&UserName>,
) -> Result<Vec<Ask>, Fault> {
    if let (None, Principal::Root) = (name, &call.caller.principal) {
        let arn = call.caller.arn(call.region());
        return Ok(vec![Ask::new(action, arn.as_str(), arn.as_str())]);
    }
    let name = caller::user(call, name)?;
    Ok(vec![kin::ask::<UserRecord>(api, call, action, name.as_str()).await?])
}

/// The record of an access key that must be there.
pub(super) async fn record(api: &Api, id: &AccessKeyId) -> Result<Row<AccessKeyRecord>, Fault> {
    api.directory.row(at::access_key(id)?).await?.ok_or_else(|| not_found(id))
}

/// The refusal of an access key that is not there, or another's.
pub(super) fn not_found(id: &AccessKeyId) -> Fault {
    Fault::NoSuchEntity(format!("The Access Key with id {id} cannot be found.").into())
}
