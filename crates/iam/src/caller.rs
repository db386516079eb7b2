//! Who calls, once the signature has shown it.

use claviger_names::{AccountId, Region};

use crate::AccessKeyId;

/// An authenticated caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account that the caller belongs to.
    pub account: AccountId,
    /// Who of that account it is.
    pub principal: Principal,
    /// The access key that signed.
    pub access_key_id: AccessKeyId,
}

/// Who of an account calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Principal {
    /// The root user.
    Root,
}

impl Caller {
    /// The caller's ARN, in the partition of the Region that was called.
    pub fn arn(&self, region: Region) -> String {
        match self.principal {
            Principal::Root => format!("arn:{}:iam::{}:root", region.partition(), self.account),
        }
    }
}
