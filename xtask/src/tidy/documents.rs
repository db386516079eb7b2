//! A link between documents leads somewhere.

use super::tree::{File, Tree};

/// Every relative link of every Markdown file.
pub(crate) fn check(tree: &Tree) -> Vec<(String, usize, String)> {
    tree.files.iter().filter(|file| file.path.ends_with(".md")).flat_map(|file| broken(tree, file)).collect()
}

/// Line and target of every inline link outside of code blocks.
pub(crate) fn links(text: &str) -> Vec<(usize, &str)> {
    let mut is_code = false;
    let mut links = Vec::new();
    for (at, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            let targets = line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
            links.extend(targets.map(|target| (at + 1, target)));
        }
    }
    links
}

/// The path from the root that a link in the file at `from` means; none when it leads out of the tree.
pub(crate) fn resolve(from: &str, target: &str) -> Option<String> {
    let target = target.split('#').next().unwrap_or_default();
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

fn broken(tree: &Tree, file: &File) -> Vec<(String, usize, String)> {
    let is_relative = |target: &str| {
        !target.contains("://") && !target.starts_with(['#', '/']) && !target.starts_with("mailto:")
    };
    let links = links(&file.text).into_iter().filter(|(_, target)| is_relative(target));
    let lost =
        links.filter(|(_, target)| !resolve(&file.path, target).is_some_and(|path| exists(tree, &path)));
    lost.map(|(line, target)| (file.path.clone(), line, format!("`{target}` leads nowhere"))).collect()
}

fn exists(tree: &Tree, path: &str) -> bool {
    let folder = format!("{path}/");
    path.is_empty() || tree.paths.iter().any(|other| other == path || other.starts_with(&folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_leads_nowhere_is_found() {
        let text = "[a](b.md) [c](../README.md#top)\n```\n[d](e)\n```\n[f](https://example.com) [g](#h) [i](../crates)";
        let files = [("docs/a.md", text), ("README.md", ""), ("crates/x/src/lib.rs", "")];
        assert_eq!(check(&Tree::of(&files)), [("docs/a.md".into(), 1, "`b.md` leads nowhere".into())]);
    }

    #[test]
    fn a_link_out_of_the_tree_leads_nowhere() {
        let breaches = check(&Tree::of(&[("a.md", "[b](../b.md)")]));
        assert_eq!(breaches, [("a.md".into(), 1, "`../b.md` leads nowhere".into())]);
    }
}
