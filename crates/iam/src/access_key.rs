//! Access keys: the id that a request names, and the secret that signs it.

use std::fmt;
use std::str::FromStr;

use claviger_crypto::{Random, RandomnessFailed, Secret};
use claviger_names::AccountId;
use claviger_store::Revision;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Caller;

/// Longest and shortest access key id, as the IAM model has it.
const ID_BYTES: std::ops::RangeInclusive<usize> = 16..=128;

/// Letters of ids that are made here: those of Base32.
const ID_LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Random letters after the prefix of a long-term id.
const ID_RANDOM_LETTERS: usize = 16;

/// Letters of a secret; 64 of them, so that each is six random bits.
const SECRET_LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Letters in a secret: 240 random bits.
const SECRET_RANDOM_LETTERS: usize = 40;

/// An access key id: 16 to 128 letters, digits and underscores.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccessKeyId(Box<str>);

/// The text is no access key id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an access key id is 16 to 128 letters, digits and underscores")]
pub struct MalformedAccessKeyId;

impl AccessKeyId {
    /// The id's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A fresh long-term id.
    pub fn generate(random: &dyn Random) -> Result<AccessKeyId, RandomnessFailed> {
        let mut bytes = [0; ID_RANDOM_LETTERS];
        random.fill(&mut bytes)?;
        let letters = bytes.iter().map(|byte| char::from(ID_LETTERS[usize::from(byte % 32)]));
        Ok(AccessKeyId("AKIA".chars().chain(letters).collect::<String>().into()))
    }
}

impl FromStr for AccessKeyId {
    type Err = MalformedAccessKeyId;

    fn from_str(text: &str) -> Result<AccessKeyId, MalformedAccessKeyId> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        match ID_BYTES.contains(&text.len()) && text.bytes().all(allowed) {
            true => Ok(AccessKeyId(text.into())),
            false => Err(MalformedAccessKeyId),
        }
    }
}

impl std::ops::Deref for AccessKeyId {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccessKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for AccessKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether an access key may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyStatus {
    /// It may.
    Active,
    /// It may not, until it is made active again.
    Inactive,
}

/// An access key as a node holds it: whom it stands for, and its secret.
pub struct Credential {
    /// Who signs with it.
    pub caller: Caller,
    /// What it signs with.
    pub secret: Secret,
    /// Whether it may be used.
    pub status: KeyStatus,
    /// The commit that this is the state of.
    pub revision: Revision,
}

/// A fresh access key; its secret is shown to its owner once.
pub struct NewAccessKey {
    /// Its id.
    pub id: AccessKeyId,
    /// Its secret: text.
    pub secret: Secret,
}

impl NewAccessKey {
    /// A random access key.
    pub fn generate(random: &dyn Random) -> Result<NewAccessKey, RandomnessFailed> {
        let bytes = Secret::random(SECRET_RANDOM_LETTERS, random)?;
        let letters = bytes.expose().iter().map(|byte| SECRET_LETTERS[usize::from(byte % 64)]);
        Ok(NewAccessKey { id: AccessKeyId::generate(random)?, secret: Secret::new(letters.collect()) })
    }
}

/// What is stored of an access key beside its secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct AccessKeyRecord {
    pub account: AccountId,
    pub owner: Owner,
    pub status: KeyStatus,
    pub created: Timestamp,
}

/// Whose access key it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Owner {
    Root,
}
