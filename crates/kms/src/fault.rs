//! Everything that a caller may be told, and how AWS says it: the one mapping from fault to wire.

use std::borrow::Cow;

use claviger_crypto::MaterialId;
use claviger_names::KeyId;

/// Why a request was not done. Each names AWS's error; texts come from recorded responses where there are any.
#[derive(Debug)]
pub enum Fault {
    /// The target names no operation.
    UnknownOperation,
    /// The body is not JSON or a member has the wrong type.
    Serialization(Option<String>),
    /// The request keeps not to the model, or contradicts itself.
    Validation(Cow<'static, str>),
    /// The request could not be authenticated.
    Unauthenticated(Unauthenticated),
    /// The caller may not do this.
    AccessDenied(Denial),
    /// What was named does not exist.
    NotFound(Missing),
    /// An ARN of a kind that the operation does not take.
    InvalidArn(Cow<'static, str>),
    /// The text is no grant id.
    InvalidGrantId,
    /// `alias/aws/…` is not for customers.
    ReservedAlias,
    /// An alias of this name is there already.
    AlreadyExists(Box<str>),
    /// The Region has a key of this set already. Its ARN.
    ReplicaExists(Box<str>),
    /// The key is disabled. Its ARN.
    Disabled(Box<str>),
    /// The key's state does not allow it.
    InvalidState(Box<str>, StateClash),
    /// The key is not made for this.
    InvalidKeyUsage(Box<str>),
    /// The ciphertext was not made under the named key.
    IncorrectKey,
    /// The ciphertext, its context or its key is not right; which, nobody is told.
    InvalidCiphertext,
    /// It is not the signature of the message.
    InvalidSignature,
    /// It is not the authentication code of the message.
    InvalidMac,
    /// The bytes are no public key that the key agrees with.
    InvalidPublicKey,
    /// An import token that was not given for this key, or not here.
    InvalidImportToken,
    /// An import token that served its time.
    ExpiredImportToken,
    /// The imported material is not the one that the key takes.
    IncorrectKeyMaterial,
    /// A key whose imported material waits for a rotation takes no other meanwhile.
    MaterialWaits(Box<WaitingMaterial>),
    /// There is no imported material to rotate to. The key's ARN.
    NoMaterialWaits(Box<str>),
    /// A grant token that is none.
    InvalidGrantToken,
    /// Tags that cannot stand.
    Tag(&'static str),
    /// A policy document that cannot stand.
    MalformedPolicy(Cow<'static, str>),
    /// A request quota is used up.
    Throttled,
    /// A resource quota is used up.
    LimitExceeded(Cow<'static, str>),
    /// Valid in AWS, not for this key or this service.
    Unsupported(Option<Cow<'static, str>>),
    /// A paging marker that this operation did not give.
    InvalidMarker,
    /// The custom key store does not exist.
    CustomKeyStoreNotFound,
    /// No AWS CloudHSM cluster of this id can be reached.
    CloudHsmClusterNotFound,
    /// The proxy of an external key store does not answer.
    XksProxyUriUnreachable,
    /// No endpoint service of this name leads to a proxy.
    XksProxyVpcEndpointServiceNotFound,
    /// Something else is done with the key at the same time.
    Conflict(Box<str>),
    /// The request would have succeeded, but asked not to be done.
    DryRun,
    /// The body is larger than any request can be.
    TooLarge,
    /// The body did not arrive in time.
    TooSlow,
    /// Not HTTP as the protocol wants it.
    BadRequest(&'static str),
    /// The service refuses work for now: shutting down, or its trail cannot be written.
    Unavailable,
    /// The store is full or out of reach.
    DependencyTimeout,
    /// Another commit came first. The pipeline starts over from the gate; told only when that never ends.
    Overtaken,
    /// Something is broken here. The cause is for the log alone.
    Internal(Cause),
}

/// Why nobody could be recognised, with AWS's text where it depends on the request.
#[derive(Debug)]
pub enum Unauthenticated {
    /// Neither header nor query carries a signature.
    MissingToken,
    /// The signature's parts are incomplete or cannot be read.
    Incomplete(Box<str>),
    /// The signature, its scope or its date is wrong.
    InvalidSignature(Box<str>),
    /// No such access key, or not an active one.
    UnknownAccessKey,
    /// The session is over.
    ExpiredToken,
}

/// What a refused caller is told, worded as AWS words each variant.
#[derive(Debug)]
pub struct Denial(pub Box<str>);

/// What does not exist.
#[derive(Debug)]
pub enum Missing {
    /// A well-formed key id or ARN: the ARN it would have.
    Key(Box<str>),
    /// The text is no key id.
    KeyId(Box<str>),
    /// An ARN of another Region, or one that cannot be read: that Region or the ARN.
    Arn(Box<str>),
    /// An alias: the ARN it would have.
    Alias(Box<str>),
    /// A key policy of another name than `default`.
    Policy,
    /// A grant: its id.
    Grant(Box<str>),
    /// A key material of a key.
    Material(MaterialId),
}

/// A material that waits for the rotation to it, and the one that was to be imported.
#[derive(Debug)]
pub struct WaitingMaterial {
    /// The key of both.
    pub key: KeyId,
    /// The one that waits.
    pub waiting: MaterialId,
    /// The one that was to be imported.
    pub new: MaterialId,
}

/// How a key's state is in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateClash {
    /// It waits for its deletion.
    PendingDeletion,
    /// It waits for the deletion of its replicas.
    PendingReplicaDeletion,
    /// It does not wait for its deletion.
    NotPendingDeletion,
    /// It has no material yet.
    PendingImport,
}

/// An internal cause: told to the log under the request's id, never to the caller.
#[derive(Debug)]
pub struct Cause(pub String);

/// The HTTP status of nearly every error of KMS.
const BAD_REQUEST: u16 = 400;

/// XKS proxy API specification 1.0.3, for a connection that cannot be made.
const XKS_PROXY_UNREACHABLE: &str = "AWS KMS cannot communicate with the external key store proxy. This might be a transient network issue. If you see \
     this error repeatedly, verify that your external key store proxy is active and is connected to the network, and \
     that its endpoint URI is correct in your external key store.";

impl Fault {
    /// An internal fault from what a library or another station said.
    pub fn internal(cause: impl std::fmt::Display) -> Fault {
        Fault::Internal(Cause(cause.to_string()))
    }

    /// The error's shape name in AWS's API.
    pub fn code(&self) -> &'static str {
        match self {
            Fault::UnknownOperation => "UnknownOperationException",
            Fault::Serialization(_) => "SerializationException",
            Fault::Validation(_) | Fault::InvalidPublicKey => "ValidationException",
            Fault::Unauthenticated(why) => why.code(),
            Fault::AccessDenied(_) => "AccessDeniedException",
            Fault::NotFound(_) => "NotFoundException",
            Fault::InvalidArn(_) => "InvalidArnException",
            Fault::InvalidGrantId => "InvalidGrantIdException",
            Fault::ReservedAlias => "NotAuthorizedException",
            Fault::AlreadyExists(_) | Fault::ReplicaExists(_) => "AlreadyExistsException",
            Fault::Disabled(_) => "DisabledException",
            Fault::InvalidState(..) | Fault::MaterialWaits(_) | Fault::NoMaterialWaits(_) => {
                "KMSInvalidStateException"
            }
            Fault::InvalidKeyUsage(_) => "InvalidKeyUsageException",
            Fault::IncorrectKey => "IncorrectKeyException",
            Fault::InvalidCiphertext => "InvalidCiphertextException",
            Fault::InvalidSignature => "KMSInvalidSignatureException",
            Fault::InvalidMac => "KMSInvalidMacException",
            Fault::InvalidGrantToken => "InvalidGrantTokenException",
            Fault::InvalidImportToken => "InvalidImportTokenException",
            Fault::ExpiredImportToken => "ExpiredImportTokenException",
            Fault::IncorrectKeyMaterial => "IncorrectKeyMaterialException",
            Fault::Tag(_) => "TagException",
            Fault::MalformedPolicy(_) => "MalformedPolicyDocumentException",
            Fault::Throttled => "ThrottlingException",
            Fault::LimitExceeded(_) => "LimitExceededException",
            Fault::Unsupported(_) => "UnsupportedOperationException",
            Fault::InvalidMarker => "InvalidMarkerException",
            Fault::CustomKeyStoreNotFound => "CustomKeyStoreNotFoundException",
            Fault::CloudHsmClusterNotFound => "CloudHsmClusterNotFoundException",
            Fault::XksProxyUriUnreachable => "XksProxyUriUnreachableException",
            Fault::XksProxyVpcEndpointServiceNotFound => "XksProxyVpcEndpointServiceNotFoundException",
            Fault::Conflict(_) => "ConflictException",
            Fault::DryRun => "DryRunOperationException",
            Fault::TooLarge => "RequestEntityTooLargeException",
            Fault::TooSlow => "RequestTimeoutException",
            Fault::BadRequest(_) => "MalformedHttpRequestException",
            Fault::Unavailable => "ServiceUnavailableException",
            Fault::DependencyTimeout | Fault::Overtaken => "DependencyTimeoutException",
            Fault::Internal(_) => "KMSInternalException",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Fault::TooLarge => 413,
            Fault::TooSlow => 408,
            Fault::Unavailable => 503,
            Fault::DependencyTimeout | Fault::Overtaken | Fault::Internal(_) => 500,
            Fault::UnknownOperation
            | Fault::Serialization(_)
            | Fault::Validation(_)
            | Fault::Unauthenticated(_)
            | Fault::AccessDenied(_)
            | Fault::NotFound(_)
            | Fault::InvalidArn(_)
            | Fault::InvalidGrantId
            | Fault::ReservedAlias
            | Fault::AlreadyExists(_)
            | Fault::ReplicaExists(_)
            | Fault::Disabled(_)
            | Fault::InvalidState(..)
            | Fault::InvalidKeyUsage(_)
            | Fault::IncorrectKey
            | Fault::InvalidCiphertext
            | Fault::InvalidSignature
            | Fault::InvalidMac
            | Fault::InvalidPublicKey
            | Fault::InvalidGrantToken
            | Fault::InvalidImportToken
            | Fault::ExpiredImportToken
            | Fault::IncorrectKeyMaterial
            | Fault::MaterialWaits(_)
            | Fault::NoMaterialWaits(_)
            | Fault::Tag(_)
            | Fault::MalformedPolicy(_)
            | Fault::Throttled
            | Fault::LimitExceeded(_)
            | Fault::Unsupported(_)
            | Fault::InvalidMarker
            | Fault::CustomKeyStoreNotFound
            | Fault::CloudHsmClusterNotFound
            | Fault::XksProxyUriUnreachable
            | Fault::XksProxyVpcEndpointServiceNotFound
            | Fault::Conflict(_)
            | Fault::DryRun
            | Fault::BadRequest(_) => BAD_REQUEST,
        }
    }

    /// The message, where AWS gives one.
    pub fn message(&self) -> Option<Cow<'_, str>> {
        let text = match self {
            Fault::UnknownOperation
            | Fault::ReservedAlias
            | Fault::InvalidCiphertext
            | Fault::InvalidSignature
            | Fault::InvalidMac
            | Fault::InvalidPublicKey
            | Fault::InvalidGrantToken
            | Fault::InvalidImportToken
            | Fault::ExpiredImportToken
            | Fault::IncorrectKeyMaterial
            | Fault::InvalidGrantId
            | Fault::InvalidMarker
            | Fault::CustomKeyStoreNotFound
            | Fault::CloudHsmClusterNotFound
            | Fault::XksProxyVpcEndpointServiceNotFound
            | Fault::Unavailable => return None,
            Fault::Serialization(text) => return text.as_deref().map(Cow::Borrowed),
            Fault::Unsupported(text) => return text.as_deref().map(Cow::Borrowed),
            Fault::Validation(text) | Fault::MalformedPolicy(text) | Fault::LimitExceeded(text) => {
                Cow::Borrowed(text.as_ref())
            }
            Fault::Unauthenticated(why) => Cow::Borrowed(why.message()),
            Fault::AccessDenied(Denial(text)) | Fault::InvalidKeyUsage(text) | Fault::Conflict(text) => {
                Cow::Borrowed(text.as_ref())
            }
            Fault::NotFound(missing) => Cow::Owned(missing.message()),
            Fault::InvalidArn(text) => Cow::Borrowed(text.as_ref()),
            Fault::Tag(text) | Fault::BadRequest(text) => Cow::Borrowed(*text),
            Fault::AlreadyExists(arn) => Cow::Owned(format!("An alias with the name {arn} already exists")),
            Fault::ReplicaExists(arn) => Cow::Owned(format!("{arn} already exists")),
            Fault::Disabled(arn) => Cow::Owned(format!("{arn} is disabled.")),
            Fault::InvalidState(arn, clash) => Cow::Owned(format!("{arn} is {}.", clash.words())),
            Fault::MaterialWaits(waiting) => Cow::Owned(waiting.message()),
            Fault::NoMaterialWaits(arn) => {
                Cow::Owned(format!("No available key material pending rotation for the key: {arn}."))
            }
            Fault::IncorrectKey => Cow::Borrowed(
                "The key ID in the request does not identify a CMK that can perform this operation.",
            ),
            Fault::Throttled => Cow::Borrowed(
                "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.",
            ),
            Fault::XksProxyUriUnreachable => Cow::Borrowed(XKS_PROXY_UNREACHABLE),
            Fault::DryRun => Cow::Borrowed("The request would have succeeded, but the DryRun option is set."),
            Fault::TooLarge => Cow::Borrowed("Request body is too large"),
            Fault::TooSlow => Cow::Borrowed("Request body was not received in time"),
            Fault::DependencyTimeout | Fault::Overtaken => Cow::Borrowed(
                "The system timed out while trying to fulfill the request. You can retry the request.",
            ),
            Fault::Internal(_) => {
                Cow::Borrowed("An internal service exception has occurred. You can retry the request.")
            }
        };
        Some(text)
    }
}

impl Unauthenticated {
    fn code(&self) -> &'static str {
        match self {
            Unauthenticated::MissingToken => "MissingAuthenticationTokenException",
            Unauthenticated::Incomplete(_) => "IncompleteSignatureException",
            Unauthenticated::InvalidSignature(_) => "InvalidSignatureException",
            Unauthenticated::UnknownAccessKey => "UnrecognizedClientException",
            Unauthenticated::ExpiredToken => "ExpiredTokenException",
        }
    }

    fn message(&self) -> &str {
        match self {
            Unauthenticated::MissingToken => "Missing Authentication Token",
            Unauthenticated::Incomplete(text) | Unauthenticated::InvalidSignature(text) => text,
            Unauthenticated::UnknownAccessKey => "The security token included in the request is invalid.",
            Unauthenticated::ExpiredToken => "The security token included in the request is expired",
        }
    }
}

impl Missing {
    fn message(&self) -> String {
        match self {
            Missing::Key(arn) => format!("Key '{arn}' does not exist"),
            Missing::KeyId(text) => format!("Invalid keyId '{text}'"),
            Missing::Arn(text) => format!("Invalid arn {text}"),
            Missing::Alias(arn) => format!("Alias {arn} is not found."),
            Missing::Policy => "No such policy exists".to_owned(),
            Missing::Grant(id) => format!("Grant ID {id} not found"),
            Missing::Material(id) => format!("Key material {id} is not found."),
        }
    }
}

impl WaitingMaterial {
    fn message(&self) -> String {
        let WaitingMaterial { key, waiting, new } = self;
        format!(
            "New key material (id: {new}) cannot be imported into KMS key {key}, because another key material (id: \
             {waiting}) is pending rotation."
        )
    }
}

impl StateClash {
    fn words(self) -> &'static str {
        match self {
            StateClash::PendingDeletion => "pending deletion",
            StateClash::PendingReplicaDeletion => "pending replica deletion",
            StateClash::NotPendingDeletion => "not pending deletion",
            StateClash::PendingImport => "pending import",
        }
    }
}

impl From<claviger_wire::WireFault> for Fault {
    fn from(fault: claviger_wire::WireFault) -> Fault {
        match fault {
            claviger_wire::WireFault::Serialization(text) => Fault::Serialization(text),
            claviger_wire::WireFault::Validation(text) => Fault::Validation(Cow::Owned(text)),
        }
    }
}
