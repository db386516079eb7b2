//! The directory of who there is in the accounts, and what a node holds of it in memory.

mod account;
mod binding;
mod credential;
mod key_use;
mod permissions;
mod principal;
mod reading;
mod roster;
mod services;
mod stamps;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use claviger_cache::{ReadThrough, Weighed};
use claviger_clock::Clock;
use claviger_names::AccountId;
use claviger_policy::Policy;
use claviger_seal::{SealedEntry, SealedStore};
use claviger_store::{Outcome, Path, Span};
use serde::de::DeserializeOwned;

pub(crate) use account::without_access_key;
pub use account::{ACCESS_KEYS_PER_ROOT_MAX, PutControlsError};
pub use binding::BindError;
pub use permissions::Permissions;
pub use principal::{OidcProvider, PrincipalKind, PrincipalName, RoleFacts, UserFacts};
pub use roster::RosterEntry;

use crate::model::{Entity, UniqueId};
use crate::rows::{Changes, Row, at};
use crate::{AccessKeyId, ControlLevels, Credential, IamError, IntegratedService, RoleName};
use key_use::KeyUses;
pub(crate) use key_use::Used;
use permissions::PermissionsOf;
use stamps::{Basis, Stamps};

/// Most bytes of access keys held in memory.
const CREDENTIALS_BYTES_MAX: u64 = 8 << 20;

/// Most bytes of accounts held in memory.
const ACCOUNTS_BYTES_MAX: u64 = 1 << 20;

/// Most bytes of who has which id, and of roles, held in memory.
const PRINCIPALS_BYTES_MAX: u64 = 4 << 20;

/// Most bytes of permissions held in memory, the policies themselves not counted.
const PERMISSIONS_BYTES_MAX: u64 = 8 << 20;

/// Most bytes of compiled policies held in memory.
const POLICIES_BYTES_MAX: u64 = 32 << 20;

/// Entries that the caches are laid out for.
const ENTRIES_EXPECTED: usize = 1_000;

/// How often something is read again because it changed while it was read.
const READS_MAX: u32 = 64;

/// Accounts, identities and access keys.
pub struct Directory {
    store: Arc<SealedStore>,
    clock: Arc<dyn Clock>,
    stamps: Stamps,
    accounts: ReadThrough<AccountId, Known>,
    credentials: ReadThrough<AccessKeyId, Based<Credential>>,
    principals: ReadThrough<UniqueId, Based<PrincipalName>>,
    users: ReadThrough<UniqueId, Based<UserFacts>>,
    roles: ReadThrough<(AccountId, RoleName), Based<RoleFacts>>,
    permissions: ReadThrough<PermissionsOf, Based<Permissions>>,
    controls: ReadThrough<AccountId, Based<[ControlLevels; 2]>>,
    services: ReadThrough<(), Based<Arc<[IntegratedService]>>>,
    /// Compiled versions of managed policies, which never change.
    policies: ReadThrough<(UniqueId, u32), CompiledVersion>,
    key_uses: KeyUses,
}

/// That an account exists.
#[derive(Clone, Copy)]
struct Known;

/// A version of a managed policy, compiled, and the bytes of its text.
#[derive(Clone)]
struct CompiledVersion(Arc<Policy>, usize);

/// What is held, and the rows that it rests on.
struct Based<V> {
    value: Arc<V>,
    basis: Arc<Basis>,
    weight_bytes: usize,
}

impl<V> Clone for Based<V> {
    fn clone(&self) -> Based<V> {
        Based { value: self.value.clone(), basis: self.basis.clone(), weight_bytes: self.weight_bytes }
    }
}

impl<V> Weighed for Based<V> {
    fn weight_bytes(&self) -> usize {
        self.weight_bytes
    }
}

impl Weighed for Known {
    fn weight_bytes(&self) -> usize {
        64
    }
}

impl Weighed for CompiledVersion {
    fn weight_bytes(&self) -> usize {
        // What is compiled takes about twice its text.
        256 + 2 * self.1
    }
}

