//! What an issuer is called: the URL that its tokens have as `iss`.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// The URL of an issuer, `https://host` or `https://host/path`, to the letter: with a slash at its end or without.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct IssuerUrl(Box<str>);

/// What is no URL of an issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an issuer is https://host or https://host/path")]
pub struct MalformedIssuerUrl;

const SCHEME: &str = "https://";

impl IssuerUrl {
    /// The URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Host and path: what ARNs and condition keys name it by.
    pub(crate) fn provider(&self) -> &str {
        self.0.strip_prefix(SCHEME).unwrap_or_default()
    }

    /// Where it describes itself (OpenID Connect Discovery 1.0, section 4).
    pub(crate) fn description_url(&self) -> String {
        format!("{}/.well-known/openid-configuration", self.0.trim_end_matches('/'))
    }
}

impl FromStr for IssuerUrl {
    type Err = MalformedIssuerUrl;

    fn from_str(url: &str) -> Result<IssuerUrl, MalformedIssuerUrl> {
        let rest = url.strip_prefix(SCHEME).ok_or(MalformedIssuerUrl)?;
        let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"?#@\"<>\\".contains(&byte);
        match !rest.is_empty() && !rest.starts_with('/') && rest.bytes().all(is_plain) {
            true => Ok(IssuerUrl(url.into())),
            false => Err(MalformedIssuerUrl),
        }
    }
}

impl TryFrom<String> for IssuerUrl {
    type Error = MalformedIssuerUrl;

    fn try_from(url: String) -> Result<IssuerUrl, MalformedIssuerUrl> {
        url.parse()
    }
}

impl fmt::Display for IssuerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
