//! The rules of the repository, without exceptions: each takes the tree and tells its breaches.

mod attributes;
mod crates;
mod documents;
mod length;
mod limits;
mod opening;
mod operations;
mod promises;
mod root;
mod tokens;
mod tree;
mod words;

use std::fmt;
use std::io::{self, Write};

use tree::Tree;

/// One place that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Breach {
    path: String,
    line: usize,
    rule: &'static str,
    what: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.path, self.line, self.rule, self.what)
    }
}

/// A rule's name, and how its breaches are found: each a path, a line and what is wrong there.
type Rule = (&'static str, fn(&Tree) -> Vec<(String, usize, String)>);

const RULES: &[Rule] = &[
    ("crate-graph", crates::check_graph),
    ("outside-parts", crates::check_parts),
    ("one-test-binary", crates::check_test_binaries),
    ("function-length", length::check_functions),
    ("file-length", length::check_files),
    ("opening-line", opening::check),
    ("root-entries", root::check),
    ("reasons", attributes::check),
    ("forbidden-code", words::check_code),
    ("forbidden-text", words::check_text),
    ("sleep-in-tests", words::check_sleeps),
    ("operations", operations::check),
    ("named-limits", limits::check),
    ("links", documents::check),
    ("promises", promises::check),
];

/// Writes every breach to `out`, and answers how many there are.
pub(crate) fn run(out: &mut impl Write) -> io::Result<usize> {
    let tree = Tree::read()?;
    let breaches = breaches(&tree);
    for breach in &breaches {
        writeln!(out, "{breach}")?;
    }
    writeln!(out, "tidy: {} rules, {} files, {} breaches", RULES.len(), tree.files.len(), breaches.len())?;
    Ok(breaches.len())
}

fn breaches(tree: &Tree) -> Vec<Breach> {
    let of_rule = |(rule, check): &Rule| {
        let rule = *rule;
        check(tree).into_iter().map(move |(path, line, what)| Breach { path, line, rule, what })
    };
    let mut breaches: Vec<Breach> = RULES.iter().flat_map(of_rule).collect();
    breaches.sort_unstable();
    breaches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_breach_is_told_by_place_rule_and_fault() {
        let breaches = breaches(&Tree::of(&[("crates/a/src/lib.rs", "//! A.\nfn f() { todo!() }\n")]));
        let told: Vec<String> = breaches.iter().map(ToString::to_string).collect();
        assert_eq!(told, ["crates/a/src/lib.rs:2: forbidden-code: `todo!` in code"]);
    }

    #[test]
    fn no_two_rules_have_one_name() {
        let mut names: Vec<&str> = RULES.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), RULES.len());
    }
}
