//! The one table of stored identities: which path holds what, and how it is read and changed.
//!
//! | path | value |
//! |---|---|
//! | `-/-/account/{account}` | [`AccountRecord`](crate::account::AccountRecord) |
//! | `-/-/account-alias/{alias}` | the account that has it |
//! | `-/-/access-key/{access key id}` | [`AccessKeyRecord`](crate::access_key::AccessKeyRecord) |
//! | `-/-/access-key-secret/{access key id}` | the secret |
//! | `-/-/access-key-used/{access key id}` | [`LastUse`](crate::access_key::LastUse): when it was last used |
//! | `-/-/role-used/{unique id}` | [`LastUse`](crate::access_key::LastUse): when a session of the role was last used |
//! | `-/-/services` | [`ServicesRecord`](crate::integrated_service::ServicesRecord): the integrated services |
//! | `-/-/identity/{unique id}` | [`Held`]: which user, group or role has the id |
//! | `{account}/-/user/{name}` | [`UserRecord`](crate::model::UserRecord) |
//! | `{account}/-/group/{name}` | [`GroupRecord`](crate::model::GroupRecord) |
//! | `{account}/-/role/{name}` | [`RoleRecord`](crate::model::RoleRecord) |
//! | `{account}/-/policy/{name}` | [`PolicyRecord`](crate::model::PolicyRecord) |
//! | `{account}/-/policy-text/{policy id}/{version}` | the text of a version, which never changes |
//! | `{account}/-/policy-use/{policy id}` | [`PolicyUse`](crate::model::PolicyUse): by how many it is used |
//! | `{account}/-/policy-of/{policy id}/{attached or boundary}/{unique id}` | nothing: by whom it is used |
//! | `{account}/-/inline/{unique id}/{policy name}` | the text of an inline policy |
//! | `{account}/-/member/{group id}/{user id}` | nothing: who is in a group |
//! | `{account}/-/oidc/{url}` | [`OidcProviderRecord`](crate::model::OidcProviderRecord) |
//! | `{account}/-/counts` | [`Counts`]: how many of each there are |
//! | `{account}/-/alias` | the account's alias |
//! | `{account}/-/controls` | [`Controls`](crate::controls::Controls): what the operator limits the account to |
//!
//! Records are JSON. Names in paths are in lower case, so that two names that differ only in case meet.

use claviger_crypto::Secret;
use claviger_names::AccountId;
use claviger_seal::{SealedEntry, Write};
use claviger_store::{Guard, Path, Revision};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::model::{EntityKind, EntityPath, PolicyName, UniqueId};
use crate::{AccessKeyId, IamError};

/// The paths of the table.
pub(crate) mod at {
    use super::*;

    pub(crate) const ACCOUNTS: &str = "-/-/account/";

    pub(crate) fn account(account: AccountId) -> Result<Path, IamError> {
        path(format!("{ACCOUNTS}{account}"))
    }

    pub(crate) fn account_alias(alias: &str) -> Result<Path, IamError> {
        path(format!("-/-/account-alias/{alias}"))
    }

    pub(crate) fn access_key(id: &AccessKeyId) -> Result<Path, IamError> {
        path(format!("-/-/access-key/{id}"))
    }

    pub(crate) fn secret(id: &AccessKeyId) -> Result<Path, IamError> {
        path(format!("-/-/access-key-secret/{id}"))
    }

    pub(crate) fn key_use(id: &AccessKeyId) -> Result<Path, IamError> {
        path(format!("-/-/access-key-used/{id}"))
    }

    pub(crate) fn services() -> Result<Path, IamError> {
        path("-/-/services".to_owned())
    }

    pub(crate) fn role_use(id: UniqueId) -> Result<Path, IamError> {
        path(format!("-/-/role-used/{id}"))
    }

    pub(crate) fn identity(id: UniqueId) -> Result<Path, IamError> {
        path(format!("-/-/identity/{id}"))
    }

