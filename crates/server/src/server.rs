//! A node's server: bound, run until it is told to stop, and drained.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use claviger_audit::{RequestId, Trail};
use claviger_clock::Clock;
use claviger_courier::Dispatch;
use claviger_crypto::{Random, RandomnessFailed};
use claviger_iam::{Api, Directory, Sessions};
use claviger_kms::Kms;
use claviger_monitor::Metrics;
use claviger_store::Store;
use claviger_web::{MalformedWebUrl, Trust, TrustError};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::apis::Apis;
use crate::authenticate::Authenticator;
use crate::body::BodyLimits;
use crate::config::Limits;
use crate::cores::Cores;
use crate::followers::Followers;
use crate::http;
use crate::listen::Door;
use crate::node::{Node, Regions};
use crate::operator::Operator;
use crate::telemetry::{Telemetry, TelemetrySettings};
use crate::tls::{TlsError, TlsFiles, TlsReload};

/// How often what is due is looked for. Nothing depends on it: what is past its time is refused before it is removed.
const DUTIES_INTERVAL: Duration = Duration::from_secs(30);

/// Time that whoever follows the trail has to end what it is about.
const FOLLOWERS_PATIENCE: Duration = Duration::from_secs(5);

/// Most connections of operators and their tools.
const OPERATOR_CONNECTIONS_MAX: usize = 64;

/// What a server is told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the API listens; port 0 takes any.
    pub listen: SocketAddr,
    /// The API's certificate; without one it is plain HTTP.
    pub tls: Option<TlsFiles>,
    /// Where liveness, readiness and metrics are told, if anywhere.
    pub operator: Option<SocketAddr>,
    /// To whom metrics are pushed, if to anybody.
    pub telemetry: Option<TelemetrySettings>,
    /// The Regions that are served.
    pub regions: Regions,
    /// What clients may take.
    pub limits: Limits,
}

/// What a server is made of.
pub struct Parts {
    /// The service.
    pub kms: Arc<Kms>,
    /// IAM and STS.
    pub api: Arc<Api>,
    /// The APIs around them.
    pub apis: Apis,
    /// The accounts and access keys.
    pub directory: Arc<Directory>,
    /// Whose session tokens are.
    pub sessions: Arc<Sessions>,
    /// The store, for readiness only.
    pub store: Arc<dyn Store>,
    /// The trail, for readiness only.
    pub trail: Arc<Trail>,
    /// The time that signatures are held against.
    pub clock: Arc<dyn Clock>,
    /// Randomness for request ids.
    pub random: Arc<dyn Random>,
    /// Where requests are counted.
    pub metrics: Arc<Metrics>,
    /// Whoever is told of every record.
    pub followers: Arc<Followers>,
    /// What takes messages away, if there is anything.
    pub courier: Option<Arc<Dispatch>>,
}

/// Why a server could not begin.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {cause}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why not.
        cause: io::Error,
    },
    /// There is no TLS with these files.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// There is nobody whose certificates are trusted.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The collector's endpoint is none.
    #[error("telemetry.otlp_endpoint: {0}")]
    Telemetry(#[from] MalformedWebUrl),
    /// A thread could not be started.
    #[error("the threads for connections cannot be started: {0}")]
    Threads(io::Error),
    /// There was no randomness.
    #[error(transparent)]
    Randomness(#[from] RandomnessFailed),
}

/// Why a server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It was told to.
    Asked,
    /// The store stopped: what is held in memory can no longer be kept in step with it.
    StoreStopped,
}

/// How a server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drained {
    /// Why it ended.
    pub cause: Cause,
    /// Connections that were still open when the grace period was over.
    pub connections_cut: usize,
}

/// A server that has its addresses. It answers once it runs; until then connections wait.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    operator: Option<(TcpListener, SocketAddr)>,
    telemetry: Option<Telemetry>,
    node: Arc<Node>,
    parts: Parts,
    tls: Option<TlsReload>,
    limits: Limits,
    cores: Cores,
}

