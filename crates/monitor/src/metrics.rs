//! All metrics of a node, in a registry of its own: two nodes in one process do not mix.

use std::fmt;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use crate::labels::{AuthenticationFailure, FailureLabels};
use crate::meter::{Families, KeyRequests, Latencies, OperationMeter, Requests};
use crate::readings::{CacheReading, DestinationReading, ExpirationReading, FollowerReading, Readings};

/// The content type of [`Metrics::text`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Begins the name of every metric.
const PREFIX: &str = "claviger";

/// The operation of a request that names none that there is.
const UNKNOWN_OPERATION: &str = "unknown";

/// The metrics of a node. Share it; nothing that happens for every request takes a lock.
pub struct Metrics {
    registry: Registry,
    operations: Box<[OperationMeter]>,
    unknown: OperationMeter,
    failures: [Counter; AuthenticationFailure::ALL.len()],
    connections: Gauge,
    in_flight: Gauge,
    trail_healthy: Gauge,
    store_healthy: Gauge,
    denials: Counter,
    throttles: Counter,
    faults: Counter,
    readings: Readings,
}

/// Something that goes on and is counted until it is dropped.
#[derive(Debug)]
pub struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Metrics {
    /// Metrics of a node with these operations and specs of keys, that started at `started_seconds` since 1970.
    pub fn new(
        operations: impl IntoIterator<Item = &'static str>,
        key_specs: impl IntoIterator<Item = &'static str>,
        started_seconds: f64,
    ) -> Metrics {
        let mut registry = Registry::with_prefix(PREFIX);
        let (requests, latencies) = (Requests::default(), Latencies::default());
        let (key_requests, key_specs) = (KeyRequests::default(), key_specs.into_iter().collect());
        let families = Families {
            requests: requests.clone(),
            key_requests: key_requests.clone(),
            latencies: latencies.clone(),
            key_specs,
        };
        let meter = |operation| OperationMeter::new(operation, &families);
        let mut meters: Vec<OperationMeter> = operations.into_iter().map(meter).collect();
        meters.sort_unstable_by_key(|meter| meter.operation);
        let unknown = meter(UNKNOWN_OPERATION);
        registry.register("requests", "Requests answered, by operation and result code", requests);
        registry.register(
            "key_requests",
            "Requests about a key that their caller may use, by operation, key spec and result code",
            key_requests,
        );
        registry.register_with_unit(
            "request_duration",
            "Time from a request's last byte to its answer, by operation",
            Unit::Seconds,
            latencies,
        );
        Metrics {
            operations: meters.into(),
            unknown,
            failures: failures(&mut registry),
            connections: gauge(&mut registry, "connections", "Connections that are open"),
            in_flight: gauge(&mut registry, "requests_in_flight", "Requests that are being answered"),
            trail_healthy: gauge(&mut registry, "trail_healthy", "1 while the audit trail can be written"),
            store_healthy: gauge(&mut registry, "store_healthy", "1 while the store can be read"),
            denials: counter(&mut registry, "authorization_denials", "Requests that policies did not allow"),
            faults: counter(&mut registry, "server_faults", "Requests that failed in here"),
            throttles: counter(&mut registry, "throttled_requests", "Requests above their quota"),
            readings: Readings::new(&mut registry),
            registry: with_start_time(registry, started_seconds),
        }
    }

    /// The counters of this operation; without a name, or for one that there is not, those of unknown operations.
    pub fn operation(&self, name: Option<&str>) -> &OperationMeter {
        let found =
            name.and_then(|name| self.operations.binary_search_by(|meter| meter.operation.cmp(name)).ok());
        found.map_or(&self.unknown, |at| &self.operations[at])
    }

    /// Counts a request whose sender could not be recognised.
    pub fn authentication_failed(&self, reason: AuthenticationFailure) {
        self.failures[reason as usize].inc();
    }

    /// Counts a connection as open until what this gives is dropped.
    pub fn connection(&self) -> InFlight {
        counted(&self.connections)
    }

    /// Counts a request as being answered until what this gives is dropped.
    pub fn request(&self) -> InFlight {
        counted(&self.in_flight)
    }

    /// Counts a request that policies did not allow.
    pub fn denied(&self) {
        self.denials.inc();
    }

    /// Counts a request that failed in here.
    pub fn failed_here(&self) {
        self.faults.inc();
    }

    /// Counts a request above its quota.
    pub fn throttled(&self) {
        self.throttles.inc();
    }

    /// Notes what the caches hold.
    pub fn note_caches(&self, caches: &[CacheReading]) {
        self.readings.note_caches(caches);
    }

    /// Notes how far those are who follow the trail.
    pub fn note_followers(&self, followers: &[FollowerReading]) {
        self.readings.note_followers(followers);
    }

    /// Notes what became of messages.
    pub fn note_destinations(&self, destinations: Vec<DestinationReading>) {
        self.readings.note_destinations(destinations);
    }

    /// Notes what imported material expires and when; what is not named any longer is forgotten.
    pub fn note_expirations(&self, expirations: Vec<ExpirationReading>) {
        self.readings.note_expirations(expirations);
    }

    /// Notes whether the audit trail can be written.
    pub fn note_trail(&self, healthy: bool) {
        self.trail_healthy.set(healthy.into());
    }

    /// Notes whether the store can be read.
    pub fn note_store(&self, healthy: bool) {
        self.store_healthy.set(healthy.into());
    }

    /// Everything, as text of [`CONTENT_TYPE`].
    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

fn counted(gauge: &Gauge) -> InFlight {
    gauge.inc();
    InFlight(gauge.clone())
}

fn gauge(registry: &mut Registry, name: &'static str, help: &'static str) -> Gauge {
    let gauge = Gauge::default();
    registry.register(name, help, gauge.clone());
    gauge
}

fn counter(registry: &mut Registry, name: &'static str, help: &'static str) -> Counter {
    let counter = Counter::default();
    registry.register(name, help, counter.clone());
    counter
}

/// Every reason is there from the start, so that the first failure is seen as a rise from 0.
fn failures(registry: &mut Registry) -> [Counter; AuthenticationFailure::ALL.len()] {
    let family: Family<FailureLabels, Counter> = Family::default();
    let failures =
        AuthenticationFailure::ALL.map(|reason| family.get_or_create_owned(&FailureLabels { reason }));
    registry.register(
        "authentication_failures",
        "Requests whose sender was not recognised, by reason",
        family,
    );
    failures
}

fn with_start_time(mut registry: Registry, started_seconds: f64) -> Registry {
    let started = Gauge::<f64, std::sync::atomic::AtomicU64>::default();
    started.set(started_seconds);
    registry.register_with_unit(
        "process_start_time",
        "Start of the process since 1970",
        Unit::Seconds,
        started,
    );
    registry
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn metrics() -> Metrics {
        Metrics::new(["Encrypt", "Decrypt"], ["SYMMETRIC_DEFAULT", "RSA_2048"], 1_700_000_000.5)
    }

    fn line(metrics: &Metrics, start: &str) -> String {
        let text = metrics.text().unwrap();
        let found = text.lines().find(|line| line.starts_with(start));
        found.unwrap_or_else(|| panic!("no {start} in\n{text}")).to_owned()
    }

    #[test]
    fn requests_are_counted_by_operation_and_code() {
        let metrics = metrics();
        metrics.operation(Some("Encrypt")).answered(None, Duration::from_micros(30));
        metrics.operation(Some("Encrypt")).answered(Some("NotFoundException"), Duration::from_micros(30));
        metrics.operation(Some("Fly")).answered(Some("UnknownOperationException"), Duration::ZERO);
        metrics.operation(None).answered(Some("UnknownOperationException"), Duration::ZERO);
        let count = |operation, code| {
            line(&metrics, &format!("claviger_requests_total{{operation=\"{operation}\",code=\"{code}\"}}"))
                .rsplit(' ')
                .next()
                .map(str::to_owned)
        };
        assert_eq!(count("Encrypt", "OK").unwrap(), "1");
        assert_eq!(count("Encrypt", "NotFoundException").unwrap(), "1");
        assert_eq!(count("unknown", "UnknownOperationException").unwrap(), "2");
        assert_eq!(count("Decrypt", "OK").unwrap(), "0");
    }

    #[test]
    fn requests_about_keys_are_counted_by_spec_and_only_where_there_were_any() {
        let metrics = metrics();
        let encrypt = metrics.operation(Some("Encrypt"));
        encrypt.answered_on_key("RSA_2048", None);
        encrypt.answered_on_key("RSA_2048", Some("DisabledException"));
        encrypt.answered_on_key("NO_SPEC", None);
        let start = "claviger_key_requests_total{operation=\"Encrypt\",key_spec=\"RSA_2048\"";
        assert_eq!(line(&metrics, &format!("{start},code=\"OK\"}}")), format!("{start},code=\"OK\"}} 1"));
        let failed = format!("{start},code=\"DisabledException\"}}");
        assert_eq!(line(&metrics, &failed), format!("{failed} 1"));
        assert_eq!(metrics.text().unwrap().matches("claviger_key_requests_total").count(), 2);
    }

    #[test]
    fn what_is_looked_up_replaces_what_was_told_before() {
        let metrics = metrics();
        let cache = |misses| CacheReading { cache: "keys", misses, held_bytes: 7, bytes_max: 9 };
        metrics.note_caches(&[cache(3)]);
        metrics.note_caches(&[cache(5)]);
        let misses = "claviger_cache_misses_total{cache=\"keys\"}";
        assert_eq!(line(&metrics, misses), format!("{misses} 5"));
        let expires = |key_arn: &str| ExpirationReading { key_arn: key_arn.to_owned(), seconds: 60 };
        metrics.note_expirations(vec![expires("a"), expires("b")]);
        metrics.note_expirations(vec![expires("b")]);
        let told = metrics.text().unwrap();
        assert_eq!(told.matches("claviger_key_material_expires_seconds{").count(), 1);
        assert!(told.contains("claviger_key_material_expires_seconds{key_arn=\"b\"} 60"));
    }

    #[test]
    fn a_duration_counts_in_its_bucket_and_all_above() {
        let metrics = metrics();
        for micros in [25, 26, 60_000_000] {
            metrics.operation(Some("Decrypt")).answered(None, Duration::from_micros(micros));
        }
        let bucket = |bound| {
            let start =
                format!("claviger_request_duration_seconds_bucket{{le=\"{bound}\",operation=\"Decrypt\"}}");
            line(&metrics, &start).rsplit(' ').next().map(str::to_owned)
        };
        assert_eq!(bucket("0.000025").unwrap(), "1");
        assert_eq!(bucket("0.00005").unwrap(), "2");
        assert_eq!(bucket("10.0").unwrap(), "2");
        assert_eq!(bucket("+Inf").unwrap(), "3");
        let total = line(&metrics, "claviger_request_duration_seconds_count{operation=\"Decrypt\"}");
        assert_eq!(total.rsplit(' ').next(), Some("3"));
        assert!(
            line(&metrics, "claviger_request_duration_seconds_sum{operation=\"Decrypt\"}")
                .ends_with(" 60.000051")
        );
    }

    #[test]
    fn every_reason_of_failure_has_its_own_count_from_the_start() {
        let metrics = metrics();
        for (at, reason) in AuthenticationFailure::ALL.into_iter().enumerate() {
            for _ in 0..at {
                metrics.authentication_failed(reason);
            }
        }
        let names =
            ["missing", "incomplete", "out_of_scope", "unknown_access_key", "expired_token", "mismatch"];
        for (at, name) in names.into_iter().enumerate() {
            let start = format!("claviger_authentication_failures_total{{reason=\"{name}\"}} {at}");
            assert_eq!(line(&metrics, &start), start);
        }
    }

    #[test]
    fn what_goes_on_is_counted_until_it_ends() {
        let metrics = metrics();
        let (first, second) = (metrics.connection(), metrics.connection());
        let request = metrics.request();
        assert_eq!(line(&metrics, "claviger_connections "), "claviger_connections 2");
        assert_eq!(line(&metrics, "claviger_requests_in_flight "), "claviger_requests_in_flight 1");
        drop((first, second, request));
        assert_eq!(line(&metrics, "claviger_connections "), "claviger_connections 0");
        assert_eq!(line(&metrics, "claviger_requests_in_flight "), "claviger_requests_in_flight 0");
    }

    #[test]
    fn health_and_start_are_told() {
        let metrics = metrics();
        metrics.note_trail(true);
        assert_eq!(line(&metrics, "claviger_trail_healthy "), "claviger_trail_healthy 1");
        assert_eq!(line(&metrics, "claviger_store_healthy "), "claviger_store_healthy 0");
        let started = "claviger_process_start_time_seconds 1700000000.5";
        assert_eq!(line(&metrics, "claviger_process_start_time_seconds "), started);
        assert!(metrics.text().unwrap().ends_with("# EOF\n"));
    }
}
