//! Principals of saved policies: bound to unique ids, and shown by what these are called now.

use claviger_names::ArnPartition;
use claviger_policy::{Document, PrincipalText};

use super::Directory;
use crate::IamError;
use crate::model::{Bindings, IamArn};
use crate::principals::replace_principals;

/// Why a document's principals were not bound.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// There is no such account, user, role or provider.
    #[error("a principal does not exist")]
    Unknown(PrincipalText),
    /// The directory did not answer.
    #[error(transparent)]
    Directory(#[from] IamError),
}

impl Directory {
    /// The unique ids of the users and roles that a document names; refused when one of its principals does not exist.
    pub async fn bind(&self, document: &Document) -> Result<Bindings, BindError> {
        let mut bindings = Bindings::default();
        for principal in document.principals() {
            let exists = match principal {
                PrincipalText::Anyone | PrincipalText::Service(_) => true,
                PrincipalText::Account(account) => self.has_account(*account).await?,
                PrincipalText::User(arn) | PrincipalText::Role(arn) => {
                    let id = self.unique_id(arn).await?;
                    id.inspect(|id| bindings.insert(arn, *id)).is_some()
                }
                PrincipalText::AssumedRole(arn) | PrincipalText::FederatedUser(arn) => {
                    self.has_session_account(arn).await?
                }
                PrincipalText::Federated(arn) => self.has_provider(arn).await?,
                // Whoever had that id is gone: documents name the living by ARN.
                PrincipalText::UniqueId(_) => false,
            };
            if !exists {
                return Err(BindError::Unknown(principal.clone()));
            }
        }
        Ok(bindings)
    }

    /// A document's text with its users and roles by what they are called now, and those that are gone by their id.
    pub async fn shown(
        &self,
        text: &str,
        bindings: &Bindings,
        partition: ArnPartition,
    ) -> Result<String, IamError> {
        let mut changed = Vec::new();
        for (arn, id) in bindings.iter() {
            let now = self.principal_of(id).await?;
            let now = now.map_or_else(|| id.to_string(), |name| name.arn(partition));
            if now != arn {
                changed.push((arn, now));
            }
        }
        Ok(match changed.is_empty() {
            true => text.to_owned(),
            false => replace_principals(text, &changed),
        })
    }

    async fn has_session_account(&self, arn: &str) -> Result<bool, IamError> {
        match arn.split(':').nth(4).map(str::parse) {
            Some(Ok(account)) => self.has_account(account).await,
            Some(Err(_)) | None => Ok(false),
        }
    }

    /// Whether an account has the OpenID Connect provider of this ARN.
    async fn has_provider(&self, arn: &str) -> Result<bool, IamError> {
        let Some(parts) = IamArn::parse(arn) else { return Ok(false) };
        let (Ok(account), Some(url)) = (parts.owner.parse(), parts.resource.0.strip_prefix("oidc-provider/"))
        else {
            return Ok(false);
        };
        Ok(self.oidc_provider(account, url).await?.is_some())
    }
}
