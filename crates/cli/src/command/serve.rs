//! `claviger serve`: the server that a configuration describes.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;

use claviger_clock::SystemClock;
use claviger_courier::Keeping;
use claviger_seal::FileRootKey;
use claviger_server::config::Config;
use claviger_server::{Cause, Server, TlsReload};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::admin::{Administrator, Listener, Records};
use crate::arguments::Serve;
use crate::delivery::{self, DeliverySettings};
use crate::issuers::KnownIssuers;
use crate::node::{self, Foundation, Node};
use crate::print::Refusal;
use crate::{harden, log};

pub(crate) fn run(options: &Serve) -> Result<(), Refusal> {
    let config = configuration(&options.config)?;
    log::start(&config.log);
    harden::raise_open_files();
    for exposure in harden::protect_memory() {
        tracing::warn!("{exposure}");
    }
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(serve(config))
}

/// The configuration in this file, with the environment over it.
pub(crate) fn configuration(file: &Path) -> Result<Config, Refusal> {
    // What the command line itself takes from the environment is no option of the file.
    let of_commands = |name: &str| name == "CLAVIGER_CONFIG" || name.starts_with("CLAVIGER_DEV_");
    let environment = std::env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok().filter(|name| !of_commands(name))?;
        Some((name, value.into_string().ok()?))
    });
    Ok(Config::load(file, environment)?)
}

async fn serve(config: Config) -> Result<(), Refusal> {
    let issuers = KnownIssuers::load(&config.issuers)?;
    let node = Node::build(foundation(&config, &issuers)?).await?;
    let courier = tokio::spawn(node.courier.clone().run());
    let server = Server::bind(config.settings()?, node.parts()).await?;
    let socket = &config.admin.socket;
    let admin = Listener::bind(socket).map_err(|error| format!("{}: {error}", socket.display()))?;
    let (directory, random) = (node.directory.clone(), node.random.clone());
    let (kms, records) = (node.kms.clone(), Records::Directory(config.trail.directory.clone()));
    let administrator = Administrator { directory, kms, records, random, time_machine: None };
    let admin = tokio::spawn(admin.run(Arc::new(administrator)));
    let delivery = delivery::spawn(node.delivery);
    let reload = tokio::spawn(reload_on_hangup(signal(SignalKind::hangup())?, server.tls_reload(), issuers));
    let operator = server.operator_address().map(|address| address.to_string());
    tracing::info!(address = %server.local_address(), operator, "ready");
    let drained = server.run(until_told_to_end()?).await;
    reload.abort();
    delivery.abort();
    courier.abort();
    admin.abort();
    let _ = admin.await;
    tracing::info!(connections_cut = drained.connections_cut, "the server has ended");
    match drained.cause {
        Cause::Asked => Ok(()),
        Cause::StoreStopped => Err("the store stopped".into()),
    }
}

fn foundation(config: &Config, issuers: &KnownIssuers) -> Result<Foundation, Refusal> {
    let root_key = Arc::new(FileRootKey::open(&config.root_key.file)?);
    Ok(Foundation {
        store: node::store_on_disk(&config.store.directory)?,
        root_key,
        trail: node::trail_on_disk(&config.trail.directory, config.trail.limits())?,
        clock: Arc::new(SystemClock),
        issuers: Arc::clone(&issuers.issuers),
        regions: config.regions.as_slice().into(),
        cache_bytes: config.cache.bytes.get().into(),
        quotas: config.quotas.quotas(),
        delivery: DeliverySettings::of(&config.delivery)?,
        destinations: config.destinations.clone(),
        keeping: Keeping::Directory(config.courier.directory.clone()),
    })
}

/// Ends on SIGTERM or SIGINT.
pub(crate) fn until_told_to_end() -> Result<impl Future<Output = ()> + Send, Refusal> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Reads the certificate and the keys of issuers again on SIGHUP, and says in the log what came of it. A server without
/// them stays as it is.
async fn reload_on_hangup(mut hangup: Signal, tls: Option<TlsReload>, issuers: KnownIssuers) {
    while hangup.recv().await.is_some() {
        match &tls {
            // What came of it stands in the log already.
            Some(tls) => drop(tls.reload()),
            None => tracing::info!("there is no certificate to be read again"),
        }
        issuers.reload();
    }
}
