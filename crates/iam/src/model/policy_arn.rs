//! ARNs of managed policies.

use std::fmt;
use std::str::FromStr;

use claviger_names::{AccountId, ArnPartition};

use super::arn::IamArn;
use super::{EntityPath, PolicyName};

/// Whose a managed policy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PolicyOwner {
    /// AWS's own.
    Aws,
    /// An account's.
    Account(AccountId),
}

/// A managed policy's ARN, but for its partition.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PolicyArn {
    /// Whose it is.
    pub owner: PolicyOwner,
    /// Its path.
    pub path: EntityPath,
    /// Its name.
    pub name: PolicyName,
}

/// The text is no ARN of a managed policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a policy's ARN is arn:PARTITION:iam::ACCOUNT:policy/NAME")]
pub struct MalformedPolicyArn;

impl PolicyArn {
    /// The ARN in this partition.
    pub fn arn(&self, partition: ArnPartition) -> String {
        let owner = match &self.owner {
            PolicyOwner::Aws => "aws",
            PolicyOwner::Account(account) => account.as_str(),
        };
        format!("arn:{partition}:iam::{owner}:policy{}{}", self.path, self.name)
    }
}

impl FromStr for PolicyArn {
    type Err = MalformedPolicyArn;

    fn from_str(text: &str) -> Result<PolicyArn, MalformedPolicyArn> {
        let IamArn { owner, resource } = IamArn::parse(text).ok_or(MalformedPolicyArn)?;
        let (path, name) = resource.path_and_name("policy").ok_or(MalformedPolicyArn)?;
        let owner = match owner {
            "aws" => PolicyOwner::Aws,
            account => PolicyOwner::Account(account.parse().map_err(|_| MalformedPolicyArn)?),
        };
        let name = name.parse().map_err(|_| MalformedPolicyArn)?;
        Ok(PolicyArn { owner, path, name })
    }
}

/// As it is stored, and told where no partition is at hand.
impl fmt::Display for PolicyArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.arn("aws"))
    }
}

crate::text::serde_as_text!(PolicyArn);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_arn_is_taken_apart_and_put_together() {
        for text in [
            "arn:aws:iam::aws:policy/AdministratorAccess",
            "arn:aws:iam::aws:policy/aws-service-role/X",
            "arn:aws:iam::111122223333:policy/a/b/C",
        ] {
            assert_eq!(text.parse::<PolicyArn>().unwrap().arn("aws"), text);
        }
        let arn: PolicyArn = "arn:aws-cn:iam::111122223333:policy/a/b/C".parse().unwrap();
        assert_eq!((arn.path.as_str(), arn.name.as_str()), ("/a/b/", "C"));
        for wrong in [
            "",
            "arn:aws:iam::aws:policy",
            "arn:aws:iam::aws:policy/",
            "arn:aws:iam::aws:user/x",
            "arn:aws:iam::1:policy/x",
            "arn:aws:iam:us-east-1:aws:policy/x",
            "arn:aws:kms::aws:policy/x",
            "arn:aws:iam::aws:policy/a/b:c",
        ] {
            assert_eq!(wrong.parse::<PolicyArn>(), Err(MalformedPolicyArn), "{wrong}");
        }
    }
}
