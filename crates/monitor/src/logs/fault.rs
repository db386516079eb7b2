//! What CloudWatch Logs tells of a request that it does not do.

use claviger_api::{Fault, Told};

use super::filter::FilterFault;
use crate::WatchFault;

/// Why a request of CloudWatch Logs was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LogsFault {
    #[error("{0}")]
    InvalidParameter(Box<str>),
    #[error("The specified log group does not exist.")]
    NoGroup,
    #[error("The specified metric filter does not exist.")]
    NoFilter,
    #[error("The specified log group already exists")]
    GroupExists,
    #[error("Resource limit exceeded.")]
    LimitExceeded,
}

impl From<LogsFault> for Fault {
    fn from(fault: LogsFault) -> Fault {
        let code = match fault {
            LogsFault::InvalidParameter(_) => "InvalidParameterException",
            LogsFault::NoGroup | LogsFault::NoFilter => "ResourceNotFoundException",
            LogsFault::GroupExists => "ResourceAlreadyExistsException",
            LogsFault::LimitExceeded => "LimitExceededException",
        };
        Fault::Told(Told { code, query_code: None, status: 400, message: fault.to_string().into() })
    }
}

impl From<FilterFault> for LogsFault {
    fn from(fault: FilterFault) -> LogsFault {
        LogsFault::InvalidParameter(fault.to_string().into())
    }
}

impl From<WatchFault> for Fault {
    fn from(fault: WatchFault) -> Fault {
        match fault {
            WatchFault::Overtaken => Fault::Overtaken,
            fault => Fault::internal(fault),
        }
    }
}
