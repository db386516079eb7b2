//! STS as its callers meet it, without a network.

mod assume_role;
mod users;
mod web_identity;
mod world;
