//! Every way in which a signature can be refused, and the words for each.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::{
    ALGORITHM, CLOCK_WINDOW_MINUTES, ECHO_LIMIT_BYTES, PRESIGNED_LIFETIME_MAX_SECONDS, TERMINATOR,
    from_query::QueryPart, time::basic,
};

/// Text that a caller sent, cut to [`ECHO_LIMIT_BYTES`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Echo(String);

impl Echo {
    /// The beginning of `text`, whole characters only.
    pub(crate) fn of(text: &str) -> Echo {
        let end = text.floor_char_boundary(ECHO_LIMIT_BYTES);
        Echo(text[..end].to_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Echo {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// The error that a caller is to be told; each protocol has its own spelling and status for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FaultCode {
    /// `MissingAuthenticationToken(Exception)`.
    MissingAuthenticationToken,
    /// `IncompleteSignature(Exception)`.
    IncompleteSignature,
    /// `InvalidSignatureException`, in the Query protocol `SignatureDoesNotMatch`.
    InvalidSignature,
}

/// What an `Authorization` header must come with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HeaderPart {
    /// `Credential=`.
    Credential,
    /// `Signature=`.
    Signature,
    /// `SignedHeaders=`.
    SignedHeaders,
    /// `x-amz-date` or `date` beside it.
    Date,
}

/// How old a signature may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Window {
    /// [`CLOCK_WINDOW_MINUTES`], for a signature in a header.
    Clock,
    /// The `X-Amz-Expires` of a presigned URL.
    Presigned {
        /// Its life in seconds.
        seconds: u32,
    },
}

/// A scope whose day is not the day of signing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScopeDate {
    /// The day in the scope.
    pub stated: Echo,
    /// The day of signing, `YYYYMMDD`.
    pub day: String,
    /// The time of signing, ISO 8601 basic.
    pub from: String,
}

/// All that is wrong with a credential scope: a field is set where there is something.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ScopeFault {
    /// A Region that is not served here.
    pub region: Option<Echo>,
    /// The services of which the credential names none.
    pub services: Option<&'static [&'static str]>,
    /// A last element that is not `aws4_request`.
    pub terminator: Option<Echo>,
    /// A day that is not the day of signing.
    pub date: Option<ScopeDate>,
}

/// Why a request is not authenticated. `Display` gives what [`SigV4Fault::message`] gives.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SigV4Fault {
    /// No signature, or one of another family than `AWS4-`.
    #[error("Missing Authentication Token")]
    MissingAuthenticationToken,
    /// A signature in the header and parts of one in the query.
    #[error("Found both '{}' as a query-string param and 'Authorization' as HTTP header.", .part.name())]
    BothHeaderAndQuery {
        /// What the query has.
        part: QueryPart,
    },
    /// A piece of the `Authorization` header without `=`.
    #[error("'{piece}' not a valid key=value pair (missing equal-sign) in Authorization header: '{header}'.")]
    NotKeyValue {
        /// The piece.
        piece: Echo,
        /// The whole header.
        header: Echo,
    },
    /// The `Authorization` header lacks parts.
    #[error("{}Authorization={header}", Sentences(.missing))]
    MissingHeaderParts {
        /// Which, in AWS's order.
        missing: Vec<HeaderPart>,
        /// The whole header.
        header: Echo,
    },
    /// The query has some parts of a signature, but not these.
    #[error("{}Re-examine the query-string parameters.", Sentences(.missing))]
    MissingQueryParts {
        /// Which, in AWS's order.
        missing: Vec<QueryPart>,
    },
    /// A parameter of the signature given twice.
    #[error("'{name}' is given more than once.")]
    RepeatedPart {
        /// Its name.
        name: &'static str,
    },
    /// A header or parameter that is not UTF-8.
    #[error("The value of '{name}' is not valid text.")]
    Unreadable {
        /// Its name.
        name: &'static str,
    },
    /// A time of signing in neither form.
    #[error(
        "Date must be in ISO-8601 'basic format'. Got '{got}'. See http://en.wikipedia.org/wiki/ISO_8601"
    )]
    MalformedDate {
        /// What was sent.
        got: Echo,
    },
    /// An algorithm of the family that is not served.
    #[error("Unsupported AWS 'algorithm': '{got}' (only {ALGORITHM} for now). ")]
    UnsupportedAlgorithm {
        /// What was sent.
        got: Echo,
    },
    /// A credential without its five elements.
    #[error(
        "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{got}'"
    )]
    MalformedCredential {
        /// What was sent.
        got: Echo,
    },
    /// An `X-Amz-Expires` outside its range.
    #[error(
        "X-Amz-Expires must be a number of seconds from 1 to {PRESIGNED_LIFETIME_MAX_SECONDS}, got '{got}'."
    )]
    MalformedExpires {
        /// What was sent.
        got: Echo,
    },
    /// A `%` in the query without its two digits.
    #[error("Illegal hex character in escape (%) pattern in the query string.")]
    IllegalEscape,
    /// `host` is not among the signed headers.
    #[error("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")]
    HostNotSigned,
    /// Signed headers in upper case, out of order or listed twice.
    #[error("SignedHeaders must be in lower case, sorted and distinct, got '{got}'.")]
    SignedHeadersNotCanonical {
        /// What was sent.
        got: Echo,
    },
    /// A signed header that the request does not have.
    #[error("SignedHeaders names '{name}', which the request does not have.")]
    SignedHeaderAbsent {
        /// Its name.
        name: Echo,
    },
    /// A header that decides what is done and is not signed.
    #[error("There were headers present in the request which were not signed: {name}")]
    HeaderNotSigned {
        /// Its name.
        name: Echo,
    },
    /// A header that decides what is done, given twice.
    #[error("The header '{name}' is given more than once.")]
    RepeatedHeader {
        /// Its name.
        name: Echo,
    },
    /// An `x-amz-content-sha256` that is not the body's. AWS signs over the body it received, whatever the header says,
    /// and so finds that the signature does not match.
    #[error("{}", SigV4Fault::Mismatch)]
    BodyHashMismatch,
    /// Signed too long ago.
    #[error(
        "Signature expired: {} is now earlier than {} ({} - {window})",
        basic(*.signed_at), basic(shifted(*.now, -window.seconds())), basic(*.now)
    )]
    Expired {
        /// When it was signed.
        signed_at: Timestamp,
        /// The server's time.
        now: Timestamp,
        /// How long it was good for.
        window: Window,
    },
    /// Signed in the future.
    #[error(
        "Signature not yet current: {} is still later than {} ({} + {})",
        basic(*.signed_at), basic(shifted(*.now, Window::Clock.seconds())), basic(*.now), Window::Clock
    )]
    NotYetCurrent {
        /// When it was signed.
        signed_at: Timestamp,
        /// The server's time.
        now: Timestamp,
    },
    /// A credential for something else.
    #[error(transparent)]
    OutOfScope(Box<ScopeFault>),
    /// A signature by another key or of another request.
    #[error(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
         Access Key and signing method. Consult the service documentation for details."
    )]
    Mismatch,
}

