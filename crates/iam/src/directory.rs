//! The directory of accounts and access keys, and what a node holds of it in memory.
//!
//! | path | value |
//! |---|---|
//! | `-/-/account/{account}` | the account's record as JSON |
//! | `-/-/access-key/{access key id}` | whose it is, as JSON |
//! | `-/-/access-key-secret/{access key id}` | the secret |

use std::sync::Arc;

use claviger_cache::{ReadThrough, Weighed};
use claviger_clock::Clock;
use claviger_crypto::Secret;
use claviger_names::AccountId;
use claviger_seal::{SealedEntry, SealedStore, Write};
use claviger_store::{Guard, Outcome, Path, Span};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::access_key::{AccessKeyRecord, Owner};
use crate::account::AccountRecord;
use crate::{
    AccessKeyId, Account, AccountName, Caller, Credential, IamError, KeyStatus, NewAccessKey, Principal,
};

/// Most access keys of a root user.
pub const ACCESS_KEYS_PER_ROOT_MAX: usize = 2;

/// Most bytes of access keys held in memory.
const CREDENTIALS_BYTES_MAX: u64 = 4 << 20;

/// Most bytes of accounts held in memory.
const ACCOUNTS_BYTES_MAX: u64 = 1 << 20;

/// Entries that the caches are laid out for.
const ENTRIES_EXPECTED: usize = 1_000;

/// Accounts of one page when all are listed.
const SCAN_ENTRIES: usize = 1_000;

const ACCOUNTS: &str = "-/-/account/";
const ACCESS_KEYS: &str = "-/-/access-key/";
const SECRETS: &str = "-/-/access-key-secret/";

/// Accounts and access keys.
pub struct Directory {
    store: Arc<SealedStore>,
    clock: Arc<dyn Clock>,
    credentials: ReadThrough<AccessKeyId, Arc<Credential>>,
    accounts: ReadThrough<AccountId, Known>,
}

/// That an account exists.
#[derive(Clone, Copy)]
struct Known;

impl Weighed for Known {
    fn weight_bytes(&self) -> usize {
        64
    }
}

impl Weighed for Credential {
    fn weight_bytes(&self) -> usize {
        512
    }
}

impl Directory {
    /// The directory in this store.
    pub fn new(store: Arc<SealedStore>, clock: Arc<dyn Clock>) -> Directory {
        Directory {
            store,
            clock,
            credentials: ReadThrough::new(CREDENTIALS_BYTES_MAX, ENTRIES_EXPECTED),
            accounts: ReadThrough::new(ACCOUNTS_BYTES_MAX, ENTRIES_EXPECTED),
        }
    }

    /// The access key of this id, in whatever status, if there is one.
    pub async fn credential(&self, id: &AccessKeyId) -> Result<Option<Arc<Credential>>, IamError> {
        self.credentials.read(id, self.load_credential(id)).await
    }

