//! `claviger clock`: moves the time of a development server.

use crate::admin::{Answer, Order, ask};
use crate::arguments::{Clock, ClockCommand};
use crate::print::{self, Refusal};
use crate::user_directory;

pub(crate) fn run(options: &Clock) -> Result<(), Refusal> {
    let ClockCommand::Advance { by, endpoint } = &options.command;
    let socket = user_directory::socket(port_of(endpoint)?)?;
    match ask(&socket, &Order::AdvanceClock { seconds: by.seconds() })? {
        Answer::Time(now) => print::line(&format!("The time is now {now}")),
        _ => return Err("the server answered something else".into()),
    }
    Ok(())
}

/// The port of an endpoint on this machine.
pub(crate) fn port_of(endpoint: &str) -> Result<u16, Refusal> {
    let authority = endpoint.strip_prefix("http://").unwrap_or(endpoint);
    let authority = authority.split('/').next().unwrap_or(authority);
    let port = authority.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    port.ok_or_else(|| format!("{endpoint} is no endpoint like http://127.0.0.1:8011").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_known_by_its_port() {
        for endpoint in
            ["http://127.0.0.1:8011", "http://127.0.0.1:8011/", "localhost:8011", "http://[::1]:8011"]
        {
            assert_eq!(port_of(endpoint).ok(), Some(8011), "{endpoint}");
        }
        for endpoint in ["", "http://127.0.0.1", "http://127.0.0.1:x", "8d"] {
            assert!(port_of(endpoint).is_err(), "{endpoint}");
        }
    }
}
