//! What an operator can set: `claviger.toml`, and the environment over it. Every option has a default.

mod delivery;
mod error;
mod issuer;
mod limits;
mod overlay;
mod quotas;
mod spelling;
mod telemetry;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use claviger_audit as audit;
use claviger_courier::Destination;
use claviger_names::{COMMERCIAL_REGIONS, Region};
use serde::Deserialize;

pub use delivery::{Bucket, BucketTarget, Delivery, S3Target};
pub use error::ConfigError;
pub use issuer::{Issuer, IssuerKeys};
pub use limits::{Count, HeaderBytes, Limits, OutOfRange, Seconds};
pub use quotas::{AliasCount, QuotaName, QuotaOptions};
pub use telemetry::Telemetry;

use crate::{Regions, Settings, TlsFiles};

/// The Region under which requests that name none are recorded, unless `regions` is set.
const FIRST_REGION: &str = "us-east-1";

/// Where the API listens unless `listen` is set.
const API_PORT: u16 = 8011;

/// Where operators ask unless `operator.listen` is set.
const OPERATOR_PORT: u16 = 8012;

/// Everything that can be set. Relative paths are relative to the directory of the file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the API listens: address and port. Anything but a loopback address needs TLS. Default 127.0.0.1:8011.
    pub listen: SocketAddr,
    /// The Regions that are served; the first also stands in records of requests that name none. Default: those of
    /// AWS's commercial partition.
    pub regions: Vec<Region>,
    /// The API's certificate.
    pub tls: Tls,
    /// The key that everything stored is sealed under.
    pub root_key: RootKey,
    /// The store.
    pub store: Store,
    /// The audit trail.
    pub trail: Trail,
    /// What operators and their tools ask.
    pub operator: Operator,
    /// Local administration.
    pub admin: Admin,
    /// The issuers of web identities whose tokens can be exchanged for sessions of roles. Default: none.
    pub issuers: Vec<Issuer>,
    /// Where trails deliver their log files to.
    pub delivery: Delivery,
    /// Where alarms and the rules of events may send. Default: none.
    pub destinations: Vec<Destination>,
    /// What takes messages there.
    pub courier: Courier,
    /// What is held in memory.
    pub cache: Cache,
    /// What clients may take.
    pub limits: Limits,
    /// What accounts may take.
    pub quotas: QuotaOptions,
    /// To whom metrics are pushed.
    pub telemetry: Telemetry,
    /// The log.
    pub log: Log,
}

/// The API's certificate: both files or neither.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tls {
    /// PEM file of the certificate and those that lead to one that clients trust. Default: none, which is plain HTTP.
    pub certificate: Option<PathBuf>,
    /// PEM file of its private key. Default: none.
    pub private_key: Option<PathBuf>,
}

/// The key that everything stored is sealed under.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RootKey {
    /// Its file, which nobody but the server's user may read. Default root.key.
    pub file: PathBuf,
}

/// The store.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Store {
    /// Its directory. Default store.
    pub directory: PathBuf,
}

/// The audit trail.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Trail {
    /// Its directory. Default trail.
    pub directory: PathBuf,
    /// When a record counts as written. Default operating-system.
    pub durability: Durability,
    /// Bytes at which a file is followed by the next. Default 134217728.
    pub file_bytes_max: Count,
}

/// When a record of the trail counts as written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Durability {
    /// When the operating system has it: it survives the death of the process.
    #[default]
    OperatingSystem,
    /// When it is on disk: it survives a power cut.
    Disk,
}

/// What operators and their tools ask.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Operator {
    /// Where /livez, /readyz and /metrics are told, over plain HTTP. Default 127.0.0.1:8012.
    pub listen: SocketAddr,
}

/// Local administration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Admin {
    /// The socket of `claviger account …`. Default claviger.sock.
    pub socket: PathBuf,
}

/// What takes messages to destinations.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Courier {
    /// The directory of messages that are on their way, and of dead letters. Default courier.
    pub directory: PathBuf,
}

/// What is held in memory.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cache {
    /// Most bytes of keys. Default 67108864.
    pub bytes: Count,
}

/// The log, on standard error.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// How lines look. Default json.
    pub format: LogFormat,
    /// What is told. Default info.
    pub level: LogLevel,
}

/// How lines of the log look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "each is what it is called")]
pub enum LogFormat {
    #[default]
    Json,
    Text,
}

/// The least important lines that are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "each is what it is called")]
pub enum LogLevel {
    Error,
    Warn,
    #[default]
    Info,
    Debug,
    Trace,
}

