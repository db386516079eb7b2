//! What an integrated service is called as a principal: `s3.amazonaws.com`.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use claviger_names::Region;

/// What the name of every service principal ends in.
const SUFFIX: &str = ".amazonaws.com";

/// The part of that which nobody else is called.
const DOMAIN: &str = "amazonaws";

/// Longest service principal, as the IAM model has it.
const BYTES_MAX: usize = 128;

/// A service principal. It is read with its suffix or without.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServicePrincipal(Arc<str>);

/// The text is no service principal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a service is named by lower-case letters, digits, hyphens and dots, such as s3 or s3.amazonaws.com")]
pub struct MalformedServicePrincipal;

/// Whether this is one part of a service's name: lower-case letters, digits and hyphens.
fn is_service_label(label: &str) -> bool {
    let is_letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !label.is_empty() && label.bytes().all(is_letter)
}

impl ServicePrincipal {
    /// The whole name: `s3.amazonaws.com`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name without what all have in common: `s3`.
    pub fn label(&self) -> &str {
        self.0.strip_suffix(SUFFIX).unwrap_or(&self.0)
    }

    /// What `kms:ViaService` is of a request that comes through it: `s3.us-east-1.amazonaws.com`, in every partition.
    pub fn endpoint(&self, region: Region) -> String {
        format!("{}.{region}{SUFFIX}", self.label())
    }
}

/// What requests to a service are signed for: `s3`. Never one of the names that requests to this server are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SigningName(Box<str>);

/// The text is no name that requests to a service could be signed for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedSigningName {
    /// It has other letters.
    #[error("a signing name is lower-case letters, digits and hyphens, such as s3")]
    Letters,
    /// It would let the service act for whoever called this server.
    #[error("requests to this server itself are signed for {0}; a service needs another signing name")]
    OwnOf(Box<str>),
}

/// Longest signing name: no service of AWS's comes near it.
const SIGNING_NAME_BYTES_MAX: usize = 64;

/// What requests to this server are signed for.
const OWN_SIGNING_NAMES: [&str; 3] = ["iam", "kms", "sts"];

impl AsRef<str> for SigningName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl FromStr for SigningName {
    type Err = MalformedSigningName;

    fn from_str(text: &str) -> Result<SigningName, MalformedSigningName> {
        let is_name = text.len() <= SIGNING_NAME_BYTES_MAX && is_service_label(text);
        match (is_name, OWN_SIGNING_NAMES.contains(&text)) {
            (false, _) => Err(MalformedSigningName::Letters),
            (true, true) => Err(MalformedSigningName::OwnOf(text.into())),
            (true, false) => Ok(SigningName(text.into())),
        }
    }
}

impl fmt::Display for SigningName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

crate::text::serde_as_text!(SigningName);

impl FromStr for ServicePrincipal {
    type Err = MalformedServicePrincipal;

    fn from_str(text: &str) -> Result<ServicePrincipal, MalformedServicePrincipal> {
        let name = text.strip_suffix(SUFFIX).unwrap_or(text);
        // What ends in a part of the suffix was meant to have it whole, or is of another partition.
        let is_meant = !name.split('.').any(|label| label == DOMAIN);
        match name.len() + SUFFIX.len() <= BYTES_MAX && is_meant && name.split('.').all(is_service_label) {
            true => Ok(ServicePrincipal(format!("{name}{SUFFIX}").into())),
            false => Err(MalformedServicePrincipal),
        }
    }
}

impl AsRef<str> for ServicePrincipal {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ServicePrincipal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for ServicePrincipal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

crate::text::serde_as_text!(ServicePrincipal);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_named_with_its_suffix_or_without() {
        for (text, label) in [("s3", "s3"), ("s3.amazonaws.com", "s3"), ("delivery.logs", "delivery.logs")] {
            let service: ServicePrincipal = text.parse().unwrap();
            assert_eq!((service.label(), service.as_str()), (label, &*format!("{label}.amazonaws.com")));
        }
        for wrong in [
            "",
            "S3",
            "a..b",
            "a/b",
            ".amazonaws.com",
            "amazonaws.com",
            "s3.amazonaws.com.cn",
            &"x".repeat(115),
        ] {
            assert_eq!(wrong.parse::<ServicePrincipal>(), Err(MalformedServicePrincipal), "{wrong}");
        }
    }

    #[test]
    fn no_service_is_signed_for_as_this_server_is() {
        assert_eq!("s3".parse::<SigningName>().unwrap().as_ref(), "s3");
        assert_eq!("kms".parse::<SigningName>(), Err(MalformedSigningName::OwnOf("kms".into())));
        for wrong in ["", "a b", "S3", "s3.x"] {
            assert_eq!(wrong.parse::<SigningName>(), Err(MalformedSigningName::Letters), "{wrong}");
        }
    }

    #[test]
    fn what_comes_through_a_service_is_told_by_its_endpoint_in_the_region() {
        let service: ServicePrincipal = "s3".parse().unwrap();
        assert_eq!(service.endpoint("cn-north-1".parse().unwrap()), "s3.cn-north-1.amazonaws.com");
    }
}
