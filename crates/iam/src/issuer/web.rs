//! What is needed of a network to ask an issuer, which this crate does not have.

use futures_util::future::BoxFuture;

/// Fetches what issuers publish.
pub trait Web: Send + Sync {
    /// The body with which this URL answers a GET, bounded in size and time, without following it elsewhere.
    fn fetch<'w>(&'w self, url: &'w str) -> BoxFuture<'w, Result<Vec<u8>, FetchFailed>>;

    /// Does this to its end, whether or not somebody waits for it.
    fn spawn(&self, work: BoxFuture<'static, ()>);
}

/// Why something could not be fetched, for the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FetchFailed(pub Box<str>);
