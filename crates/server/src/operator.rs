//! What operators and their tools ask over plain HTTP: is it alive, is it ready, and the metrics.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use bytes::Bytes;
use claviger_audit::{Health, Trail};
use claviger_courier::{Counts, Dispatch};
use claviger_kms::{Expiration, Fill};
use claviger_monitor::{
    CONTENT_TYPE as METRICS_CONTENT_TYPE, CacheReading, DestinationReading, ExpirationReading, Metrics,
};
use claviger_store::{Path, Store};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};

use crate::Parts;
use crate::followers::Followers;
use crate::listen::{Answer, Peer};
use crate::node::Node;

const TEXT: &str = "text/plain; charset=utf-8";

/// Nothing is stored here; that this can be read shows that the store answers.
const PROBED_PATH: &str = "-/-/readiness";

/// The operator's view of a node.
pub(crate) struct Operator {
    pub node: Arc<Node>,
    pub store: Arc<dyn Store>,
    pub trail: Arc<Trail>,
    pub metrics: Arc<Metrics>,
    pub followers: Arc<Followers>,
    pub courier: Option<Arc<Dispatch>>,
}

impl Answer for Operator {
    async fn answer(self: Arc<Self>, _: Arc<Peer>, request: Request<Incoming>) -> Response<Full<Bytes>> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return text(StatusCode::METHOD_NOT_ALLOWED, TEXT, "only GET is answered here\n");
        }
        match request.uri().path() {
            "/livez" => text(StatusCode::OK, TEXT, "alive\n"),
            "/readyz" => self.readiness().await,
            "/metrics" => self.metrics().await,
            _ => text(StatusCode::NOT_FOUND, TEXT, "there are /livez, /readyz and /metrics\n"),
        }
    }
}

impl Operator {
    /// Of this node and its parts.
    pub(crate) fn new(node: &Arc<Node>, parts: &Parts) -> Operator {
        let Parts { store, trail, metrics, followers, courier, .. } = parts;
        let (store, trail, metrics) = (store.clone(), trail.clone(), metrics.clone());
        let (followers, courier) = (followers.clone(), courier.clone());
        Operator { node: node.clone(), store, trail, metrics, followers, courier }
    }

    async fn readiness(&self) -> Response<Full<Bytes>> {
        let mut reasons = self.illnesses().await;
        if self.node.is_draining() {
            reasons.push_str("the server is shutting down\n");
        }
        match reasons.is_empty() {
            true => text(StatusCode::OK, TEXT, "ready\n"),
            false => text(StatusCode::SERVICE_UNAVAILABLE, TEXT, reasons),
        }
    }

    /// All metrics, as they are now.
    pub(crate) async fn metrics_text(&self) -> Result<String, fmt::Error> {
        self.illnesses().await;
        self.look_up().await;
        self.metrics.text()
    }

    async fn metrics(&self) -> Response<Full<Bytes>> {
        match self.metrics_text().await {
            Ok(body) => text(StatusCode::OK, METRICS_CONTENT_TYPE, body),
            Err(error) => text(StatusCode::INTERNAL_SERVER_ERROR, TEXT, format!("{error}\n")),
        }
    }

    /// Finds out what is not counted along the way.
    async fn look_up(&self) {
        let kms = &self.node.kms;
        let cache = |(cache, fill): (&'static str, Fill)| {
            let Fill { misses, held_bytes, bytes_max } = fill;
            CacheReading { cache, misses, held_bytes, bytes_max }
        };
        self.metrics.note_caches(&kms.caches().map(cache));
        self.metrics.note_followers(&self.followers.behind());
        let reading = |counts: Counts| {
            let Counts { arn, sent, retried, dead, refused, waiting } = counts;
            DestinationReading { destination: arn.into(), sent, retried, dead, refused, waiting }
        };
        if let Some(courier) = &self.courier {
            self.metrics.note_destinations(courier.counts().into_iter().map(reading).collect());
        }
        let now = kms.now();
        let expiration = |expiration: Expiration| ExpirationReading {
            key_arn: expiration.key_arn,
            seconds: (expiration.at.as_second() - now.as_second()).max(0),
        };
        match kms.expirations().await {
            Ok(found) => self.metrics.note_expirations(found.into_iter().map(expiration).collect()),
            Err(fault) => tracing::warn!(?fault, "what expires could not be looked up"),
        }
    }

    /// What is wrong with trail and store, a line each; the metrics learn of it too.
    async fn illnesses(&self) -> String {
        let mut reasons = String::new();
        // Without requests nothing else would find out that the trail can be written again.
        let trail = self.trail.probe();
        if let Health::Failed(error) = trail {
            let _ = writeln!(reasons, "{error}");
        }
        let store = self.probe_store().await;
        if let Err(error) = &store {
            let _ = writeln!(reasons, "{error}");
        }
        self.metrics.note_trail(trail == Health::Writing);
        self.metrics.note_store(store.is_ok());
        reasons
    }

    async fn probe_store(&self) -> Result<(), String> {
        let path = Path::parse(PROBED_PATH).map_err(|error| error.to_string())?;
        self.store.read(&path).await.map(|_| ()).map_err(|error| error.to_string())
    }
}

fn text(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
