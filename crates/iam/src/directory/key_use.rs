//! When access keys and roles were last used: kept in memory as requests come, written down now and then.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::{Mutex, MutexGuard, PoisonError};

use claviger_clock::Timestamp;
use claviger_names::Region;
use claviger_store::Path;

use super::Directory;
use crate::access_key::{AccessKeyRecord, LastUse};
use crate::rows::{Changes, Held, Row, at};
use crate::{AccessKeyId, Caller, Credential, IamError, Principal, UniqueId};

/// How finely uses are told apart.
const USE_RESOLUTION_SECONDS: i64 = 60;

/// Most uses that wait to be written; those beyond are noted when there is room again.
const USES_MAX: usize = 100_000;

/// What is told when it was last used.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Used {
    /// A long-term access key.
    Key(AccessKeyId),
    /// A role, through its sessions.
    Role(UniqueId),
}

/// The uses that are not written down yet.
#[derive(Default)]
pub(super) struct KeyUses {
    hasher: RandomState,
    waiting: Mutex<HashMap<Used, LastUse>>,
}

impl KeyUses {
    fn lock(&self) -> MutexGuard<'_, HashMap<Used, LastUse>> {
        // A map that somebody panicked over is still a map.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Used {
    /// What this caller uses; other temporary credentials than a role's are told of nowhere.
    fn by(caller: &Caller) -> Option<Used> {
        match (&caller.token, &caller.principal) {
            (None, _) => Some(Used::Key(caller.access_key_id.clone())),
            (Some(_), Principal::Session(session)) => Some(Used::Role(session.role.id)),
            (Some(_), _) => None,
        }
    }

    fn path(&self) -> Result<Path, IamError> {
        match self {
            Used::Key(id) => at::key_use(id),
            Used::Role(id) => at::role_use(*id),
        }
    }
}

impl Directory {
    /// Notes that an access key, or the role of a session, was used for a service, by its signing name, in a Region, at
    /// this time. Writes nothing.
    pub fn note_use(&self, credential: &Credential, service: &str, region: Region, used: Timestamp) {
        let period = used.as_second().div_euclid(USE_RESOLUTION_SECONDS);
        if !credential.is_news(self.key_uses.hasher.hash_one((period, service, region))) {
            return;
        }
        let Some(what) = Used::by(&credential.caller) else { return };
        let mut waiting = self.key_uses.lock();
        if waiting.len() < USES_MAX || waiting.contains_key(&what) {
            waiting.insert(what, LastUse { used, service: service.into(), region });
        }
    }

    /// Writes down the uses that were noted. An access key or role that is gone by now is passed over.
    pub async fn write_key_uses(&self) -> Result<(), IamError> {
        let noted: Vec<(Used, LastUse)> =
            self.key_uses.lock().iter().map(|(what, noted)| (what.clone(), noted.clone())).collect();
        for (what, noted) in noted {
            if let Some(changes) = self.while_it_is_there(&what).await? {
                match self.commit(changes.put(what.path(), &noted)).await {
                    Ok(()) | Err(IamError::Overtaken) => {}
                    Err(error) => return Err(error),
                }
            }
            let mut waiting = self.key_uses.lock();
            if waiting.get(&what) == Some(&noted) {
                waiting.remove(&what);
            }
        }
        Ok(())
    }

    /// Changes that are made only if the access key or role is still there; none when it is not.
    async fn while_it_is_there(&self, what: &Used) -> Result<Option<Changes>, IamError> {
        Ok(match what {
            Used::Key(id) => {
                let key: Option<Row<AccessKeyRecord>> = self.row(at::access_key(id)?).await?;
                key.map(|key| Changes::new().hold(&key))
            }
            Used::Role(id) => {
                let held: Option<Row<Held>> = self.row(at::identity(*id)?).await?;
                held.map(|held| Changes::new().hold(&held))
            }
        })
    }

    /// When an access key or a role was last used, if it ever was.
    pub(crate) async fn last_use(&self, what: &Used) -> Result<Option<LastUse>, IamError> {
        if let Some(noted) = self.key_uses.lock().get(what) {
            return Ok(Some(noted.clone()));
        }
        Ok(self.row(what.path()?).await?.map(|row: Row<LastUse>| row.record))
    }
}
