//! Where trails deliver their log files to, and what waits for it.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::Count;
use claviger_web::WebUrl;

const SPOOL_BYTES_MAX: u32 = 1_000_000_000;

/// Delivery of log files.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Delivery {
    /// The directory of log files that wait. Default spool.
    pub spool: PathBuf,
    /// Most bytes of log files that wait; then nothing more is read of the trail. Default 1000000000.
    pub spool_bytes_max: Count,
    /// The buckets that trails can name. Default: none.
    pub buckets: Vec<Bucket>,
}

/// A bucket that trails can name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Stated")]
pub struct Bucket {
    /// What trails call it.
    pub name: String,
    /// What it is.
    pub target: BucketTarget,
}

/// What a bucket is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BucketTarget {
    /// This directory, which must be there.
    Directory(PathBuf),
    /// A bucket of the same name in something that speaks S3.
    S3(S3Target),
}

/// How a bucket of S3 is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3Target {
    /// Such as `https://s3.eu-central-1.amazonaws.com`.
    pub endpoint: WebUrl,
    /// The Region that requests are signed for.
    pub region: String,
    /// Who signs.
    pub access_key_id: String,
    /// The file of the secret access key, which nobody but the server's user may read.
    pub secret_file: PathBuf,
    /// Whether the bucket stands in the path rather than in the host's name.
    pub path_style: bool,
    /// PEM file of certificates that vouch for the endpoint beside those of the machine.
    pub ca_file: Option<PathBuf>,
}

/// A bucket as the file says it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stated {
    name: String,
    directory: Option<PathBuf>,
    endpoint: Option<WebUrl>,
    region: Option<String>,
    access_key_id: Option<String>,
    secret_file: Option<PathBuf>,
    path_style: Option<bool>,
    ca_file: Option<PathBuf>,
}

impl TryFrom<Stated> for Bucket {
    type Error = &'static str;

    fn try_from(stated: Stated) -> Result<Bucket, &'static str> {
        let Stated { name, directory, endpoint, region, access_key_id, secret_file, path_style, ca_file } =
            stated;
        let target = match (directory, endpoint, access_key_id, secret_file) {
            (Some(directory), None, None, None)
                if (&region, path_style, &ca_file) == (&None, None, &None) =>
            {
                BucketTarget::Directory(directory)
            }
            (Some(_), ..) => return Err("a bucket with a directory has a name and nothing else"),
            (None, Some(endpoint), Some(access_key_id), Some(secret_file)) => {
                let region = region.unwrap_or_else(|| super::FIRST_REGION.to_owned());
                let path_style = path_style.unwrap_or(true);
                BucketTarget::S3(S3Target {
                    endpoint,
                    region,
                    access_key_id,
                    secret_file,
                    path_style,
                    ca_file,
                })
            }
            (None, ..) => {
                return Err("a bucket has a directory, or an endpoint, an access_key_id and a secret_file");
            }
        };
        Ok(Bucket { name, target })
    }
}

impl Delivery {
    /// The paths of its files, from this directory.
    pub(super) fn below(&mut self, directory: &Path) {
        self.spool = directory.join(&self.spool);
        for bucket in &mut self.buckets {
            match &mut bucket.target {
                BucketTarget::Directory(path) => *path = directory.join(&*path),
                BucketTarget::S3(S3Target { secret_file, ca_file, .. }) => {
                    *secret_file = directory.join(&*secret_file);
                    ca_file.iter_mut().for_each(|path| *path = directory.join(&*path));
                }
            }
        }
    }

    /// A name that is given more than once.
    pub(super) fn name_given_twice(&self) -> Option<&str> {
        let names = || self.buckets.iter().map(|bucket| bucket.name.as_str());
        names().enumerate().find_map(|(at, name)| names().take(at).find(|other| *other == name))
    }
}

impl Default for Delivery {
    fn default() -> Delivery {
        let spool_bytes_max = Count::new(SPOOL_BYTES_MAX);
        Delivery { spool: "spool".into(), spool_bytes_max, buckets: Vec::new() }
    }
}
