//! A store whose values are sealed on their way in and opened on their way out.

use crate::keyring::Keyring;
use crate::place::{is_reserved, value_domain};
use crate::value::{self, SealedValue};
use crate::{OpenError, RootKey, SealError, sentinel};
use claviger_clock::{Clock, SignedDuration};
use claviger_crypto::{Random, Secret};
use claviger_store::{Entry, Guard, Outcome, Path, Revision, Span, Store, Transaction, Watch};
use std::fmt;
use std::sync::Arc;

/// A store that sees no value in plain.
pub struct SealedStore {
    store: Arc<dyn Store>,
    random: Arc<dyn Random>,
    keyring: Keyring,
}

/// One opened value under its path.
pub struct SealedEntry {
    /// Where it is stored.
    pub path: Path,
    /// The value as it was put.
    pub value: Secret,
    /// The commit that put it.
    pub revision: Revision,
}

/// One change of one path.
pub enum Write {
    /// Seals the value and stores it there, in place of what was.
    Put(Path, Secret),
    /// Leaves nothing there; allowed where nothing was.
    Delete(Path),
}

impl Write {
    /// Seals the value and stores it there, in place of what was.
    pub fn put(path: Path, value: impl Into<Secret>) -> Write {
        Write::Put(path, value.into())
    }

    /// The path that is changed.
    pub fn path(&self) -> &Path {
        match self {
            Write::Put(path, _) | Write::Delete(path) => path,
        }
    }
}

impl fmt::Debug for SealedEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedEntry({} @{}, {} bytes)", self.path, self.revision, self.value.len())
    }
}

impl fmt::Debug for Write {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Write::Put(path, value) => write!(f, "Put({path}, {} bytes)", value.len()),
            Write::Delete(path) => write!(f, "Delete({path})"),
        }
    }
}

impl SealedStore {
    /// The store under this root key. An empty store is sealed; any other must have been sealed under this very root
    /// key, or nothing is written to it.
    pub async fn open(
        store: Arc<dyn Store>,
        root: Arc<dyn RootKey>,
        random: Arc<dyn Random>,
        clock: Arc<dyn Clock>,
    ) -> Result<SealedStore, OpenError> {
        sentinel::check_or_create(&*store, &*root, &*random).await?;
        let keyring = Keyring::new(store.clone(), root, random.clone(), clock);
        Ok(SealedStore { store, random, keyring })
    }

    /// The value at `path`, as [`Store::read`].
    pub async fn read(&self, path: &Path) -> Result<Option<SealedEntry>, SealError> {
        value_domain(path)?;
        match self.store.read(path).await? {
            Some(entry) => Ok(Some(self.open_entry(entry).await?)),
            None => Ok(None),
        }
    }

    /// The first `limit` values of `span`, ascending by path, as [`Store::scan`]. What the sealing itself keeps in the
    /// span is passed over; only then are the values not all as of one moment.
    pub async fn scan(&self, span: Span, limit: usize) -> Result<Vec<SealedEntry>, SealError> {
        let mut rest = span;
        let mut found = Vec::new();
        loop {
            let wanted = limit - found.len();
            let page = self.store.scan(rest.clone(), wanted).await?;
            let last = page.last().map(|entry| entry.path.clone()).filter(|_| page.len() == wanted);
            for entry in page {
                if !is_reserved(&entry.path) {
                    found.push(self.open_entry(entry).await?);
                }
            }
            match last {
                Some(last) if found.len() < limit => rest = rest.after(&last),
                Some(_) | None => return Ok(found),
            }
        }
    }

    /// Seals and applies all writes or, when a guard does not hold, none, as [`Store::commit`].
    pub async fn commit(&self, guards: Vec<Guard>, writes: Vec<Write>) -> Result<Outcome, SealError> {
        let mut transaction = Transaction { guards, changes: Vec::with_capacity(writes.len()) };
        for write in writes {
            let domain = value_domain(write.path())?;
            transaction = match &write {
                Write::Delete(path) => transaction.delete(path.clone()),
                Write::Put(path, value) => {
                    let key = self.keyring.newest(domain).await?;
                    transaction.put(path.clone(), value::seal(&key, path, value, &*self.random)?)
                }
            };
        }
        Ok(self.store.commit(transaction).await?)
    }

    /// Every commit that changes a path in `span`, as [`Store::watch`]; that of a domain key too, if the span holds it.
    pub fn watch(&self, span: Span) -> Watch {
        self.store.watch(span)
    }

    /// Makes a new domain key for every account and Region whose newest is at least that old, and answers how many.
    /// New values are sealed under it; older values stay as they are and open as before.
    pub async fn rotate_older_than(&self, age: SignedDuration) -> Result<usize, SealError> {
        self.keyring.rotate_older_than(age).await
    }

    async fn open_entry(&self, entry: Entry) -> Result<SealedEntry, SealError> {
        let Entry { path, value, revision } = entry;
        let domain = value_domain(&path)?;
        let unsealable = || SealError::Unsealable { path: path.clone() };
        let sealed = SealedValue::parse(&value).ok_or_else(unsealable)?;
        let key = self.keyring.version(domain, sealed.key_version).await?.ok_or_else(unsealable)?;
        let value = sealed.open(&key, &path)?;
        Ok(SealedEntry { path, value, revision })
    }
}
