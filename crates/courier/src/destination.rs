//! The destinations that an operator configures.

use std::path::{Path, PathBuf};

use claviger_web::{MalformedWebUrl, WebUrl};
use serde::Deserialize;

use crate::address::{Address, MalformedAddress};
use crate::arn::{DestinationArn, MalformedDestinationArn};

#[cfg(test)]
mod tests;

/// Who writes the e-mail of a development server.
const DEV_SENDER: &str = "claviger@localhost";

/// Where messages to an ARN go.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Stated")]
pub struct Destination {
    /// What users call it.
    pub arn: DestinationArn,
    /// Whether every account in every Region may send there, not only its own.
    pub is_shared: bool,
    /// How messages get there.
    pub way: Way,
}

/// How messages get to a destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// By POST, signed.
    Webhook(Webhook),
    /// To a subject of NATS.
    Nats(Nats),
    /// By e-mail.
    Smtp(Smtp),
    /// To the end of a file, one line of JSON each.
    File(PathBuf),
}

/// A receiver of webhooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Where it is.
    pub url: WebUrl,
    /// What messages are signed with.
    pub secret: WebhookSecret,
    /// PEM file of certificates that vouch for it beside those of the machine.
    pub ca_file: Option<PathBuf>,
}

/// What messages to a webhook are signed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebhookSecret {
    /// The secret in this file.
    File(PathBuf),
    /// That of development servers, which everybody knows.
    OfDevelopment,
}

/// A subject of a NATS server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nats {
    /// The server, and whom it knows us as.
    pub server: Address,
    /// The subject.
    pub subject: Box<str>,
    /// The user's password, or the token where no user is named.
    pub secret_file: Option<PathBuf>,
    /// PEM file of certificates that vouch for it beside those of the machine.
    pub ca_file: Option<PathBuf>,
}

/// Readers of e-mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Smtp {
    /// The server that takes the e-mail, and whom it knows us as.
    pub server: Address,
    /// Who writes.
    pub from: String,
    /// Who reads.
    pub to: Vec<String>,
    /// The user's password.
    pub secret_file: Option<PathBuf>,
    /// PEM file of certificates that vouch for it beside those of the machine.
    pub ca_file: Option<PathBuf>,
}

