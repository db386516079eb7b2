//! `claviger dev`: a server for development and tests, ready to use.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use claviger_audit::{Durability, Limits as TrailLimits};
use claviger_clock::{Clock, SystemClock, Timestamp, TravelClock};
use claviger_courier::{DEV_WEBHOOK_SECRET, Destination, Keeping};
use claviger_crypto::{Secret, SystemRandom};
use claviger_iam::{Directory, IamError, NewAccessKey};
use claviger_kms::{Kms, Quotas};
use claviger_names::{COMMERCIAL_REGIONS, Region};
use claviger_seal::{EphemeralRootKey, FileRootKey, RootKey};
use claviger_server::config::{Limits, Log, LogFormat, LogLevel};
use claviger_server::{Followers, Regions, Server, Settings};

use super::serve::until_told_to_end;
use crate::admin::{Administrator, Listener, Records};
use crate::arguments::{self, Dev};
use crate::delivery::{self, DeliverySettings};
use crate::issuers::{self, KnownIssuers};
use crate::node::{self, Foundation, Node};
use crate::print::{self, Refusal};
use crate::{harden, log, user_directory};

/// The accounts of a development server, with the access keys of their root users: known to everybody, for nothing real.
const ACCOUNTS: [DevAccount; 2] = [
    DevAccount {
        id: "111122223333",
        name: "dev-1",
        access_key_id: "AKIACLAVIGERDEV11112",
        secret: "claviger-dev-secret-key-for-111122223333",
    },
    DevAccount {
        id: "444455556666",
        name: "dev-2",
        access_key_id: "AKIACLAVIGERDEV44445",
        secret: "claviger-dev-secret-key-for-444455556666",
    },
];

/// The Region of the example.
const EXAMPLE_REGION: &str = "us-east-1";

/// Bytes of keys that a development server holds in memory.
const CACHE_BYTES: u64 = 64 << 20;

/// The directory of the trail in that of the data.
const TRAIL: &str = "trail";

struct DevAccount {
    id: &'static str,
    name: &'static str,
    access_key_id: &'static str,
    secret: &'static str,
}

/// Moves the time of a development server.
pub(crate) struct TimeMachine {
    clock: Arc<TravelClock<SystemClock>>,
    kms: Arc<Kms>,
    followers: Arc<Followers>,
    /// Where the distance is kept, for a server whose keys outlive it.
    memory: Option<PathBuf>,
}

impl TimeMachine {
    /// Moves the time forward and does what is due by then.
    pub(crate) async fn advance(&self, seconds: u32) -> Result<Timestamp, Refusal> {
        // What happened before the time moves is seen before.
        self.followers.catch_up().await;
        let now = self.clock.advance(seconds).ok_or("the calendar ends there")?;
        if let Some(memory) = &self.memory {
            std::fs::write(memory, self.clock.ahead_seconds().to_string())?;
        }
        self.kms.run_duties().await.map_err(|fault| format!("what is due could not be done: {fault:?}"))?;
        // Whoever moved the time sees all that follows from it.
        self.followers.catch_up().await;
        Ok(now)
    }
}

pub(crate) fn run(options: &Dev) -> Result<(), Refusal> {
    log::start(&Log { format: LogFormat::Text, level: LogLevel::Warn });
    harden::raise_open_files();
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(serve(options))
}

async fn serve(options: &Dev) -> Result<(), Refusal> {
    let memory = options.data.as_deref().map(|directory| directory.join("clock-ahead-seconds"));
    let clock = Arc::new(TravelClock::ahead_of(SystemClock, remembered(memory.as_deref())?));
    let node = Node::build(foundation(options, clock.clone())?).await?;
    let courier = tokio::spawn(node.courier.clone().run());
    for account in &ACCOUNTS {
        create(&node.directory, account).await?;
    }
    let server = Server::bind(settings(options)?, node.parts()).await?;
    let address = server.local_address();
    let admin = Listener::bind(&user_directory::socket(address.port())?)?;
    let time_machine =
        Some(TimeMachine { clock, kms: node.kms.clone(), followers: node.followers.clone(), memory });
    let (directory, random) = (node.directory.clone(), node.random.clone());
    let records = match &options.data {
        Some(data) => Records::Directory(data.join(TRAIL)),
        None => Records::Memory(node.trail.clone()),
    };
    let kms = node.kms.clone();
    let administrator = Arc::new(Administrator { directory, kms, records, random, time_machine });
    let admin = tokio::spawn(admin.run(administrator));
    let delivery = delivery::spawn(node.delivery);
    greet(&format!("http://{address}"), options);
    server.run(until_told_to_end()?).await;
    delivery.abort();
    user_directory::sweep_spool();
    admin.abort();
    courier.abort();
    let _ = admin.await;
    Ok(())
}

fn remembered(memory: Option<&Path>) -> Result<i64, Refusal> {
    match memory.map(std::fs::read_to_string) {
        Some(Ok(text)) => Ok(text.trim().parse()?),
        Some(Err(error)) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        Some(Err(_)) | None => Ok(0),
    }
}