    /// Whether there is such an account.
    pub async fn has_account(&self, account: AccountId) -> Result<bool, IamError> {
        let load = async {
            let entry = self.store.read(&path(ACCOUNTS, &account)?).await?;
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
        let created = self.clock.now();
        let record = AccountRecord { name, created, root_access_keys: vec![key.id.to_string()] };
        let account_path = path(ACCOUNTS, &account)?;
        let mut writes = vec![put_json(account_path.clone(), &record)?];
        writes.extend(self.access_key_writes(account, key)?);
        let guards = vec![Guard::Absent(account_path), Guard::Absent(path(ACCESS_KEYS, &key.id)?)];
        match self.commit(guards, writes).await {
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
        let mut span = Span::prefix(ACCOUNTS);
        loop {
            let page = self.store.scan(span.clone(), SCAN_ENTRIES).await?;
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
        let (entry, mut record) = self.account_record(account).await?;
        if record.root_access_keys.len() >= ACCESS_KEYS_PER_ROOT_MAX {
            return Err(IamError::TooManyAccessKeys(account));
        }
        record.root_access_keys.push(key.id.to_string());
        let guards = vec![
            Guard::Unchanged(entry.path.clone(), entry.revision),
            Guard::Absent(path(ACCESS_KEYS, &key.id)?),
        ];
        let mut writes = vec![put_json(entry.path, &record)?];
        writes.extend(self.access_key_writes(account, key)?);
        self.commit(guards, writes).await
    }

    /// Takes an access key from an account's root user. Requests signed with it are refused from now on.
    pub async fn delete_root_access_key(&self, account: AccountId, id: &AccessKeyId) -> Result<(), IamError> {
        let (entry, mut record) = self.account_record(account).await?;
        let before = record.root_access_keys.len();
        record.root_access_keys.retain(|other| other != id.as_str());
        if record.root_access_keys.len() == before {
            return Err(IamError::NoAccessKey(account, id.clone()));
        }
        let guards = vec![Guard::Unchanged(entry.path.clone(), entry.revision)];
        let writes = vec![
            put_json(entry.path, &record)?,
            Write::Delete(path(ACCESS_KEYS, id)?),
            Write::Delete(path(SECRETS, id)?),
        ];
        self.commit(guards, writes).await
    }

    /// Forgets what the rows at these paths were part of: they have changed.
    pub fn forget<'p>(&self, paths: impl IntoIterator<Item = &'p Path>) {
        for path in paths {
            let path = path.as_str();
            let access_key = path.strip_prefix(ACCESS_KEYS).or_else(|| path.strip_prefix(SECRETS));
            if let Some(Ok(id)) = access_key.map(str::parse) {
                self.credentials.forget(&id);
            }
            if let Some(Ok(account)) = path.strip_prefix(ACCOUNTS).map(str::parse) {
                self.accounts.forget(&account);
            }
        }
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.credentials.clear();
        self.accounts.clear();
    }

    async fn load_credential(&self, id: &AccessKeyId) -> Result<Option<Arc<Credential>>, IamError> {
        let Some(entry) = self.store.read(&path(ACCESS_KEYS, id)?).await? else { return Ok(None) };
        let Some(secret) = self.store.read(&path(SECRETS, id)?).await? else { return Ok(None) };
        let record: AccessKeyRecord = from_json(&entry)?;
        let principal = match record.owner {
            Owner::Root => Principal::Root,
        };
        let caller = Caller { account: record.account, principal, access_key_id: id.clone() };
        let (secret, status, revision) = (secret.value, record.status, entry.revision);
        Ok(Some(Arc::new(Credential { caller, secret, status, revision })))
    }

    async fn account_record(&self, account: AccountId) -> Result<(SealedEntry, AccountRecord), IamError> {
        let entry = self.store.read(&path(ACCOUNTS, &account)?).await?.ok_or(IamError::NoAccount(account))?;
        let record = from_json(&entry)?;
        Ok((entry, record))
    }

    fn access_key_writes(&self, account: AccountId, key: &NewAccessKey) -> Result<[Write; 2], IamError> {
        let (owner, status, created) = (Owner::Root, KeyStatus::Active, self.clock.now());
        let record = AccessKeyRecord { account, owner, status, created };
        let secret = Secret::new(key.secret.expose().to_vec());
        Ok([put_json(path(ACCESS_KEYS, &key.id)?, &record)?, Write::Put(path(SECRETS, &key.id)?, secret)])
    }

    async fn commit(&self, guards: Vec<Guard>, writes: Vec<Write>) -> Result<(), IamError> {
        let changed: Vec<Path> = writes.iter().map(|write| write.path().clone()).collect();
        let outcome = self.store.commit(guards, writes).await;
        self.forget(&changed);
        match outcome? {
            Outcome::Committed(_) => Ok(()),
            Outcome::Conflict => Err(IamError::Overtaken),
        }
    }
}

fn account_of(entry: &SealedEntry) -> Result<Account, IamError> {
    let unreadable = |why: String| IamError::Unreadable(entry.path.clone(), why);
    let id = entry.path.as_str().strip_prefix(ACCOUNTS).unwrap_or_default();
    let id = id.parse().map_err(|error| unreadable(format!("{error}")))?;
    let AccountRecord { name, created, root_access_keys } = from_json(entry)?;
    let keys = root_access_keys.iter().map(|id| id.parse().map_err(|error| unreadable(format!("{error}"))));
    Ok(Account { id, name, created, root_access_keys: keys.collect::<Result<_, _>>()? })
}

fn path(table: &str, name: &dyn std::fmt::Display) -> Result<Path, IamError> {
    let text = format!("{table}{name}");
    let malformed = |error: claviger_store::PathError| {
        claviger_seal::SealError::from(claviger_store::StoreError::Unavailable { cause: error.to_string() })
    };
    Ok(Path::parse(&text).map_err(malformed)?)
}

fn put_json(path: Path, record: &impl Serialize) -> Result<Write, IamError> {
    let json =
        serde_json::to_vec(record).map_err(|error| IamError::Unreadable(path.clone(), error.to_string()))?;
    Ok(Write::Put(path, Secret::new(json)))
}

fn from_json<R: DeserializeOwned>(entry: &SealedEntry) -> Result<R, IamError> {
    serde_json::from_slice(entry.value.expose())
        .map_err(|error| IamError::Unreadable(entry.path.clone(), error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use claviger_clock::SystemClock;
    use claviger_crypto::SystemRandom;
    use claviger_seal::EphemeralRootKey;
    use claviger_store::MemoryStore;

    async fn directory() -> Directory {
        let random: Arc<SystemRandom> = Arc::new(SystemRandom);
        let clock = Arc::new(SystemClock);
        let root = Arc::new(EphemeralRootKey::generate(&*random).unwrap());
        let store =
            SealedStore::open(Arc::new(MemoryStore::new()), root, random, clock.clone()).await.unwrap();
        Directory::new(Arc::new(store), clock)
    }

    fn account() -> AccountId {
        "111122223333".parse().unwrap()
    }

    async fn with_account() -> (Directory, NewAccessKey) {
        let directory = directory().await;
        let key = NewAccessKey::generate(&SystemRandom).unwrap();
        directory.create_account(account(), "one".parse().unwrap(), &key).await.unwrap();
        (directory, key)
    }

    #[tokio::test]
    async fn the_access_key_of_a_new_account_stands_for_its_root_user() {
        let (directory, key) = with_account().await;
        let credential = directory.credential(&key.id).await.unwrap().unwrap();
        assert_eq!(credential.caller.account, account());
        assert_eq!(credential.secret.expose(), key.secret.expose());
        assert_eq!(credential.caller.arn("us-east-1".parse().unwrap()), "arn:aws:iam::111122223333:root");
        assert!(directory.has_account(account()).await.unwrap());
    }

    #[tokio::test]
    async fn an_account_or_access_key_is_created_once() {
        let (directory, key) = with_account().await;
        let other = NewAccessKey::generate(&SystemRandom).unwrap();
        let again = directory.create_account(account(), "two".parse().unwrap(), &other).await;
        assert!(matches!(again, Err(IamError::AccountExists(_))));
        let stolen =
            directory.create_account("444455556666".parse().unwrap(), "two".parse().unwrap(), &key).await;
        assert!(matches!(stolen, Err(IamError::AccessKeyExists(_))));
        assert_eq!(directory.list_accounts().await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_root_user_has_at_most_two_access_keys_and_a_deleted_one_is_gone_at_once() {
        let (directory, first) = with_account().await;
        let second = NewAccessKey::generate(&SystemRandom).unwrap();
        directory.add_root_access_key(account(), &second).await.unwrap();
        let third = NewAccessKey::generate(&SystemRandom).unwrap();
        let refused = directory.add_root_access_key(account(), &third).await;
        assert!(matches!(refused, Err(IamError::TooManyAccessKeys(_))));
        assert!(directory.credential(&first.id).await.unwrap().is_some());
        directory.delete_root_access_key(account(), &first.id).await.unwrap();
        assert!(directory.credential(&first.id).await.unwrap().is_none());
        assert_eq!(directory.list_accounts().await.unwrap()[0].root_access_keys, [second.id]);
    }

    #[tokio::test]
    async fn fresh_access_keys_have_the_form_of_awss() {
        let key = NewAccessKey::generate(&SystemRandom).unwrap();
        assert!(key.id.starts_with("AKIA") && key.id.len() == 20);
        assert_eq!(key.secret.len(), 40);
    }
}
