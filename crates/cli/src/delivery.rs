//! What a node delivers log files with, and the task that does it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use claviger_cloudtrail::{Buckets, Delivery};
use claviger_crypto::Secret;
use claviger_server::config::{self, S3Target};
use claviger_server::{ConfiguredBuckets, S3Credentials};
use claviger_web::WebUrl;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use crate::print::Refusal;
use crate::user_directory;

/// How often it is looked at what is due.
const LOOK_INTERVAL: Duration = Duration::from_millis(200);

/// Bytes of log files that wait on a development server.
const DEV_SPOOL_BYTES_MAX: u64 = 256 << 20;

/// The Region that a development server signs requests to S3 for.
const DEV_S3_REGION: &str = "us-east-1";

/// Where log files go, and where they wait.
pub(crate) struct DeliverySettings {
    pub buckets: Arc<dyn Buckets>,
    pub spool: PathBuf,
    pub spool_bytes_max: u64,
}

impl DeliverySettings {
    /// Those of a configuration.
    pub(crate) fn of(config: &config::Delivery) -> Result<DeliverySettings, Refusal> {
        let buckets = Arc::new(ConfiguredBuckets::open(&config.buckets)?);
        let spool_bytes_max = config.spool_bytes_max.get().into();
        Ok(DeliverySettings { buckets, spool: config.spool.clone(), spool_bytes_max })
    }

    /// Those of a development server: what it keeps in memory has its spool in a directory that begins empty.
    pub(crate) fn of_dev(buckets: &[String], data: Option<&Path>) -> Result<DeliverySettings, Refusal> {
        let mut opened = ConfiguredBuckets::default();
        for text in buckets {
            add(&mut opened, text)?;
        }
        let spool = match data {
            Some(data) => data.join("spool"),
            None => user_directory::spool()?,
        };
        let (buckets, spool_bytes_max) = (Arc::new(opened), DEV_SPOOL_BYTES_MAX);
        Ok(DeliverySettings { buckets, spool, spool_bytes_max })
    }
}

/// Delivers until it is aborted: what was under way is then done again at the next start.
pub(crate) fn spawn(mut delivery: Delivery) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut due = interval(LOOK_INTERVAL);
        due.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            due.tick().await;
            while delivery.run().await {}
        }
    })
}

/// A bucket as the command line has it: `NAME=DIRECTORY` or `NAME=http://KEY:SECRET@host:port`.
fn add(buckets: &mut ConfiguredBuckets, text: &str) -> Result<(), Refusal> {
    let malformed =
        || format!("--bucket {text}: expected NAME=DIRECTORY or NAME=http://KEY:SECRET@host:port");
    let (name, target) = text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(malformed)?;
    let Some((scheme, rest)) = target.split_once("://") else {
        std::fs::create_dir_all(target).map_err(|error| format!("{target}: {error}"))?;
        buckets.add_directory(name, Path::new(target));
        return Ok(());
    };
    let parts = rest.rsplit_once('@').and_then(|(keys, host)| Some((keys.split_once(':')?, host)));
    // The text holds a secret, which no message repeats.
    let without = || format!("--bucket {name}: expected {name}={scheme}://KEY:SECRET@host:port");
    let ((id, secret), host) = parts.ok_or_else(without)?;
    let target = S3Target {
        endpoint: WebUrl::try_from(format!("{scheme}://{host}"))?,
        region: DEV_S3_REGION.to_owned(),
        access_key_id: id.to_owned(),
        secret_file: PathBuf::new(),
        path_style: true,
        ca_file: None,
    };
    let secret = Secret::new(secret.as_bytes().to_vec());
    Ok(buckets.add_s3(name, &target, S3Credentials { access_key_id: id.to_owned(), secret })?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_of_the_command_line_is_a_directory_or_speaks_s3() {
        let root = tempfile::tempdir().unwrap();
        let directory = root.path().join("made");
        let mut buckets = ConfiguredBuckets::default();
        add(&mut buckets, &format!("files={}", directory.display())).unwrap();
        add(&mut buckets, "s3=http://id:sec:ret@127.0.0.1:9000").unwrap();
        assert!(directory.is_dir() && buckets.has("files") && buckets.has("s3") && !buckets.has("other"));
        for wrong in ["", "x", "=x", "x=http://secret", "x=http://secret@127.0.0.1", "x=ftp://id:secret@host"]
        {
            let refusal = add(&mut buckets, wrong).unwrap_err().to_string();
            assert!(!refusal.contains("secret"), "{refusal}");
        }
    }
}