/// What is wrong with a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each says itself what it is")]
pub enum MalformedDestination {
    #[error("a destination has one of webhook, nats, smtp and file")]
    NotOneWay,
    #[error("a webhook has secret_file, and may have ca_file")]
    Webhook,
    #[error("nats has subject, and may have secret_file and ca_file")]
    Nats,
    #[error("a subject has letters, digits, dashes and underscores, with dots between them")]
    Subject,
    #[error("smtp has from and to, and may have secret_file and ca_file")]
    Smtp,
    #[error("a file has nothing else")]
    File,
    #[error("a destination on the command line is ARN=URL, of http:, https:, nats:, smtp: or file:")]
    CommandLine,
    #[error(transparent)]
    Arn(#[from] MalformedDestinationArn),
    #[error(transparent)]
    Address(#[from] MalformedAddress),
    #[error(transparent)]
    Url(#[from] MalformedWebUrl),
}

/// A destination as the file says it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stated {
    arn: DestinationArn,
    #[serde(default)]
    shared: bool,
    webhook: Option<WebUrl>,
    nats: Option<Address>,
    smtp: Option<Address>,
    file: Option<PathBuf>,
    subject: Option<Box<str>>,
    from: Option<String>,
    #[serde(default)]
    to: Vec<String>,
    secret_file: Option<PathBuf>,
    ca_file: Option<PathBuf>,
}

impl TryFrom<Stated> for Destination {
    type Error = MalformedDestination;

    fn try_from(mut stated: Stated) -> Result<Destination, MalformedDestination> {
        let ways = (stated.webhook.take(), stated.nats.take(), stated.smtp.take(), stated.file.take());
        let (arn, is_shared) = (stated.arn.clone(), stated.shared);
        let way = match ways {
            (Some(url), None, None, None) => stated.webhook(url)?,
            (None, Some(server), None, None) => stated.nats(server)?,
            (None, None, Some(server), None) => stated.smtp(server)?,
            (None, None, None, Some(path)) => stated.file(path)?,
            _ => return Err(MalformedDestination::NotOneWay),
        };
        Ok(Destination { arn, is_shared, way })
    }
}

impl Stated {
    fn webhook(self, url: WebUrl) -> Result<Way, MalformedDestination> {
        match self {
            Stated { subject: None, from: None, to, secret_file: Some(secret), ca_file, .. }
                if to.is_empty() =>
            {
                Ok(Way::Webhook(Webhook { url, secret: WebhookSecret::File(secret), ca_file }))
            }
            _ => Err(MalformedDestination::Webhook),
        }
    }

    fn nats(self, server: Address) -> Result<Way, MalformedDestination> {
        match self {
            Stated { subject: Some(subject), from: None, to, secret_file, ca_file, .. }
                if to.is_empty() && server.scheme().is_nats() =>
            {
                Ok(Way::Nats(Nats { server, subject: checked_subject(&subject)?, secret_file, ca_file }))
            }
            _ => Err(MalformedDestination::Nats),
        }
    }

    fn smtp(self, server: Address) -> Result<Way, MalformedDestination> {
        let has_login = server.user().is_some() == self.secret_file.is_some();
        match self {
            Stated { subject: None, from: Some(from), to, secret_file, ca_file, .. }
                if !to.is_empty() && has_login && !server.scheme().is_nats() =>
            {
                Ok(Way::Smtp(Smtp { server, from, to, secret_file, ca_file }))
            }
            _ => Err(MalformedDestination::Smtp),
        }
    }

    fn file(self, path: PathBuf) -> Result<Way, MalformedDestination> {
        match self {
            Stated { subject: None, from: None, to, secret_file: None, ca_file: None, .. }
                if to.is_empty() =>
            {
                Ok(Way::File(path))
            }
            _ => Err(MalformedDestination::File),
        }
    }
}

fn checked_subject(subject: &str) -> Result<Box<str>, MalformedDestination> {
    let is_token = |token: &str| {
        !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    Some(subject)
        .filter(|subject| subject.split('.').all(is_token))
        .map(Into::into)
        .ok_or(MalformedDestination::Subject)
}

impl Destination {
    /// A destination of a development server: `ARN=URL`; NATS's subject and e-mail's reader stand behind the server.
    pub fn from_command_line(text: &str) -> Result<Destination, MalformedDestination> {
        let (arn, url) = text.split_once('=').ok_or(MalformedDestination::CommandLine)?;
        let arn = DestinationArn::try_from(arn.to_owned())?;
        let (scheme, rest) = url.split_once(':').ok_or(MalformedDestination::CommandLine)?;
        let server_and_rest = || {
            let (server, rest) = url.rsplit_once('/').ok_or(MalformedDestination::CommandLine)?;
            Ok::<_, MalformedDestination>((Address::try_from(server.to_owned())?, rest))
        };
        let way = match scheme {
            "file" => Way::File(rest.strip_prefix("//").unwrap_or(rest).into()),
            "http" | "https" => {
                let (url, secret) = (WebUrl::try_from(url.to_owned())?, WebhookSecret::OfDevelopment);
                Way::Webhook(Webhook { url, secret, ca_file: None })
            }
            "nats" => {
                let (server, subject) = server_and_rest()?;
                let subject = checked_subject(subject)?;
                Way::Nats(Nats { server, subject, secret_file: None, ca_file: None })
            }
            "smtp" => {
                let (server, to) = server_and_rest()?;
                let (from, to) = (DEV_SENDER.to_owned(), vec![to.to_owned()]);
                Way::Smtp(Smtp { server, from, to, secret_file: None, ca_file: None })
            }
            _ => return Err(MalformedDestination::CommandLine),
        };
        Ok(Destination { arn, is_shared: false, way })
    }

    /// The paths of its files, from this directory.
    pub fn below(&mut self, directory: &Path) {
        let (first, second) = match &mut self.way {
            Way::Webhook(Webhook { secret, ca_file, .. }) => match secret {
                WebhookSecret::File(file) => (Some(file), ca_file.as_mut()),
                WebhookSecret::OfDevelopment => (None, ca_file.as_mut()),
            },
            Way::Nats(Nats { secret_file, ca_file, .. }) | Way::Smtp(Smtp { secret_file, ca_file, .. }) => {
                (secret_file.as_mut(), ca_file.as_mut())
            }
            Way::File(path) => (Some(path), None),
        };
        first.into_iter().chain(second).for_each(|path| *path = directory.join(&*path));
    }
}
