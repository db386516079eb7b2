//! A rule as it is stored.

use std::collections::BTreeMap;

use claviger_wire::Enumerated;
use serde::{Deserialize, Serialize};

use super::input::InputRecord;

/// A rule of a bus, with its targets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct RuleRecord {
    pub pattern: String,
    pub state: RuleState,
    pub description: Option<String>,
    pub role_arn: Option<String>,
    /// Since when it takes events, in seconds since 1970: when it was put or enabled last.
    pub since: i64,
    pub tags: BTreeMap<String, String>,
    pub targets: Vec<TargetRecord>,
}

/// Where a rule sends events, and what it makes of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct TargetRecord {
    pub id: String,
    pub arn: String,
    pub role_arn: Option<String>,
    pub input: InputRecord,
}

/// Which events a rule is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum RuleState {
    Enabled,
    Disabled,
    /// Also about calls that only read.
    EnabledForAll,
}

impl Enumerated for RuleState {
    const NAMES: &'static [(&'static str, RuleState)] = &[
        ("ENABLED", RuleState::Enabled),
        ("DISABLED", RuleState::Disabled),
        ("ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", RuleState::EnabledForAll),
    ];
}

impl RuleState {
    /// AWS's name.
    pub(super) fn name(self) -> &'static str {
        RuleState::NAMES.iter().find(|(_, state)| *state == self).map_or("", |(name, _)| name)
    }

    /// Whether a rule in this state is asked about something.
    pub(super) fn is_asked(self, is_only_read: bool) -> bool {
        match self {
            RuleState::Enabled => !is_only_read,
            RuleState::Disabled => false,
            RuleState::EnabledForAll => true,
        }
    }
}