fn foundation(options: &Dev, clock: Arc<dyn Clock>) -> Result<Foundation, Refusal> {
    let issuers = options.issuers.iter().map(|text| issuers::parse(text, options.issuer_ca.as_deref()));
    let issuers = KnownIssuers::load(&issuers.collect::<Result<Vec<_>, _>>()?)?.issuers;
    let requests = options.request_quotas.then(BTreeMap::new);
    let quotas = Quotas { requests, ..Quotas::default() };
    let delivery = DeliverySettings::of_dev(&options.buckets, options.data.as_deref())?;
    let destinations = options.destinations.iter().map(|text| Destination::from_command_line(text));
    let destinations = destinations.collect::<Result<Vec<_>, _>>()?;
    let Some(data) = options.data.as_deref() else {
        return Ok(Foundation {
            store: node::store_in_memory(),
            root_key: Arc::new(EphemeralRootKey::generate(&SystemRandom)?),
            trail: node::trail_in_memory(),
            clock,
            issuers,
            regions: regions()?,
            cache_bytes: CACHE_BYTES,
            quotas,
            delivery,
            destinations,
            keeping: Keeping::Memory,
        });
    };
    std::fs::create_dir_all(data).map_err(|error| format!("{}: {error}", data.display()))?;
    let store = node::store_on_disk(&data.join("store"))?;
    let root_key = root_key(&data.join("root.key"))?;
    let trail = node::trail_on_disk(&data.join(TRAIL), trail_limits(options))?;
    let (regions, cache_bytes) = (regions()?, CACHE_BYTES);
    let keeping = Keeping::Directory(data.join("courier"));
    Ok(Foundation {
        store,
        root_key,
        trail,
        clock,
        issuers,
        regions,
        cache_bytes,
        quotas,
        delivery,
        destinations,
        keeping,
    })
}

fn trail_limits(options: &Dev) -> TrailLimits {
    let durability = match options.durability {
        arguments::Durability::OperatingSystem => Durability::OperatingSystem,
        arguments::Durability::Disk => Durability::Disk,
    };
    TrailLimits { durability, ..TrailLimits::default() }
}

fn root_key(path: &Path) -> Result<Arc<dyn RootKey>, Refusal> {
    let key = match path.exists() {
        true => FileRootKey::open(path)?,
        false => FileRootKey::create(path, &SystemRandom)?,
    };
    Ok(Arc::new(key))
}

async fn create(directory: &Directory, account: &DevAccount) -> Result<(), Refusal> {
    let secret = Secret::new(account.secret.as_bytes().to_vec());
    let key = NewAccessKey { id: account.access_key_id.parse()?, secret };
    match directory.create_account(account.id.parse()?, account.name.parse()?, &key).await {
        Ok(()) | Err(IamError::AccountExists(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The Regions that it serves: all that there are for everybody.
fn regions() -> Result<Box<[Region]>, Refusal> {
    Ok(COMMERCIAL_REGIONS.iter().map(|name| name.parse()).collect::<Result<_, _>>()?)
}

fn settings(options: &Dev) -> Result<Settings, Refusal> {
    let mut regions = regions()?;
    // The first is the one that requests are recorded in which name none.
    regions.sort_by_key(|region| region.as_str() != EXAMPLE_REGION);
    Ok(Settings {
        listen: options.listen,
        tls: None,
        operator: None,
        telemetry: None,
        regions: Regions::new(&regions).ok_or("there is no Region")?,
        limits: Limits::default(),
    })
}

fn greet(endpoint: &str, options: &Dev) {
    let [first, second] = &ACCOUNTS;
    if !options.destinations.is_empty() {
        print::line(&format!("Webhooks are signed with the secret {DEV_WEBHOOK_SECRET}."));
    }
    let kept = match options.data.as_deref() {
        Some(directory) => format!("everything is kept in {}", directory.display()),
        None => "everything is in memory and gone when it ends".to_owned(),
    };
    print::line(&format!(
        "Claviger for development at {endpoint}; {kept}.

Account {}, root user:
  export AWS_ENDPOINT_URL_KMS={endpoint}
  export AWS_ENDPOINT_URL_IAM={endpoint}
  export AWS_ENDPOINT_URL_STS={endpoint}
  export AWS_ENDPOINT_URL_CLOUDTRAIL={endpoint}
  export AWS_ENDPOINT_URL_CLOUDWATCH={endpoint}
  export AWS_ENDPOINT_URL_CLOUDWATCH_LOGS={endpoint}
  export AWS_ENDPOINT_URL_EVENTBRIDGE={endpoint}
  export AWS_REGION={EXAMPLE_REGION} AWS_DEFAULT_REGION={EXAMPLE_REGION}
  export AWS_ACCESS_KEY_ID={}
  export AWS_SECRET_ACCESS_KEY={}

Account {}, root user:
  export AWS_ACCESS_KEY_ID={}
  export AWS_SECRET_ACCESS_KEY={}

Then, for example:
  aws kms create-key --description \"my first key\"

Ready.",
        first.id, first.access_key_id, first.secret, second.id, second.access_key_id, second.secret,
    ));
}
