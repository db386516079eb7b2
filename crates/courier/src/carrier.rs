//! How letters get to a destination.

use claviger_clock::Timestamp;

use crate::destination::{Destination, Way};
use crate::dispatch::CourierError;
use crate::file::FileCarrier;
use crate::letter::Letter;
use crate::nats::NatsCarrier;
use crate::smtp::SmtpCarrier;
use crate::webhook::WebhookCarrier;

/// Letters that are taken to one server at a time.
const AT_A_TIME: usize = 8;

/// A way that is ready to be gone.
pub(crate) enum Carrier {
    Webhook(Box<WebhookCarrier>),
    Nats(NatsCarrier),
    Smtp(SmtpCarrier),
    File(FileCarrier),
}

/// Why a letter was not taken, for the log and among dead letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Undelivered {
    /// It may be taken another time.
    ForNow(String),
    /// The receiver said that it never will be.
    ForGood(String),
}

impl Undelivered {
    pub(crate) fn for_now(why: impl std::fmt::Display) -> Undelivered {
        Undelivered::ForNow(why.to_string())
    }

    pub(crate) fn reason(&self) -> &str {
        match self {
            Undelivered::ForNow(reason) | Undelivered::ForGood(reason) => reason,
        }
    }
}

impl Carrier {
    /// Reads what the way needs: secrets and certificates.
    pub(crate) fn to(destination: &Destination) -> Result<Carrier, CourierError> {
        let at = |cause: String| CourierError::Destination { arn: destination.arn.clone(), cause };
        Ok(match &destination.way {
            Way::Webhook(webhook) => Carrier::Webhook(Box::new(WebhookCarrier::new(webhook).map_err(at)?)),
            Way::Nats(nats) => Carrier::Nats(NatsCarrier::new(nats).map_err(at)?),
            Way::Smtp(smtp) => Carrier::Smtp(SmtpCarrier::new(smtp).map_err(at)?),
            Way::File(path) => Carrier::File(FileCarrier::new(path.clone())),
        })
    }

    /// How many letters may be on this way at a time; a file keeps their order.
    pub(crate) fn at_a_time(&self) -> usize {
        match self {
            Carrier::File(_) => 1,
            Carrier::Webhook(_) | Carrier::Nats(_) | Carrier::Smtp(_) => AT_A_TIME,
        }
    }

    /// Tries once, in bounded time. When it says that it did, the receiver has said that it has the letter.
    pub(crate) async fn carry(&self, letter: &Letter, now: Timestamp) -> Result<(), Undelivered> {
        match self {
            Carrier::Webhook(webhook) => webhook.carry(letter, now).await,
            Carrier::Nats(nats) => nats.carry(letter).await,
            Carrier::Smtp(smtp) => smtp.carry(letter, now).await,
            Carrier::File(file) => file.carry(letter).await,
        }
    }
}
