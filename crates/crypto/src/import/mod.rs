//! Key material from elsewhere: the keys that it is wrapped to, and unwrapping it.

mod wrapping;
mod wrapping_key;

pub use wrapping::{WrappingAlgorithm, WrappingKeySpec};
pub use wrapping_key::{CannotUnwrap, WrappingKey};
