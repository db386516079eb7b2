//! A Rust file as a flat list of tokens with their lines: comments are gone, and macros are looked into.

use std::ops::Range;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// One token.
#[derive(Debug)]
pub(crate) struct Token {
    /// As written.
    pub(crate) text: String,
    /// Counted from 1.
    pub(crate) line: usize,
    /// Of an opening bracket: where the list has its closing one.
    pub(crate) close: usize,
}

/// The tokens of a file.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    /// In the order of the file.
    pub(crate) list: Vec<Token>,
    tests: Vec<Range<usize>>,
}

impl Tokens {
    pub(crate) fn of(text: &str) -> Tokens {
        let Ok(stream) = text.parse::<TokenStream>() else { return Tokens::default() };
        let mut tokens = Tokens::default();
        tokens.flatten(stream);
        let marked = tokens.positions(&["#", "[", "cfg", "(", "test"]);
        tokens.tests = marked.into_iter().map(|at| at..tokens.item_end(at)).collect();
        tokens
    }

    /// Where tokens of these texts follow each other.
    pub(crate) fn positions(&self, texts: &[&str]) -> Vec<usize> {
        let found = |window: &[Token]| window.iter().zip(texts).all(|(token, text)| token.text == *text);
        let windows = self.list.windows(texts.len()).enumerate();
        windows.filter(|(_, window)| found(window)).map(|(at, _)| at).collect()
    }

    /// Whether the token at this place is only compiled for tests.
    pub(crate) fn is_test(&self, at: usize) -> bool {
        self.tests.iter().any(|range| range.contains(&at))
    }

    /// What token stands there; nothing behind the end.
    pub(crate) fn text(&self, at: usize) -> &str {
        self.list.get(at).map_or("", |token| &token.text)
    }

    /// The first place from `at` on, on the same level, where one of `texts` stands.
    pub(crate) fn find(&self, mut at: usize, texts: &[&str]) -> Option<usize> {
        while let Some(token) = self.list.get(at) {
            if texts.contains(&token.text.as_str()) {
                return Some(at);
            }
            at = token.close.max(at) + 1;
        }
        None
    }

    /// Behind the item that the attributes at `at` belong to.
    fn item_end(&self, mut at: usize) -> usize {
        while self.text(at) == "#" {
            at = self.list[at + 1].close + 1;
        }
        self.find(at, &["{", ";"]).map_or(self.list.len(), |end| self.list[end].close.max(end) + 1)
    }

    fn flatten(&mut self, stream: TokenStream) {
        for tree in stream {
            match tree {
                TokenTree::Group(group) => {
                    let (open, close) = brackets(group.delimiter());
                    let at = self.list.len();
                    self.push(open, group.span_open().start().line);
                    self.flatten(group.stream());
                    self.list[at].close = self.list.len();
                    self.push(close, group.span_close().start().line);
                }
                other => self.push(&other.to_string(), other.span().start().line),
            }
        }
    }

    fn push(&mut self, text: &str, line: usize) {
        self.list.push(Token { text: text.to_owned(), line, close: 0 });
    }
}

fn brackets(delimiter: Delimiter) -> (&'static str, &'static str) {
    match delimiter {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => ("", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_module_ends_where_its_bracket_does() {
        let tokens = Tokens::of("fn a() {}\n#[cfg(test)]\n#[x]\nmod t {\n fn b() {}\n}\nfn c() {}");
        let of = |name| {
            tokens.positions(&["fn", name]).into_iter().map(|at| tokens.is_test(at)).collect::<Vec<_>>()
        };
        assert_eq!((of("a"), of("b"), of("c")), (vec![false], vec![true], vec![false]));
    }

    #[test]
    fn what_stands_in_comments_and_texts_is_no_token() {
        let tokens = Tokens::of("// unsafe\nfn a() { b(\"unsafe\") }");
        assert_eq!(tokens.positions(&["unsafe"]).len(), 0);
        assert_eq!(tokens.positions(&["b", "("]).len(), 1);
    }
}
