//! One operation, one file: named after it, and short enough to be read whole.

use std::collections::BTreeSet;

use super::tree::{File, Tree};

const FOLDER: &str = "crates/kms/src/op/";
const TABLE: &str = "crates/kms/src/op/mod.rs";
const LINES_MAX: usize = 160;

/// The table OPERATIONS and the files beside it.
pub(crate) fn check(tree: &Tree) -> Vec<(String, usize, String)> {
    let Some(table) = tree.file(TABLE) else { return Vec::new() };
    let mut breaches = Vec::new();
    let mut listed = BTreeSet::new();
    for (line, module, name) in entries(table) {
        listed.insert(name.clone());
        if module != snake_case(&name) {
            breaches.push((TABLE.to_owned(), line, format!("{name} stands in `{module}`")));
        }
        match tree.file(&format!("{FOLDER}{module}.rs")) {
            None => breaches.push((TABLE.to_owned(), line, format!("{name} has no file `{module}.rs`"))),
            Some(file) => breaches.extend(too_long(file)),
        }
    }
    let files = tree.rust().filter(|file| file.path.starts_with(FOLDER));
    breaches.extend(files.flat_map(|file| strangers(file, &listed)));
    breaches
}

/// Line, module and type of each `entry::<module::Type>()`.
fn entries(table: &File) -> Vec<(usize, String, String)> {
    let tokens = table.tokens();
    let called = tokens.positions(&["entry", ":", ":", "<"]);
    called
        .into_iter()
        .map(|at| (tokens.list[at].line, tokens.text(at + 4).to_owned(), tokens.text(at + 7).to_owned()))
        .collect()
}

fn too_long(file: &File) -> Option<(String, usize, String)> {
    let lines = file.text.lines().count();
    (lines > LINES_MAX).then(|| (file.path.clone(), lines, format!("{lines} lines; at most {LINES_MAX}")))
}

/// Operations that the table does not know, or that share a file.
fn strangers(file: &File, listed: &BTreeSet<String>) -> Vec<(String, usize, String)> {
    let tokens = file.tokens();
    let named = tokens
        .positions(&["Operation", "for"])
        .into_iter()
        .map(|at| (tokens.list[at].line, tokens.text(at + 2)));
    let breach = |(nth, (line, name)): (usize, (usize, &str))| {
        let what = match (nth, listed.contains(name)) {
            (0, true) => return None,
            (0, false) => format!("{name} is not in OPERATIONS"),
            _ => format!("{name} shares its file"),
        };
        Some((file.path.clone(), line, what))
    };
    named.enumerate().filter_map(breach).collect()
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for (at, letter) in name.char_indices() {
        if at > 0 && letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree_of(table: &str, files: &[(&str, &str)]) -> Vec<String> {
        let mut all = vec![(TABLE, table)];
        all.extend(files);
        check(&Tree::of(&all))
            .into_iter()
            .map(|(path, line, what)| format!("{path}:{line}: {what}"))
            .collect()
    }

    #[test]
    fn an_operation_in_its_own_file_passes() {
        let file = ("crates/kms/src/op/re_encrypt.rs", "impl Operation for ReEncrypt {}");
        assert!(tree_of("[entry::<re_encrypt::ReEncrypt>()]", &[file]).is_empty());
    }

    #[test]
    fn a_wrong_name_and_a_missing_file_are_found() {
        let breaches = tree_of("[entry::<encryption::Encrypt>()]", &[]);
        let table = "crates/kms/src/op/mod.rs:1:";
        let expected = [
            format!("{table} Encrypt stands in `encryption`"),
            format!("{table} Encrypt has no file `encryption.rs`"),
        ];
        assert_eq!(breaches, expected);
    }

    #[test]
    fn a_file_that_is_too_long_shared_or_not_listed_is_found() {
        let long = format!("impl Operation for A {{}}\n{}", "\n".repeat(160));
        let files =
            [("crates/kms/src/op/a.rs", &*long), ("crates/kms/src/op/b.rs", "impl Operation for B {}")];
        let breaches = tree_of("[entry::<a::A>()]", &files);
        let folder = "crates/kms/src/op/";
        let expected = [
            format!("{folder}a.rs:161: 161 lines; at most 160"),
            format!("{folder}b.rs:1: B is not in OPERATIONS"),
        ];
        assert_eq!(breaches, expected);
        let shared = ("crates/kms/src/op/a.rs", "impl Operation for A {}\nimpl Operation for B {}");
        let breaches =
            tree_of("[entry::<a::A>(), entry::<b::B>()]", &[shared, ("crates/kms/src/op/b.rs", "")]);
        assert_eq!(breaches, [format!("{folder}a.rs:2: B shares its file")]);
    }
}
