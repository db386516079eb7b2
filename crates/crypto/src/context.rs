//! The encryption context: pairs of texts that must be given again, in any order, to decrypt.

use aws_lc_rs::digest::{SHA256, digest};

/// Pairs of texts that a message is bound to, each key once, in one canonical order.
///
/// No pairs and no context are the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context<'a>(Vec<(&'a str, &'a str)>);

/// Why pairs are no context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContextRefused {
    /// A key stands there twice.
    #[error("a key stands twice in the encryption context")]
    RepeatedKey,
    /// More pairs, or a longer text, than 32 bits count.
    #[error("the encryption context is too long")]
    TooLong,
}

impl<'a> Context<'a> {
    /// The context of these pairs of key and value, which may come in any order.
    pub fn new(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Context<'a>, ContextRefused> {
        let mut pairs: Vec<_> = pairs.into_iter().collect();
        pairs.sort_unstable_by_key(|(key, _)| *key);
        if pairs.windows(2).any(|neighbours| neighbours[0].0 == neighbours[1].0) {
            return Err(ContextRefused::RepeatedKey);
        }
        let lengths = pairs.iter().flat_map(|(key, value)| [key.len(), value.len()]);
        match lengths.chain([pairs.len()]).all(|length| u32::try_from(length).is_ok()) {
            true => Ok(Context(pairs)),
            false => Err(ContextRefused::TooLong),
        }
    }

    /// The context of no pairs.
    pub fn empty() -> Context<'static> {
        Context(Vec::new())
    }

    /// Whether there are no pairs.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The SHA-256 of what stands for these pairs and no others.
    pub fn digest(&self) -> [u8; 32] {
        let mut canonical = Vec::with_capacity(self.canonical_bytes());
        self.write_canonical(&mut canonical);
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, &canonical).as_ref());
        bytes
    }

    /// How many bytes [`Context::write_canonical`] writes.
    pub(crate) fn canonical_bytes(&self) -> usize {
        const LENGTH: usize = size_of::<u32>();
        self.0.iter().fold(LENGTH, |bytes, (key, value)| bytes + 2 * LENGTH + key.len() + value.len())
    }

    /// Appends the one byte string that stands for these pairs and no others.
    pub(crate) fn write_canonical(&self, out: &mut Vec<u8>) {
        write_length(self.0.len(), out);
        for text in self.0.iter().flat_map(|(key, value)| [key, value]) {
            write_length(text.len(), out);
            out.extend_from_slice(text.as_bytes());
        }
    }
}

// `Context::new` refused every length that does not fit.
fn write_length(length: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(&(length as u32).to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(pairs: &[(&str, &str)]) -> Vec<u8> {
        let context = Context::new(pairs.iter().copied()).unwrap();
        let mut bytes = Vec::new();
        context.write_canonical(&mut bytes);
        assert_eq!(bytes.len(), context.canonical_bytes());
        bytes
    }

    #[test]
    fn pairs_are_ordered_by_the_bytes_of_their_keys() {
        let sorted = b"\0\0\0\x03\0\0\0\x01Z\0\0\0\x011\0\0\0\x01a\0\0\0\x012\0\0\0\x02\xc3\xa9\0\0\0\0";
        assert_eq!(canonical(&[("é", ""), ("a", "2"), ("Z", "1")]), sorted);
        assert_eq!(canonical(&[("Z", "1"), ("é", ""), ("a", "2")]), sorted);
    }

    #[test]
    fn no_pairs_and_the_empty_context_are_the_same() {
        assert_eq!(canonical(&[]), [0; 4]);
        assert_eq!(Context::new([]).unwrap(), Context::empty());
        assert!(Context::empty().is_empty());
    }

    #[test]
    fn no_boundary_between_texts_can_be_moved() {
        let all = [
            canonical(&[("ab", "c")]),
            canonical(&[("a", "bc")]),
            canonical(&[("abc", "")]),
            canonical(&[("a", "b"), ("c", "")]),
            canonical(&[("", "abc")]),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(!all[at + 1..].contains(one), "{at}");
        }
    }

    #[test]
    fn a_repeated_key_is_refused_even_with_the_same_value() {
        assert_eq!(Context::new([("a", "1"), ("b", "2"), ("a", "1")]), Err(ContextRefused::RepeatedKey));
        assert!(Context::new([("a", "1"), ("A", "1")]).is_ok());
    }
}
