//! Accounts, their root users' access keys, and what the operator limits them to.

use claviger_names::AccountId;
use claviger_seal::SealedEntry;
use claviger_store::Span;

use super::{Directory, Known};
use crate::access_key::{AccessKeyRecord, Owner};
use crate::account::AccountRecord;
use crate::controls::Controls;
use crate::rows::{Changes, Row, at, from_json};
use crate::{AccessKeyId, Account, AccountName, ControlFault, IamError, KeyStatus, NewAccessKey};

/// Most access keys of a root user.
pub const ACCESS_KEYS_PER_ROOT_MAX: usize = 2;

/// Accounts of one page when all are listed.
const SCAN_ENTRIES: usize = 1_000;

impl Directory {
    /// Whether there is such an account.
    pub async fn has_account(&self, account: AccountId) -> Result<bool, IamError> {
        let load = || async {
            let entry = self.read(&at::account(account)?).await?;
            Ok::<_, IamError>(entry.map(|_| Known))
        };
        Ok(self.accounts.read(&account, load).await?.is_some())
    }

    /// Creates an account whose root user has one access key.
    pub async fn create_account(
        &self,
        account: AccountId,
        name: AccountName,
        key: &NewAccessKey,
    ) -> Result<(), IamError> {
        if account == AccountId::SERVICES {
            return Err(IamError::AccountExists(account));
        }
        let created = self.clock.now();
        let record = AccountRecord { name, created, root_access_keys: vec![key.id.to_string()] };
        let changes = Changes::new().create(at::account(account), &record);
        match self.commit(self.with_access_key(changes, account, Owner::Root, key)).await {
            Err(IamError::Overtaken) if self.has_account(account).await? => {
                Err(IamError::AccountExists(account))
            }
            Err(IamError::Overtaken) => Err(IamError::AccessKeyExists(key.id.clone())),
            other => other,
        }
    }

    /// Every account, in the order of their numbers.
    pub async fn list_accounts(&self) -> Result<Vec<Account>, IamError> {
        let mut accounts = Vec::new();
        let mut span = Span::prefix(at::ACCOUNTS);
        loop {
            let page = self.scan(span.clone(), SCAN_ENTRIES).await?;
            for entry in &page {
                accounts.push(account_of(entry)?);
            }
            match page.last() {
                Some(last) if page.len() == SCAN_ENTRIES => span = span.after(&last.path),
                Some(_) | None => return Ok(accounts),
            }
        }
    }

    /// Gives an account's root user another access key.
    pub async fn add_root_access_key(&self, account: AccountId, key: &NewAccessKey) -> Result<(), IamError> {
        let mut row = self.account_row(account).await?;
        if row.record.root_access_keys.len() >= ACCESS_KEYS_PER_ROOT_MAX {
            return Err(IamError::TooManyAccessKeys(account));
        }
        row.record.root_access_keys.push(key.id.to_string());
        self.commit(self.with_access_key(Changes::new().update(&row), account, Owner::Root, key)).await
    }

    /// Takes an access key from an account's root user. Requests signed with it are refused from now on.
    pub async fn delete_root_access_key(&self, account: AccountId, id: &AccessKeyId) -> Result<(), IamError> {
        let mut row = self.account_row(account).await?;
        let before = row.record.root_access_keys.len();
        row.record.root_access_keys.retain(|other| other != id.as_str());
        if row.record.root_access_keys.len() == before {
            return Err(IamError::NoAccessKey(account, id.clone()));
        }
        self.commit(without_access_key(Changes::new().update(&row), id)).await
    }

    /// What the operator limits an account to.
    pub async fn controls(&self, account: AccountId) -> Result<Controls, IamError> {
        self.account_row(account).await?;
        Ok(self.row_or_new::<Controls>(at::controls(account)?).await?.record)
    }

    /// Limits an account to this, in place of what was; refused when a policy does not stand.
    pub async fn put_controls(&self, account: AccountId, controls: Controls) -> Result<(), PutControlsError> {
        controls.check()?;
        let account_row = self.account_row(account).await?;
        let changes = Changes::new().hold(&account_row).put(at::controls(account), &controls);
        Ok(self.commit(changes).await?)
    }

    pub(crate) async fn account_row(&self, account: AccountId) -> Result<Row<AccountRecord>, IamError> {
        self.row(at::account(account)?).await?.ok_or(IamError::NoAccount(account))
    }

    /// The same changes, and a new access key.
    pub(crate) fn with_access_key(
        &self,
        changes: Changes,
        account: AccountId,
        owner: Owner,
        key: &NewAccessKey,
    ) -> Changes {
        let record = AccessKeyRecord { account, owner, status: KeyStatus::Active, created: self.clock.now() };
        changes.create(at::access_key(&key.id), &record).put_bytes(at::secret(&key.id), key.secret.expose())
    }
}

/// Why an account was not limited.
#[derive(Debug, thiserror::Error)]
pub enum PutControlsError {
    /// A policy does not stand.
    #[error(transparent)]
    Controls(#[from] ControlFault),
    /// The directory did not do it.
    #[error(transparent)]
    Directory(#[from] IamError),
}

/// The same changes, and an access key less.
pub(crate) fn without_access_key(changes: Changes, id: &AccessKeyId) -> Changes {
    changes.delete(at::access_key(id)).delete(at::secret(id)).delete(at::key_use(id))
}

fn account_of(entry: &SealedEntry) -> Result<Account, IamError> {
    let unreadable = |why: String| IamError::Unreadable(entry.path.clone(), why);
    let id = entry.path.as_str().strip_prefix(at::ACCOUNTS).unwrap_or_default();
    let id = id.parse().map_err(|error| unreadable(format!("{error}")))?;
    let AccountRecord { name, created, root_access_keys } = from_json(entry)?;
    let keys = root_access_keys.iter().map(|id| id.parse().map_err(|error| unreadable(format!("{error}"))));
    Ok(Account { id, name, created, root_access_keys: keys.collect::<Result<_, _>>()? })
}
