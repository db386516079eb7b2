//! URLs that something may be fetched from.

use std::net::IpAddr;

use hyper::Uri;
use serde::Deserialize;

/// An `https://` URL, or an `http://` one of a loopback address.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct WebUrl(Uri);

/// What nothing is fetched from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an https:// URL, or http:// with a loopback address")]
pub struct MalformedWebUrl;

const HTTPS_PORT: u16 = 443;
const HTTP_PORT: u16 = 80;

impl WebUrl {
    /// The URL.
    pub fn text(&self) -> String {
        self.0.to_string()
    }

    pub(crate) fn is_https(&self) -> bool {
        self.0.scheme_str() == Some("https")
    }

    /// The host, an IPv6 address without its brackets.
    pub(crate) fn host(&self) -> &str {
        self.0.host().unwrap_or_default().trim_matches(['[', ']'])
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.port_u16().unwrap_or(if self.is_https() { HTTPS_PORT } else { HTTP_PORT })
    }

    /// Host and port, as they stand in a request.
    pub fn authority(&self) -> &str {
        self.0.authority().map_or("", |authority| authority.as_str())
    }

    /// Path and query, as they stand in a request.
    pub fn path(&self) -> &str {
        self.0.path_and_query().map_or("/", |path| path.as_str())
    }

    /// The same with a name more before the host's.
    pub fn below(&self, name: &str) -> Result<WebUrl, MalformedWebUrl> {
        let scheme = if self.is_https() { "https" } else { "http" };
        WebUrl::try_from(format!("{scheme}://{name}.{}{}", self.authority(), self.path()))
    }

    fn is_allowed(&self) -> bool {
        let is_loopback = || match self.host().parse::<IpAddr>() {
            Ok(address) => address.to_canonical().is_loopback(),
            Err(_) => self.host() == "localhost",
        };
        let is_plain = !self.host().is_empty() && !self.authority().contains('@');
        is_plain && (self.is_https() || (self.0.scheme_str() == Some("http") && is_loopback()))
    }
}

impl TryFrom<String> for WebUrl {
    type Error = MalformedWebUrl;

    fn try_from(url: String) -> Result<WebUrl, MalformedWebUrl> {
        let url = Uri::try_from(url).map_err(|_| MalformedWebUrl)?;
        Some(WebUrl(url)).filter(WebUrl::is_allowed).ok_or(MalformedWebUrl)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_https_or_stays_on_this_machine() {
        for url in [
            "https://a/keys",
            "https://a:8443",
            "http://127.0.0.1:1/a?b",
            "http://localhost/",
            "http://[::1]:80/",
        ] {
            assert!(WebUrl::try_from(url.to_owned()).is_ok(), "{url}");
        }
        for url in [
            "http://a/",
            "http://10.0.0.1/",
            "ftp://127.0.0.1/",
            "/keys",
            "a",
            "https://u@a/",
            "http://127.0.0.1.a/",
        ] {
            assert_eq!(WebUrl::try_from(url.to_owned()), Err(MalformedWebUrl), "{url}");
        }
    }

    #[test]
    fn host_and_port_are_what_is_connected_to() {
        let parts = |url: &str| {
            let url = WebUrl::try_from(url.to_owned()).unwrap();
            (url.host().to_owned(), url.port(), url.path().to_owned())
        };
        assert_eq!(parts("https://a/keys?x=1"), ("a".to_owned(), 443, "/keys?x=1".to_owned()));
        assert_eq!(parts("http://[::1]"), ("::1".to_owned(), 80, "/".to_owned()));
    }
}
