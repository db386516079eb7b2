//! ARNs of IAM, taken apart.

use super::EntityPath;

/// `arn:PARTITION:iam::OWNER:RESOURCE`, whatever the partition.
pub(crate) struct IamArn<'a> {
    /// An account, or `aws`.
    pub owner: &'a str,
    pub resource: IamResource<'a>,
}

/// What follows the fifth colon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IamResource<'a>(pub &'a str);

impl<'a> IamArn<'a> {
    /// The parts of an ARN of IAM; none where it is another's.
    pub(crate) fn parse(text: &'a str) -> Option<IamArn<'a>> {
        let mut parts = text.splitn(6, ':');
        let (scheme, partition, service) = (parts.next()?, parts.next()?, parts.next()?);
        let (region, owner, resource) = (parts.next()?, parts.next()?, parts.next()?);
        let known = matches!(partition, "aws" | "aws-cn" | "aws-us-gov");
        (scheme == "arn" && known && service == "iam" && region.is_empty())
            .then_some(IamArn { owner, resource: IamResource(resource) })
    }
}

impl<'a> IamResource<'a> {
    /// Path and name of a resource of this type.
    pub(crate) fn path_and_name(self, kind: &str) -> Option<(EntityPath, &'a str)> {
        let rest = self.0.strip_prefix(kind)?;
        let (path, name) = rest.split_at(rest.rfind('/')? + 1);
        Some((path.parse().ok()?, name))
    }
}
