//! What backs a custom key store: the members of a cluster, those of a proxy, and which of them go together.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_wire::Members;

use super::rule::{ACCESS_KEY_ID, ENDPOINT, PATH, SECRET_ACCESS_KEY, SERVICE_NAME, SERVICE_OWNER};
use super::{Dropped, secret};
use crate::fault::Fault;
use crate::model::{CustomKeyStoreType, XksProxyConnectivity};

/// What a new store is to be backed by, with all that it needs and nothing else.
pub(crate) enum Backing<'b> {
    Cluster(Cluster<'b>),
    PublicProxy(Proxy<'b>),
    ProxyInVpc(Proxy<'b>),
}

/// The members of an AWS CloudHSM cluster, as sent.
pub(crate) struct Cluster<'b> {
    pub id: Option<Cow<'b, str>>,
    pub trust_anchor: Option<Cow<'b, str>>,
    pub password: Option<Dropped>,
}

/// The members of an external key store proxy, as sent.
pub(crate) struct Proxy<'b> {
    endpoint: Option<Cow<'b, str>>,
    path: Option<Cow<'b, str>>,
    service_name: Option<Cow<'b, str>>,
    service_owner: Option<Cow<'b, str>>,
    credential: Option<Dropped>,
    connectivity: Option<XksProxyConnectivity>,
}

/// A member's name, and whether it was sent.
type Sent = (&'static str, bool);

/// A member whose value decides what others there must be, and that value.
#[derive(Clone, Copy)]
pub(super) struct Choice {
    pub member: &'static str,
    pub value: &'static str,
}

impl<'b> Backing<'b> {
    /// What a new store of this type is backed by; refuses members that are missing, and those of the other type.
    pub(crate) fn of(
        kind: CustomKeyStoreType,
        cluster: Cluster<'b>,
        proxy: Proxy<'b>,
    ) -> Result<Backing<'b>, Fault> {
        let choice = Choice { member: "CustomKeyStoreType", value: kind.name() };
        match kind {
            CustomKeyStoreType::AwsCloudHsm => {
                refuse(&proxy.sent(), choice)?;
                require(&cluster.sent(), choice)?;
                Ok(Backing::Cluster(cluster))
            }
            CustomKeyStoreType::ExternalKeyStore => {
                refuse(&cluster.sent(), choice)?;
                require(&proxy.always_needed(), choice)?;
                proxy.reached(choice)
            }
        }
    }

    /// Why nothing is there behind it.
    pub(crate) fn unreachable(&self) -> Fault {
        match self {
            Backing::Cluster(_) => Fault::CloudHsmClusterNotFound,
            Backing::PublicProxy(_) => Fault::XksProxyUriUnreachable,
            Backing::ProxyInVpc(_) => Fault::XksProxyVpcEndpointServiceNotFound,
        }
    }

    /// Shows it in a record.
    pub(crate) fn show(&self, shown: Shown) -> Shown {
        match self {
            Backing::Cluster(cluster) => cluster.show(shown),
            Backing::PublicProxy(proxy) | Backing::ProxyInVpc(proxy) => proxy.show(shown),
        }
    }
}

impl Cluster<'_> {
    fn sent(&self) -> [Sent; 3] {
        [
            ("CloudHsmClusterId", self.id.is_some()),
            ("TrustAnchorCertificate", self.trust_anchor.is_some()),
            ("KeyStorePassword", self.password.is_some()),
        ]
    }

    /// Shows it in a record: neither password nor certificate.
    pub(crate) fn show(&self, shown: Shown) -> Shown {
        // CloudTrail's spelling (developer guide, example of a CreateCustomKeyStore record).
        shown.maybe_text("clusterId", self.id.as_deref())
    }
}

