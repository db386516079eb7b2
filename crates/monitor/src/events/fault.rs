//! What EventBridge tells on its own, in AWS's words.

use claviger_api::{Fault, Told};

use super::pattern::PatternFault;

/// Why EventBridge did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum EventsFault {
    #[error("Event pattern is not valid. Reason: {0}")]
    Pattern(#[from] PatternFault),
    #[error("Event bus {0} does not exist.")]
    NoBus(Box<str>),
    #[error("Rule {0} does not exist on EventBus default.")]
    NoRule(Box<str>),
    #[error("The requested resource exceeds the maximum number allowed.")]
    TooMany,
}

impl From<EventsFault> for Fault {
    fn from(fault: EventsFault) -> Fault {
        let code = match fault {
            EventsFault::Pattern(_) => "InvalidEventPatternException",
            EventsFault::NoBus(_) | EventsFault::NoRule(_) => "ResourceNotFoundException",
            EventsFault::TooMany => "LimitExceededException",
        };
        Told { code, query_code: None, status: 400, message: fault.to_string().into() }.into()
    }
}
