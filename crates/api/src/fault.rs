//! What a caller of these APIs may be told: what all tell alike, and what an API tells on its own.

use std::borrow::Cow;

use claviger_iam::{Fault as IamFault, Unauthenticated};
use claviger_wire::WireFault;

use crate::{Protocol, Service};

/// Why a request was not done.
#[derive(Debug)]
pub enum Fault {
    /// The body is not what the protocol allows.
    Serialization(Option<String>),
    /// The request keeps not to the model, or contradicts itself: the message.
    Invalid(Cow<'static, str>),
    /// No operation of this name.
    UnknownOperation,
    /// The request could not be authenticated.
    Unauthenticated(Unauthenticated),
    /// The caller may not do this.
    AccessDenied(Box<str>),
    /// Too many requests.
    Throttled,
    /// What the API tells on its own.
    Told(Told),
    /// The body is larger than any request can be.
    TooLarge,
    /// The body did not arrive in time.
    TooSlow,
    /// Not HTTP as the protocol wants it.
    BadRequest(&'static str),
    /// The service refuses work for now.
    Unavailable,
    /// Another commit came first. The pipeline starts over; told only when that never ends.
    Overtaken,
    /// Something is broken here. The cause is for the log alone.
    Internal(Cause),
}

/// An error of one API. Each API has a closed enum of its own that is turned into this in one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The name of its shape.
    pub code: &'static str,
    /// Its code in AWS Query, where that differs.
    pub query_code: Option<&'static str>,
    /// The HTTP status.
    pub status: u16,
    /// The text.
    pub message: Box<str>,
}

/// What is broken, for the log.
#[derive(Debug)]
pub struct Cause(pub String);

impl From<Told> for Fault {
    fn from(told: Told) -> Fault {
        Fault::Told(told)
    }
}

impl From<WireFault> for Fault {
    fn from(fault: WireFault) -> Fault {
        match fault {
            WireFault::Serialization(text) => Fault::Serialization(text),
            WireFault::Validation(text) => Fault::Invalid(text.into()),
        }
    }
}

impl Fault {
    /// Something here failed with this error.
    pub fn internal(error: impl std::fmt::Display) -> Fault {
        Fault::Internal(Cause(error.to_string()))
    }

    /// What authorization says.
    pub(crate) fn of_authorization(fault: IamFault) -> Fault {
        match fault {
            IamFault::AccessDenied(text) => Fault::AccessDenied(text.into()),
            IamFault::Unauthenticated(why) => Fault::Unauthenticated(why),
            IamFault::Overtaken => Fault::Overtaken,
            IamFault::Internal(claviger_iam::Cause(cause)) => Fault::Internal(Cause(cause)),
            other => Fault::internal(other.code()),
        }
    }

    /// AWS's error code.
    pub fn code(&self, service: &Service, protocol: Protocol) -> &'static str {
        match (self, protocol) {
            (Fault::Told(told), Protocol::Query) => told.query_code.unwrap_or(told.code),
            (Fault::Told(told), _) => told.code,
            (Fault::Invalid(_), _) => service.invalid,
            (Fault::AccessDenied(_), Protocol::Query) => "AccessDenied",
            (Fault::AccessDenied(_), _) => "AccessDeniedException",
            (Fault::Unauthenticated(why), protocol) => of_sender(why, protocol),
            (Fault::Serialization(_), Protocol::Query) => "MalformedInput",
            (Fault::Serialization(_), _) => "SerializationException",
            (Fault::UnknownOperation, Protocol::Query) => "InvalidAction",
            (Fault::UnknownOperation, _) => "UnknownOperationException",
            (Fault::Throttled, Protocol::Query) => "Throttling",
            (Fault::Throttled, _) => "ThrottlingException",
            (Fault::TooLarge, _) => "RequestEntityTooLargeException",
            (Fault::TooSlow, _) => "RequestTimeoutException",
            (Fault::BadRequest(_), _) => "BadRequestException",
            (Fault::Unavailable, _) => "ServiceUnavailableException",
            (Fault::Overtaken | Fault::Internal(_), _) => "InternalFailure",
        }
    }

    /// The HTTP status.
    pub fn status(&self, protocol: Protocol) -> u16 {
        match (self, protocol) {
            (Fault::Told(told), _) => told.status,
            (Fault::AccessDenied(_) | Fault::Unauthenticated(_), Protocol::Query) => 403,
            (Fault::TooSlow, _) => 408,
            (Fault::TooLarge, _) => 413,
            (Fault::Unavailable, _) => 503,
            (Fault::Overtaken | Fault::Internal(_), _) => 500,
            (
                Fault::Serialization(_)
                | Fault::Invalid(_)
                | Fault::UnknownOperation
                | Fault::Unauthenticated(_)
                | Fault::AccessDenied(_)
                | Fault::Throttled
                | Fault::BadRequest(_),
                _,
            ) => 400,
        }
    }

    /// The text that the caller is told, if AWS has one.
    pub fn message(&self) -> Option<Cow<'_, str>> {
        let text: &str = match self {
            Fault::Serialization(text) => return text.as_deref().map(Cow::Borrowed),
            Fault::UnknownOperation | Fault::Unavailable => return None,
            Fault::Invalid(text) => text,
            Fault::AccessDenied(text) => text,
            Fault::Told(told) => &told.message,
            Fault::Unauthenticated(why) => sender_message(why),
            Fault::Throttled => "Rate exceeded",
            Fault::TooLarge => "Request body is too large",
            Fault::TooSlow => "Request body was not received in time",
            Fault::BadRequest(text) => text,
            Fault::Overtaken => "The request was overtaken by others. You can retry it.",
            Fault::Internal(_) => "An internal failure occurred. You can retry the request.",
        };
        Some(Cow::Borrowed(text))
    }
}

fn of_sender(why: &Unauthenticated, protocol: Protocol) -> &'static str {
    let (in_query, elsewhere) = match why {
        Unauthenticated::MissingToken => {
            ("MissingAuthenticationToken", "MissingAuthenticationTokenException")
        }
        Unauthenticated::Incomplete(_) => ("IncompleteSignature", "IncompleteSignatureException"),
        Unauthenticated::InvalidSignature(_) => ("SignatureDoesNotMatch", "InvalidSignatureException"),
        Unauthenticated::UnknownAccessKey => ("InvalidClientTokenId", "UnrecognizedClientException"),
        Unauthenticated::ExpiredToken => ("ExpiredToken", "ExpiredTokenException"),
    };
    if protocol == Protocol::Query { in_query } else { elsewhere }
}

fn sender_message(why: &Unauthenticated) -> &str {
    match why {
        Unauthenticated::MissingToken => "Missing Authentication Token",
        Unauthenticated::Incomplete(text) | Unauthenticated::InvalidSignature(text) => text,
        Unauthenticated::UnknownAccessKey => "The security token included in the request is invalid.",
        Unauthenticated::ExpiredToken => "The security token included in the request is expired",
    }
}
