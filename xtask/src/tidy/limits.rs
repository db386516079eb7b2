//! Every limit has a name: a large number stands in a `const` or `static`, or in a test.

use super::tokens::Tokens;
use super::tree::{File, Tree};

/// Numbers up to this one may be arithmetic.
const PLAIN_MAX: u128 = 4096;

/// Every whole number of non-test Rust.
pub(crate) fn check(tree: &Tree) -> Vec<(String, usize, String)> {
    tree.rust().filter(|file| !file.is_test()).flat_map(unnamed).collect()
}

fn unnamed(file: &File) -> Vec<(String, usize, String)> {
    let tokens = file.tokens();
    let mut breaches = Vec::new();
    let mut at = 0;
    while at < tokens.list.len() {
        if let Some(end) = constant_end(tokens, at) {
            at = end;
            continue;
        }
        let token = &tokens.list[at];
        if !tokens.is_test(at) && whole_number(&token.text).is_some_and(|number| number > PLAIN_MAX) {
            breaches.push((file.path.clone(), token.line, format!("{} has no name", token.text)));
        }
        at += 1;
    }
    breaches
}

/// Where the `const` or `static` that begins at `at` ends; a generic parameter, a pointer or a `const fn` is none.
fn constant_end(tokens: &Tokens, at: usize) -> Option<usize> {
    let is_constant = match tokens.text(at) {
        "static" => true,
        "const" => !matches!(tokens.text(at.wrapping_sub(1)), "<" | "," | "*"),
        _ => false,
    };
    let named = if tokens.text(at + 1) == "mut" { at + 2 } else { at + 1 };
    (is_constant && tokens.text(named + 1) == ":").then(|| tokens.find(at, &[";"]))?
}

/// The value of a whole number as Rust writes it.
fn whole_number(text: &str) -> Option<u128> {
    if !text.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let digits = text.replace('_', "");
    let (radix, digits) = match digits.get(..2) {
        Some("0x") => (16, &digits[2..]),
        Some("0o") => (8, &digits[2..]),
        Some("0b") => (2, &digits[2..]),
        _ => (10, digits.as_str()),
    };
    let without_type = digits.find(['u', 'i']).map_or(digits, |end| &digits[..end]);
    u128::from_str_radix(without_type, radix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        check(&Tree::of(&[("crates/a/src/a.rs", text)])).into_iter().map(|(_, line, _)| line).collect()
    }

    #[test]
    fn a_large_number_without_a_name_is_found() {
        assert_eq!(lines("fn f() { a(4_096);\n b(4_097u64);\n c([0; 0x1001]) }"), [2, 3]);
        assert_eq!(lines("const fn f() -> u32 { 5000 }\nfn g<const N: usize>() { h(5000) }"), [1, 2]);
    }

    #[test]
    fn a_large_number_with_a_name_passes() {
        assert!(lines("const A: u64 = 60 * 100_000;\nstatic B: [u8; 5000] = [0; 5000];").is_empty());
        assert!(lines("impl A { const B: u32 = 5000; }").is_empty());
        assert!(lines("fn f() { a(1.5e9, \"5000\", x5000, 1e9) }").is_empty());
    }

    #[test]
    fn tests_may_have_any_number() {
        assert!(lines("#[cfg(test)]\nmod tests { fn f() { a(5000) } }").is_empty());
        assert_eq!(check(&Tree::of(&[("crates/a/tests/main.rs", "fn f() { a(5000) }")])), []);
    }
}
