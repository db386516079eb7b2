//! The commands, one file each.

pub(crate) mod account;
pub(crate) mod clock;
pub(crate) mod dev;
pub(crate) mod init;
pub(crate) mod policy;
pub(crate) mod serve;
