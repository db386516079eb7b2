//! Everything that a caller of IAM or STS may be told, and how AWS says it: the one mapping from fault to wire.

use std::borrow::Cow;

use claviger_wire::WireFault;

use crate::IamError;

type Text = Cow<'static, str>;

/// Why a request was not done. Each names AWS's error; what it holds is the message.
#[derive(Debug)]
pub enum Fault {
    /// The body is not what the Query protocol allows.
    MalformedInput(Option<String>),
    /// No operation of this name in this version of the API.
    InvalidAction(Text),
    /// The request keeps not to the model, or contradicts itself.
    Validation(Text),
    /// The request could not be authenticated.
    Unauthenticated(Unauthenticated),
    /// The caller may not do this.
    AccessDenied(Text),
    /// What was named does not exist.
    NoSuchEntity(Text),
    /// There is one of this name already.
    EntityAlreadyExists(Text),
    /// Something still belongs to what is to be deleted.
    DeleteConflict(Text),
    /// A quota is used up.
    LimitExceeded(Text),
    /// Two changes of one entity met.
    ConcurrentModification,
    /// The entity is being changed.
    EntityTemporarilyUnmodifiable(Text),
    /// A policy document that cannot stand.
    MalformedPolicyDocument(Text),
    /// A value that cannot stand.
    InvalidInput(Text),
    /// What only the service itself may change.
    UnmodifiableEntity(Text),
    /// A policy that cannot be attached there.
    PolicyNotAttachable(Text),
    /// A service that has no such feature.
    NotSupportedService(Text),
    /// A simulated policy that cannot be evaluated.
    PolicyEvaluation(Text),
    /// Session policies and tags that take more room than there is.
    PackedPolicyTooLarge(Text),
    /// A parameter that contradicts another.
    InvalidParameterValue(Text),
    /// A web identity token that is over.
    ExpiredIdentityToken(Text),
    /// A web identity token that is none, or not for here.
    InvalidIdentityToken(Text),
    /// The identity provider's keys cannot be had.
    ProviderUnreachable(Text),
    /// The body is larger than any request can be.
    TooLarge,
    /// The body did not arrive in time.
    TooSlow,
    /// Not HTTP as the protocol wants it.
    BadRequest(&'static str),
    /// The service refuses work for now: shutting down, or its trail cannot be written.
    Unavailable,
    /// Another commit came first. The pipeline starts over; told only when that never ends.
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
    /// No such access key, not an active one, or a session token that is not its own.
    UnknownAccessKey,
    /// The session is over.
    ExpiredToken,
}

/// What is broken, for the log.
#[derive(Debug)]
pub struct Cause(pub String);

impl Fault {
    /// Something here failed with this error.
    pub fn internal(error: impl std::fmt::Display) -> Fault {
        Fault::Internal(Cause(error.to_string()))
    }

    /// AWS's error code.
    pub fn code(&self) -> &'static str {
        match self {
            Fault::MalformedInput(_) => "MalformedInput",
            Fault::InvalidAction(_) => "InvalidAction",
            Fault::Validation(_) => "ValidationError",
            Fault::Unauthenticated(why) => why.code(),
            Fault::AccessDenied(_) => "AccessDenied",
            Fault::NoSuchEntity(_) => "NoSuchEntity",
            Fault::EntityAlreadyExists(_) => "EntityAlreadyExists",
            Fault::DeleteConflict(_) => "DeleteConflict",
            Fault::LimitExceeded(_) => "LimitExceeded",
            Fault::ConcurrentModification | Fault::Overtaken => "ConcurrentModification",
            Fault::EntityTemporarilyUnmodifiable(_) => "EntityTemporarilyUnmodifiable",
            Fault::MalformedPolicyDocument(_) => "MalformedPolicyDocument",
            Fault::InvalidInput(_) => "InvalidInput",
            Fault::UnmodifiableEntity(_) => "UnmodifiableEntity",
            Fault::PolicyNotAttachable(_) => "PolicyNotAttachable",
            Fault::NotSupportedService(_) => "NotSupportedService",
            Fault::PolicyEvaluation(_) => "PolicyEvaluation",
            Fault::PackedPolicyTooLarge(_) => "PackedPolicyTooLarge",
            Fault::InvalidParameterValue(_) => "InvalidParameterValue",
            Fault::ExpiredIdentityToken(_) => "ExpiredTokenException",
            Fault::InvalidIdentityToken(_) => "InvalidIdentityToken",
            Fault::ProviderUnreachable(_) => "IDPCommunicationError",
            Fault::TooLarge => "RequestEntityTooLarge",
            Fault::TooSlow => "RequestTimeout",
            Fault::BadRequest(_) => "BadRequest",
            Fault::Unavailable => "ServiceUnavailable",
            Fault::Internal(_) => "ServiceFailure",
        }
    }

