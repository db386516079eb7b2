//! How many keys an account has in a Region, known well enough to stop at the quota without a row that every CreateKey
//! would have to wait for.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use claviger_seal::SealedStore;

use super::Quotas;
use crate::fault::Fault;
use crate::keyspace;
use crate::model::{KeyManager, KeyRecord, Place};
use crate::turns::{Turn, Turns};

/// Records that are read at a time.
const PAGE: usize = 1000;

/// A count is good for so large a part of the room that was left: that many nodes may create keys at once.
const NODES_MAX: u32 = 8;

/// What this node knows of each place.
pub(crate) struct KeyCounts {
    rooms: Mutex<HashMap<Place, Room>>,
    /// Whose turn it is to count.
    turns: Turns,
}

/// How many keys this node may create before it counts again.
struct Room(u32);

impl KeyCounts {
    /// Nothing is known yet.
    pub(crate) fn new() -> KeyCounts {
        KeyCounts { rooms: Mutex::default(), turns: Turns::new() }
    }

    /// Makes room for one more key. [`Fault::LimitExceeded`] when there is none. Close to the quota, whoever creates a key
    /// holds its turn until the key is there, so that the next one counts it too.
    pub(crate) async fn admit(
        &self,
        store: &SealedStore,
        place: Place,
        quotas: &Quotas,
    ) -> Result<Option<Turn>, Fault> {
        if self.take(place) {
            return Ok(None);
        }
        // One counts, and those who waited for it take from what it found.
        let turn = self.turns.of(&place).await;
        if self.take(place) {
            return Ok(None);
        }
        let keys = count(store, place).await?;
        quotas.check_keys(keys.into())?;
        // This one is taken at once.
        let left = (quotas.keys.saturating_sub(keys) / NODES_MAX).saturating_sub(1);
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner).insert(place, Room(left));
        Ok((left == 0).then_some(turn))
    }

    fn take(&self, place: Place) -> bool {
        let mut places = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        match places.get_mut(&place) {
            Some(Room(left)) if *left > 0 => {
                *left -= 1;
                true
            }
            Some(_) | None => false,
        }
    }
}

/// The customer managed keys of a place, in whatever state.
async fn count(store: &SealedStore, place: Place) -> Result<u32, Fault> {
    let (mut count, mut after) = (0, None);
    loop {
        let page = keyspace::list_keys(store, &place, after.as_ref(), PAGE).await?;
        count += page.iter().filter(|record| record.manager == KeyManager::Customer).count();
        match page.last() {
            Some(KeyRecord { id, .. }) if page.len() == PAGE => after = Some(*id),
            Some(_) | None => return u32::try_from(count).map_err(Fault::internal),
        }
    }
}
