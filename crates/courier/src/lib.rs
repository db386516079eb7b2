//! Takes messages to where an operator wants them: webhooks, NATS, e-mail and files; keeps them until they are there, and
//! says which never were.

mod address;
mod arn;
mod carrier;
mod dead_letters;
mod destination;
mod dispatch;
mod file;
mod letter;
mod nats;
mod patience;
mod queue;
mod secret;
mod smtp;
mod spool;
mod webhook;

pub use address::{Address, MalformedAddress};
pub use arn::{DestinationArn, MalformedDestinationArn};
pub use destination::{Destination, MalformedDestination, Way};
pub use dispatch::{Counts, CourierError, Dispatch, DispatchParts, Keeping};
pub use secret::DEV_WEBHOOK_SECRET;
