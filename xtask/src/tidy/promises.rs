//! Every promise names the tests that enforce it: a link to their file, then their names in backticks.

use super::documents::{links, resolve};
use super::tree::Tree;

const PROMISES: &str = "PROMISES.md";

/// Every item of every list in PROMISES.md.
pub(crate) fn check(tree: &Tree) -> Vec<(String, usize, String)> {
    let Some(file) = tree.file(PROMISES) else { return Vec::new() };
    let faults = |(line, item): (usize, String)| {
        unproved(tree, &item).into_iter().map(move |what| (PROMISES.to_owned(), line, what))
    };
    items(&file.text).into_iter().flat_map(faults).collect()
}

/// Every list item with the lines that continue it.
fn items(text: &str) -> Vec<(usize, String)> {
    let mut items: Vec<(usize, String)> = Vec::new();
    let mut is_open = false;
    for (at, line) in text.lines().enumerate() {
        if begins_item(line) {
            items.push((at + 1, line.to_owned()));
            is_open = true;
        } else if line.trim().is_empty() || !line.starts_with(' ') {
            is_open = false;
        } else if let (true, Some((_, item))) = (is_open, items.last_mut()) {
            item.push(' ');
            item.push_str(line.trim());
        }
    }
    items
}

fn begins_item(line: &str) -> bool {
    let number = line.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(0);
    line.starts_with("- ") || line.starts_with("* ") || (number > 0 && line[number..].starts_with(". "))
}

/// What an item lacks: each link must be followed by names of tests in the file that it leads to.
fn unproved(tree: &Tree, item: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut claims = item.split("](").skip(1).peekable();
    if claims.peek().is_none() {
        faults.push("links to no test".to_owned());
    }
    for (claim, (_, target)) in claims.zip(links(item)) {
        let code = resolve(PROMISES, target).and_then(|path| tree.file(&path)).map_or("", |file| &file.text);
        let names: Vec<&str> = claim.split('`').skip(1).step_by(2).collect();
        if names.is_empty() {
            faults.push(format!("names no test of `{target}`"));
        }
        let lost = names.into_iter().filter(|name| !has_test(code, name));
        faults.extend(lost.map(|name| format!("`{target}` has no test `{name}`")));
    }
    faults
}

fn has_test(code: &str, name: &str) -> bool {
    [format!("fn {name}("), format!("def {name}("), format!("fn {name}<")]
        .iter()
        .any(|test| code.contains(test))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whats(promises: &str) -> Vec<(usize, String)> {
        let files = [(PROMISES, promises), ("crates/a/tests/main.rs", "fn it_holds() {}")];
        check(&Tree::of(&files)).into_iter().map(|(_, line, what)| (line, what)).collect()
    }

    #[test]
    fn a_promise_with_its_test_passes() {
        assert_eq!(whats("# P\n\n- It `holds`.\n  [test](crates/a/tests/main.rs) `it_holds`\n"), []);
        assert_eq!(whats("1. It holds. [test](crates/a/tests/main.rs) `it_holds`\n"), []);
    }

    #[test]
    fn a_promise_without_its_test_is_found() {
        let no_link = whats("- It holds `it_holds`.\n");
        assert_eq!(no_link, [(1, "links to no test".into())]);
        let no_name = whats("\n- It holds. [test](crates/a/tests/main.rs)\n");
        assert_eq!(no_name, [(2, "names no test of `crates/a/tests/main.rs`".into())]);
        let wrong = whats("- It holds. [test](crates/a/tests/main.rs) `it_hold`\n");
        assert_eq!(wrong, [(1, "`crates/a/tests/main.rs` has no test `it_hold`".into())]);
    }
}
