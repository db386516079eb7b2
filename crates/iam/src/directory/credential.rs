//! Long-term access keys, with whom they stand for.

use std::sync::Arc;

use claviger_names::AccountId;

use super::reading::Reading;
use super::services::services;
use super::{Based, Directory};
use crate::access_key::{AccessKeyRecord, Owner};
use crate::model::UserRecord;
use crate::rows::{Row, at};
use crate::{AccessKeyId, Caller, Credential, IamError, Principal, UserIdentity};

/// Bytes of an access key in memory with its signing key, the user's tags not counted.
const CREDENTIAL_BYTES: usize = 1_536;

impl Directory {
    /// The access key of this id, in whatever status, if there is one.
    pub async fn credential(&self, id: &AccessKeyId) -> Result<Option<Arc<Credential>>, IamError> {
        self.held(&self.credentials, id, || self.load_credential(id)).await
    }

    async fn load_credential(&self, id: &AccessKeyId) -> Result<Option<Based<Credential>>, IamError> {
        let mut reading = Reading::new(self);
        let Some(entry) = reading.entry(&at::access_key(id)?).await? else { return Ok(None) };
        let Some(secret) = reading.entry(&at::secret(id)?).await? else { return Ok(None) };
        let revision = entry.revision;
        let record = Row::<AccessKeyRecord>::read(entry)?.record;
        let Some(principal) = owner(&mut reading, &record).await? else { return Ok(None) };
        let tags = match &principal {
            Principal::User(user) => user.tags.weight_bytes(),
            _ => 0,
        };
        let caller = Caller { account: record.account, principal, access_key_id: id.clone(), token: None };
        let credential = Credential::new(caller, secret.value, record.status, revision);
        Ok(Some(reading.done(credential, CREDENTIAL_BYTES + tags)))
    }
}

/// Whose the access key is; none when its user is gone.
async fn owner(reading: &mut Reading<'_>, key: &AccessKeyRecord) -> Result<Option<Principal>, IamError> {
    let id = match &key.owner {
        Owner::Root => return Ok(Some(Principal::Root)),
        Owner::User(id) => *id,
        Owner::Service(name) => {
            let services = services(reading).await?;
            return Ok(services.find(name).map(|service| Principal::Service(service.principal.clone())));
        }
    };
    let in_account = |(account, _): &(AccountId, UserRecord)| *account == key.account;
    let user = reading.entity::<UserRecord>(id).await?.filter(in_account);
    Ok(user.map(|(_, user)| Principal::User(Arc::new(identity_of(user)))))
}

/// What others are shown of a user.
pub(super) fn identity_of(user: UserRecord) -> UserIdentity {
    let UserRecord { id, name, path, tags, .. } = user;
    UserIdentity { id, name, path, tags }
}
