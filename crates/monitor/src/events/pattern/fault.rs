//! What can be wrong with a pattern, in AWS's words.

use super::PATTERN_BYTES_MAX;

/// Why an event pattern is not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each says itself what it is")]
pub enum PatternFault {
    #[error("{0}")]
    NotJson(Box<str>),
    #[error("Event pattern is longer than {PATTERN_BYTES_MAX} characters")]
    TooLong,
    #[error("Filter is not an object")]
    NotAnObject,
    #[error("Empty objects are not allowed")]
    EmptyObject,
    #[error("Empty arrays are not allowed")]
    EmptyArray,
    #[error("\"{0}\" must be an object or an array")]
    Scalar(Box<str>),
    #[error("Match value must be String, number, true, false, or null")]
    NestedArray,
    #[error("It must be an Array followed with $or.")]
    OrWithoutArray,
    #[error("Only JSON object is allowed in array of $or relationship.")]
    OrOfOthers,
    #[error("There must have at least 2 Objects in $or relationship.")]
    OrOfOne,
    #[error("{0} is Ruler reserved fieldName which cannot be used inside $or.")]
    ReservedInOr(Box<str>),
    #[error("Match expression name not found")]
    NoOperator,
    #[error("Unrecognized match type {0}")]
    UnknownOperator(Box<str>),
    #[error("Only one key allowed in match expression")]
    TwoOperators,
    #[error("{0} match pattern must be a string")]
    NotAString(&'static str),
    #[error("Null prefix/suffix not allowed")]
    EmptyAffix,
    #[error("exists match pattern must be either true or false.")]
    ExistsOfOthers,
    #[error("Value of numeric must be an array.")]
    NumericWithoutArray,
    #[error("Invalid member in numeric match: {0}")]
    NumericMember(Box<str>),
    #[error("Unrecognized numeric range operator: {0}")]
    NumericOperator(Box<str>),
    #[error("Bad numeric range operator: {0}")]
    SecondNumericOperator(Box<str>),
    #[error("Value of {0} must be numeric")]
    NotNumeric(Box<str>),
    #[error("Too many elements in numeric expression")]
    NumericTooLong,
    #[error("Too many terms in numeric range expression")]
    RangeTooLong,
    #[error("Bottom must be less than top")]
    EmptyRange,
    #[error("Value must be between -5.0E9 and 5.0E9, inclusive")]
    NumberOutOfRange,
    #[error("Value of anything-but must be an array or single string/number value.")]
    AnythingButOfOthers,
    #[error("Unsupported anything-but pattern: {0}")]
    AnythingButOperator(Box<str>),
    #[error("Inside anything but list, start|null|boolean is not supported.")]
    AnythingButElement,
    #[error("Inside anything but list, either all values are number or string, mixed type is not supported")]
    AnythingButMixed,
    #[error("Inside anything-but/{0} list, number|start|null|boolean is not supported.")]
    AnythingButText(&'static str),
    #[error("Consecutive wildcard characters at pos {at}")]
    WildcardTwice { at: usize },
    #[error("Invalid escape character at pos {at}")]
    WildcardEscape { at: usize },
    #[error("Malformed CIDR, one '/' required")]
    CidrSlash,
    #[error("Malformed CIDR, mask bits must be an integer")]
    CidrBits,
    #[error("Malformed CIDR, mask bits must not be negative")]
    CidrNegative,
    #[error("IPv{version} mask bits must be < {bits}")]
    CidrTooManyBits { version: u8, bits: u8 },
    #[error("Nonstandard IP address: {0}")]
    CidrAddress(Box<str>),
}
