//! Integrated services and their access keys.

use std::sync::Arc;

use claviger_names::{AccountId, AliasName};

use super::account::without_access_key;
use super::reading::Reading;
use super::{Based, Directory};
use crate::access_key::Owner;
use crate::integrated_service::ServicesRecord;
use crate::rows::{Changes, Row, at};
use crate::{
    ACCESS_KEYS_PER_SERVICE_MAX, AccessKeyId, IamError, IntegratedService, NewAccessKey, NewService,
    SERVICES_MAX, ServicePrincipal,
};

/// Bytes of a service in memory.
const SERVICE_BYTES: usize = 512;

impl Directory {
    /// Every integrated service, in the order of their names.
    pub async fn services(&self) -> Result<Arc<[IntegratedService]>, IamError> {
        let load = || async {
            let mut reading = Reading::new(self);
            let record = services(&mut reading).await?;
            let weight_bytes = record.0.len() * SERVICE_BYTES;
            Ok::<Option<Based<Arc<[IntegratedService]>>>, _>(Some(
                reading.done(record.0.into(), weight_bytes),
            ))
        };
        let held = self.held(&self.services, &(), load).await?;
        Ok(held.map_or_else(|| Vec::new().into(), |services| (*services).clone()))
    }

    /// The service of this name.
    pub async fn service(&self, principal: &ServicePrincipal) -> Result<Option<IntegratedService>, IamError> {
        let services = self.services().await?;
        Ok(services.iter().find(|service| service.principal == *principal).cloned())
    }

    /// The service that has its keys under this alias.
    pub async fn service_of_alias(&self, alias: &AliasName) -> Result<Option<IntegratedService>, IamError> {
        let services = self.services().await?;
        Ok(services.iter().find(|service| service.managed_key.as_ref() == Some(alias)).cloned())
    }

    /// Registers a service that has one access key.
    pub async fn create_service(&self, new: NewService, key: &NewAccessKey) -> Result<(), IamError> {
        let mut row = self.services_row().await?;
        let ServicesRecord(services) = &mut row.record;
        if services.len() >= SERVICES_MAX {
            return Err(IamError::TooManyServices);
        }
        let NewService { principal, signing_names, managed_key } = new;
        if services.iter().any(|other| other.principal == principal) {
            return Err(IamError::ServiceExists(principal));
        }
        let has_alias =
            |other: &&IntegratedService| managed_key.is_some() && other.managed_key == managed_key;
        if let Some(other) = services.iter().find(has_alias) {
            return Err(IamError::AliasTaken(other.principal.clone()));
        }
        let service = IntegratedService {
            principal: principal.clone(),
            created: self.clock.now(),
            access_keys: vec![key.id.clone()],
            signing_names,
            managed_key,
        };
        services.push(service);
        services.sort_by(|one, other| one.principal.cmp(&other.principal));
        self.commit(self.with_service_key(Changes::new().update(&row), principal, key)).await
    }

    /// Takes a service away, and its access keys with it. Requests signed with them are refused from now on.
    pub async fn delete_service(&self, principal: &ServicePrincipal) -> Result<(), IamError> {
        let mut row = self.services_row().await?;
        let found = row.record.find(principal).cloned();
        let service = found.ok_or_else(|| IamError::NoService(principal.clone()))?;
        row.record.0.retain(|other| other.principal != *principal);
        let changes = service.access_keys.iter().fold(Changes::new().update(&row), without_access_key);
        self.commit(changes).await
    }

    /// Gives a service another access key.
    pub async fn add_service_access_key(
        &self,
        principal: &ServicePrincipal,
        key: &NewAccessKey,
    ) -> Result<(), IamError> {
        let mut row = self.services_row().await?;
        let service = row.record.find_mut(principal).ok_or_else(|| IamError::NoService(principal.clone()))?;
        if service.access_keys.len() >= ACCESS_KEYS_PER_SERVICE_MAX {
            return Err(IamError::TooManyServiceKeys(principal.clone()));
        }
        service.access_keys.push(key.id.clone());
        self.commit(self.with_service_key(Changes::new().update(&row), principal.clone(), key)).await
    }

    /// Takes an access key from a service. Requests signed with it are refused from now on.
    pub async fn delete_service_access_key(
        &self,
        principal: &ServicePrincipal,
        id: &AccessKeyId,
    ) -> Result<(), IamError> {
        let mut row = self.services_row().await?;
        let service = row.record.find_mut(principal).ok_or_else(|| IamError::NoService(principal.clone()))?;
        let before = service.access_keys.len();
        service.access_keys.retain(|other| other != id);
        if service.access_keys.len() == before {
            return Err(IamError::NoServiceKey(principal.clone(), id.clone()));
        }
        self.commit(without_access_key(Changes::new().update(&row), id)).await
    }

    fn with_service_key(&self, changes: Changes, principal: ServicePrincipal, key: &NewAccessKey) -> Changes {
        self.with_access_key(changes, AccountId::SERVICES, Owner::Service(principal), key)
    }

    async fn services_row(&self) -> Result<Row<ServicesRecord>, IamError> {
        self.row_or_new(at::services()?).await
    }
}

/// The services that are stored.
pub(super) async fn services(reading: &mut Reading<'_>) -> Result<ServicesRecord, IamError> {
    let row = reading.row::<ServicesRecord>(at::services()?).await?;
    Ok(row.map(|row| row.record).unwrap_or_default())
}
