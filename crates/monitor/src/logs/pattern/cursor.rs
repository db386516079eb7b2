//! A place in a filter pattern's text, and what can be read there.

use super::PatternFault;
use super::expression::Expression;

/// Most regular expressions in one pattern.
pub(super) const REGEXES_PER_PATTERN_MAX: usize = 2;

/// What a pattern is read with.
pub(super) struct Cursor<'a> {
    rest: &'a str,
    regexes: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Cursor<'a> {
        Cursor { rest: text, regexes: 0 }
    }

    /// The next character behind white space.
    pub(super) fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    /// Goes past `token` if it comes next.
    pub(super) fn eat(&mut self, token: &str) -> bool {
        self.peek();
        self.rest.strip_prefix(token).map(|rest| self.rest = rest).is_some()
    }

    /// The same where it must come.
    pub(super) fn expect(&mut self, token: &str) -> Result<(), PatternFault> {
        if self.eat(token) { Ok(()) } else { Err(self.fault()) }
    }

    /// Goes past a word, in capitals or not, if it comes next and ends there.
    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        self.peek();
        let Some((head, rest)) = self.rest.split_at_checked(word.len()) else { return false };
        let ends = !rest.starts_with(|next: char| next.is_alphanumeric());
        let found = ends && head.eq_ignore_ascii_case(word);
        if found {
            self.rest = rest;
        }
        found
    }

    /// The characters from here on that are of a kind, without white space before them.
    pub(super) fn run(&mut self, is_of_kind: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|next| !is_of_kind(next)).unwrap_or(self.rest.len());
        let (run, rest) = self.rest.split_at(end);
        self.rest = rest;
        run
    }

    /// What stands between two quotation marks, the first of which was read; a backslash keeps its next character.
    pub(super) fn quoted(&mut self) -> Result<String, PatternFault> {
        let mut text = String::new();
        let mut letters = self.rest.char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '"' => {
                    self.rest = &self.rest[at + 1..];
                    return Ok(text);
                }
                '\\' => text.push(letters.next().ok_or(PatternFault::Malformed)?.1),
                letter => text.push(letter),
            }
        }
        Err(PatternFault::Malformed)
    }

    /// The regular expression between two percent signs, the first of which was read.
    pub(super) fn regex(&mut self) -> Result<Expression, PatternFault> {
        let (text, rest) = self.rest.split_once('%').ok_or(PatternFault::Malformed)?;
        if let Some(wrong) = text.chars().find(|letter| !is_of_regex(*letter)) {
            return Err(PatternFault::Characters(wrong));
        }
        self.rest = rest;
        self.regexes += 1;
        if self.regexes > REGEXES_PER_PATTERN_MAX {
            return Err(PatternFault::Malformed);
        }
        Expression::parse(text).ok_or(PatternFault::Malformed)
    }

    /// How many regular expressions were read.
    pub(super) fn regexes(&self) -> usize {
        self.regexes
    }

    /// What to say of the next character, which nothing that may stand here begins with.
    pub(super) fn fault(&mut self) -> PatternFault {
        match self.peek() {
            Some(next) if !next.is_alphanumeric() => PatternFault::Characters(next),
            Some(_) | None => PatternFault::Malformed,
        }
    }
}

/// CloudWatch Logs takes these in a regular expression, and no groups. White space is in none of its lists, and it takes it.
fn is_of_regex(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || " :_#=@/;,-^$?[]{}|\\*+.".contains(letter)
}
