//! A node put together from its parts.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use claviger_api::Serve;
use claviger_audit::{Limits, Trail};
use claviger_clock::{Clock, SystemClock};
use claviger_cloudtrail::Delivery;
use claviger_courier::{Destination, Dispatch, Keeping};
use claviger_crypto::{Random, SystemRandom};
use claviger_iam::{Api, ApiParts, Directory, Issuers, Service, Sessions};
use claviger_kms::{Kms, Parts as KmsParts, Quotas, key_specs};
use claviger_monitor::Metrics;
use claviger_names::Region;
use claviger_seal::{RootKey, SealedStore};
use claviger_server::{Apis, Followers, Parts};
use claviger_store::{MemoryStore, Store, StoreError};
use claviger_store_sqlite::SqliteStore;

use crate::aftermath::{Aftermath, Ground};
use crate::delivery::DeliverySettings;
use crate::print::Refusal;

/// Records that a trail in memory keeps.
const TRAIL_IN_MEMORY_RECORDS: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();

/// Status with which the process ends when the store cannot be trusted any more.
const STORE_FAILED_STATUS: i32 = 70;

/// What a node is made of.
pub(crate) struct Node {
    pub store: Arc<dyn Store>,
    pub trail: Arc<Trail>,
    pub random: Arc<dyn Random>,
    pub directory: Arc<Directory>,
    pub sessions: Arc<Sessions>,
    pub api: Arc<Api>,
    pub kms: Arc<Kms>,
    pub metrics: Arc<Metrics>,
    pub followers: Arc<Followers>,
    pub delivery: Delivery,
    pub courier: Arc<Dispatch>,
    apis: Vec<Arc<dyn Serve>>,
}

/// The parts that differ from node to node.
pub(crate) struct Foundation {
    pub store: Arc<dyn Store>,
    pub root_key: Arc<dyn RootKey>,
    pub trail: Trail,
    pub clock: Arc<dyn Clock>,
    pub issuers: Arc<Issuers>,
    pub regions: Box<[Region]>,
    pub cache_bytes: u64,
    pub quotas: Quotas,
    pub delivery: DeliverySettings,
    pub destinations: Vec<Destination>,
    pub keeping: Keeping,
}

impl Node {
    /// Opens the store under its root key and puts the rest on top.
    pub(crate) async fn build(foundation: Foundation) -> Result<Node, Refusal> {
        let Foundation { store, root_key, trail, clock, issuers, regions, cache_bytes, .. } = foundation;
        let Foundation { quotas, delivery, destinations, keeping, .. } = foundation;
        let counts_requests = quotas.requests.is_some();
        let (random, trail): (Arc<dyn Random>, _) = (Arc::new(SystemRandom), Arc::new(trail));
        let sealed = SealedStore::open(store.clone(), root_key, random.clone(), clock.clone()).await?;
        let sealed = Arc::new(sealed);
        let directory = Arc::new(Directory::new(sealed.clone(), clock.clone()));
        let sessions = Sessions::new(sealed.clone(), directory.clone(), clock.clone(), random.clone());
        let sessions = Arc::new(sessions);
        let api = Arc::new(Api::new(ApiParts {
            directory: directory.clone(),
            sessions: sessions.clone(),
            issuers,
            trail: trail.clone(),
            clock: clock.clone(),
            // Clients sign with the time of their own machine, wherever a development server has travelled to.
            signing_clock: Arc::new(SystemClock),
            random: random.clone(),
        }));
        let kms = Arc::new(Kms::new(KmsParts {
            store: sealed.clone(),
            directory: directory.clone(),
            trail: trail.clone(),
            clock: clock.clone(),
            random: random.clone(),
            regions: regions.clone(),
            cache_bytes,
            quotas,
        }));
        let ground = Ground { sealed, directory, trail, clock, random, kms, regions, counts_requests };
        let Aftermath { followers, delivery, courier, apis } =
            Aftermath::build(&ground, delivery, destinations, keeping).await?;
        let Ground { directory, trail, clock, random, kms, .. } = ground;
        let metrics = Arc::new(Metrics::new(names(&apis), key_specs(), clock.now().as_second() as f64));
        Ok(Node {
            store,
            trail,
            random,
            directory,
            sessions,
            api,
            kms,
            metrics,
            followers,
            delivery,
            courier,
            apis,
        })
    }

    /// The same, as the server takes it.
    pub(crate) fn parts(&self) -> Parts {
        Parts {
            kms: self.kms.clone(),
            api: self.api.clone(),
            directory: self.directory.clone(),
            sessions: self.sessions.clone(),
            store: self.store.clone(),
            trail: self.trail.clone(),
            // Clients sign with the time of their own machine, wherever a development server has travelled to.
            clock: Arc::new(SystemClock),
            random: self.random.clone(),
            metrics: self.metrics.clone(),
            apis: Apis::new(self.apis.iter().cloned()),
            followers: self.followers.clone(),
            courier: Some(self.courier.clone()),
        }
    }
}

/// The names of all operations.
fn names(apis: &[Arc<dyn Serve>]) -> impl Iterator<Item = &'static str> {
    let of_iam = [Service::Iam, Service::Sts].map(Service::operations).into_iter().flatten();
    let of_kms = claviger_kms::OPERATIONS.iter().map(|entry| entry.facts.name);
    of_kms
        .chain(of_iam.map(|entry| entry.facts.name))
        .chain(apis.iter().flat_map(|api| api.operations()).map(|facts| facts.name))
}

/// A store that is gone with the process.
pub(crate) fn store_in_memory() -> Arc<dyn Store> {
    Arc::new(MemoryStore::new())
}

/// A trail that is gone with the process.
pub(crate) fn trail_in_memory() -> Trail {
    Trail::in_memory(TRAIL_IN_MEMORY_RECORDS)
}

/// The store in this directory. A flush that fails ends the process: what was written is unknown then, and nothing may
/// be acknowledged on top of it.
pub(crate) fn store_on_disk(directory: &Path) -> Result<Arc<dyn Store>, Refusal> {
    let fail_stop = |error: &StoreError| {
        tracing::error!(%error, "the store failed; the process ends so that nothing false is acknowledged");
        std::process::exit(STORE_FAILED_STATUS);
    };
    Ok(Arc::new(SqliteStore::open(directory, Box::new(fail_stop))?))
}

/// The trail in this directory.
pub(crate) fn trail_on_disk(directory: &Path, limits: Limits) -> Result<Trail, Refusal> {
    Ok(Trail::open(directory, limits)?)
}
