//! AWS's own managed policies, as far as they matter to the services here.

use claviger_names::ArnPartition;
use jiff::Timestamp;

use crate::model::PolicyOwner;
use crate::{PolicyArn, UniqueId};

/// A managed policy of AWS.
#[derive(Debug)]
pub(crate) struct AwsPolicy {
    /// `ANPA…`
    pub id: &'static str,
    pub path: &'static str,
    pub name: &'static str,
    pub description: &'static str,
    /// The number of its only version that is kept here.
    pub version: u32,
    /// When AWS made the policy, and that version.
    pub created: &'static str,
    pub updated: &'static str,
    pub text: &'static str,
}

/// The path of policies for service-linked roles: nothing else takes them.
const SERVICE_ROLES: &str = "/aws-service-role/";

/// All of them, in the order of their names.
pub(crate) const AWS_POLICIES: &[AwsPolicy] = &[
    AwsPolicy {
        id: "ANPAIWMBCKSKIEE64ZLYK",
        path: "/",
        name: "AdministratorAccess",
        description: "Provides full access to AWS services and resources.",
        version: 1,
        created: "2015-02-06T18:39:46Z",
        updated: "2015-02-06T18:39:46Z",
        text: r#"{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "*",
            "Resource": "*"
        }
    ]
}"#,
    },
    AwsPolicy {
        id: "ANPA5CLAVIGERASGSLR2A",
        path: SERVICE_ROLES,
        name: "AutoScalingServiceRolePolicy",
        description: "Enables access to AWS Services and Resources used or managed by Auto Scaling",
        version: 1,
        created: "2018-01-08T23:10:55Z",
        updated: "2018-01-08T23:10:55Z",
        text: r#"{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "ec2:AttachClassicLinkVpc",
                "ec2:CancelSpotInstanceRequests",
                "ec2:CreateTags",
                "ec2:DeleteTags",
                "ec2:Describe*",
                "ec2:DetachClassicLinkVpc",
                "ec2:ModifyInstanceAttribute",
                "ec2:RequestSpotInstances",
                "ec2:RunInstances",
                "ec2:TerminateInstances"
            ],
            "Resource": "*"
        }
    ]
}"#,
    },
    AwsPolicy {
        id: "ANPA5CLAVIGERCKSSLR2A",
        path: SERVICE_ROLES,
        name: "AWSKeyManagementServiceCustomKeyStoresServiceRolePolicy",
        description: "Enables access to AWS services and resources required for AWS KMS custom key stores",
        version: 1,
        created: "2018-11-14T20:10:53Z",
        updated: "2018-11-14T20:10:53Z",
        text: r#"{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "cloudhsm:Describe*",
                "ec2:CreateNetworkInterface",
                "ec2:AuthorizeSecurityGroupIngress",
                "ec2:CreateSecurityGroup",
                "ec2:DescribeSecurityGroups",
                "ec2:RevokeSecurityGroupEgress",
                "ec2:DeleteSecurityGroup"
            ],
            "Resource": "*"
        }
    ]
}"#,
    },
    AwsPolicy {
        id: "ANPA5CLAVIGERMRKSLR2A",
        path: SERVICE_ROLES,
        name: "AWSKeyManagementServiceMultiRegionKeysServiceRolePolicy",
        description: "Enables access to AWS services and resources required for AWS KMS Multi-Region Keys",
        version: 2,
        created: "2021-06-14T17:03:24Z",
        updated: "2024-11-21T00:00:00Z",
        text: r#"{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "KMSSynchronizeMultiRegionKey",
            "Effect": "Allow",
            "Action": [
                "kms:SynchronizeMultiRegionKey"
            ],
            "Resource": "*"
        }
    ]
}"#,
    },
    AwsPolicy {
        id: "ANPAJNPP7PPPPMJRV2SA4",
        path: "/",
        name: "AWSKeyManagementServicePowerUser",
        description: "Provides access to AWS Key Management Service (KMS).",
        version: 2,
        created: "2015-02-06T18:40:40Z",
        updated: "2017-03-07T00:55:11Z",
        text: r#"{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "kms:CreateAlias",
                "kms:CreateKey",
                "kms:DeleteAlias",
                "kms:Describe*",
                "kms:GenerateRandom",
                "kms:Get*",
                "kms:List*",
                "kms:TagResource",
                "kms:UntagResource",
                "iam:ListGroups",
                "iam:ListRoles",
                "iam:ListUsers"
            ],
            "Resource": "*"
        }
    ]
}"#,
    },
    AwsPolicy {
        id: "ANPAI7XKCFMBPM3QQRRVQ",
        path: "/",
        name: "IAMFullAccess",
        description: "Provides full access to IAM via the AWS Management Console.",
        version: 2,
        created: "2015-02-06T18:40:38Z",
        updated: "2019-06-21T19:40:00Z",
        text: r#"{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "iam:*",
                "organizations:DescribeAccount",
                "organizations:DescribeOrganization",
                "organizations:DescribeOrganizationalUnit",
                "organizations:DescribePolicy",
                "organizations:ListChildren",
                "organizations:ListParents",
                "organizations:ListPoliciesForTarget",
                "organizations:ListRoots",
                "organizations:ListPolicies",
                "organizations:ListTargetsForPolicy"
            ],
            "Resource": "*"
        }
    ]
}"#,
    },
    AwsPolicy {
        id: "ANPAILL3HVNFSB6DCOWYQ",
        path: "/",
        name: "ReadOnlyAccess",
        description: "Provides read-only access to AWS services and resources.",
        version: 1,
        created: "2015-02-06T18:39:48Z",
        updated: "2015-02-06T18:39:48Z",
        text: r#"{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "cloudwatch:Describe*",
                "cloudwatch:Get*",
                "cloudwatch:List*",
                "events:Describe*",
                "events:List*",
                "iam:Generate*",
                "iam:Get*",
                "iam:List*",
                "iam:Simulate*",
                "kms:Describe*",
                "kms:Get*",
                "kms:List*",
                "sts:GetAccessKeyInfo",
                "sts:GetCallerIdentity",
                "sts:GetSessionToken"
            ],
            "Resource": "*"
        }
    ]
}"#,
    },
];

