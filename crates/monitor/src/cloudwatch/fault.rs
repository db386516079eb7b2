//! What CloudWatch tells of a request that it does not do.

use std::borrow::Cow;

use claviger_api::{Fault, Told};

/// Why a request of CloudWatch was not done.
#[derive(Debug)]
pub(crate) enum CloudWatchFault {
    Validation(Cow<'static, str>),
    InvalidValue(Cow<'static, str>),
    InvalidCombination(Cow<'static, str>),
    MissingParameter(Cow<'static, str>),
    InvalidNextToken,
    InvalidFormat(&'static str),
    ResourceNotFound(Cow<'static, str>),
    LimitExceeded,
}

impl From<CloudWatchFault> for Fault {
    fn from(fault: CloudWatchFault) -> Fault {
        let told = |code, query_code, status, message: &str| {
            Fault::Told(Told { code, query_code: Some(query_code), status, message: message.into() })
        };
        match &fault {
            CloudWatchFault::Validation(text) => Fault::Invalid(text.clone()),
            CloudWatchFault::InvalidValue(text) => {
                told("InvalidParameterValueException", "InvalidParameterValue", 400, text)
            }
            CloudWatchFault::InvalidCombination(text) => {
                told("InvalidParameterCombinationException", "InvalidParameterCombination", 400, text)
            }
            CloudWatchFault::MissingParameter(text) => {
                told("MissingRequiredParameterException", "MissingParameter", 400, text)
            }
            CloudWatchFault::InvalidNextToken => {
                told("InvalidNextToken", "InvalidNextToken", 400, "The next token specified is invalid.")
            }
            CloudWatchFault::InvalidFormat(text) => told("InvalidFormatFault", "InvalidFormat", 400, text),
            CloudWatchFault::ResourceNotFound(text) => {
                told("ResourceNotFound", "ResourceNotFound", 404, text)
            }
            CloudWatchFault::LimitExceeded => told(
                "LimitExceededFault",
                "LimitExceeded",
                400,
                "The maximum limit of alarms has been exceeded.",
            ),
        }
    }
}
