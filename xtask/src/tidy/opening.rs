//! Every file opens with what it is for.

use super::tree::{File, Tree};

/// A `//!` line in Rust, a docstring in Python, a comment in shell scripts.
pub(crate) fn check(tree: &Tree) -> Vec<(String, usize, String)> {
    tree.files.iter().filter_map(|file| Some((file.path.clone(), 1, missing(file)?.to_owned()))).collect()
}

fn missing(file: &File) -> Option<&'static str> {
    let mut lines = file.text.lines();
    let first = lines.next().unwrap_or_default();
    let told = if first.starts_with("#!/") { lines.next().unwrap_or_default() } else { first };
    if file.path.ends_with(".rs") {
        (!told.starts_with("//! ")).then_some("no `//!` line at the top")
    } else if file.path.ends_with(".py") {
        (!told.starts_with("\"\"\"")).then_some("no docstring at the top")
    } else {
        (first.starts_with("#!/") && !told.starts_with("# ")).then_some("no comment under the `#!` line")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_an_opening_line_is_found() {
        let bad = [("a.rs", "use x;"), ("b.py", "#!/usr/bin/env python3\nimport x"), ("c", "#!/bin/sh\nls")];
        let whats: Vec<String> = check(&Tree::of(&bad)).into_iter().map(|(_, _, what)| what).collect();
        let expected =
            ["no `//!` line at the top", "no docstring at the top", "no comment under the `#!` line"];
        assert_eq!(whats, expected);
    }

    #[test]
    fn a_file_that_says_what_it_is_for_passes() {
        let good = [
            ("a.rs", "//! A."),
            ("b.py", "#!/usr/bin/env python3\n\"\"\"B.\"\"\""),
            ("c", "#!/bin/sh\n# C.\n"),
        ];
        assert_eq!(check(&Tree::of(&good)), []);
    }
}
