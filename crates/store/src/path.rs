//! The key of an entry: printable ASCII, ordered bytewise.

use std::borrow::Borrow;
use std::fmt;

/// The longest path.
pub const PATH_LIMIT_BYTES: usize = 1024;

/// Where an entry is stored: 1 to 1024 bytes of printable ASCII, ordered bytewise.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(Box<str>);

/// Why a text is no path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// A path has at least one byte.
    #[error("a path of the store is empty")]
    Empty,
    /// Longer than [`PATH_LIMIT_BYTES`].
    #[error("a path of the store has {bytes} bytes, {PATH_LIMIT_BYTES} are allowed")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// A byte outside printable ASCII.
    #[error("a path of the store holds something else than printable ASCII at byte {at}")]
    NotPrintable {
        /// Offset of the first such byte.
        at: usize,
    },
}

impl Path {
    /// The path that `text` spells.
    pub fn parse(text: &str) -> Result<Path, PathError> {
        Path::try_from(text.to_owned())
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Path {
    type Error = PathError;

    fn try_from(text: String) -> Result<Path, PathError> {
        if text.is_empty() {
            return Err(PathError::Empty);
        }
        if text.len() > PATH_LIMIT_BYTES {
            return Err(PathError::TooLong { bytes: text.len() });
        }
        match text.bytes().position(|byte| !matches!(byte, b' '..=b'~')) {
            Some(at) => Err(PathError::NotPrintable { at }),
            None => Ok(Path(text.into_boxed_str())),
        }
    }
}

impl TryFrom<&str> for Path {
    type Error = PathError;

    fn try_from(text: &str) -> Result<Path, PathError> {
        Path::parse(text)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl AsRef<str> for Path {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Path {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_1_to_1024_bytes_of_printable_ascii() {
        for good in [" ", "~", "a/b c", &"x".repeat(PATH_LIMIT_BYTES)] {
            assert_eq!(Path::parse(good).unwrap().as_str(), good);
        }
        let long = "x".repeat(PATH_LIMIT_BYTES + 1);
        assert_eq!(Path::parse(""), Err(PathError::Empty));
        assert_eq!(Path::parse(&long), Err(PathError::TooLong { bytes: 1025 }));
        assert_eq!(Path::parse("ab\u{1f}"), Err(PathError::NotPrintable { at: 2 }));
        assert_eq!(Path::parse("a\u{7f}"), Err(PathError::NotPrintable { at: 1 }));
        assert_eq!(Path::parse("é"), Err(PathError::NotPrintable { at: 0 }));
    }

    #[test]
    fn paths_are_ordered_bytewise() {
        let mut paths = ["b", "a/", "a", "B", "a!"].map(|text| Path::parse(text).unwrap());
        paths.sort();
        assert_eq!(paths.map(|path| path.to_string()), ["B", "a", "a!", "a/", "b"]);
    }
}
