//! Paths of users, groups, roles and policies.

use std::fmt;
use std::str::FromStr;

/// Longest path.
const PATH_BYTES_MAX: usize = 512;

/// `/`, or `/…/` of printable ASCII.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityPath(Box<str>);

/// The text is no path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a path is / or /…/, at most {PATH_BYTES_MAX} characters")]
pub struct MalformedPath;

impl EntityPath {
    /// The path with its slashes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for EntityPath {
    fn default() -> EntityPath {
        EntityPath("/".into())
    }
}

/// `(/)|(/[\x21-\x7E]+/)`
pub(crate) fn is_path(text: &str) -> bool {
    let bytes = text.as_bytes();
    let ends = bytes.first() == Some(&b'/') && bytes.last() == Some(&b'/');
    ends && bytes.len() != 2 && bytes.iter().all(|b| (0x21..=0x7e).contains(b))
}

impl FromStr for EntityPath {
    type Err = MalformedPath;

    fn from_str(text: &str) -> Result<EntityPath, MalformedPath> {
        match text.len() <= PATH_BYTES_MAX && is_path(text) {
            true => Ok(EntityPath(text.into())),
            false => Err(MalformedPath),
        }
    }
}

impl fmt::Display for EntityPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for EntityPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

crate::text::serde_as_text!(EntityPath);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_begins_and_ends_with_a_slash() {
        for good in ["/", "/a/", "/a/b/", "/!~/", "///"] {
            assert_eq!(good.parse::<EntityPath>().unwrap().as_str(), good);
        }
        for wrong in ["", "a", "/a", "a/", "//", "/a b/", "/é/", &format!("/{}/", "x".repeat(511))] {
            assert_eq!(wrong.parse::<EntityPath>(), Err(MalformedPath), "{wrong}");
        }
    }
}