    /// What the paths of all entities of a kind begin with.
    pub(crate) fn entities(account: AccountId, kind: EntityKind) -> String {
        format!("{account}/-/{}/", kind.word())
    }

    /// `name` in whatever case.
    pub(crate) fn entity(account: AccountId, kind: EntityKind, name: &str) -> Result<Path, IamError> {
        path(format!("{}{}", entities(account, kind), name.to_ascii_lowercase()))
    }

    pub(crate) fn policies(account: AccountId) -> String {
        format!("{account}/-/policy/")
    }

    pub(crate) fn policy(account: AccountId, name: &PolicyName) -> Result<Path, IamError> {
        path(format!("{}{}", policies(account), name.folded()))
    }

    pub(crate) fn policy_text(account: AccountId, policy: UniqueId, version: u32) -> Result<Path, IamError> {
        path(format!("{account}/-/policy-text/{policy}/{version}"))
    }

    pub(crate) fn policy_use(account: AccountId, policy: UniqueId) -> Result<Path, IamError> {
        path(format!("{account}/-/policy-use/{policy}"))
    }

    /// What the paths of all that a policy is attached to, or the boundary of, begin with.
    pub(crate) fn users_of_policy(account: AccountId, policy: UniqueId, usage: Usage) -> String {
        format!("{account}/-/policy-of/{policy}/{}/", usage.word())
    }

    pub(crate) fn policy_of(
        account: AccountId,
        policy: UniqueId,
        usage: Usage,
        entity: UniqueId,
    ) -> Result<Path, IamError> {
        path(format!("{}{entity}", users_of_policy(account, policy, usage)))
    }

    pub(crate) fn inline(account: AccountId, id: UniqueId, policy: &PolicyName) -> Result<Path, IamError> {
        path(format!("{account}/-/inline/{id}/{policy}"))
    }

    /// What the paths of all members of a group begin with.
    pub(crate) fn members(account: AccountId, group: UniqueId) -> String {
        format!("{account}/-/member/{group}/")
    }

    pub(crate) fn member(account: AccountId, group: UniqueId, user: UniqueId) -> Result<Path, IamError> {
        path(format!("{}{user}", members(account, group)))
    }

    pub(crate) fn oidc_providers(account: AccountId) -> String {
        format!("{account}/-/oidc/")
    }

    pub(crate) fn oidc_provider(account: AccountId, url: &str) -> Result<Path, IamError> {
        path(format!("{}{}", oidc_providers(account), url.to_ascii_lowercase()))
    }

    pub(crate) fn counts(account: AccountId) -> Result<Path, IamError> {
        path(format!("{account}/-/counts"))
    }

    pub(crate) fn alias(account: AccountId) -> Result<Path, IamError> {
        path(format!("{account}/-/alias"))
    }

    pub(crate) fn controls(account: AccountId) -> Result<Path, IamError> {
        path(format!("{account}/-/controls"))
    }

    fn path(text: String) -> Result<Path, IamError> {
        Path::try_from(text).map_err(IamError::Unnameable)
    }
}

/// How an entity uses a managed policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Usage {
    Attached,
    Boundary,
}

impl Usage {
    fn word(self) -> &'static str {
        match self {
            Usage::Attached => "attached",
            Usage::Boundary => "boundary",
        }
    }
}

/// Which entity has a unique id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Held {
    pub account: AccountId,
    pub kind: EntityKind,
    pub path: EntityPath,
    pub name: Box<str>,
}

/// How many there are of what an account has quotas for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Counts {
    pub users: u32,
    pub groups: u32,
    pub roles: u32,
    pub policies: u32,
    pub policy_versions: u32,
    pub oidc_providers: u32,
}

impl Counts {
    /// The count of the entities of a kind.
    pub(crate) fn of(&mut self, kind: EntityKind) -> &mut u32 {
        match kind {
            EntityKind::User => &mut self.users,
            EntityKind::Group => &mut self.groups,
            EntityKind::Role => &mut self.roles,
        }
    }
}

