//! When access keys were last used: kept in memory as requests come, written down now and then.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::{Mutex, MutexGuard, PoisonError};

use claviger_names::Region;

use super::Directory;
use crate::access_key::{AccessKeyRecord, KeyUse};
use crate::rows::{Changes, Row, at};
use crate::{AccessKeyId, Credential, IamError};

/// How finely uses are told apart.
const USE_RESOLUTION_SECONDS: i64 = 60;

/// Most uses that wait to be written; those beyond are noted when there is room again.
const USES_MAX: usize = 100_000;

/// The uses that are not written down yet.
#[derive(Default)]
pub(super) struct KeyUses {
    hasher: RandomState,
    waiting: Mutex<HashMap<AccessKeyId, KeyUse>>,
}

impl KeyUses {
    fn lock(&self) -> MutexGuard<'_, HashMap<AccessKeyId, KeyUse>> {
        // A map that somebody panicked over is still a map.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Directory {
    /// Notes that an access key was used for a service, by its signing name, in a Region. Writes nothing.
    pub fn note_use(&self, credential: &Credential, service: &str, region: Region) {
        let used = self.clock.now();
        let period = used.as_second().div_euclid(USE_RESOLUTION_SECONDS);
        if !credential.is_news(self.key_uses.hasher.hash_one((period, service, region))) {
            return;
        }
        let mut waiting = self.key_uses.lock();
        let id = &credential.caller.access_key_id;
        if waiting.len() < USES_MAX || waiting.contains_key(id) {
            waiting.insert(id.clone(), KeyUse { used, service: service.into(), region });
        }
    }

    /// Writes down the uses that were noted. An access key that is gone by now is passed over.
    pub async fn write_key_uses(&self) -> Result<(), IamError> {
        let noted: Vec<(AccessKeyId, KeyUse)> =
            self.key_uses.lock().iter().map(|(id, noted)| (id.clone(), noted.clone())).collect();
        for (id, noted) in noted {
            let key: Option<Row<AccessKeyRecord>> = self.row(at::access_key(&id)?).await?;
            if let Some(key) = key {
                match self.commit(Changes::new().hold(&key).put(at::key_use(&id), &noted)).await {
                    Ok(()) | Err(IamError::Overtaken) => {}
                    Err(error) => return Err(error),
                }
            }
            let mut waiting = self.key_uses.lock();
            if waiting.get(&id) == Some(&noted) {
                waiting.remove(&id);
            }
        }
        Ok(())
    }

    /// When an access key was last used, if it ever was.
    pub(crate) async fn last_use(&self, id: &AccessKeyId) -> Result<Option<KeyUse>, IamError> {
        if let Some(noted) = self.key_uses.lock().get(id) {
            return Ok(Some(noted.clone()));
        }
        Ok(self.row(at::key_use(id)?).await?.map(|row: Row<KeyUse>| row.record))
    }
}
