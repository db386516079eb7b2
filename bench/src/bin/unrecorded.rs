//! A Claviger that keeps no records, to measure what records cost: the same server on the same store, its trail discarded.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use claviger_audit::Trail;
use claviger_clock::{Clock, SystemClock};
use claviger_crypto::{Random, Secret, SystemRandom};
use claviger_iam::{Api, ApiParts, Directory, NewAccessKey, Sessions};
use claviger_kms::{Kms, OPERATIONS, Parts as KmsParts, Quotas};
use claviger_monitor::Metrics;
use claviger_seal::{EphemeralRootKey, SealedStore};
use claviger_server::config::Limits;
use claviger_server::{Apis, Followers, Parts, Regions, Server, Settings};
use claviger_store::Store;
use claviger_store_sqlite::SqliteStore;

/// The same as the product's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// As much as a development server has.
const CACHE_BYTES: u64 = 64 << 20;

/// Serves for ever: a store in this directory, one account with this access key.
fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [directory, access_key_id, secret] = &arguments[..] else {
        return Err("directory, access key id and secret are wanted".into());
    };
    let key = NewAccessKey { id: access_key_id.parse()?, secret: Secret::new(secret.as_bytes().to_vec()) };
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async move {
        let server = server(directory.into(), &key).await?;
        // To a pipe that its parent reads.
        let said = format!("http://{}\nReady.\n", server.local_address());
        std::io::stdout().write_all(said.as_bytes())?;
        std::io::stdout().flush()?;
        server.run(std::future::pending()).await;
        Ok(())
    })
}

async fn server(directory: PathBuf, key: &NewAccessKey) -> Result<Server, Failure> {
    let (random, clock): (Arc<dyn Random>, Arc<dyn Clock>) = (Arc::new(SystemRandom), Arc::new(SystemClock));
    let trail = Arc::new(Trail::discarding());
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&directory, Box::new(|_| std::process::exit(1)))?);
    let root = Arc::new(EphemeralRootKey::generate(&*random)?);
    let sealed = Arc::new(SealedStore::open(store.clone(), root, random.clone(), clock.clone()).await?);
    let directory = Arc::new(Directory::new(sealed.clone(), clock.clone()));
    directory.create_account("111122223333".parse()?, "bench".parse()?, key).await?;
    let sessions = Sessions::new(sealed.clone(), directory.clone(), clock.clone(), random.clone());
    let sessions = Arc::new(sessions);
    let api = Arc::new(Api::new(ApiParts {
        directory: directory.clone(),
        sessions: sessions.clone(),
        issuers: Arc::default(),
        trail: trail.clone(),
        clock: clock.clone(),
        signing_clock: clock.clone(),
        random: random.clone(),
    }));
    let region = "us-east-1".parse()?;
    let kms = Arc::new(Kms::new(KmsParts {
        store: sealed,
        directory: directory.clone(),
        trail: trail.clone(),
        clock: clock.clone(),
        random: random.clone(),
        cache_bytes: CACHE_BYTES,
        regions: [region].into(),
        quotas: Quotas::default(),
    }));
    let metrics = Arc::new(Metrics::new(OPERATIONS.iter().map(|entry| entry.facts.name), [], 0.0));
    let regions = Regions::new(&[region]).ok_or("no Region")?;
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let settings =
        Settings { listen, tls: None, operator: None, telemetry: None, regions, limits: Limits::default() };
    let followers = Arc::new(Followers::none(trail.clone()));
    let apis = Apis::default();
    let parts = Parts {
        kms,
        api,
        apis,
        directory,
        sessions,
        store,
        trail,
        clock,
        random,
        metrics,
        followers,
        courier: None,
    };
    Ok(Server::bind(settings, parts).await?)
}
