//! What differs from one API to the next before any operation is known.

/// An API: how its requests are recognised, and how it spells what all APIs tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Service {
    /// Such as `cloudtrail.amazonaws.com`.
    pub event_source: &'static str,
    /// The services that a request to it may be signed for.
    pub signing_names: &'static [&'static str],
    /// What stands before the operation in `X-Amz-Target`, without the point; also the service of Smithy RPC v2's paths.
    pub targets: &'static [&'static str],
    /// Its version and namespace in AWS Query, if it is spoken.
    pub query: Option<QueryVersion>,
    /// The prefix of error names in Smithy RPC v2, if it is spoken.
    pub cbor_namespace: Option<&'static str>,
    /// The error of a request that keeps not to the model.
    pub invalid: &'static str,
}

/// How AWS Query names an API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueryVersion {
    /// The `Version` of every request.
    pub version: &'static str,
    /// The namespace of its answers.
    pub namespace: &'static str,
}
