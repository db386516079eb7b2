//! Keys with their material, and aliases, as a node holds them in memory.

use std::sync::Arc;

use claviger_cache::{ReadThrough, Weighed};
use claviger_names::{AliasName, KeyId};
use claviger_store::Path;

use crate::keyspace::Lookup;
use crate::model::{GrantRecord, Key, Place};

/// Keys that the cache is laid out for.
const KEYS_EXPECTED: usize = 10_000;

/// Aliases that the cache is laid out for.
const ALIASES_EXPECTED: usize = 10_000;

/// Most bytes of aliases held.
const ALIASES_BYTES_MAX: u64 = 4 << 20;

/// Look-ups of grants that the cache is laid out for.
const GRANTS_EXPECTED: usize = 10_000;

/// Most bytes of grants held.
const GRANTS_BYTES_MAX: u64 = 64 << 20;

/// A key's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct KeyAddress {
    pub place: Place,
    pub id: KeyId,
}

/// An alias's address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct AliasAddress {
    pub place: Place,
    pub name: AliasName,
}

/// The key that an alias stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AliasTarget(pub KeyId);

/// A look-up of grants of one key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct GrantAddress {
    pub place: Place,
    pub key: KeyId,
    pub lookup: Lookup,
}

/// The grants that a look-up finds.
#[derive(Clone)]
pub(crate) struct Granted(pub Arc<[GrantRecord]>);

impl Weighed for Granted {
    fn weight_bytes(&self) -> usize {
        const LOOKUP_BYTES: usize = 512;
        const GRANT_BYTES: usize = 768;
        LOOKUP_BYTES + GRANT_BYTES * self.0.len()
    }
}

/// What a commit changed is forgotten before the commit is acknowledged, on this node by the committer and on others by
/// the store's watch.
pub(crate) struct Cache {
    pub keys: ReadThrough<KeyAddress, Arc<Key>>,
    pub aliases: ReadThrough<AliasAddress, AliasTarget>,
    pub granted: ReadThrough<GrantAddress, Granted>,
}

impl Weighed for AliasTarget {
    fn weight_bytes(&self) -> usize {
        // An address with a name of usual length.
        256
    }
}

impl Cache {
    /// A cache of at most so many bytes of keys.
    pub(crate) fn new(capacity_bytes: u64) -> Cache {
        Cache {
            keys: ReadThrough::new(capacity_bytes, KEYS_EXPECTED),
            aliases: ReadThrough::new(ALIASES_BYTES_MAX, ALIASES_EXPECTED),
            granted: ReadThrough::new(GRANTS_BYTES_MAX, GRANTS_EXPECTED),
        }
    }

    /// Forgets what the rows at these paths were part of.
    pub(crate) fn forget<'p>(&self, paths: impl IntoIterator<Item = &'p Path>) {
        for path in paths {
            match held(path.as_str()) {
                Some(Held::Key(address)) => self.keys.forget(&address),
                Some(Held::Alias(address)) => self.aliases.forget(&address),
                Some(Held::Granted(row)) => {
                    for lookup in Lookup::of_row(row.lookup.as_str()) {
                        self.granted.forget(&GrantAddress { lookup, ..row.clone() });
                    }
                }
                None => {}
            }
        }
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        self.keys.clear();
        self.aliases.clear();
        self.granted.clear();
    }
}

enum Held {
    Granted(GrantAddress),
    Key(KeyAddress),
    Alias(AliasAddress),
}

/// What the row at `path` is part of.
fn held(path: &str) -> Option<Held> {
    let mut parts = path.splitn(4, '/');
    let place = Place { account: parts.next()?.parse().ok()?, region: parts.next()?.parse().ok()? };
    let (table, rest) = (parts.next()?, parts.next()?);
    match table {
        "key" => Some(Held::Key(KeyAddress { place, id: rest.parse().ok()? })),
        "material" | "alias-of" => {
            Some(Held::Key(KeyAddress { place, id: rest.split('/').next()?.parse().ok()? }))
        }
        "granted" => {
            let (key, row) = rest.split_once('/')?;
            let (lookup, _) = row.rsplit_once('/')?;
            Some(Held::Granted(GrantAddress {
                place,
                key: key.parse().ok()?,
                lookup: Lookup::of_text(lookup),
            }))
        }
        "alias" => Some(Held::Alias(AliasAddress { place, name: format!("alias/{rest}").parse().ok()? })),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_tells_what_it_is_part_of() {
        let key = "1234abcd-12ab-34cd-56ef-1234567890ab";
        for table in ["key/KEY", "material/KEY/00ff", "alias-of/KEY/alias/a/b"] {
            let path = format!("111122223333/us-east-1/{}", table.replace("KEY", key));
            assert!(
                matches!(held(&path), Some(Held::Key(address)) if address.id.to_string() == key),
                "{path}"
            );
        }
        let alias = held("111122223333/us-east-1/alias/a/b");
        assert!(matches!(alias, Some(Held::Alias(address)) if address.name.as_str() == "alias/a/b"));
        assert!(held("-/-/due/00000000000000000001/111122223333/us-east-1/x").is_none());
    }
}
