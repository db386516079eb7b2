//! What stands nowhere: unfinished code, unsafe code but in one file, names of anyone's workplace, and tests that wait for
//! time to pass.

use super::tree::{File, Tree};

/// The one file that may have unsafe code, since it calls a library of C.
const UNSAFE: &str = "crates/crypto/src/asymmetric/raw.rs";

/// Where the trail that keeps nothing is made; the bench alone may use it.
const TRAIL: &str = "crates/audit/src/trail.rs";

const MACROS: [&str; 3] = ["todo", "unimplemented", "dbg"];

// In two parts, so that this file may stand in the tree that it checks.
const WORKPLACE: [&str; 2] = [concat!("/wo", "rk/"), concat!("/tmp/br", "ief")];

/// Unsafe and unfinished Rust.
pub(crate) fn check_code(tree: &Tree) -> Vec<(String, usize, String)> {
    tree.rust().flat_map(code).collect()
}

/// Paths of the place where something was written.
pub(crate) fn check_text(tree: &Tree) -> Vec<(String, usize, String)> {
    let named = |line: &str| WORKPLACE.into_iter().find(|word| line.contains(word));
    let of_file = |file: &File| {
        let lines = file.text.lines().enumerate();
        let found = lines.filter_map(|(at, line)| Some((at + 1, named(line)?)));
        found.map(|(line, word)| (file.path.clone(), line, format!("names `{word}`"))).collect::<Vec<_>>()
    };
    tree.files.iter().flat_map(of_file).collect()
}

/// Calls of `sleep` in tests directories, unless a comment on or above the line says what is waited for.
pub(crate) fn check_sleeps(tree: &Tree) -> Vec<(String, usize, String)> {
    let tests = tree.files.iter().filter(|file| file.is_test());
    tests
        .flat_map(|file| {
            let comment = if file.path.ends_with(".py") { "# " } else { "// " };
            unexplained_sleeps(file, comment)
        })
        .collect()
}

fn code(file: &File) -> Vec<(String, usize, String)> {
    let tokens = file.tokens();
    let line = |at: usize| tokens.list[at].line;
    let breach = |at, what| (file.path.clone(), line(at), what);
    let mut breaches = Vec::new();
    if file.path != UNSAFE {
        let found = tokens.positions(&["unsafe"]);
        breaches.extend(found.into_iter().map(|at| breach(at, "`unsafe` code".to_owned())));
    }
    if !file.path.starts_with("bench/") && file.path != TRAIL {
        let found = tokens.positions(&["Trail", ":", ":", "discarding"]);
        breaches.extend(found.into_iter().map(|at| breach(at, "a trail that keeps nothing".to_owned())));
    }
    for name in MACROS {
        let found =
            tokens.positions(&[name, "!"]).into_iter().map(|at| breach(at, format!("`{name}!` in code")));
        breaches.extend(found.collect::<Vec<_>>());
    }
    breaches
}

fn unexplained_sleeps(file: &File, comment: &str) -> Vec<(String, usize, String)> {
    let lines: Vec<&str> = file.text.lines().collect();
    let calls = |line: &str| line.split(comment).next().is_some_and(|code| code.contains("sleep("));
    let is_explained = |at: usize| {
        let above = at.checked_sub(1).map_or("", |above| lines[above]);
        lines[at].contains(comment) || above.trim_start().starts_with(comment)
    };
    let breach =
        |at: usize| (file.path.clone(), at + 1, "`sleep` without a word on what is waited for".to_owned());
    (0..lines.len()).filter(|at| calls(lines[*at]) && !is_explained(*at)).map(breach).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsafe_and_unfinished_code_is_found() {
        let text = "//! A.\nunsafe fn f() { todo!() }\n// unsafe\nfn g() { dbg!(1); m!(unimplemented!()) }";
        let breaches = check_code(&Tree::of(&[("a.rs", text)]));
        let lines: Vec<usize> = breaches.iter().map(|(_, line, _)| *line).collect();
        assert_eq!(lines, [2, 2, 4, 4], "{breaches:?}");
        assert_eq!(check_code(&Tree::of(&[(UNSAFE, "unsafe fn f() {}")])), []);
    }

    #[test]
    fn a_workplace_is_found_in_any_file() {
        let text = format!("a\nsee {}x\n", WORKPLACE[0]);
        let breaches = check_text(&Tree::of(&[("docs/a.md", &text)]));
        assert_eq!(breaches, [("docs/a.md".into(), 2, format!("names `{}`", WORKPLACE[0]))]);
    }

    #[test]
    fn a_sleep_in_a_test_says_what_it_waits_for() {
        let silent = "def test_a():\n    time.sleep(1)\n";
        let told =
            "fn a() {\n    // Until the socket is there.\n    sleep(ONE);\n    sleep(TWO); // and answers\n}";
        let files =
            [("conformance/a.py", silent), ("crates/a/tests/b.rs", told), ("crates/a/src/b.rs", "sleep()")];
        let what = "`sleep` without a word on what is waited for".to_owned();
        assert_eq!(check_sleeps(&Tree::of(&files)), [("conformance/a.py".into(), 2, what)]);
    }
}
