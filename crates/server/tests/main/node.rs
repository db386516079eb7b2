//! A running server with one account, its store and trail in memory.

use std::num::NonZeroUsize;
use std::sync::Arc;

use claviger_audit::Trail;
use claviger_clock::{SystemClock, TravelClock};
use claviger_crypto::{Secret, SystemRandom};
use claviger_iam::{Api, ApiParts, Directory, Issuers, NewAccessKey, Sessions};
use claviger_kms::{Kms, OPERATIONS, Parts as KmsParts, Quotas};
use claviger_monitor::Metrics;
use claviger_seal::{EphemeralRootKey, SealedStore};
use claviger_server::config::Limits;
use claviger_server::{Apis, Drained, Followers, Parts, Regions, Server, Settings, TlsReload};
use claviger_store::{MemoryStore, Store};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub const ACCESS_KEY_ID: &str = "AKIACLAVIGERTEST1111";
pub const SECRET: &str = "claviger-test-secret";
pub const ACCOUNT: &str = "111122223333";
pub const REGION: &str = "eu-central-1";

const RECORDS_KEPT: usize = 100_000;

pub struct Node {
    pub address: std::net::SocketAddr,
    pub operator: std::net::SocketAddr,
    pub trail: Arc<Trail>,
    pub clock: Arc<TravelClock<SystemClock>>,
    pub tls: Option<TlsReload>,
    pub directory: Arc<Directory>,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<Drained>,
}

pub fn settings() -> Settings {
    let regions = [REGION, "us-east-1"].map(|name| name.parse().unwrap());
    let any = "127.0.0.1:0".parse().unwrap();
    Settings {
        listen: any,
        tls: None,
        operator: Some(any),
        telemetry: None,
        regions: Regions::new(&regions).unwrap(),
        limits: Limits::default(),
    }
}

pub async fn start() -> Node {
    start_with(settings(), in_memory()).await
}

pub fn in_memory() -> Trail {
    Trail::in_memory(NonZeroUsize::new(RECORDS_KEPT).unwrap())
}

pub async fn start_with(settings: Settings, trail: Trail) -> Node {
    start_on(settings, trail, Arc::new(MemoryStore::new())).await
}

pub async fn start_on(settings: Settings, trail: Trail, store: Arc<dyn Store>) -> Node {
    let random = Arc::new(SystemRandom);
    let clock = Arc::new(TravelClock::ahead_of(SystemClock, 0));
    let trail = Arc::new(trail);
    let root = Arc::new(EphemeralRootKey::generate(&*random).unwrap());
    let sealed = SealedStore::open(store.clone(), root, random.clone(), clock.clone()).await.unwrap();
    let sealed = Arc::new(sealed);
    let directory = Arc::new(Directory::new(sealed.clone(), clock.clone()));
    let key =
        NewAccessKey { id: ACCESS_KEY_ID.parse().unwrap(), secret: Secret::new(SECRET.as_bytes().to_vec()) };
    directory.create_account(ACCOUNT.parse().unwrap(), "test".parse().unwrap(), &key).await.unwrap();
    let sessions = Arc::new(Sessions::new(sealed.clone(), directory.clone(), clock.clone(), random.clone()));
    let kms = Kms::new(KmsParts {
        store: sealed,
        directory: directory.clone(),
        trail: trail.clone(),
        clock: clock.clone(),
        random: random.clone(),
        regions: [REGION.parse().unwrap()].into(),
        cache_bytes: 1 << 20,
        quotas: Quotas::default(),
    });
    let api = Api::new(ApiParts {
        directory: directory.clone(),
        sessions: sessions.clone(),
        issuers: Arc::new(Issuers::default()),
        trail: trail.clone(),
        clock: clock.clone(),
        signing_clock: clock.clone(),
        random: random.clone(),
    });
    let metrics = Arc::new(Metrics::new(OPERATIONS.iter().map(|entry| entry.facts.name), [], 0.0));
    let parts = Parts {
        kms: Arc::new(kms),
        api: Arc::new(api),
        directory: directory.clone(),
        sessions,
        store,
        trail: trail.clone(),
        clock: clock.clone(),
        random,
        metrics,
        apis: Apis::default(),
        followers: Arc::new(Followers::none(trail.clone())),
        courier: None,
    };
    let server = Server::bind(settings, parts).await.unwrap();
    let (address, operator, tls) =
        (server.local_address(), server.operator_address().unwrap(), server.tls_reload());
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(server.run(async {
        let _ = stopped.await;
    }));
    Node { address, operator, trail, clock, tls, directory, stop: Some(stop), running }
}

impl Node {
    /// The records so far, newest last, as JSON.
    pub fn records(&self) -> Vec<serde_json::Value> {
        self.trail.recent().iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The one record there is.
    pub fn only_record(&self) -> serde_json::Value {
        let records = self.records();
        assert_eq!(records.len(), 1, "{records:?}");
        records.into_iter().next().unwrap()
    }

    /// Tells the server to stop, without waiting.
    pub fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    pub async fn ended(self) -> Drained {
        self.running.await.unwrap()
    }
}