impl Server {
    /// Reads the certificate, takes the addresses and starts the threads that will drive connections.
    pub async fn bind(settings: Settings, mut parts: Parts) -> Result<Server, BindError> {
        let Settings { listen, tls, operator, telemetry, regions, limits } = settings;
        let tls = tls.map(TlsReload::open).transpose()?;
        let telemetry = match telemetry {
            None => None,
            Some(settings) => {
                let mut name = [0; 16];
                parts.random.fill_public(&mut name)?;
                let instance = RequestId::from_random(name).to_string();
                Some(Telemetry::new(settings, Trust::load(None)?, instance)?)
            }
        };
        let (listener, address) = bind(listen).await?;
        let operator = match operator {
            None => None,
            Some(address) => Some(bind(address).await?),
        };
        let (directory, clock) = (Arc::clone(&parts.directory), Arc::clone(&parts.clock));
        let sessions = Arc::clone(&parts.sessions);
        let authenticator = Authenticator::new(directory, sessions, clock, regions.clone(), &*parts.random)?;
        let body_limits = BodyLimits::new(
            limits.body_bytes.size(),
            limits.body_timeout_seconds.duration(),
            limits.bodies_bytes.max(limits.body_bytes).size(),
        );
        let apis = std::mem::take(&mut parts.apis);
        let node = Arc::new(Node::new(&parts, apis, authenticator, regions, body_limits));
        let cores = Cores::start().map_err(BindError::Threads)?;
        Ok(Server { listener, address, operator, telemetry, node, parts, tls, limits, cores })
    }

    /// Where the API listens.
    pub fn local_address(&self) -> SocketAddr {
        self.address
    }

    /// Where operators ask, if anywhere.
    pub fn operator_address(&self) -> Option<SocketAddr> {
        self.operator.as_ref().map(|(_, address)| *address)
    }

    /// Exchanges the certificate, if there is one.
    pub fn tls_reload(&self) -> Option<TlsReload> {
        self.tls.clone()
    }

    /// Answers requests until `shutdown`; then takes no more connections and ends when every request in flight has its
    /// answer, or the grace period is over.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send) -> Drained {
        let grace = self.limits.shutdown_grace_seconds.duration();
        let asked = Arc::new(Operator::new(&self.node, &self.parts));
        let operator =
            self.operator.map(|(listener, _)| run_operator(listener, Arc::clone(&asked), &self.limits));
        let mut pushing = JoinSet::new();
        if let Some(telemetry) = self.telemetry {
            pushing.spawn(telemetry.run(asked));
        }
        // Sets, because these end with what holds them.
        let (mut follower, mut duties) = (JoinSet::new(), JoinSet::new());
        let told = self.parts.followers.start();
        follower.spawn(follow(Arc::clone(&self.parts.kms)));
        duties.spawn(keep_duties(Arc::clone(&self.parts.kms)));
        let (http, patience) = (http::builder(&self.limits), http::patience(&self.limits));
        let (node, connections_max) = (Arc::clone(&self.node), self.limits.connections.size());
        let door = Door::new(node, http, self.tls, patience, Some(self.cores), connections_max);
        let mut cause = Cause::Asked;
        let end = async {
            tokio::select! {
                () = shutdown => {}
                _ = follower.join_next() => cause = Cause::StoreStopped,
            }
            self.node.drain();
        };
        door.accept(self.listener, end).await;
        door.close();
        let connections_cut = drain(&door, grace).await;
        duties.shutdown().await;
        self.parts.followers.end(told, FOLLOWERS_PATIENCE).await;
        if let Err(fault) = self.parts.kms.write_key_uses().await {
            tracing::warn!(?fault, "when keys were last used could not be written down");
        }
        drop(operator);
        Drained { cause, connections_cut }
    }
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), BindError> {
    let failed = |cause| BindError::Listen { address, cause };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// Waits for the last answer, within the grace period; answers how many connections had to be cut.
async fn drain(door: &Door<Node>, grace: Duration) -> usize {
    if timeout(grace, door.emptied()).await.is_ok() {
        return 0;
    }
    let cut = door.len();
    tracing::warn!(connections = cut, "the grace period is over; connections are cut");
    door.close();
    cut
}

/// Answers operators until what this gives is dropped.
fn run_operator(listener: TcpListener, operator: Arc<Operator>, limits: &Limits) -> oneshot::Sender<()> {
    let (running, ended) = oneshot::channel();
    let (http, patience) = (http::builder(limits), http::patience(limits));
    let door = Door::new(operator, http, None, patience, None, OPERATOR_CONNECTIONS_MAX);
    tokio::spawn(async move {
        let ended = async {
            let _ = ended.await;
        };
        door.accept(listener, ended).await;
        door.close();
    });
    running
}

async fn follow(kms: Arc<Kms>) {
    kms.follow().await;
    tracing::error!("the store no longer tells of its commits; the server stops");
}

async fn keep_duties(kms: Arc<Kms>) {
    let mut due = interval(DUTIES_INTERVAL);
    due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        due.tick().await;
        match kms.run_duties().await {
            Ok(report) if report == claviger_kms::DutyReport::default() => {}
            Ok(report) => tracing::info!(?report, "what was due is done"),
            Err(fault) => tracing::warn!(?fault, "what is due could not be done"),
        }
    }
}
