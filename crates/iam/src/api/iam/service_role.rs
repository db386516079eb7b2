//! Which services have service-linked roles, and what these are like.

use crate::{PolicyArn, PolicyOwner};

/// A service that has a role of its own in every account that wants it.
pub(super) struct LinkedService {
    pub principal: &'static str,
    pub role_name: &'static str,
    pub description: Option<&'static str>,
    /// The name of AWS's policy that is attached.
    pub policy: &'static str,
    /// Whether an account can have several, told apart by a suffix.
    pub takes_suffix: bool,
}

/// Those that have to do with keys, in the order of their principals.
const LINKED_SERVICES: &[LinkedService] = &[
    LinkedService {
        principal: "autoscaling.amazonaws.com",
        role_name: "AWSServiceRoleForAutoScaling",
        description: Some(
            "Default Service-Linked Role enables access to AWS Services and Resources used or managed by Auto Scaling",
        ),
        policy: "AutoScalingServiceRolePolicy",
        takes_suffix: true,
    },
    LinkedService {
        principal: "cks.kms.amazonaws.com",
        role_name: "AWSServiceRoleForKeyManagementServiceCustomKeyStores",
        description: None,
        policy: "AWSKeyManagementServiceCustomKeyStoresServiceRolePolicy",
        takes_suffix: false,
    },
    LinkedService {
        principal: "mrk.kms.amazonaws.com",
        role_name: "AWSServiceRoleForKeyManagementServiceMultiRegionKeys",
        description: None,
        policy: "AWSKeyManagementServiceMultiRegionKeysServiceRolePolicy",
        takes_suffix: false,
    },
];

impl LinkedService {
    /// The service of this principal.
    pub(super) fn find(principal: &str) -> Option<&'static LinkedService> {
        LINKED_SERVICES.iter().find(|service| service.principal == principal)
    }

    /// The path of its roles.
    pub(super) fn path(&self) -> String {
        format!("/aws-service-role/{}/", self.principal)
    }

    /// Who may assume them: the service.
    pub(super) fn trust(&self) -> String {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Action":["sts:AssumeRole"],"Effect":"Allow","Principal":{{"Service":["{}"]}}}}]}}"#,
            self.principal
        )
    }

    /// The policy that is attached to them.
    pub(super) fn policy_arn(&self) -> Option<PolicyArn> {
        let path = "/aws-service-role/".parse().ok()?;
        Some(PolicyArn { owner: PolicyOwner::Aws, path, name: self.policy.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws_policies::AwsPolicy;
    use claviger_policy::{Document, Kind};

    #[test]
    fn each_has_a_policy_of_aws_and_trusts_the_service() {
        for service in LINKED_SERVICES {
            assert!(AwsPolicy::find(&service.policy_arn().unwrap()).is_some(), "{}", service.principal);
            assert!(Document::parse(&service.trust(), Kind::Trust).is_ok(), "{}", service.principal);
        }
    }
}
