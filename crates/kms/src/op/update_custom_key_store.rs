//! UpdateCustomKeyStore: another name, cluster, password or proxy for a custom key store.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_wire::Members;

use super::key_store::{
    self, CLUSTER_ID, Cluster, NAME, NamedStore, NoStore, PASSWORD, Proxy, check_one_kind, secret,
};
use super::{Facts, Operation};
use crate::fault::Fault;
use crate::gate::{NoKey, Permit, Stated};
use crate::kms::Kms;

pub(crate) struct UpdateCustomKeyStore;

pub(crate) struct Request<'b> {
    store: NamedStore<'b>,
    new_name: Option<Cow<'b, str>>,
    cluster: Cluster<'b>,
    proxy: Proxy<'b>,
}

impl Operation for UpdateCustomKeyStore {
    const FACTS: Facts = key_store::facts("UpdateCustomKeyStore", "kms:UpdateCustomKeyStore");
    type Scope = NoKey;
    type Request<'b> = Request<'b>;
    type Response = NoStore;

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let store = NamedStore::take(&mut members);
        let new_name = members.text("NewCustomKeyStoreName", &NAME);
        let cluster = Cluster {
            password: secret(&mut members, "KeyStorePassword", &PASSWORD),
            id: members.text("CloudHsmClusterId", &CLUSTER_ID),
            trust_anchor: None,
        };
        let proxy = Proxy::take(&mut members);
        members.finish(())?;
        check_one_kind(&cluster, &proxy)?;
        Ok(Request { store, new_name, cluster, proxy })
    }

    fn asks<'r>(_: &'r Request<'_>) -> Result<Stated<'r>, Fault> {
        Ok(Stated::default())
    }

    fn shown(request: &Request<'_>) -> Shown {
        let shown = request.store.show().maybe_text("newCustomKeyStoreName", request.new_name.as_deref());
        request.proxy.show(request.cluster.show(shown))
    }

    async fn run(_: &Kms, _: Permit<'_, NoKey>, _: &Self::Request<'_>) -> Result<NoStore, Fault> {
        Err(Fault::CustomKeyStoreNotFound)
    }
}
