//! A form of a key that most operations do without, and that takes time to parse.

use crate::CipherFailed;
use std::sync::OnceLock;

/// Parsed when it is first needed, and then kept; `None` inside is a form that the library refused.
pub(crate) struct Lazy<T>(OnceLock<Option<T>>);

impl<T> Lazy<T> {
    pub(crate) const fn new() -> Lazy<T> {
        Lazy(OnceLock::new())
    }

    /// The form that `parse` gave the first time.
    pub(crate) fn parsed(&self, parse: impl FnOnce() -> Option<T>) -> Result<&T, CipherFailed> {
        self.0.get_or_init(parse).as_ref().ok_or(CipherFailed)
    }
}
