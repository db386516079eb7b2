//! A function fits a screen, and a file can be read at one sitting.

use super::tree::{File, Tree};

const FUNCTION_LINES_MAX: usize = 60;
const FILE_LINES_MAX: usize = 400;

/// Every function, of tests too, from the line of its `fn` to its closing bracket.
pub(crate) fn check_functions(tree: &Tree) -> Vec<(String, usize, String)> {
    tree.rust().flat_map(long_functions).collect()
}

/// Every Rust and Python file.
pub(crate) fn check_files(tree: &Tree) -> Vec<(String, usize, String)> {
    let is_code = |file: &&File| file.path.ends_with(".rs") || file.path.ends_with(".py");
    let breach = |file: &File| {
        let lines = file.text.lines().count();
        let what = format!("{lines} lines; at most {FILE_LINES_MAX}");
        (lines > FILE_LINES_MAX).then(|| (file.path.clone(), lines, what))
    };
    tree.files.iter().filter(is_code).filter_map(breach).collect()
}

fn long_functions(file: &File) -> Vec<(String, usize, String)> {
    let tokens = file.tokens();
    let measure = |at: usize| {
        let name = tokens.text(at + 1);
        let body = tokens.find(at, &["{", ";"]).filter(|body| tokens.text(*body) == "{")?;
        let first = tokens.list[at].line;
        let lines = tokens.list[tokens.list[body].close].line - first + 1;
        let what = format!("`{name}` has {lines} lines; at most {FUNCTION_LINES_MAX}");
        (name != "(" && lines > FUNCTION_LINES_MAX).then(|| (file.path.clone(), first, what))
    };
    tokens.positions(&["fn"]).into_iter().filter_map(measure).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(lines: usize) -> String {
        format!("//! A.\nfn long(f: fn() -> u8) {{\n{}}}\n", "f();\n".repeat(lines - 2))
    }

    #[test]
    fn a_function_of_sixty_lines_passes_and_one_more_does_not() {
        assert_eq!(check_functions(&Tree::of(&[("a.rs", &function(60))])), []);
        let breaches = check_functions(&Tree::of(&[("a.rs", &function(61))]));
        assert_eq!(breaches, [("a.rs".into(), 2, "`long` has 61 lines; at most 60".into())]);
    }

    #[test]
    fn a_function_in_a_macro_or_a_test_is_measured_too() {
        let inside = format!("m! {{ {} }}", function(61).trim_start_matches("//! A.\n"));
        assert_eq!(check_functions(&Tree::of(&[("a.rs", &inside)])).len(), 1);
        assert_eq!(check_functions(&Tree::of(&[("crates/a/tests/main.rs", &inside)])).len(), 1);
    }

    #[test]
    fn a_file_of_four_hundred_lines_passes_and_one_more_does_not() {
        assert_eq!(check_files(&Tree::of(&[("a.py", &"\n".repeat(400))])), []);
        let breaches = check_files(&Tree::of(&[("a.py", &"\n".repeat(401)), ("a.md", &"\n".repeat(500))]));
        assert_eq!(breaches, [("a.py".into(), 401, "401 lines; at most 400".into())]);
    }
}
