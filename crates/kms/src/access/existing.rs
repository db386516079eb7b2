//! Which of the principals and keys that somebody names exist.

use claviger_policy::PrincipalText;

use super::fault::Unexplained;
use super::question::KeyText;
use crate::fault::Fault;
use crate::kms::Kms;

impl Kms {
    /// Whether there is such a principal. Of services and of everyone there is.
    pub async fn has_principal(&self, principal: &PrincipalText) -> Result<bool, Unexplained> {
        match principal {
            PrincipalText::Anyone | PrincipalText::Service(_) | PrincipalText::Federated(_) => Ok(true),
            PrincipalText::Account(account) => {
                Ok(self.directory.has_account(*account).await.map_err(Fault::internal)?)
            }
            PrincipalText::User(arn) | PrincipalText::Role(arn) => {
                Ok(self.directory.unique_id(arn).await.map_err(Fault::internal)?.is_some())
            }
            PrincipalText::AssumedRole(arn) | PrincipalText::FederatedUser(arn) => {
                match self.caller_named(arn).await {
                    Err(Unexplained::NoPrincipal(_)) => Ok(false),
                    found => found.map(|_| true),
                }
            }
            PrincipalText::UniqueId(id) => match id.parse() {
                Ok(id) => Ok(self.directory.principal_of(id).await.map_err(Fault::internal)?.is_some()),
                Err(_) => Ok(false),
            },
        }
    }

    /// Whether there is the key of this ARN or alias ARN.
    pub async fn has_key(&self, arn: &str) -> Result<bool, Unexplained> {
        match self.key_of(KeyText { text: arn, account: None, region: None }).await {
            Err(Unexplained::NoKey(_) | Unexplained::NotAKey(_)) => Ok(false),
            found => found.map(|_| true),
        }
    }
}
