//! Services that are integrated with KMS: who they are, and what they sign with.

use claviger_names::AliasName;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AccessKeyId, ServicePrincipal, SigningName};

/// Most services of a deployment.
pub const SERVICES_MAX: usize = 256;

/// Most access keys of a service.
pub const ACCESS_KEYS_PER_SERVICE_MAX: usize = 2;

/// A service that is to be registered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewService {
    /// What policies and grants call it.
    pub principal: ServicePrincipal,
    /// What requests to it are signed for.
    pub signing_names: Vec<SigningName>,
    /// The alias of the keys that KMS manages for it; none where it has none.
    pub managed_key: Option<AliasName>,
}

/// A service that the operator has registered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IntegratedService {
    /// What policies and grants call it.
    pub principal: ServicePrincipal,
    /// When it was registered.
    pub created: Timestamp,
    /// What it signs with.
    pub access_keys: Vec<AccessKeyId>,
    /// What requests to it are signed for.
    pub signing_names: Vec<SigningName>,
    /// The alias of the keys that KMS manages for it, one in each account and Region; none where it has none.
    pub managed_key: Option<AliasName>,
}

/// All of them, as they are stored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ServicesRecord(pub Vec<IntegratedService>);

impl ServicesRecord {
    pub(crate) fn find(&self, principal: &ServicePrincipal) -> Option<&IntegratedService> {
        self.0.iter().find(|service| service.principal == *principal)
    }

    pub(crate) fn find_mut(&mut self, principal: &ServicePrincipal) -> Option<&mut IntegratedService> {
        self.0.iter_mut().find(|service| service.principal == *principal)
    }
}
