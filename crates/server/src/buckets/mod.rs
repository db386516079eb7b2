//! The buckets that trails deliver to: directories of this machine, and S3 over the network.

mod directory;
mod s3;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use claviger_cloudtrail::{BucketFault, Buckets, NewObject, Put};
use claviger_crypto::Secret;
use claviger_web::{MalformedWebUrl, TrustError};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use crate::config::{Bucket, BucketTarget};
use directory::DirectoryBucket;
use s3::S3Bucket;

pub use s3::S3Credentials;

/// Bits of a file's mode that let others than its owner near it.
const OTHERS: u32 = 0o077;

/// The buckets of a configuration.
#[derive(Default)]
pub struct ConfiguredBuckets(BTreeMap<String, Opened>);

enum Opened {
    Directory(DirectoryBucket),
    S3(S3Bucket),
}

/// Why a bucket cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenBucketError {
    /// The secret cannot be read.
    #[error("{}: {cause}", .file.display())]
    Secret {
        /// Its file.
        file: PathBuf,
        /// Why not.
        cause: io::Error,
    },
    /// Others can read the secret.
    #[error("{} can be read by others than its owner; chmod 600 it", .file.display())]
    Exposed {
        /// Its file.
        file: PathBuf,
    },
    /// There is no client for its endpoint.
    #[error(transparent)]
    Client(#[from] TrustError),
    /// The bucket's name cannot stand before the endpoint's host.
    #[error("the endpoint takes no name before its host; set path_style = true")]
    VirtualHost(#[from] MalformedWebUrl),
}

impl ConfiguredBuckets {
    /// Reads the secrets; nothing is asked over the network yet.
    pub fn open(buckets: &[Bucket]) -> Result<ConfiguredBuckets, OpenBucketError> {
        let mut opened = ConfiguredBuckets::default();
        for Bucket { name, target } in buckets {
            match target {
                BucketTarget::Directory(path) => opened.add_directory(name, path),
                BucketTarget::S3(target) => {
                    let secret = read_secret(&target.secret_file)?;
                    let id = target.access_key_id.clone();
                    opened.add_s3(name, target, S3Credentials { access_key_id: id, secret })?;
                }
            }
        }
        Ok(opened)
    }

    /// Adds a directory under this name.
    pub fn add_directory(&mut self, name: &str, path: &Path) {
        self.0.insert(name.to_owned(), Opened::Directory(DirectoryBucket::new(path)));
    }

    /// Adds the bucket of this name in S3, with these credentials.
    pub fn add_s3(
        &mut self,
        name: &str,
        target: &crate::config::S3Target,
        credentials: S3Credentials,
    ) -> Result<(), OpenBucketError> {
        self.0.insert(name.to_owned(), Opened::S3(S3Bucket::new(name, target, credentials)?));
        Ok(())
    }

    fn find(&self, bucket: &str) -> Result<&Opened, BucketFault> {
        let missing = || BucketFault::new("NoSuchBucket", "no bucket of this name is configured");
        self.0.get(bucket).ok_or_else(missing)
    }
}

impl Buckets for ConfiguredBuckets {
    fn has(&self, bucket: &str) -> bool {
        self.0.contains_key(bucket)
    }

    fn put<'b>(&'b self, object: NewObject<'b>) -> BoxFuture<'b, Result<Put, BucketFault>> {
        async move {
            match self.find(object.bucket)? {
                Opened::Directory(bucket) => bucket.put(object).await,
                Opened::S3(bucket) => bucket.put(object).await,
            }
        }
        .boxed()
    }

    fn read<'b>(
        &'b self,
        bucket: &'b str,
        key: &'b str,
    ) -> BoxFuture<'b, Result<Option<Vec<u8>>, BucketFault>> {
        async move {
            match self.find(bucket)? {
                Opened::Directory(bucket) => bucket.read(key).await,
                Opened::S3(bucket) => bucket.read(key).await,
            }
        }
        .boxed()
    }
}

/// The text of a file that nobody but its owner may read, without the line's end.
fn read_secret(file: &Path) -> Result<Secret, OpenBucketError> {
    let unreadable = |cause| OpenBucketError::Secret { file: file.to_owned(), cause };
    let mut opened = File::open(file).map_err(unreadable)?;
    let metadata = opened.metadata().map_err(unreadable)?;
    if metadata.mode() & OTHERS != 0 {
        return Err(OpenBucketError::Exposed { file: file.to_owned() });
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default() + 1);
    opened.read_to_end(&mut bytes).map_err(unreadable)?;
    let end = bytes.trim_ascii_end().len();
    bytes.truncate(end);
    Ok(Secret::new(bytes))
}
