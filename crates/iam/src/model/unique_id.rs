//! Unique ids: what a user, group, role or policy is, whatever it is called.

use std::fmt;
use std::str::FromStr;

use claviger_crypto::{Random, RandomnessFailed};

/// Letters of an id, its prefix among them.
const ID_BYTES: usize = 21;

/// Letters of the prefix.
const PREFIX_BYTES: usize = 4;

/// Letters of ids: those of Base32.
const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// `AIDA…`, `AROA…`, `AGPA…` or `ANPA…`: 21 letters, 85 random bits, never given twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UniqueId([u8; ID_BYTES]);

/// The text is no unique id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a unique id is {ID_BYTES} letters that begin with AIDA, AROA, AGPA or ANPA")]
pub struct MalformedUniqueId;

/// What an id is the id of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdKind {
    /// A user.
    User,
    /// A role.
    Role,
    /// A group.
    Group,
    /// A managed policy.
    Policy,
}

impl IdKind {
    const ALL: [IdKind; 4] = [IdKind::User, IdKind::Role, IdKind::Group, IdKind::Policy];

    fn prefix(self) -> &'static [u8; PREFIX_BYTES] {
        match self {
            IdKind::User => b"AIDA",
            IdKind::Role => b"AROA",
            IdKind::Group => b"AGPA",
            IdKind::Policy => b"ANPA",
        }
    }
}

impl UniqueId {
    /// A fresh id.
    pub fn generate(kind: IdKind, random: &dyn Random) -> Result<UniqueId, RandomnessFailed> {
        let mut id = [0; ID_BYTES];
        random.fill_public(&mut id)?;
        for letter in &mut id {
            *letter = LETTERS[usize::from(*letter % 32)];
        }
        id[..PREFIX_BYTES].copy_from_slice(kind.prefix());
        Ok(UniqueId(id))
    }

    /// The id's text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("")
    }

    /// What it is the id of.
    pub fn kind(&self) -> IdKind {
        let is = |kind: &IdKind| self.0.starts_with(kind.prefix());
        IdKind::ALL.into_iter().find(is).unwrap_or(IdKind::Policy)
    }
}

impl FromStr for UniqueId {
    type Err = MalformedUniqueId;

    fn from_str(text: &str) -> Result<UniqueId, MalformedUniqueId> {
        let id: [u8; ID_BYTES] = text.as_bytes().try_into().map_err(|_| MalformedUniqueId)?;
        let known = IdKind::ALL.iter().any(|kind| id.starts_with(kind.prefix()));
        let letters = id.iter().all(|letter| LETTERS.contains(letter));
        if known && letters { Ok(UniqueId(id)) } else { Err(MalformedUniqueId) }
    }
}

impl fmt::Display for UniqueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for UniqueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

crate::text::serde_as_text!(UniqueId);

#[cfg(test)]
mod tests {
    use super::*;
    use claviger_crypto::SystemRandom;

    #[test]
    fn a_fresh_id_tells_its_kind_and_reads_back() {
        for kind in IdKind::ALL {
            let id = UniqueId::generate(kind, &SystemRandom).unwrap();
            assert_eq!((id.kind(), id.as_str().len()), (kind, 21));
            assert_eq!(id.as_str().parse(), Ok(id));
        }
        for wrong in ["", "AIDA", "AIDAabcdefghijklmnopq", "AKIAABCDEFGHIJKLMNOPQ", "AIDA1BCDEFGHIJKLMNOPQ"] {
            assert_eq!(wrong.parse::<UniqueId>(), Err(MalformedUniqueId), "{wrong}");
        }
    }
}
