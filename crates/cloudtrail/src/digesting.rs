//! Digests: one an hour for each trail and Region, made once, signed and delivered.

use std::sync::Arc;

use claviger_clock::{SignedDuration, Timestamp};
use claviger_names::Region;
use claviger_seal::Write;
use claviger_store::{Guard, Outcome};

use crate::buckets::NewObject;
use crate::delivery::Undelivered;
use crate::digest::{Digest, Link};
use crate::keyspace::{self, Chain, PendingDigest, Stored};
use crate::log_file::{gzip, hash};
use crate::shipping::CHAIN_FILES_MAX;
use crate::signing_key::SigningKey;
use crate::trail::Trail;
use crate::{CloudTrailError, Delivery};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// How often new trails are looked for.
const LOOK_INTERVAL: SignedDuration = SignedDuration::from_secs(60);

impl Delivery {
    /// Makes and delivers the digests that are due.
    pub(crate) async fn make_digests(&mut self, now: Timestamp) -> Result<(), CloudTrailError> {
        if now < self.digests_due {
            return Ok(());
        }
        let mut due = later(now, LOOK_INTERVAL);
        for trail in keyspace::list_trails(&self.store, None).await? {
            if trail.validated_since.is_none() {
                continue;
            }
            for region in self.regions_of(&trail) {
                due = due.min(self.make_digest(&trail, region, now).await);
            }
        }
        self.digests_due = due;
        Ok(())
    }

    /// The digest of a Region, if it is due; answers when to look again.
    async fn make_digest(&mut self, trail: &Trail, region: Region, now: Timestamp) -> Timestamp {
        if self.rests(&trail.bucket, now) {
            return self.paces.get(&trail.bucket).map_or(now, |pace| pace.retry_at);
        }
        match self.try_digest(trail, region, now).await {
            Ok(due) => due,
            Err(error) => {
                let trail_arn = trail.id.arn();
                tracing::warn!(trail = trail_arn, %region, %error, "a digest was not delivered");
                self.pace(&trail.bucket, true, now);
                let noted = self.note(&trail.id, |status| &mut status.digests, now, Some(error.code())).await;
                if let Err(error) = noted {
                    tracing::warn!(trail = trail_arn, %error, "the status of a trail could not be written");
                }
                now
            }
        }
    }

    async fn try_digest(
        &mut self,
        trail: &Trail,
        region: Region,
        now: Timestamp,
    ) -> Result<Timestamp, Undelivered> {
        let path = keyspace::chain_path(&trail.id, region)?;
        let found: Option<Stored<Chain>> =
            keyspace::read(&self.store, &path).await.map_err(Undelivered::from)?;
        let guard = keyspace::guard(&path, found.as_ref());
        let chain = match (found, trail.digests_from()) {
            (Some(found), _) => found.value,
            (None, Some(from)) if trail.is_logging() => Chain::beginning(from),
            (None, _) => return Ok(later(now, LOOK_INTERVAL)),
        };
        let (chain, guard) = match self.pending(trail, region, chain, now).await? {
            Due::At(at) => return Ok(at),
            Due::Already(chain) => (chain, guard),
            Due::Now(chain) => match self.commit(&path, guard, &chain).await? {
                Some(guard) => (chain, guard),
                // Somebody else changed the chain: look again.
                None => return Ok(now),
            },
        };
        let chain = self.deliver_pending(chain).await?;
        let _ = self.commit(&path, guard, &chain).await?;
        self.note(&trail.id, |status| &mut status.digests, now, None).await?;
        Ok(later(chain.since, HOUR))
    }

