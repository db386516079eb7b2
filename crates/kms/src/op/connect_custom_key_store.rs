//! ConnectCustomKeyStore: a custom key store is connected to what backs it.

use claviger_audit::Shown;
use claviger_wire::Members;

use super::key_store::{self, NamedStore, NoStore};
use super::{Facts, Operation};
use crate::fault::Fault;
use crate::gate::{NoKey, Permit, Stated};
use crate::kms::Kms;

pub(crate) struct ConnectCustomKeyStore;

impl Operation for ConnectCustomKeyStore {
    const FACTS: Facts = key_store::facts("ConnectCustomKeyStore", "kms:ConnectCustomKeyStore");
    type Scope = NoKey;
    type Request<'b> = NamedStore<'b>;
    type Response = NoStore;

    fn parse(mut members: Members<'_>) -> Result<NamedStore<'_>, Fault> {
        let store = NamedStore::take(&mut members);
        Ok(members.finish(store)?)
    }

    fn asks<'r>(_: &'r NamedStore<'_>) -> Result<Stated<'r>, Fault> {
        Ok(Stated::default())
    }

    fn shown(store: &NamedStore<'_>) -> Shown {
        store.show()
    }

    async fn run(_: &Kms, _: Permit<'_, NoKey>, _: &Self::Request<'_>) -> Result<NoStore, Fault> {
        Err(Fault::CustomKeyStoreNotFound)
    }
}