impl AwsPolicy {
    /// The policy of this ARN.
    pub(crate) fn find(arn: &PolicyArn) -> Option<&'static AwsPolicy> {
        let is = |policy: &&AwsPolicy| policy.name == arn.name.as_str() && policy.path == arn.path.as_str();
        AWS_POLICIES.iter().find(is).filter(|_| arn.owner == PolicyOwner::Aws)
    }

    /// Its ARN.
    pub(crate) fn arn(&self, partition: ArnPartition) -> String {
        format!("arn:{partition}:iam::aws:policy{}{}", self.path, self.name)
    }

    /// Whether users, groups and roles may have it.
    pub(crate) fn is_attachable(&self) -> bool {
        self.path != SERVICE_ROLES
    }

    /// When AWS made it.
    pub(crate) fn created_at(&self) -> Timestamp {
        self.created.parse().unwrap_or_default()
    }

    /// When AWS made the version.
    pub(crate) fn updated_at(&self) -> Timestamp {
        self.updated.parse().unwrap_or_default()
    }

    /// Its unique id.
    pub(crate) fn unique_id(&self) -> Option<UniqueId> {
        self.id.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use claviger_policy::{Document, Kind};

    #[test]
    fn each_is_found_by_its_arn_and_is_a_policy() {
        for policy in AWS_POLICIES {
            let found = AwsPolicy::find(&policy.arn("aws").parse().unwrap()).unwrap();
            assert_eq!(found.id, policy.id);
            assert!(found.unique_id().is_some(), "{}", policy.name);
            assert!(Document::parse(policy.text, Kind::Managed).is_ok(), "{}", policy.name);
            for time in [policy.created, policy.updated] {
                assert!(time.parse::<jiff::Timestamp>().is_ok(), "{}", policy.name);
            }
        }
        assert!(
            AwsPolicy::find(&"arn:aws:iam::111122223333:policy/IAMFullAccess".parse().unwrap()).is_none()
        );
    }

    #[test]
    fn they_are_in_the_order_of_their_names() {
        assert!(AWS_POLICIES.is_sorted_by_key(|policy| policy.name.to_ascii_lowercase()));
    }
}
