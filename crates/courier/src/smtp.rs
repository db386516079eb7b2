//! Messages by e-mail.

use std::time::{Duration, SystemTime};

use claviger_clock::Timestamp;
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message as Email, Tokio1Executor};

use crate::address::{Address, Scheme};
use crate::carrier::Undelivered;
use crate::destination::Smtp;
use crate::letter::Letter;
use crate::secret;

/// In which each step must be done.
const STEP_TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) struct SmtpCarrier {
    from: Mailbox,
    to: Vec<Mailbox>,
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

impl SmtpCarrier {
    pub(crate) fn new(smtp: &Smtp) -> Result<SmtpCarrier, String> {
        let mailbox = |text: &String| text.parse().map_err(|error| format!("{text}: {error}"));
        let address = &smtp.server;
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(address.host())
            .port(address.port())
            .tls(tls(address, smtp)?)
            .timeout(Some(STEP_TIMEOUT));
        if let (Some(user), Some(file)) = (address.user(), &smtp.secret_file) {
            let password = secret::read(file).map_err(|error| error.to_string())?;
            transport = transport.credentials(Credentials::new(user.to_owned(), password.to_string()));
        }
        let to = smtp.to.iter().map(mailbox).collect::<Result<_, _>>()?;
        Ok(SmtpCarrier { from: mailbox(&smtp.from)?, to, transport: transport.build() })
    }

    pub(crate) async fn carry(&self, letter: &Letter, now: Timestamp) -> Result<(), Undelivered> {
        let message = Email::builder()
            .from(self.from.clone())
            .subject(&*letter.subject)
            .message_id(Some(format!("<{}@claviger>", letter.id)))
            .date(SystemTime::from(now))
            .header(ContentType::TEXT_PLAIN);
        let message = self.to.iter().cloned().fold(message, |message, to| message.to(to));
        let email = message.body(pretty(&letter.body)).map_err(Undelivered::for_now)?;
        self.transport.send(email).await.map(drop).map_err(Undelivered::for_now)
    }
}

/// JSON so that people can read it; any other text as it is.
fn pretty(body: &str) -> String {
    let value = serde_json::from_str::<serde_json::Value>(body);
    value.map_or_else(|_| body.to_owned(), |value| format!("{value:#}"))
}

/// What leaves this machine is encrypted, from the first byte or after STARTTLS.
fn tls(address: &Address, smtp: &Smtp) -> Result<Tls, String> {
    let mut parameters = TlsParameters::builder(address.host().to_owned());
    if let Some(path) = &smtp.ca_file {
        let at = |error: &dyn std::fmt::Display| format!("the CA file {}: {error}", path.display());
        let pem = std::fs::read(path).map_err(|error| at(&error))?;
        let certificate = Certificate::from_pem(&pem).map_err(|error| at(&error))?;
        parameters = parameters.add_root_certificate(certificate);
    }
    let build = || parameters.build_rustls().map_err(|error| error.to_string());
    match (address.scheme(), address.is_on_this_machine()) {
        (Scheme::Smtps, _) => Ok(Tls::Wrapper(build()?)),
        (_, false) => Ok(Tls::Required(build()?)),
        (_, true) => Ok(Tls::None),
    }
}
