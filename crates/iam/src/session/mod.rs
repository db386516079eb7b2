//! Temporary credentials: their state travels sealed in the session token, so that no node keeps any of it.
//!
//! A token is, in Base64: a format byte, the version of the session key that it is sealed under, a nonce, and the
//! sealed state. The access key id that it belongs to is authenticated with it.

mod key;
mod sessions;
mod state;
mod token;

pub use sessions::{NewSession, SessionFault, SessionGrant, Sessions};

pub(crate) use state::Holder;
