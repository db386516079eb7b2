//! Fingerprints: checksums of 32 bits that a block of the trail is passed over by. Two facets may share one; that costs
//! a block read in vain.

use claviger_names::{AccountId, Region};
use crc32fast::Hasher;

use super::facet::{Attribute, Facet};

/// The account and Region of a record. Its facets' fingerprints go on from it, so that those of one account say
/// nothing of another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Scope {
    pub(super) account: u32,
    /// Goes on from the account with the Region.
    pub(super) both: u32,
}

impl Scope {
    pub(super) fn of(account: Option<AccountId>, region: &str) -> Scope {
        let account = of_account(account);
        Scope { account, both: continued(account, &[region.as_bytes()]) }
    }

    /// Whether records of this account in this Region may be meant; none means any.
    pub(super) fn may_be(&self, account: Option<AccountId>, region: Option<Region>) -> bool {
        account.is_none_or(|account| of_account(Some(account)) == self.account)
            && region.is_none_or(|region| continued(self.account, &[region.as_bytes()]) == self.both)
    }

    pub(super) fn fingerprint(&self, facet: Facet<'_>) -> u32 {
        match facet {
            Facet::Is(attribute, value) => continued(self.both, &[&[code(attribute)], value.as_bytes()]),
            Facet::Context { key, value } => {
                continued(self.both, &[&[CONTEXT], key.as_bytes(), b"=", value.as_bytes()])
            }
        }
    }
}

fn of_account(account: Option<AccountId>) -> u32 {
    account.map_or(0, |account| continued(0, &[account.as_bytes()]))
}

/// The CRC-32 of what came before and of these parts.
pub(super) fn continued(before: u32, parts: &[&[u8]]) -> u32 {
    let mut hasher = Hasher::new_with_initial(before);
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finalize()
}

/// Stands for a pair of an encryption context in the file format.
const CONTEXT: u8 = 0;

/// What stands for an attribute in the file format.
fn code(attribute: Attribute) -> u8 {
    match attribute {
        Attribute::EventId => 1,
        Attribute::EventName => 2,
        Attribute::ReadOnly => 3,
        Attribute::Username => 4,
        Attribute::ResourceType => 5,
        Attribute::ResourceName => 6,
        Attribute::EventSource => 7,
        Attribute::AccessKeyId => 8,
        Attribute::ErrorCode => 9,
        Attribute::CallerArn => 10,
    }
}
