//! Where a statement stands in its policy, as the simulator tells it.

use claviger_policy::Statement;

/// A place between two characters of a text, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Position {
    pub line: i64,
    pub column: i64,
}

/// Goes through a text once.
struct Walk<'t> {
    text: &'t str,
    at: usize,
    position: Position,
}

/// Where each statement begins and ends, in one walk. AWS's reader stands behind the token before a statement when that
/// begins (the bracket, or the statement before), and behind its brace when it ends.
pub(super) fn positions(text: &str, statements: &[Statement]) -> Vec<[Position; 2]> {
    let mut walk = Walk { text, at: 0, position: Position { line: 1, column: 1 } };
    let of_statement = |statement: &Statement| {
        let before = text.get(..statement.span.start).unwrap_or("").trim_end();
        let before = before.strip_suffix(',').map_or(before, str::trim_end);
        [walk.to(before.len()), walk.to(statement.span.end)]
    };
    statements.iter().map(of_statement).collect()
}

impl Walk<'_> {
    /// Goes on to a place behind the last one.
    fn to(&mut self, place: usize) -> Position {
        let passed = self.text.get(self.at..place).unwrap_or("");
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let Position { line, column } = self.position;
        self.position = match passed.rsplit_once('\n') {
            None => Position { line, column: column + count(passed.chars().count()) },
            Some((head, last)) => {
                let lines = 1 + head.matches('\n').count();
                Position { line: line + count(lines), column: 1 + count(last.chars().count()) }
            }
        };
        self.at = place;
        self.position
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use claviger_policy::{Document, Kind};

    fn all(text: &str) -> Vec<[(i64, i64); 2]> {
        let document = Document::parse(text, Kind::Identity).unwrap();
        let pair = |position: Position| (position.line, position.column);
        positions(text, document.statements()).into_iter().map(|both| both.map(pair)).collect()
    }

    const STATEMENT: &str = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;

    #[test]
    fn columns_are_those_that_aws_was_seen_to_give() {
        // The length of the statement is the only thing that is not AWS's in these two.
        let spaced = format!(r#"{{"Version": "2012-10-17", "Statement": [{STATEMENT}]}}"#);
        assert_eq!(all(&spaced), [[(1, 41), (1, 41 + 46)]]);
        let tight = format!(r#"{{"Version":"2012-10-17","Statement":[{STATEMENT},{STATEMENT}]}}"#);
        assert_eq!(all(&tight), [[(1, 38), (1, 84)], [(1, 84), (1, 131)]]);
    }

    #[test]
    fn a_statement_on_its_own_lines_begins_where_the_bracket_ends() {
        let text = "{\n    \"Version\": \"2012-10-17\",\n    \"Statement\": [\n        {\n            \"Effect\": \"Allow\",\n            \
                    \"Action\": [\n                \"codecommit:ListRepositories\"\n            ],\n            \
                    \"Resource\": \"*\"\n        }\n    ]\n}";
        assert_eq!(all(text), [[(3, 19), (10, 10)]]);
    }

    #[test]
    fn letters_are_counted_not_bytes() {
        let text = STATEMENT.replace('{', r#"{"Sid":"a","#);
        let text = format!(r#"{{"Id":"é","Statement":{text}}}"#);
        assert_eq!(all(&text)[0][0], (1, 23));
    }
}
