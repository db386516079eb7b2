//! The administration socket: a Unix socket on which the owner of the server's process, or root, gives orders. One line
//! of JSON asks, one line answers.

mod analyses;
mod ask;
mod listen;
mod protocol;
mod services;

pub(crate) use analyses::Records;
pub(crate) use ask::ask;
pub(crate) use listen::{Administrator, Listener};
pub(crate) use protocol::{AccountShown, Analysis, Answer, FindingTold, Order};
