//! An OpenID Connect provider as it is stored.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Tags;

/// An issuer whose tokens an account's roles may trust.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct OidcProviderRecord {
    /// Host and path, without scheme.
    pub url: Box<str>,
    pub client_ids: Vec<Box<str>>,
    pub thumbprints: Vec<Box<str>>,
    pub created: Timestamp,
    pub tags: Tags,
}