impl SigV4Fault {
    /// The kind of error that the caller is told.
    pub fn code(&self) -> FaultCode {
        match self {
            SigV4Fault::MissingAuthenticationToken => FaultCode::MissingAuthenticationToken,
            SigV4Fault::NotKeyValue { .. }
            | SigV4Fault::MissingHeaderParts { .. }
            | SigV4Fault::MissingQueryParts { .. }
            | SigV4Fault::RepeatedPart { .. }
            | SigV4Fault::Unreadable { .. }
            | SigV4Fault::MalformedDate { .. }
            | SigV4Fault::UnsupportedAlgorithm { .. }
            | SigV4Fault::MalformedCredential { .. }
            | SigV4Fault::MalformedExpires { .. }
            | SigV4Fault::IllegalEscape => FaultCode::IncompleteSignature,
            SigV4Fault::BothHeaderAndQuery { .. }
            | SigV4Fault::HostNotSigned
            | SigV4Fault::SignedHeadersNotCanonical { .. }
            | SigV4Fault::SignedHeaderAbsent { .. }
            | SigV4Fault::HeaderNotSigned { .. }
            | SigV4Fault::RepeatedHeader { .. }
            | SigV4Fault::BodyHashMismatch
            | SigV4Fault::Expired { .. }
            | SigV4Fault::NotYetCurrent { .. }
            | SigV4Fault::OutOfScope(_)
            | SigV4Fault::Mismatch => FaultCode::InvalidSignature,
        }
    }

    /// The text that the caller is told; AWS's, where AWS has one.
    pub fn message(&self) -> String {
        self.to_string()
    }
}

impl Window {
    pub(crate) fn seconds(self) -> i64 {
        match self {
            Window::Clock => i64::from(CLOCK_WINDOW_MINUTES) * 60,
            Window::Presigned { seconds } => i64::from(seconds),
        }
    }
}

impl fmt::Display for Window {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Window::Clock => write!(out, "{CLOCK_WINDOW_MINUTES} min."),
            Window::Presigned { seconds } => write!(out, "{seconds} sec."),
        }
    }
}

fn shifted(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(at)
}

/// What is missing, one sentence each, each with a space after it.
struct Sentences<'a, T>(&'a [T]);

impl<T: fmt::Display> fmt::Display for Sentences<'_, T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|missing| write!(out, "{missing} "))
    }
}

impl fmt::Display for HeaderPart {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            HeaderPart::Credential => "Authorization header requires 'Credential' parameter.",
            HeaderPart::Signature => "Authorization header requires 'Signature' parameter.",
            HeaderPart::SignedHeaders => "Authorization header requires 'SignedHeaders' parameter.",
            HeaderPart::Date => {
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
            }
        })
    }
}

impl fmt::Display for QueryPart {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "AWS query-string parameters must include '{}'.", self.name())
    }
}

impl std::error::Error for ScopeFault {}

impl fmt::Display for ScopeFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(region) = &self.region {
            write!(out, "Credential should be scoped to a valid region, not '{region}'. ")?;
        }
        if let Some(services) = self.services {
            write!(out, "Credential should be scoped to correct service: '{}'. ", services.join("', '"))?;
        }
        if let Some(terminator) = &self.terminator {
            write!(
                out,
                "Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{terminator}'. "
            )?;
        }
        self.date.iter().try_for_each(|date| {
            write!(
                out,
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: \
                 '{}' != '{}', from '{}'.",
                date.stated, date.day, date.from
            )
        })
    }
}