    /// What CloudTrail calls it: what is in the API model by its shape's name, the rest by its code.
    pub(crate) fn recorded_code(&self) -> &'static str {
        match self {
            Fault::NoSuchEntity(_) => "NoSuchEntityException",
            Fault::EntityAlreadyExists(_) => "EntityAlreadyExistsException",
            Fault::DeleteConflict(_) => "DeleteConflictException",
            Fault::LimitExceeded(_) => "LimitExceededException",
            Fault::ConcurrentModification | Fault::Overtaken => "ConcurrentModificationException",
            Fault::EntityTemporarilyUnmodifiable(_) => "EntityTemporarilyUnmodifiableException",
            Fault::MalformedPolicyDocument(_) => "MalformedPolicyDocumentException",
            Fault::InvalidInput(_) => "InvalidInputException",
            Fault::UnmodifiableEntity(_) => "UnmodifiableEntityException",
            Fault::PolicyNotAttachable(_) => "PolicyNotAttachableException",
            Fault::NotSupportedService(_) => "ServiceNotSupportedException",
            Fault::PolicyEvaluation(_) => "PolicyEvaluationException",
            Fault::PackedPolicyTooLarge(_) => "PackedPolicyTooLargeException",
            Fault::InvalidIdentityToken(_) => "InvalidIdentityTokenException",
            Fault::ProviderUnreachable(_) => "IDPCommunicationErrorException",
            Fault::Internal(_) => "ServiceFailureException",
            Fault::MalformedInput(_)
            | Fault::InvalidAction(_)
            | Fault::Validation(_)
            | Fault::Unauthenticated(_)
            | Fault::AccessDenied(_)
            | Fault::InvalidParameterValue(_)
            | Fault::ExpiredIdentityToken(_)
            | Fault::TooLarge
            | Fault::TooSlow
            | Fault::BadRequest(_)
            | Fault::Unavailable => self.code(),
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Fault::Unauthenticated(Unauthenticated::Incomplete(_)) => 400,
            Fault::Unauthenticated(_) | Fault::AccessDenied(_) => 403,
            Fault::NoSuchEntity(_) | Fault::NotSupportedService(_) => 404,
            Fault::TooSlow => 408,
            Fault::EntityAlreadyExists(_)
            | Fault::DeleteConflict(_)
            | Fault::LimitExceeded(_)
            | Fault::ConcurrentModification
            | Fault::Overtaken
            | Fault::EntityTemporarilyUnmodifiable(_) => 409,
            Fault::TooLarge => 413,
            Fault::PolicyEvaluation(_) | Fault::Internal(_) => 500,
            Fault::Unavailable => 503,
            Fault::MalformedInput(_)
            | Fault::InvalidAction(_)
            | Fault::Validation(_)
            | Fault::MalformedPolicyDocument(_)
            | Fault::InvalidInput(_)
            | Fault::UnmodifiableEntity(_)
            | Fault::PolicyNotAttachable(_)
            | Fault::PackedPolicyTooLarge(_)
            | Fault::InvalidParameterValue(_)
            | Fault::ExpiredIdentityToken(_)
            | Fault::InvalidIdentityToken(_)
            | Fault::ProviderUnreachable(_)
            | Fault::BadRequest(_) => 400,
        }
    }

    /// The text that the caller is told, if AWS has one.
    pub fn message(&self) -> Option<Cow<'_, str>> {
        let text = match self {
            Fault::MalformedInput(text) => return text.as_deref().map(Cow::Borrowed),
            Fault::Unauthenticated(why) => why.message(),
            Fault::InvalidAction(text)
            | Fault::Validation(text)
            | Fault::AccessDenied(text)
            | Fault::NoSuchEntity(text)
            | Fault::EntityAlreadyExists(text)
            | Fault::DeleteConflict(text)
            | Fault::LimitExceeded(text)
            | Fault::EntityTemporarilyUnmodifiable(text)
            | Fault::MalformedPolicyDocument(text)
            | Fault::InvalidInput(text)
            | Fault::UnmodifiableEntity(text)
            | Fault::PolicyNotAttachable(text)
            | Fault::NotSupportedService(text)
            | Fault::PolicyEvaluation(text)
            | Fault::PackedPolicyTooLarge(text)
            | Fault::InvalidParameterValue(text)
            | Fault::ExpiredIdentityToken(text)
            | Fault::InvalidIdentityToken(text)
            | Fault::ProviderUnreachable(text) => text,
            Fault::BadRequest(text) => text,
            Fault::ConcurrentModification | Fault::Overtaken => {
                "The request was rejected because multiple requests to change this object were submitted \
                 simultaneously. Wait a few minutes and submit your request again."
            }
            Fault::TooLarge => "Request body is too large",
            Fault::TooSlow => "Request body was not received in time",
            Fault::Unavailable => "The service is temporarily unavailable. You can retry the request.",
            Fault::Internal(_) => "The request processing has failed because of an unknown error.",
        };
        Some(Cow::Borrowed(text))
    }
}

