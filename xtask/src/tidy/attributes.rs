//! Whoever silences a lint or a test says why.

use super::tree::{File, Tree};

/// `allow` and `expect` without `reason`, `ignore` without a text.
pub(crate) fn check(tree: &Tree) -> Vec<(String, usize, String)> {
    tree.rust().flat_map(unexplained).collect()
}

fn unexplained(file: &File) -> Vec<(String, usize, String)> {
    let tokens = file.tokens();
    let outer = tokens.positions(&["#", "["]).into_iter().map(|at| at + 1);
    let inner = tokens.positions(&["#", "!", "["]).into_iter().map(|at| at + 2);
    let breach = |open: usize| {
        let inside = &tokens.list[open..tokens.list[open].close];
        let says = |word: &str| inside.iter().any(|token| token.text == word);
        let what = match tokens.text(open + 1) {
            lint @ ("allow" | "expect") if !says("reason") => format!("`{lint}` without a reason"),
            "ignore" if !says("=") => "`ignore` without a reason".to_owned(),
            "cfg_attr" if (says("allow") || says("expect")) && !says("reason") => {
                "`cfg_attr` silences without a reason".to_owned()
            }
            _ => return None,
        };
        Some((file.path.clone(), inside[0].line, what))
    };
    outer.chain(inner).filter_map(breach).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_without_a_reason_is_found() {
        let text = "#![allow(a)]\n#[expect(b)]\nfn f() {}\n#[ignore]\nfn g() {}\n#[cfg_attr(x, allow(c))]\nfn h() {}";
        let breaches = check(&Tree::of(&[("a.rs", text)]));
        let lines: Vec<usize> = breaches.iter().map(|(_, line, _)| *line).collect();
        assert_eq!(lines, [2, 4, 6, 1], "{breaches:?}");
    }

    #[test]
    fn silence_with_a_reason_passes() {
        let text = "#[expect(b, reason = \"c\")]\nfn f() { let a = [allow(b)]; vec![expect(c)] }\n\
                    #[ignore = \"d\"]\nfn g() {}";
        assert_eq!(check(&Tree::of(&[("a.rs", text)])), []);
    }
}
