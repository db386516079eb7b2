//! What takes messages away from here: the operator's destinations, as alarms and rules know them.

use claviger_names::AccountId;

/// Most bytes of a message's body: as much as an event of EventBridge has.
pub const MESSAGE_BYTES_MAX: usize = 256 * 1024;

/// Something to be told to somebody outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Whose it is.
    pub account: AccountId,
    /// Names it, so that a receiver knows one that comes twice.
    pub id: Box<str>,
    /// One line that says what it is about.
    pub subject: Box<str>,
    /// Its JSON, at most [`MESSAGE_BYTES_MAX`].
    pub body: Box<str>,
}

/// Why a message was not accepted. It is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsent {
    /// There is no such destination.
    #[error("there is no such destination")]
    Unknown,
    /// Too many messages wait for the destination, of everybody or of this account. The courier tells the operator.
    #[error("too many messages wait for the destination")]
    Full,
    /// The message is too long.
    #[error("the message is longer than {MESSAGE_BYTES_MAX} bytes")]
    TooLong,
    /// It cannot be kept until it is delivered. The courier tells the operator.
    #[error("the message cannot be kept until it is delivered")]
    NotKept,
}

/// Takes messages to destinations named by ARNs in the style of SNS topics.
pub trait Courier: Send + Sync {
    /// Whether this ARN names a destination that what belongs to this account and Region may send to.
    fn knows(&self, arn: &str, account: AccountId, region: &str) -> bool;

    /// Accepts a message for a destination: from now on it is delivered, once or more often, or told to be
    /// undeliverable. Does not wait for the network.
    fn send(&self, arn: &str, message: Message) -> Result<(), Unsent>;
}