/// A record where it is stored, or would be.
#[derive(Clone, Debug)]
pub(crate) struct Row<R> {
    pub path: Path,
    /// None where nothing is stored yet.
    pub revision: Option<Revision>,
    pub record: R,
}

impl<R: DeserializeOwned> Row<R> {
    pub(crate) fn read(entry: SealedEntry) -> Result<Row<R>, IamError> {
        let record = from_json(&entry)?;
        Ok(Row { path: entry.path, revision: Some(entry.revision), record })
    }
}

/// What a commit asks for and does.
#[derive(Default)]
pub(crate) struct Changes {
    guards: Vec<Guard>,
    writes: Vec<Write>,
    fault: Option<IamError>,
}

impl Changes {
    /// Nothing yet.
    pub(crate) fn new() -> Changes {
        Changes::default()
    }

    /// Nothing happens unless this row still is as it was read.
    pub(crate) fn hold<R>(mut self, row: &Row<R>) -> Changes {
        self.guards.push(match row.revision {
            Some(revision) => Guard::Unchanged(row.path.clone(), revision),
            None => Guard::Absent(row.path.clone()),
        });
        self
    }

    /// Writes a row's record, provided that nobody else changed it since it was read.
    pub(crate) fn update<R: Serialize>(self, row: &Row<R>) -> Changes {
        self.hold(row).put(Ok(row.path.clone()), &row.record)
    }

    /// Writes a record where nothing may be yet.
    pub(crate) fn create(mut self, path: Result<Path, IamError>, record: &impl Serialize) -> Changes {
        match path {
            Ok(path) => {
                self.guards.push(Guard::Absent(path.clone()));
                self.put(Ok(path), record)
            }
            Err(error) => self.put(Err(error), record),
        }
    }

    /// Removes a row, provided that nobody else changed it.
    pub(crate) fn remove<R>(self, row: &Row<R>) -> Changes {
        self.hold(row).delete(Ok(row.path.clone()))
    }

    /// Writes a record, whatever is there.
    pub(crate) fn put(self, path: Result<Path, IamError>, record: &impl Serialize) -> Changes {
        let write = path.and_then(|path| match serde_json::to_vec(record) {
            Ok(json) => Ok(Write::Put(path, Secret::new(json))),
            Err(error) => Err(IamError::Unreadable(path, error.to_string())),
        });
        self.write(write)
    }

    /// Writes bytes, whatever is there.
    pub(crate) fn put_bytes(self, path: Result<Path, IamError>, bytes: &[u8]) -> Changes {
        self.write(path.map(|path| Write::Put(path, Secret::new(bytes.to_vec()))))
    }

    /// Leaves nothing there.
    pub(crate) fn delete(self, path: Result<Path, IamError>) -> Changes {
        self.write(path.map(Write::Delete))
    }

    /// What is to be committed.
    pub(crate) fn done(self) -> Result<(Vec<Guard>, Vec<Write>), IamError> {
        match self.fault {
            Some(fault) => Err(fault),
            None => Ok((self.guards, self.writes)),
        }
    }

    fn write(mut self, write: Result<Write, IamError>) -> Changes {
        match write {
            Ok(write) => self.writes.push(write),
            Err(fault) => self.fault = Some(fault),
        }
        self
    }
}

/// The record that an entry holds.
pub(crate) fn from_json<R: DeserializeOwned>(entry: &SealedEntry) -> Result<R, IamError> {
    serde_json::from_slice(entry.value.expose())
        .map_err(|error| IamError::Unreadable(entry.path.clone(), error.to_string()))
}

/// The text that an entry holds.
pub(crate) fn text_of(entry: &SealedEntry) -> Result<String, IamError> {
    String::from_utf8(entry.value.expose().to_vec())
        .map_err(|error| IamError::Unreadable(entry.path.clone(), error.to_string()))
}