impl Directory {
    /// The directory in this store.
    pub fn new(store: Arc<SealedStore>, clock: Arc<dyn Clock>) -> Directory {
        Directory {
            store,
            clock,
            stamps: Stamps::new(),
            accounts: ReadThrough::new(ACCOUNTS_BYTES_MAX, ENTRIES_EXPECTED),
            credentials: ReadThrough::new(CREDENTIALS_BYTES_MAX, ENTRIES_EXPECTED),
            principals: ReadThrough::new(PRINCIPALS_BYTES_MAX, ENTRIES_EXPECTED),
            users: ReadThrough::new(PRINCIPALS_BYTES_MAX, ENTRIES_EXPECTED),
            roles: ReadThrough::new(PRINCIPALS_BYTES_MAX, ENTRIES_EXPECTED),
            permissions: ReadThrough::new(PERMISSIONS_BYTES_MAX, ENTRIES_EXPECTED),
            controls: ReadThrough::new(ACCOUNTS_BYTES_MAX, ENTRIES_EXPECTED),
            services: ReadThrough::new(ACCOUNTS_BYTES_MAX, 1),
            policies: ReadThrough::new(POLICIES_BYTES_MAX, ENTRIES_EXPECTED),
            key_uses: KeyUses::default(),
        }
    }

    /// Forgets what the rows at these paths were part of: they have changed.
    pub fn forget<'p>(&self, paths: impl IntoIterator<Item = &'p Path>) {
        for path in paths {
            self.stamps.forget(path.as_str());
            if let Some(Ok(account)) = path.as_str().strip_prefix(at::ACCOUNTS).map(str::parse) {
                self.accounts.forget(&account);
            }
        }
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.stamps.clear();
        self.accounts.clear();
    }

    /// Commits, and forgets what it touched before anybody is told of it.
    pub(crate) async fn commit(&self, changes: Changes) -> Result<(), IamError> {
        let (guards, writes) = changes.done()?;
        let guarded = guards.iter().map(|guard| guard.path());
        let touched: Vec<Path> = guarded.chain(writes.iter().map(|write| write.path())).cloned().collect();
        let outcome = self.store.commit(guards, writes).await;
        self.forget(&touched);
        match outcome? {
            Outcome::Committed(_) => Ok(()),
            Outcome::Conflict => Err(IamError::Overtaken),
        }
    }

    /// The record at a path, if there is one.
    pub(crate) async fn row<R: DeserializeOwned>(&self, path: Path) -> Result<Option<Row<R>>, IamError> {
        self.store.read(&path).await?.map(Row::read).transpose()
    }

    /// The record at a path, or an empty one that nothing is stored of yet.
    pub(crate) async fn row_or_new<R: DeserializeOwned + Default>(
        &self,
        path: Path,
    ) -> Result<Row<R>, IamError> {
        let row = self.row(path.clone()).await?;
        Ok(row.unwrap_or_else(|| Row { path, revision: None, record: R::default() }))
    }

    /// The user, group or role of exactly this name.
    pub(crate) async fn entity<E: Entity>(
        &self,
        account: AccountId,
        name: &str,
    ) -> Result<Option<Row<E>>, IamError> {
        let row = self.row::<E>(at::entity(account, E::KIND, name)?).await?;
        Ok(row.filter(|row| row.record.name() == name))
    }

    /// What is stored at a path.
    pub(crate) async fn read(&self, path: &Path) -> Result<Option<SealedEntry>, IamError> {
        Ok(self.store.read(path).await?)
    }

    /// The first entries of a span.
    pub(crate) async fn scan(&self, span: Span, limit: usize) -> Result<Vec<SealedEntry>, IamError> {
        Ok(self.store.scan(span, limit).await?)
    }

    /// What a cache holds of `key`, as long as the rows that it rests on are as they were; else what `load` finds.
    async fn held<K, V, F>(
        &self,
        cache: &ReadThrough<K, Based<V>>,
        key: &K,
        load: impl Fn() -> F + Send + Sync,
    ) -> Result<Option<Arc<V>>, IamError>
    where
        K: Eq + std::hash::Hash + Clone,
        F: Future<Output = Result<Option<Based<V>>, IamError>> + Send,
    {
        for _ in 0..READS_MAX {
            match cache.read(key, &load).await {
                Ok(None) => return Ok(None),
                Ok(Some(held)) if self.stamps.hold(&held.basis) => return Ok(Some(held.value)),
                Ok(Some(_)) | Err(IamError::Overtaken) => cache.forget(key),
                Err(error) => return Err(error),
            }
        }
        Err(IamError::Overtaken)
    }
}
