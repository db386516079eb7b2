//! Access keys: the id that a request names, and the secret that signs it.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

use claviger_crypto::{Random, RandomnessFailed, Secret};
use claviger_names::{AccountId, Region};
use claviger_store::Revision;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Caller, HeldSigningKey, ServicePrincipal, UniqueId};

/// Longest and shortest access key id, as the IAM model has it.
const ID_BYTES: std::ops::RangeInclusive<usize> = 16..=128;

/// Letters of ids that are made here: those of Base32.
const ID_LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Letters of the prefix.
const ID_PREFIX_LETTERS: usize = 4;

/// Letters after the prefix.
const ID_RANDOM_LETTERS: usize = 16;

/// Bits that an id begins with: a one, then the account's number.
const ID_ACCOUNT_BITS: u32 = 41;

/// Bits of all the letters after the prefix.
const ID_BITS: u32 = 5 * ID_RANDOM_LETTERS as u32;

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

    /// A fresh id with this prefix, `AKIA` or `ASIA`, that tells its account as AWS's do.
    pub fn generate(
        prefix: IdPrefix,
        account: AccountId,
        random: &dyn Random,
    ) -> Result<AccessKeyId, RandomnessFailed> {
        let mut bytes = [0; size_of::<u128>()];
        random.fill_public(&mut bytes)?;
        let of_account = (1 << (ID_ACCOUNT_BITS - 1)) | u128::from(account.number());
        let random_bits = ID_BITS - ID_ACCOUNT_BITS;
        let bits = (of_account << random_bits) | (u128::from_ne_bytes(bytes) % (1 << random_bits));
        let letter = |at: u32| char::from(ID_LETTERS[(bits >> (5 * at)) as usize % ID_LETTERS.len()]);
        let letters = (0..ID_RANDOM_LETTERS as u32).rev().map(letter);
        Ok(AccessKeyId(prefix.text().chars().chain(letters).collect::<String>().into()))
    }

    /// The account that an id made by AWS or here tells; none where it tells none.
    pub fn account(&self) -> Option<AccountId> {
        let digit = |letter: u8| ID_LETTERS.iter().position(|other| *other == letter).map(|at| at as u128);
        let (_, letters) = self.0.as_bytes().split_at_checked(ID_PREFIX_LETTERS)?;
        if letters.len() != ID_RANDOM_LETTERS {
            return None;
        }
        let bits = letters.iter().try_fold(0, |bits, letter| Some((bits << 5) | digit(*letter)?))?;
        let of_account = (bits >> (ID_BITS - ID_ACCOUNT_BITS)) as u64;
        let number = of_account.checked_sub(1 << (ID_ACCOUNT_BITS - 1))?;
        AccountId::from_number(number)
    }
}

/// What an access key id begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdPrefix {
    /// `AKIA`: it stays until it is deleted.
    LongTerm,
    /// `ASIA`: it comes with a session token and ends by itself.
    Temporary,
}

impl IdPrefix {
    fn text(self) -> &'static str {
        match self {
            IdPrefix::LongTerm => "AKIA",
            IdPrefix::Temporary => "ASIA",
        }
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

crate::text::serde_as_text!(AccessKeyId);

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
    /// What its requests are verified with.
    pub signing_key: HeldSigningKey,
    /// What was last noted of its use: a digest of minute, service and Region.
    noted_use: AtomicU64,
}

impl Credential {
    /// An access key in this state.
    pub fn new(caller: Caller, secret: Secret, status: KeyStatus, revision: Revision) -> Credential {
        let (signing_key, noted_use) = (HeldSigningKey::default(), AtomicU64::new(0));
        Credential { caller, secret, status, revision, signing_key, noted_use }
    }

    /// Whether this use is another than the one that was last noted; it then counts as noted.
    pub(crate) fn is_news(&self, digest: u64) -> bool {
        self.noted_use.load(Ordering::Relaxed) != digest
            && self.noted_use.swap(digest, Ordering::Relaxed) != digest
    }
}

/// When and for what an access key or a role was last used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct LastUse {
    pub used: Timestamp,
    pub service: Box<str>,
    pub region: Region,
}

/// A fresh access key; its secret is shown to its owner once.
pub struct NewAccessKey {
    /// Its id.
    pub id: AccessKeyId,
    /// Its secret: text.
    pub secret: Secret,
}

impl NewAccessKey {
    /// A random access key for somebody of this account.
    pub fn generate(account: AccountId, random: &dyn Random) -> Result<NewAccessKey, RandomnessFailed> {
        let bytes = Secret::random(SECRET_RANDOM_LETTERS, random)?;
        let letters = bytes.expose().iter().map(|byte| SECRET_LETTERS[usize::from(byte % 64)]);
        Ok(NewAccessKey {
            id: AccessKeyId::generate(IdPrefix::LongTerm, account, random)?,
            secret: Secret::new(letters.collect()),
        })
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Owner {
    Root,
    User(UniqueId),
    Service(ServicePrincipal),
}

#[cfg(test)]
mod tests {
    use super::*;
    use claviger_crypto::SystemRandom;

    #[test]
    fn a_fresh_id_tells_its_account() {
        for account in ["111122223333", "000000000000", "999999999999"] {
            let account: AccountId = account.parse().unwrap();
            let id = AccessKeyId::generate(IdPrefix::Temporary, account, &SystemRandom).unwrap();
            assert_eq!((id.account(), id.len(), &id[..4]), (Some(account), 20, "ASIA"));
        }
    }

    #[test]
    fn an_id_made_by_aws_tells_its_account_and_another_tells_none() {
        let account = |id: &str| id.parse::<AccessKeyId>().unwrap().account();
        // The id of which the decoding was first published.
        assert_eq!(account("ASIAQNZGKIQY56JQ7WML"), "029608264753".parse().ok());
        for id in ["AKIAIOSFODNN7EXAMPLE", "AKIACLAVIGERDEV11112", "AKIA_2345678901234567"] {
            assert_eq!(account(id), None, "{id}");
        }
    }
}
