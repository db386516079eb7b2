//! ARNs of KMS, and the names of aliases.

use std::fmt;
use std::str::FromStr;

use crate::{AccountId, KeyId, Region};

/// Longest alias name, its prefix included.
pub const ALIAS_NAME_BYTES_MAX: usize = 256;

/// What every alias name begins with.
const ALIAS_PREFIX: &str = "alias/";

/// The partition of an ARN, such as `aws` or `aws-cn`; only the Region decides what it must be.
pub type ArnPartition = &'static str;

/// An alias name with its prefix: `alias/…`, of `[a-zA-Z0-9/_-]`, at most 256 bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AliasName(Box<str>);

/// The text is no alias name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an alias name is alias/ and letters, digits, slashes, underscores and dashes")]
pub struct MalformedAliasName;

impl AliasName {
    /// The name with its prefix.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the name is of those that AWS keeps for its own keys.
    pub fn is_reserved(&self) -> bool {
        self.0.starts_with("alias/aws/")
    }

    /// The alias's ARN in this account and Region.
    pub fn arn(&self, account: AccountId, region: Region) -> String {
        format!("arn:{}:kms:{region}:{account}:{self}", region.partition())
    }
}

impl FromStr for AliasName {
    type Err = MalformedAliasName;

    fn from_str(text: &str) -> Result<AliasName, MalformedAliasName> {
        let rest = text.strip_prefix(ALIAS_PREFIX).ok_or(MalformedAliasName)?;
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"/_-".contains(&b);
        if rest.is_empty() || text.len() > ALIAS_NAME_BYTES_MAX || !rest.bytes().all(allowed) {
            return Err(MalformedAliasName);
        }
        Ok(AliasName(text.into()))
    }
}

impl AsRef<str> for AliasName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AliasName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for AliasName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

crate::text::serde_as_text!(AliasName);

/// An ARN of KMS, split: what it names stands as text, since a reader decides which names it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arn<'a> {
    /// `aws`, `aws-cn`, …
    pub partition: &'a str,
    /// The Region's name, not yet held against any list.
    pub region: &'a str,
    /// The owning account.
    pub account: AccountId,
    /// What follows the fifth colon, such as `key/…` or `alias/…`.
    pub resource: &'a str,
}

/// The text begins like an ARN and is none of KMS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an ARN of KMS")]
pub struct MalformedArn;

impl<'a> Arn<'a> {
    /// Splits `arn:partition:kms:region:account:resource`.
    pub fn parse(text: &'a str) -> Result<Arn<'a>, MalformedArn> {
        let mut parts = text.splitn(6, ':');
        let mut next = || parts.next().ok_or(MalformedArn);
        let (scheme, partition, service) = (next()?, next()?, next()?);
        let (region, account, resource) = (next()?, next()?, next()?);
        if scheme != "arn" || !partition.starts_with("aws") || service != "kms" || resource.is_empty() {
            return Err(MalformedArn);
        }
        Ok(Arn { partition, region, account: account.parse().map_err(|_| MalformedArn)?, resource })
    }
}

impl KeyId {
    /// The key's ARN in this account and Region.
    pub fn arn(&self, account: AccountId, region: Region) -> String {
        format!("arn:{}:kms:{region}:{account}:key/{self}", region.partition())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_name_has_its_prefix_and_no_colon() {
        assert!("alias/a/B_9-".parse::<AliasName>().is_ok());
        assert!("alias/aws/s3".parse::<AliasName>().unwrap().is_reserved());
        for wrong in ["alias/", "alias", "x", "alias/a:b", "alias/a b", "alias/é", "Alias/a"] {
            assert_eq!(wrong.parse::<AliasName>(), Err(MalformedAliasName), "{wrong}");
        }
        assert!(format!("alias/{}", "x".repeat(250)).parse::<AliasName>().is_ok());
        assert!(format!("alias/{}", "x".repeat(251)).parse::<AliasName>().is_err());
    }

    #[test]
    fn an_arn_is_split_at_its_first_five_colons() {
        let arn = Arn::parse("arn:aws:kms:us-east-1:111122223333:key/a:b").unwrap();
        assert_eq!((arn.partition, arn.region, arn.resource), ("aws", "us-east-1", "key/a:b"));
        for wrong in
            ["arn:aws:kms:us-east-1:111122223333:", "arn:aws:s3:us-east-1:111122223333:key/x", "arn:aws:kms"]
        {
            assert_eq!(Arn::parse(wrong), Err(MalformedArn), "{wrong}");
        }
    }

    #[test]
    fn arns_carry_the_partition_of_their_region() {
        let key: KeyId = "mrk-1234abcd12ab34cd56ef1234567890ab".parse().unwrap();
        assert_eq!(
            key.arn("111122223333".parse().unwrap(), "cn-north-1".parse().unwrap()),
            "arn:aws-cn:kms:cn-north-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab"
        );
    }
}