impl Config {
    /// Reads the file, lays the `CLAVIGER_…` variables of `environment` over it and sees that all goes together.
    pub fn load(
        file: &Path,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Config, ConfigError> {
        let text = std::fs::read_to_string(file)
            .map_err(|cause| ConfigError::Unreadable { file: file.to_owned(), cause })?;
        let config = Config::read(file, &text, environment)?;
        Ok(config.below(file.parent().unwrap_or(Path::new(""))))
    }

    /// Like [`Config::load`], of a text that stands in `file`, with paths left as they are.
    pub fn read(
        file: &Path,
        text: &str,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Config, ConfigError> {
        let alone: Config = toml::from_str(text).map_err(|error| ConfigError::in_file(file, text, &error))?;
        let config = overlay::apply(alone, text, environment)?;
        config.settings()?;
        Ok(config)
    }

    /// What the server is to be told; refuses what does not go together.
    pub fn settings(&self) -> Result<Settings, ConfigError> {
        let tls = match (&self.tls.certificate, &self.tls.private_key) {
            (Some(certificate), Some(private_key)) => {
                Some(TlsFiles { certificate: certificate.clone(), private_key: private_key.clone() })
            }
            (Some(_), None) => return Err(ConfigError::HalfOfTls { missing: "tls.private_key" }),
            (None, Some(_)) => return Err(ConfigError::HalfOfTls { missing: "tls.certificate" }),
            (None, None) if self.listen.ip().to_canonical().is_loopback() => None,
            (None, None) => return Err(ConfigError::PlainHttp { listen: self.listen }),
        };
        let urls = || self.issuers.iter().map(|issuer| &issuer.url);
        if let Some(twice) =
            urls().enumerate().find_map(|(at, url)| urls().take(at).find(|other| *other == url))
        {
            return Err(ConfigError::IssuerTwice { url: twice.clone() });
        }
        if let Some(name) = self.delivery.name_given_twice() {
            return Err(ConfigError::BucketTwice { name: name.to_owned() });
        }
        let arns = || self.destinations.iter().map(|destination| &destination.arn);
        if let Some(twice) =
            arns().enumerate().find_map(|(at, arn)| arns().take(at).find(|other| *other == arn))
        {
            return Err(ConfigError::DestinationTwice { arn: twice.clone() });
        }
        let regions = Regions::new(&self.regions).ok_or(ConfigError::NoRegions)?;
        let (listen, operator, limits) = (self.listen, Some(self.operator.listen), self.limits.clone());
        let telemetry = self.telemetry.settings();
        Ok(Settings { listen, tls, operator, telemetry, regions, limits })
    }

    fn below(mut self, directory: &Path) -> Config {
        let files = [&mut self.root_key.file, &mut self.store.directory, &mut self.trail.directory];
        let tls = [&mut self.tls.certificate, &mut self.tls.private_key].into_iter().flatten();
        let others = [&mut self.admin.socket, &mut self.courier.directory];
        for path in files.into_iter().chain(tls).chain(others) {
            *path = directory.join(&*path);
        }
        self.issuers.iter_mut().for_each(|issuer| issuer.below(directory));
        self.delivery.below(directory);
        self.destinations.iter_mut().for_each(|destination| destination.below(directory));
        self
    }
}

impl Trail {
    /// What the trail is opened with.
    pub fn limits(&self) -> audit::Limits {
        let durability = match self.durability {
            Durability::OperatingSystem => audit::Durability::OperatingSystem,
            Durability::Disk => audit::Durability::Disk,
        };
        audit::Limits { file_bytes_max: self.file_bytes_max.get().into(), durability }
    }
}

impl Default for Config {
    fn default() -> Config {
        let others = COMMERCIAL_REGIONS.iter().filter(|name| **name != FIRST_REGION);
        let regions = [FIRST_REGION].iter().chain(others).filter_map(|name| name.parse().ok());
        Config {
            listen: SocketAddr::from(([127, 0, 0, 1], API_PORT)),
            regions: regions.collect(),
            tls: Tls::default(),
            root_key: RootKey::default(),
            store: Store::default(),
            trail: Trail::default(),
            operator: Operator::default(),
            admin: Admin::default(),
            issuers: Vec::new(),
            delivery: Delivery::default(),
            destinations: Vec::new(),
            courier: Courier::default(),
            cache: Cache::default(),
            limits: Limits::default(),
            quotas: QuotaOptions::default(),
            telemetry: Telemetry::default(),
            log: Log::default(),
        }
    }
}

impl Default for RootKey {
    fn default() -> RootKey {
        RootKey { file: "root.key".into() }
    }
}

impl Default for Store {
    fn default() -> Store {
        Store { directory: "store".into() }
    }
}

impl Default for Trail {
    fn default() -> Trail {
        let file_bytes_max = Count::new(128 * 1024 * 1024);
        Trail { directory: "trail".into(), durability: Durability::default(), file_bytes_max }
    }
}

impl Default for Operator {
    fn default() -> Operator {
        Operator { listen: SocketAddr::from(([127, 0, 0, 1], OPERATOR_PORT)) }
    }
}

impl Default for Admin {
    fn default() -> Admin {
        Admin { socket: "claviger.sock".into() }
    }
}

impl Default for Courier {
    fn default() -> Courier {
        Courier { directory: "courier".into() }
    }
}

impl Default for Cache {
    fn default() -> Cache {
        Cache { bytes: Count::new(64 * 1024 * 1024) }
    }
}
