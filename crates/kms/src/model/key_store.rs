//! Custom key stores: what they are backed by.

use claviger_wire::Enumerated;

use super::enumeration::name_of;

/// What backs a custom key store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum CustomKeyStoreType {
    #[default]
    AwsCloudHsm,
    ExternalKeyStore,
}

impl CustomKeyStoreType {
    /// The type's name in the API.
    pub(crate) fn name(self) -> &'static str {
        name_of(CustomKeyStoreType::NAMES, self)
    }
}

impl Enumerated for CustomKeyStoreType {
    const NAMES: &'static [(&'static str, CustomKeyStoreType)] = &[
        ("AWS_CLOUDHSM", CustomKeyStoreType::AwsCloudHsm),
        ("EXTERNAL_KEY_STORE", CustomKeyStoreType::ExternalKeyStore),
    ];
}

/// How the proxy of an external key store is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum XksProxyConnectivity {
    PublicEndpoint,
    VpcEndpointService,
}

impl XksProxyConnectivity {
    /// The connectivity's name in the API.
    pub(crate) fn name(self) -> &'static str {
        name_of(XksProxyConnectivity::NAMES, self)
    }
}

impl Enumerated for XksProxyConnectivity {
    const NAMES: &'static [(&'static str, XksProxyConnectivity)] = &[
        ("PUBLIC_ENDPOINT", XksProxyConnectivity::PublicEndpoint),
        ("VPC_ENDPOINT_SERVICE", XksProxyConnectivity::VpcEndpointService),
    ];
}
