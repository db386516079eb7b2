//! Everything that CloudTrail tells on its own, and how AWS says it.

use claviger_api::{Fault, Told};
use claviger_names::{AccountId, Region};

use crate::{CloudTrailError, MalformedTrailName};

/// Every refusal is the caller's fault.
const STATUS: u16 = 400;

/// Why a request is not done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    TrailNotFound {
        trail_arn: String,
        account: AccountId,
    },
    TrailAlreadyExists {
        name: String,
        account: AccountId,
    },
    TooManyTrails {
        account: AccountId,
        region: Region,
    },
    TrailName(MalformedTrailName),
    TrailArn(String),
    HomeRegion {
        home: Region,
    },
    BucketName(String),
    NoSuchBucket(String),
    Prefix(String),
    Combination(&'static str),
    /// What CloudTrail has, and this does not.
    Unsupported(&'static str),
    TooManyTags,
    Tag(&'static str),
    TimeRange,
    Token,
    LookupAttributes,
    LookupRange,
    MaxResults,
    NextToken,
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Fault {
        let (code, message) = refusal.told();
        Fault::Told(Told { code, query_code: None, status: STATUS, message: message.into() })
    }
}

impl From<CloudTrailError> for Fault {
    fn from(error: CloudTrailError) -> Fault {
        Fault::internal(error)
    }
}

impl From<MalformedTrailName> for Refusal {
    fn from(malformed: MalformedTrailName) -> Refusal {
        Refusal::TrailName(malformed)
    }
}

impl Refusal {
    fn told(self) -> (&'static str, String) {
        match self {
            Refusal::TrailNotFound { trail_arn, account } => {
                ("TrailNotFoundException", format!("Unknown trail: {trail_arn} for the user: {account}"))
            }
            Refusal::TrailAlreadyExists { name, account } => (
                "TrailAlreadyExistsException",
                format!("Trail {name} already exists for customer: {account}"),
            ),
            Refusal::TooManyTrails { account, region } => (
                "MaximumNumberOfTrailsExceededException",
                format!(
                    "User: {account} already has {} trails in {region}.",
                    super::settings::TRAILS_PER_REGION_MAX
                ),
            ),
            Refusal::TrailName(malformed) => ("InvalidTrailNameException", malformed.to_string()),
            Refusal::TrailArn(text) => {
                ("CloudTrailARNInvalidException", format!("Invalid trail ARN: {text}"))
            }
            Refusal::HomeRegion { home } => (
                "InvalidHomeRegionException",
                format!("The trail can be changed only in its home region: {home}."),
            ),
            Refusal::BucketName(name) => {
                ("InvalidS3BucketNameException", format!("S3 bucket name {name} is not valid."))
            }
            Refusal::NoSuchBucket(name) => {
                ("S3BucketDoesNotExistException", format!("S3 bucket {name} does not exist!"))
            }
            Refusal::Prefix(prefix) => {
                ("InvalidS3PrefixException", format!("S3 prefix {prefix} is not valid."))
            }
            Refusal::Combination(text) => ("InvalidParameterCombinationException", text.to_owned()),
            Refusal::Unsupported(text) => ("UnsupportedOperationException", text.to_owned()),
            Refusal::TooManyTags => (
                "TagsLimitExceededException",
                format!("A trail can have at most {} tags.", super::settings::TAGS_MAX),
            ),
            Refusal::Tag(text) => ("InvalidTagParameterException", text.to_owned()),
            Refusal::TimeRange => {
                ("InvalidTimeRangeException", "The start time must not be after the end time.".to_owned())
            }
            Refusal::LookupAttributes => {
                ("InvalidLookupAttributesException", "You can specify only one lookup attribute.".to_owned())
            }
            Refusal::LookupRange => (
                "InvalidTimeRangeException",
                "The start time must be earlier than or equal to the end time.".to_owned(),
            ),
            Refusal::MaxResults => {
                ("InvalidMaxResultsException", "The value of MaxResults must be from 1 to 50.".to_owned())
            }
            Refusal::NextToken => ("InvalidNextTokenException", "The next token is not valid.".to_owned()),
            Refusal::Token => ("InvalidTokenException", "The token is not valid.".to_owned()),
        }
    }
}
