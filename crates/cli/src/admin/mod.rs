//! The administration socket: a Unix socket on which the owner of the server's process, or root, gives orders. One line
//! of JSON asks, one line answers.

mod ask;
mod listen;
mod protocol;
mod socket;

pub(crate) use ask::ask;
pub(crate) use listen::{Administrator, Listener};
pub(crate) use protocol::{AccountShown, Answer, Order};
pub(crate) use socket::dev_socket;
