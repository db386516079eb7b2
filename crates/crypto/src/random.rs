//! Where randomness comes from: an argument, so that tests can say what it gives.

use std::cell::RefCell;

/// A source of bytes that nobody can predict.
pub trait Random: Send + Sync + 'static {
    /// Fills all of `bytes`, or fails and leaves them without meaning.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessFailed>;

    /// The same for bytes that must never repeat but are no secret, such as nonces and request ids. A source may have
    /// made them before they are asked for.
    fn fill_public(&self, bytes: &mut [u8]) -> Result<(), RandomnessFailed> {
        self.fill(bytes)
    }
}

/// The source gave nothing; what needed randomness must not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the source of randomness failed")]
pub struct RandomnessFailed;

/// The generator of aws-lc: AES-256-CTR-DRBG, seeded by the operating system, safe across fork.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessFailed> {
        aws_lc_rs::rand::fill(bytes).map_err(|_| RandomnessFailed)
    }

    // A call of the generator costs more than the bytes do (it reseeds itself with fresh entropy each time).
    fn fill_public(&self, bytes: &mut [u8]) -> Result<(), RandomnessFailed> {
        thread_local!(static PAGE: RefCell<Page> = const { RefCell::new(Page { bytes: [0; PAGE_BYTES], used: PAGE_BYTES }) });
        match bytes.len() {
            0..=PAGE_SHARE_BYTES_MAX => PAGE.with_borrow_mut(|page| page.give(bytes, self)),
            _ => self.fill(bytes),
        }
    }
}

/// Bytes that are made at a time for what is no secret.
const PAGE_BYTES: usize = 4096;

/// The most of a page that one caller takes.
const PAGE_SHARE_BYTES_MAX: usize = 64;

/// Random bytes, each given once.
struct Page {
    bytes: [u8; PAGE_BYTES],
    used: usize,
}

impl Page {
    fn give(&mut self, bytes: &mut [u8], source: &SystemRandom) -> Result<(), RandomnessFailed> {
        if self.used + bytes.len() > PAGE_BYTES {
            source.fill(&mut self.bytes)?;
            self.used = 0;
        }
        let end = self.used + bytes.len();
        bytes.copy_from_slice(&self.bytes[self.used..end]);
        self.used = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_bytes_are_given_once() {
        let mut seen = std::collections::HashSet::new();
        for size in [16, 32, 64, 65, 5_000] {
            for _ in 0..400 {
                let mut bytes = vec![0; size];
                SystemRandom.fill_public(&mut bytes).unwrap();
                assert!(bytes.chunks_exact(16).all(|chunk| seen.insert(chunk.to_vec())));
            }
        }
    }

    #[test]
    fn the_system_source_fills_every_byte_and_never_repeats() {
        let (mut first, mut second) = ([0; 64], [0; 64]);
        SystemRandom.fill(&mut first).unwrap();
        SystemRandom.fill(&mut second).unwrap();
        assert_ne!(first, second);
        assert!(first.chunks(16).all(|chunk| chunk != [0; 16]));
    }
}
