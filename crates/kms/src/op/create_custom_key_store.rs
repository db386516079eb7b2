//! CreateCustomKeyStore: a store whose keys live in a cluster of AWS CloudHSM or behind a proxy.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_wire::Members;

use super::key_store::{
    self, Backing, CLUSTER_ID, Cluster, NAME, NoStore, PASSWORD, Proxy, TRUST_ANCHOR, secret,
};
use super::{Facts, Operation};
use crate::fault::Fault;
use crate::gate::{NoKey, Permit, Stated};
use crate::kms::Kms;
use crate::model::CustomKeyStoreType;

pub(crate) struct CreateCustomKeyStore;

pub(crate) struct Request<'b> {
    name: Cow<'b, str>,
    kind_sent: Option<CustomKeyStoreType>,
    backing: Backing<'b>,
}

impl Operation for CreateCustomKeyStore {
    const FACTS: Facts = key_store::facts("CreateCustomKeyStore", "kms:CreateCustomKeyStore");
    type Scope = NoKey;
    type Request<'b> = Request<'b>;
    type Response = NoStore;

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let name = members.required_text("CustomKeyStoreName", &NAME);
        let cluster = Cluster {
            id: members.text("CloudHsmClusterId", &CLUSTER_ID),
            trust_anchor: members.text("TrustAnchorCertificate", &TRUST_ANCHOR),
            password: secret(&mut members, "KeyStorePassword", &PASSWORD),
        };
        let kind_sent = members.one_of("CustomKeyStoreType");
        let proxy = Proxy::take(&mut members);
        members.finish(())?;
        let backing = Backing::of(kind_sent.unwrap_or_default(), cluster, proxy)?;
        Ok(Request { name, kind_sent, backing })
    }

    fn asks<'r>(_: &'r Request<'_>) -> Result<Stated<'r>, Fault> {
        Ok(Stated::default())
    }

    fn shown(request: &Request<'_>) -> Shown {
        let kind = request.kind_sent.map(CustomKeyStoreType::name);
        let named = Shown::new().text("customKeyStoreName", &request.name);
        request.backing.show(named.maybe_text("customKeyStoreType", kind))
    }

    async fn run(_: &Kms, _: Permit<'_, NoKey>, request: &Self::Request<'_>) -> Result<NoStore, Fault> {
        Err(request.backing.unreachable())
    }
}
