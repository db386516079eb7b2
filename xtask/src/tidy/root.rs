//! The root holds what belongs there and nothing else.

use super::tree::Tree;

const ENTRIES: &[&str] = &[
    ".cargo",
    ".ci",
    ".gitattributes",
    ".gitignore",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "Makefile",
    "NOTICE",
    "PROMISES.md",
    "README.md",
    "SECURITY.md",
    "bench",
    "clippy.toml",
    "conformance",
    "console",
    "corpus",
    "crates",
    "docs",
    "fuzz",
    "rust-toolchain.toml",
    "rustfmt.toml",
    "scripts",
    "xtask",
];

/// The first part of every path.
pub(crate) fn check(tree: &Tree) -> Vec<(String, usize, String)> {
    let mut entries: Vec<&str> = tree.paths.iter().filter_map(|path| path.split('/').next()).collect();
    entries.dedup();
    entries.retain(|entry| !ENTRIES.contains(entry));
    entries
        .into_iter()
        .map(|entry| (entry.to_owned(), 1, "does not belong into the root".to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_that_is_not_listed_is_found() {
        let tree = Tree::of(&[("crates/a/Cargo.toml", ""), ("notes/a.md", ""), ("notes/b.md", "")]);
        assert_eq!(check(&tree), [("notes".into(), 1, "does not belong into the root".into())]);
    }
}
