//! Where values may be stored, and where the sealing keeps its own rows.

use crate::SealError;
use claviger_store::Path;

/// The row that tells under which root key a store is sealed.
pub(crate) const SENTINEL: &str = "-/-/seal";
const DOMAIN_KEYS: &str = "domain-key/";

/// The account and Region that a path begins with: `account/region`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Domain<'a> {
    path: &'a Path,
    bytes: usize,
}

impl<'a> Domain<'a> {
    /// The domain of a path that is the sealing's own or a value's; none where account or Region is missing.
    pub(crate) fn of(path: &'a Path) -> Option<Domain<'a>> {
        let (account, rest) = path.as_str().split_once('/')?;
        let (region, _) = rest.split_once('/')?;
        match account.is_empty() || region.is_empty() {
            true => None,
            false => Some(Domain { path, bytes: account.len() + 1 + region.len() }),
        }
    }

    /// `account/region`
    pub(crate) fn as_str(&self) -> &'a str {
        &self.path.as_str()[..self.bytes]
    }

    /// What the paths of all its domain keys begin with.
    pub(crate) fn keys_prefix(&self) -> String {
        format!("{}/{DOMAIN_KEYS}", self.as_str())
    }

    /// Where that version of its domain key is stored; refused where that would be no path, being too long.
    pub(crate) fn key_path(&self, version: u32) -> Result<Path, SealError> {
        self.inside(format!("{}/{DOMAIN_KEYS}{version:010}", self.as_str()))
    }

    /// The version of the domain key at this path.
    pub(crate) fn key_version(&self, path: &Path) -> Option<u32> {
        let version = path.as_str().strip_prefix(&self.keys_prefix())?.parse().ok()?;
        (self.key_path(version).as_ref() == Ok(path)).then_some(version)
    }

    /// A path behind everything in the domain and before every later domain; nothing is stored there.
    pub(crate) fn end(&self) -> Result<Path, SealError> {
        // `0` comes right after `/`, and a path without a second slash has no domain.
        self.inside(format!("{}0", self.as_str()))
    }

    fn inside(&self, text: String) -> Result<Path, SealError> {
        Path::try_from(text).map_err(|_| SealError::NoDomain { path: self.path.clone() })
    }
}

/// Whether the sealing keeps its own rows there.
pub(crate) fn is_reserved(path: &Path) -> bool {
    let behind = Domain::of(path).map(|domain| &path.as_str()[domain.bytes + 1..]);
    path.as_str() == SENTINEL || behind.is_some_and(|behind| behind.starts_with(DOMAIN_KEYS))
}

/// The domain of a path at which a value may be stored.
pub(crate) fn value_domain(path: &Path) -> Result<Domain<'_>, SealError> {
    match Domain::of(path) {
        Some(_) if is_reserved(path) => Err(SealError::Reserved { path: path.clone() }),
        Some(domain) => Ok(domain),
        None => Err(SealError::NoDomain { path: path.clone() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Path {
        Path::parse(text).unwrap()
    }

    #[test]
    fn a_domain_is_the_first_two_segments() {
        for text in ["1/eu/key/x", "1/eu/", "1/eu/x/y/z"] {
            assert_eq!(Domain::of(&path(text)).unwrap().as_str(), "1/eu", "{text}");
        }
        for text in ["1", "1/eu", "/eu/x", "1//x", "//"] {
            assert_eq!(value_domain(&path(text)), Err(SealError::NoDomain { path: path(text) }), "{text}");
        }
    }

    #[test]
    fn domain_keys_and_the_sentinel_are_reserved() {
        for text in ["1/eu/domain-key/", "1/eu/domain-key/0000000001", SENTINEL] {
            assert_eq!(value_domain(&path(text)), Err(SealError::Reserved { path: path(text) }), "{text}");
        }
        for text in ["1/eu/domain-keys", "1/eu/x/domain-key/1", "-/-/seals", "-/-/x"] {
            assert!(value_domain(&path(text)).is_ok(), "{text}");
        }
    }

    #[test]
    fn the_path_of_a_domain_key_has_one_spelling() {
        let inside = path("1/eu/x");
        let domain = Domain::of(&inside).unwrap();
        assert_eq!(domain.key_path(7), Ok(path("1/eu/domain-key/0000000007")));
        assert_eq!(domain.key_version(&path("1/eu/domain-key/0000000007")), Some(7));
        for text in ["1/eu/domain-key/7", "1/eu/domain-key/+000000007", "1/us/domain-key/0000000007"] {
            assert_eq!(domain.key_version(&path(text)), None, "{text}");
        }
    }

    #[test]
    fn a_domain_too_long_for_the_paths_of_its_keys_is_refused() {
        let long = path(&format!("1/{}/x", "r".repeat(1010)));
        let domain = Domain::of(&long).unwrap();
        assert_eq!(domain.key_path(1), Err(SealError::NoDomain { path: long.clone() }));
        assert!(domain.end().is_ok());
    }

    #[test]
    fn the_end_of_a_domain_lies_before_the_next_one() {
        let end = Domain::of(&path("1/eu/x")).unwrap().end().unwrap();
        assert!(path("1/eu/~~~") < end);
        assert!(end < path("1/eu0/x") && end < path("1/eua/x"));
        assert!(path("1/eu-x/y") < path("1/eu/"), "domains whose name goes on with a dash come before");
    }
}
