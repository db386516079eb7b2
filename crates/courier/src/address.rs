//! Where servers of NATS and SMTP are.

use std::net::IpAddr;

use serde::Deserialize;

/// `SCHEME://[USER@]HOST[:PORT]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Address {
    scheme: Scheme,
    user: Option<Box<str>>,
    host: Box<str>,
    port: u16,
}

/// The text is not the address of such a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected nats://, tls://, smtp:// or smtps://, then [USER@]HOST[:PORT]")]
pub struct MalformedAddress;

/// What is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Nats,
    /// NATS, always over TLS.
    Tls,
    Smtp,
    /// SMTP in TLS from the first byte.
    Smtps,
}

impl Scheme {
    const ALL: [(&'static str, Scheme, u16); 4] = [
        ("nats", Scheme::Nats, 4222),
        ("tls", Scheme::Tls, 4222),
        ("smtp", Scheme::Smtp, 587),
        ("smtps", Scheme::Smtps, 465),
    ];

    pub(crate) fn is_nats(self) -> bool {
        matches!(self, Scheme::Nats | Scheme::Tls)
    }
}

impl Address {
    pub(crate) fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// As whom to log in.
    pub(crate) fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The host, an IPv6 address without its brackets.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Whether what is sent there stays on this machine, and may be sent in the clear.
    pub(crate) fn is_on_this_machine(&self) -> bool {
        match self.host.parse::<IpAddr>() {
            Ok(address) => address.to_canonical().is_loopback(),
            Err(_) => *self.host == *"localhost",
        }
    }
}

impl TryFrom<String> for Address {
    type Error = MalformedAddress;

    fn try_from(text: String) -> Result<Address, MalformedAddress> {
        let (scheme, rest) = text.split_once("://").ok_or(MalformedAddress)?;
        let (_, scheme, default_port) =
            Scheme::ALL.into_iter().find(|(name, _, _)| *name == scheme).ok_or(MalformedAddress)?;
        let (user, place) = match rest.rsplit_once('@') {
            Some((user, place)) => (Some(user.into()), place),
            None => (None, rest),
        };
        let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, "")) => (host, None),
            Some((host, port)) => (host, Some(port.strip_prefix(':').ok_or(MalformedAddress)?)),
            None => place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port))),
        };
        let port = port.map_or(Ok(default_port), |port| port.parse().map_err(|_| MalformedAddress))?;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:_".contains(&byte);
        let is_host = !host.is_empty() && host.bytes().all(is_plain);
        if !is_host || port == 0 || user.as_deref().is_some_and(str::is_empty) {
            return Err(MalformedAddress);
        }
        Ok(Address { scheme, user, host: host.into(), port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_has_a_host_and_may_have_a_port_and_a_user() {
        let parts = |text: &str| {
            let address = Address::try_from(text.to_owned()).unwrap();
            let (user, host) = (address.user().map(str::to_owned), address.host().to_owned());
            (address.scheme(), user, host, address.port(), address.is_on_this_machine())
        };
        let host = || "a.example".to_owned();
        assert_eq!(parts("nats://a.example"), (Scheme::Nats, None, host(), 4222, false));
        assert_eq!(parts("smtps://u@a.example:25"), (Scheme::Smtps, Some("u".into()), host(), 25, false));
        assert_eq!(parts("smtp://u@b@[::1]:26"), (Scheme::Smtp, Some("u@b".into()), "::1".into(), 26, true));
        assert_eq!(parts("tls://localhost"), (Scheme::Tls, None, "localhost".into(), 4222, true));
    }

    #[test]
    fn anything_else_is_refused() {
        for wrong in
            ["", "a", "http://a", "nats://", "nats://a:b", "nats://@a", "smtp://a/b", "smtp://[::1]25"]
        {
            assert_eq!(Address::try_from(wrong.to_owned()), Err(MalformedAddress), "{wrong}");
        }
    }
}
