//! Orders about integrated services.

use claviger_iam::{AccessKeyId, IamError, NewAccessKey, NewService, ServicePrincipal};
use claviger_names::AccountId;
use zeroize::Zeroizing;

use super::listen::Administrator;
use super::protocol::Answer;

impl Administrator {
    pub(super) async fn create_service(&self, service: NewService) -> Result<Answer, IamError> {
        let (key, principal) = (self.service_key()?, service.principal.clone());
        self.directory.create_service(service, &key).await?;
        tracing::info!(service = %principal, "a service was registered");
        Ok(told(principal, &key))
    }

    pub(super) async fn delete_service(&self, principal: &ServicePrincipal) -> Result<Answer, IamError> {
        self.directory.delete_service(principal).await?;
        tracing::info!(service = %principal, "a service was deleted");
        Ok(Answer::Done)
    }

    pub(super) async fn create_service_key(&self, principal: ServicePrincipal) -> Result<Answer, IamError> {
        let key = self.service_key()?;
        self.directory.add_service_access_key(&principal, &key).await?;
        tracing::info!(service = %principal, access_key_id = %key.id, "an access key of a service was created");
        Ok(told(principal, &key))
    }

    pub(super) async fn delete_service_key(
        &self,
        principal: &ServicePrincipal,
        key: &AccessKeyId,
    ) -> Result<Answer, IamError> {
        self.directory.delete_service_access_key(principal, key).await?;
        tracing::info!(service = %principal, access_key_id = %key, "an access key of a service was deleted");
        Ok(Answer::Done)
    }

    fn service_key(&self) -> Result<NewAccessKey, IamError> {
        Ok(NewAccessKey::generate(AccountId::SERVICES, &*self.random)?)
    }
}

fn told(principal: ServicePrincipal, key: &NewAccessKey) -> Answer {
    Answer::ServiceKey {
        principal,
        access_key_id: key.id.to_string(),
        secret_access_key: Zeroizing::new(String::from_utf8_lossy(key.secret.expose()).into_owned()),
    }
}
