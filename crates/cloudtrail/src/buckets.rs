//! Where log files and digests go: named buckets, whatever they are.

use std::fmt;

use futures_util::future::BoxFuture;

/// The buckets that this node can write to.
pub trait Buckets: Send + Sync + 'static {
    /// Whether there is one of this name.
    fn has(&self, bucket: &str) -> bool;

    /// Stores an object where there is none, whole or not at all; durable when it is answered.
    fn put<'b>(&'b self, object: NewObject<'b>) -> BoxFuture<'b, Result<Put, BucketFault>>;

    /// The object's content, if it is there.
    fn read<'b>(
        &'b self,
        bucket: &'b str,
        key: &'b str,
    ) -> BoxFuture<'b, Result<Option<Vec<u8>>, BucketFault>>;
}

/// What is to be stored.
#[derive(Clone, Copy, Debug)]
pub struct NewObject<'a> {
    /// The bucket's name.
    pub bucket: &'a str,
    /// The object's name in it.
    pub key: &'a str,
    /// A gzip of JSON.
    pub content: &'a [u8],
    /// What a digest has beside its content.
    pub signature: Option<&'a str>,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// The object is stored.
    Stored,
    /// There is an object of this name already, which stays.
    Exists,
}

/// Why a bucket did not do what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketFault {
    /// The error code of S3, or one in its style; the owner of the trail is told it.
    pub code: Box<str>,
    /// More of it, for the operator's log.
    pub detail: Box<str>,
}

impl BucketFault {
    /// The fault with this code; `detail` is for the operator.
    pub fn new(code: impl Into<Box<str>>, detail: impl fmt::Display) -> BucketFault {
        BucketFault { code: code.into(), detail: detail.to_string().into() }
    }
}

impl fmt::Display for BucketFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}
