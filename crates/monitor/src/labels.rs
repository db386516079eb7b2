//! The labels: closed sets, so that no caller can make the number of series grow.

use std::fmt::Write as _;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};

/// Why nobody could be recognised, as far as an operator tells the cases apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuthenticationFailure {
    /// There was no signature.
    Missing,
    /// The signature was incomplete or could not be read.
    Incomplete,
    /// Signed too long ago, in the future, or for something else.
    OutOfScope,
    /// The access key is unknown or inactive, or its session token is none.
    UnknownAccessKey,
    /// The session is over.
    ExpiredToken,
    /// The signature is not that of the request.
    Mismatch,
}

impl AuthenticationFailure {
    /// Each of them, in the order in which they are declared.
    pub(crate) const ALL: [AuthenticationFailure; 6] = [
        AuthenticationFailure::Missing,
        AuthenticationFailure::Incomplete,
        AuthenticationFailure::OutOfScope,
        AuthenticationFailure::UnknownAccessKey,
        AuthenticationFailure::ExpiredToken,
        AuthenticationFailure::Mismatch,
    ];

    fn name(self) -> &'static str {
        match self {
            AuthenticationFailure::Missing => "missing",
            AuthenticationFailure::Incomplete => "incomplete",
            AuthenticationFailure::OutOfScope => "out_of_scope",
            AuthenticationFailure::UnknownAccessKey => "unknown_access_key",
            AuthenticationFailure::ExpiredToken => "expired_token",
            AuthenticationFailure::Mismatch => "mismatch",
        }
    }
}

impl EncodeLabelValue for AuthenticationFailure {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> std::fmt::Result {
        encoder.write_str(self.name())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct FailureLabels {
    pub(crate) reason: AuthenticationFailure,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct OperationLabels {
    pub(crate) operation: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct KeyRequestLabels {
    pub(crate) operation: &'static str,
    pub(crate) key_spec: &'static str,
    pub(crate) code: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct CacheLabels {
    pub(crate) cache: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct FollowerLabels {
    pub(crate) follower: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct DestinationLabels {
    pub(crate) destination: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct MessageLabels {
    pub(crate) destination: String,
    pub(crate) outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct KeyLabels {
    pub(crate) key_arn: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct RequestLabels {
    pub(crate) operation: &'static str,
    pub(crate) code: &'static str,
}