impl<'b> Proxy<'b> {
    /// Takes the members that begin with `XksProxy`.
    pub(crate) fn take(members: &mut Members<'b>) -> Proxy<'b> {
        Proxy {
            endpoint: members.text("XksProxyUriEndpoint", &ENDPOINT),
            path: members.text("XksProxyUriPath", &PATH),
            service_name: members.text("XksProxyVpcEndpointServiceName", &SERVICE_NAME),
            service_owner: members.text("XksProxyVpcEndpointServiceOwner", &SERVICE_OWNER),
            credential: members.structure("XksProxyAuthenticationCredential", |credential| {
                let id = secret(credential, "AccessKeyId", &ACCESS_KEY_ID);
                credential.required("AccessKeyId", id);
                let key = secret(credential, "RawSecretAccessKey", &SECRET_ACCESS_KEY);
                credential.required("RawSecretAccessKey", key)
            }),
            connectivity: members.one_of("XksProxyConnectivity"),
        }
    }

    /// The same by the way to it, which this choice of a type asks for.
    fn reached(self, choice: Choice) -> Result<Backing<'b>, Fault> {
        const MEMBER: &str = "XksProxyConnectivity";
        let Some(connectivity) = self.connectivity else { return Err(missing(MEMBER, choice)) };
        let choice = Choice { member: MEMBER, value: connectivity.name() };
        let service @ [name, _] = self.service();
        match connectivity {
            XksProxyConnectivity::PublicEndpoint => {
                refuse(&service, choice)?;
                Ok(Backing::PublicProxy(self))
            }
            XksProxyConnectivity::VpcEndpointService => {
                require(&[name], choice)?;
                Ok(Backing::ProxyInVpc(self))
            }
        }
    }

    fn always_needed(&self) -> [Sent; 3] {
        [
            ("XksProxyUriEndpoint", self.endpoint.is_some()),
            ("XksProxyUriPath", self.path.is_some()),
            ("XksProxyAuthenticationCredential", self.credential.is_some()),
        ]
    }

    fn service(&self) -> [Sent; 2] {
        [
            ("XksProxyVpcEndpointServiceName", self.service_name.is_some()),
            ("XksProxyVpcEndpointServiceOwner", self.service_owner.is_some()),
        ]
    }

    fn sent(&self) -> [Sent; 6] {
        let [endpoint, path, credential] = self.always_needed();
        let [name, owner] = self.service();
        [endpoint, path, credential, name, owner, ("XksProxyConnectivity", self.connectivity.is_some())]
    }

    /// Shows it in a record: not the credential.
    pub(crate) fn show(&self, shown: Shown) -> Shown {
        shown
            .maybe_text("xksProxyUriEndpoint", self.endpoint.as_deref())
            .maybe_text("xksProxyUriPath", self.path.as_deref())
            .maybe_text("xksProxyVpcEndpointServiceName", self.service_name.as_deref())
            .maybe_text("xksProxyVpcEndpointServiceOwner", self.service_owner.as_deref())
            .maybe_text("xksProxyConnectivity", self.connectivity.map(XksProxyConnectivity::name))
    }
}

/// Refuses an update that means both kinds of store.
pub(crate) fn check_one_kind(cluster: &Cluster<'_>, proxy: &Proxy<'_>) -> Result<(), Fault> {
    let first = |sent: &[Sent]| sent.iter().find(|(_, is_sent)| *is_sent).map(|(name, _)| *name);
    match (first(&cluster.sent()), first(&proxy.sent())) {
        (Some(one), Some(other)) => {
            Err(invalid(format!("{one} and {other} are of different types of custom key stores.")))
        }
        (_, None) | (None, _) => Ok(()),
    }
}

fn require(members: &[Sent], choice: Choice) -> Result<(), Fault> {
    match members.iter().find(|(_, is_sent)| !is_sent) {
        Some((name, _)) => Err(missing(name, choice)),
        None => Ok(()),
    }
}

fn refuse(members: &[Sent], choice: Choice) -> Result<(), Fault> {
    match members.iter().find(|(_, is_sent)| *is_sent) {
        Some((name, _)) => Err(foreign(name, choice)),
        None => Ok(()),
    }
}

/// The fault of a member that the choice needs.
pub(super) fn missing(name: &str, Choice { member, value }: Choice) -> Fault {
    invalid(format!("{name} is required with {member} {value}."))
}

/// The fault of a member that the choice does not take.
pub(super) fn foreign(name: &str, Choice { member, value }: Choice) -> Fault {
    invalid(format!("{name} is not valid with {member} {value}."))
}

fn invalid(text: String) -> Fault {
    Fault::Validation(Cow::Owned(text))
}
