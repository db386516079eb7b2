//! The IAM policy language. So far: key policy documents are parsed and validated; deciding on them comes next.

mod document;
mod parse;

pub use document::{Effect, KeyPolicy, Principal, Statement};
pub use parse::PolicyFault;

/// Largest key policy, in bytes (developer guide, resource quotas).
pub const KEY_POLICY_BYTES_MAX: usize = 32_768;

/// The policy that AWS gives a key made without one, as it is returned by GetKeyPolicy.
pub fn default_key_policy(partition: &str, account: claviger_names::AccountId) -> String {
    format!(
        r#"{{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {{
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {{
      "AWS" : "arn:{partition}:iam::{account}:root"
    }},
    "Action" : "kms:*",
    "Resource" : "*"
  }} ]
}}"#
    )
}
