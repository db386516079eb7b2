//! How lists of policies are limited to a way of their use.

use claviger_wire::Enumerated;

/// PolicyUsageFilter
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UsageFilter {
    /// Policies that are attached.
    Permissions,
    /// Policies that are boundaries.
    Boundary,
}

impl Enumerated for UsageFilter {
    const NAMES: &'static [(&'static str, UsageFilter)] =
        &[("PermissionsPolicy", UsageFilter::Permissions), ("PermissionsBoundary", UsageFilter::Boundary)];
}
