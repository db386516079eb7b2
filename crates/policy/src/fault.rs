//! Why a text cannot be a policy, in AWS's words.

/// Why a document cannot be a policy of its kind. Displays as AWS's message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyFault {
    /// Not JSON, or not of the policy grammar.
    #[error("Syntax errors in policy.")]
    Syntax,
    /// A trust policy that is not JSON.
    #[error("This policy contains invalid Json")]
    InvalidJson,
    /// A session policy that is not JSON.
    #[error("The policy is not in the valid JSON format.")]
    NotJson,
    /// A managed policy of the old version.
    #[error("Policy document must be version 2012-10-17 or greater.")]
    OldVersion,
    /// An IAM policy with a misspelt effect, or a date that is none.
    #[error("The policy failed legacy parsing")]
    LegacyParsing,
    /// A resource-based statement without Principal and NotPrincipal.
    #[error("Policy contains a statement with no principal.")]
    NoPrincipal,
    /// A principal in a key policy that is none.
    #[error("Policy contains a statement with one or more invalid principals.")]
    InvalidPrincipal,
    /// A principal in a trust policy that is none.
    #[error("Invalid principal in policy: \"{family}\":\"{text}\"")]
    InvalidTrustPrincipal {
        /// `AWS`, `Service`, `Federated`, or what stands in their place.
        family: Box<str>,
        /// The principal as written.
        text: Box<str>,
    },
    /// An identity-based policy with a principal.
    #[error("Policy document should not specify a principal.")]
    ProhibitedPrincipal,
    /// A trust policy with an element that it must not have.
    #[error("Has prohibited field {0}")]
    ProhibitedField(&'static str),
    /// A trust policy without an element that it must have.
    #[error("Missing required field {0}")]
    MissingField(&'static str),
    /// A trust policy about something else than assuming a role.
    #[error("AssumeRole policy may only specify STS AssumeRole actions.")]
    NotAssumeRole,
    /// A Sid with other characters than letters and digits.
    #[error(
        "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression \
         [0-9A-Za-z]*"
    )]
    SidCharacters,
    /// Two statements with one Sid.
    #[error("Statement IDs (SID) in a single policy must be unique.")]
    SidTwice,
    /// An identity-based statement without actions.
    #[error("Policy statement must contain actions.")]
    NoActions,
    /// An identity-based statement without resources.
    #[error("Policy statement must contain resources.")]
    NoResources,
    /// An action or condition key without a service prefix.
    #[error("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")]
    NoVendor,
    /// An action with two colons.
    #[error("Actions/Condition can contain only one colon.")]
    TwoColons,
    /// An action whose service prefix cannot be one.
    #[error("Vendor {0} is not valid")]
    InvalidVendor(Box<str>),
    /// A resource that is neither `*` nor an ARN.
    #[error("Resource {0} must be in ARN format or \"*\".")]
    NotArn(Box<str>),
    /// A resource of no partition.
    #[error("Partition \"{partition}\" is not valid for resource \"{resource}\".")]
    InvalidPartition {
        /// What stands in the partition's place.
        partition: Box<str>,
        /// The resource as written.
        resource: Box<str>,
    },
    /// A resource whose service is missing or a pattern.
    #[error("Resource vendor must be fully qualified and cannot contain regexes.")]
    VagueVendor,
    /// A service or resource control policy that is none.
    #[error("The provided policy document does not meet the requirements of the specified policy type.")]
    NotOfType,
    /// ForAllValues over a single-valued encryption context key: it would match requests without that context.
    #[error(
        "OverlyPermissiveCondition: Using the ForAllValues set operator with a single-valued condition key matches \
         requests without the specified encryption context or with an unspecified encryption context. To fix, \
         remove ForAllValues."
    )]
    ForAllEncryptionContext,
    /// The same over a request tag.
    #[error(
        "OverlyPermissiveCondition: Using the ForAllValues set operator with a single-valued condition key matches \
         requests without the specified tag or with an unspecified tag. To fix, remove ForAllValues."
    )]
    ForAllRequestTag,
}
