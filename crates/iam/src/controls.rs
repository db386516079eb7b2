//! What the operator limits an account to: service control policies, and resource control policies.

use std::sync::Arc;

use claviger_policy::{Document, Kind, Policy, PolicyFault};
use serde::{Deserialize, Serialize};

use crate::VOCABULARY;

/// Most levels: a root and the units below it.
pub const CONTROL_LEVELS_MAX: usize = 7;

/// Most policies of one level (quota of AWS Organizations).
pub const CONTROL_POLICIES_PER_LEVEL_MAX: usize = 5;

/// Most bytes of a control policy's text (quota of AWS Organizations).
pub const CONTROL_POLICY_BYTES_MAX: usize = 5_120;

/// The policies of every level, that of the organization's root first. No levels: nothing is limited.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Controls {
    /// Limits what the account's principals can do.
    pub service_control: Vec<Vec<ControlPolicy>>,
    /// Limits what can be done with the account's resources.
    pub resource_control: Vec<Vec<ControlPolicy>>,
}

/// A control policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ControlPolicy {
    /// What the operator calls it.
    pub name: Box<str>,
    /// Its document.
    pub text: Box<str>,
}

/// Compiled control policies of one kind, level by level.
#[derive(Clone, Default)]
pub struct ControlLevels(pub Vec<Vec<Arc<Policy>>>);

/// Why control policies do not stand.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ControlFault {
    /// More levels or policies than there can be.
    #[error("at most {CONTROL_LEVELS_MAX} levels of {CONTROL_POLICIES_PER_LEVEL_MAX} control policies each")]
    TooMany,
    /// A text is too long.
    #[error("{0}: a control policy has at most {CONTROL_POLICY_BYTES_MAX} bytes")]
    TooLong(Box<str>),
    /// A text is no such policy.
    #[error("{0}: {1}")]
    Malformed(Box<str>, PolicyFault),
}

impl Controls {
    /// Refuses what does not stand.
    pub fn check(&self) -> Result<(), ControlFault> {
        compiled(&self.service_control, Kind::ServiceControl)?;
        compiled(&self.resource_control, Kind::ResourceControl)?;
        Ok(())
    }
}

/// The policies of `levels`, compiled.
pub(crate) fn compiled(levels: &[Vec<ControlPolicy>], kind: Kind) -> Result<ControlLevels, ControlFault> {
    let too_many = |level: &Vec<ControlPolicy>| level.len() > CONTROL_POLICIES_PER_LEVEL_MAX;
    if levels.len() > CONTROL_LEVELS_MAX || levels.iter().any(too_many) {
        return Err(ControlFault::TooMany);
    }
    let level = |level: &Vec<ControlPolicy>| level.iter().map(|policy| compile(policy, kind)).collect();
    Ok(ControlLevels(levels.iter().map(level).collect::<Result<_, _>>()?))
}

fn compile(policy: &ControlPolicy, kind: Kind) -> Result<Arc<Policy>, ControlFault> {
    if policy.text.len() > CONTROL_POLICY_BYTES_MAX {
        return Err(ControlFault::TooLong(policy.name.clone()));
    }
    let malformed = |fault| ControlFault::Malformed(policy.name.clone(), fault);
    let document = Document::parse(&policy.text, kind).map_err(malformed)?;
    Ok(Arc::new(Policy::compile(&document, &policy.name, &VOCABULARY, &|_| None)))
}