    /// Decides on the next digest of a chain and signs it.
    async fn pending(
        &mut self,
        trail: &Trail,
        region: Region,
        mut chain: Chain,
        now: Timestamp,
    ) -> Result<Due, CloudTrailError> {
        if chain.pending.is_some() {
            return Ok(Due::Already(chain));
        }
        let end = match end_of_digest(&chain, now) {
            Some(end) if trail.is_logging() || !chain.log_files.is_empty() => end,
            Some(_) => return Ok(Due::At(later(now, LOOK_INTERVAL))),
            None => return Ok(Due::At(later(chain.since, HOUR))),
        };
        let key = self.signing_key(region, now).await?;
        let object = trail.shelf(region).digest(&trail.id.name, trail.id.home, end);
        let digest = Digest {
            account: trail.id.account,
            start: chain.since,
            end,
            bucket: &trail.bucket,
            object: &object,
            key_fingerprint: &key.public().fingerprint,
            previous: chain.latest.as_ref(),
            log_files: &chain.log_files,
        };
        let text = digest.text()?;
        let signature = key.sign(&digest.string_to_sign(&text))?;
        let link = Link { bucket: trail.bucket.clone(), object, hash: hash(text.as_bytes()), signature };
        (chain.since, chain.log_files) = (end, Vec::new());
        chain.pending = Some(PendingDigest { link, text });
        Ok(Due::Now(chain))
    }

    /// Delivers what is decided; the chain goes on behind it.
    async fn deliver_pending(&self, mut chain: Chain) -> Result<Chain, Undelivered> {
        let Some(PendingDigest { link, text }) = chain.pending.take() else { return Ok(chain) };
        let content = gzip(&text).map_err(CloudTrailError::from)?;
        let object = NewObject {
            bucket: &link.bucket,
            key: &link.object,
            content: &content,
            signature: Some(&link.signature),
        };
        self.put_once(object, &link.hash).await?;
        chain.latest = Some(link);
        Ok(chain)
    }

    /// Commits a chain; gives what guards it from then on, or nothing when somebody else changed it.
    async fn commit(
        &self,
        path: &claviger_store::Path,
        guard: Guard,
        chain: &Chain,
    ) -> Result<Option<Guard>, CloudTrailError> {
        let write = keyspace::put(path.clone(), chain)?;
        Ok(match self.store.commit(vec![guard], vec![write]).await? {
            Outcome::Committed(revision) => Some(Guard::Unchanged(path.clone(), revision)),
            Outcome::Conflict => None,
        })
    }

    /// The key that signs for a Region now; made when there is none.
    async fn signing_key(
        &mut self,
        region: Region,
        now: Timestamp,
    ) -> Result<Arc<SigningKey>, CloudTrailError> {
        if let Some(key) = self.signing_keys.get(&region).filter(|key| key.serves(now)) {
            return Ok(Arc::clone(key));
        }
        loop {
            let stored = keyspace::list_signing_keys(&self.store, region).await?;
            if let Some(key) = stored.into_iter().rev().find(|key| key.serves(now)) {
                let key = Arc::new(key);
                self.signing_keys.insert(region, Arc::clone(&key));
                return Ok(key);
            }
            let from = whole_second(now);
            let made = tokio::task::spawn_blocking(move || SigningKey::generate(from)).await;
            let made = made.map_err(|_| CloudTrailError::Interrupted)??;
            let path = keyspace::signing_key_path(region, from)?;
            let write = Write::Put(path.clone(), made.stored());
            let _ = self.store.commit(vec![Guard::Absent(path)], vec![write]).await?;
        }
    }
}

/// Whether a chain goes on.
enum Due {
    /// Not before this time.
    At(Timestamp),
    /// With a digest that was decided on before.
    Already(Chain),
    /// With a digest that is new.
    Now(Chain),
}

/// Where the next digest ends: at the last of the whole hours that are over, or now when the chain is full.
fn end_of_digest(chain: &Chain, now: Timestamp) -> Option<Timestamp> {
    let hours = now.duration_since(chain.since).as_hours();
    if chain.log_files.len() >= CHAIN_FILES_MAX && now.as_second() > chain.since.as_second() {
        return Some(whole_second(now));
    }
    (hours > 0).then(|| later(chain.since, HOUR * i32::try_from(hours).unwrap_or(i32::MAX)))
}

fn later(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.checked_add(by).unwrap_or(Timestamp::MAX)
}

fn whole_second(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}
