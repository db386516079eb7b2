//! What of a request a signature covers, borrowed from whoever received it.

use crate::fault::{Echo, SigV4Fault};

/// A request as it came over the wire. No `Debug`: the body may be plaintext.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The method, as sent.
    pub method: &'a str,
    /// The path as sent, still percent-encoded, without the query.
    pub path: &'a str,
    /// What follows the `?`, as sent.
    pub query: Option<&'a str>,
    /// Every header, names in lower case, in wire order; over HTTP/2 `host` holds `:authority`.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// The whole body.
    pub body: &'a [u8],
}

impl<'a> Request<'a> {
    /// Every value of the header `name`, in wire order.
    pub(crate) fn values(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.headers.iter().filter(move |header| header.0 == name).map(|header| header.1)
    }

    /// The value of a header that may be given once only.
    pub(crate) fn sole(&self, name: &str) -> Result<Option<&'a [u8]>, SigV4Fault> {
        let mut values = self.values(name);
        match (values.next(), values.next()) {
            (value, None) => Ok(value),
            (_, Some(_)) => Err(SigV4Fault::RepeatedHeader { name: Echo::of(name) }),
        }
    }

    /// Like [`Request::sole`], as text.
    pub(crate) fn sole_text(&self, name: &'static str) -> Result<Option<&'a str>, SigV4Fault> {
        let Some(value) = self.sole(name)? else { return Ok(None) };
        let text = std::str::from_utf8(value).map_err(|_| SigV4Fault::Unreadable { name })?;
        Ok(Some(text.trim_ascii()))
    }
}