impl Unauthenticated {
    /// The code in the Query protocol.
    fn code(&self) -> &'static str {
        match self {
            Unauthenticated::MissingToken => "MissingAuthenticationToken",
            Unauthenticated::Incomplete(_) => "IncompleteSignature",
            Unauthenticated::InvalidSignature(_) => "SignatureDoesNotMatch",
            Unauthenticated::UnknownAccessKey => "InvalidClientTokenId",
            Unauthenticated::ExpiredToken => "ExpiredToken",
        }
    }

    fn message(&self) -> &str {
        match self {
            Unauthenticated::MissingToken => "Request is missing Authentication Token",
            Unauthenticated::Incomplete(text) | Unauthenticated::InvalidSignature(text) => text,
            Unauthenticated::UnknownAccessKey => "The security token included in the request is invalid.",
            Unauthenticated::ExpiredToken => "The security token included in the request is expired",
        }
    }
}

impl From<WireFault> for Fault {
    fn from(fault: WireFault) -> Fault {
        match fault {
            WireFault::Serialization(text) => Fault::MalformedInput(text),
            WireFault::Validation(text) => Fault::Validation(Cow::Owned(text)),
        }
    }
}

impl From<IamError> for Fault {
    fn from(error: IamError) -> Fault {
        match error {
            IamError::Overtaken => Fault::Overtaken,
            other => Fault::internal(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_keep_their_suffix_only_where_aws_does() {
        let expired = Fault::ExpiredIdentityToken("".into());
        assert_eq!((expired.code(), expired.status()), ("ExpiredTokenException", 400));
        let session = Fault::Unauthenticated(Unauthenticated::ExpiredToken);
        assert_eq!((session.code(), session.status()), ("ExpiredToken", 403));
    }

    #[test]
    fn what_is_broken_in_here_is_not_told() {
        let fault = Fault::internal("the disk of node 7");
        assert_eq!((fault.code(), fault.status()), ("ServiceFailure", 500));
        assert!(!fault.message().unwrap().contains("node"));
    }
}
