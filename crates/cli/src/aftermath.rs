//! Everything that looks at what happened, put together: whoever follows the trail, what becomes due beside it, and the APIs
//! that tell of it.

use std::sync::Arc;

use claviger_api::{Front, Rates, Serve, Served};
use claviger_audit::{Consumer, Index, Indexer, Trail};
use claviger_clock::Clock;
use claviger_cloudtrail::{CloudTrail, Collector, Delivery, DeliveryParts, LOOK_UPS_AT_A_TIME};
use claviger_courier::{Destination, Dispatch, DispatchParts, Keeping};
use claviger_crypto::Random;
use claviger_iam::Directory;
use claviger_kms::Kms;
use claviger_monitor::events::{EventBridge, EventsParts};
use claviger_monitor::{Watch, WatchParts};
use claviger_names::Region;
use claviger_seal::SealedStore;
use claviger_server::{Followers, Overdue};
use tokio::sync::Semaphore;

use crate::delivery::DeliverySettings;
use crate::print::Refusal;
use crate::watch::{EveryMinute, ImportedKeys};

/// What it stands on.
pub(crate) struct Ground {
    pub sealed: Arc<SealedStore>,
    pub directory: Arc<Directory>,
    pub trail: Arc<Trail>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    pub kms: Arc<Kms>,
    pub regions: Box<[Region]>,
    /// Whether requests are counted.
    pub counts_requests: bool,
}

/// What it consists of.
pub(crate) struct Aftermath {
    pub followers: Arc<Followers>,
    pub delivery: Delivery,
    pub courier: Arc<Dispatch>,
    pub apis: Vec<Arc<dyn Serve>>,
}

impl Aftermath {
    /// Opens what was kept, and goes on where it ended.
    pub(crate) async fn build(
        ground: &Ground,
        delivery: DeliverySettings,
        destinations: Vec<Destination>,
        keeping: Keeping,
    ) -> Result<Aftermath, Refusal> {
        let (clock, random) = (&ground.clock, &ground.random);
        let (cloudtrail, delivery, collector) = trails(ground, delivery)?;
        let parts = DispatchParts { destinations, keeping, clock: clock.clone(), random: random.clone() };
        let courier = Dispatch::open(parts)?;
        let events = Arc::new(EventBridge::new(EventsParts {
            store: ground.sealed.clone(),
            courier: courier.clone(),
            clock: clock.clone(),
            random: random.clone(),
        }));
        let watch = Watch::open(WatchParts {
            store: ground.sealed.clone(),
            clock: clock.clone(),
            random: random.clone(),
            courier: courier.clone(),
            expiries: Arc::new(ImportedKeys(ground.kms.clone())),
        })
        .await?;
        let front = ground.front();
        let apis: Vec<Arc<dyn Serve>> = vec![
            Arc::new(Served::new(Arc::new(cloudtrail), front.clone())),
            Arc::new(Served::new(watch.cloudwatch.clone(), front.clone())),
            Arc::new(Served::new(watch.logs.clone(), front.clone())),
            Arc::new(Served::new(events.clone(), front)),
        ];
        let rules = Box::new(events.follower().resume().await?);
        let mut ours: Vec<Box<dyn Consumer>> = vec![Box::new(collector)];
        // A trail in memory is looked through as it is.
        if let Some(directory) = ground.trail.directory() {
            ours.push(Box::new(Indexer::open(&directory)?));
        }
        let of_accounts: Vec<Box<dyn Consumer>> = vec![watch.consumer(), rules];
        let overdue: [Arc<dyn Overdue>; 1] = [Arc::new(EveryMinute(watch))];
        let followers = Followers::new(ground.trail.clone(), vec![ours, of_accounts], overdue);
        let followers = Arc::new(followers);
        Ok(Aftermath { followers, delivery, courier, apis })
    }
}

impl Ground {
    fn front(&self) -> Arc<Front> {
        Arc::new(Front {
            directory: self.directory.clone(),
            trail: self.trail.clone(),
            clock: self.clock.clone(),
            random: self.random.clone(),
            rates: if self.counts_requests { Rates::counting() } else { Rates::unlimited() },
        })
    }
}

/// CloudTrail's API, what delivers for its trails, and what collects for them.
fn trails(
    ground: &Ground,
    DeliverySettings { buckets, spool, spool_bytes_max }: DeliverySettings,
) -> Result<(CloudTrail, Delivery, Collector), Refusal> {
    let (delivery, collector) = Delivery::open(DeliveryParts {
        store: ground.sealed.clone(),
        buckets: buckets.clone(),
        clock: ground.clock.clone(),
        random: ground.random.clone(),
        regions: ground.regions.clone(),
        spool,
        spool_bytes_max,
    })?;
    let cloudtrail = CloudTrail {
        store: ground.sealed.clone(),
        buckets,
        index: Arc::new(Index::of(ground.trail.clone())),
        look_ups: Semaphore::new(LOOK_UPS_AT_A_TIME),
        random: ground.random.clone(),
    };
    Ok((cloudtrail, delivery, collector))
}
