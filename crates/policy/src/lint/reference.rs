//! What a policy names that must exist somewhere else: principals, and keys by their ARN.

use std::ops::Range;

use crate::document::{Document, Element, Kind};
use crate::principal::PrincipalText;

/// Something that a policy names, and the line that it stands on, from 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// The line.
    pub line: usize,
    /// What is named.
    pub to: Referred,
}

/// What a policy names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Referred {
    /// A principal.
    Principal(PrincipalText),
    /// A key or alias, by its whole ARN.
    Key(Box<str>),
}

/// Every principal that a policy names, and every key that it names by a whole ARN. None of a text that is no policy.
pub fn references(text: &str, kind: Kind) -> Vec<Reference> {
    let Ok(document) = Document::parse(text, kind) else { return Vec::new() };
    let mut references = Vec::new();
    for statement in document.statements() {
        let principals = listed(statement.principals.as_ref()).iter().cloned().map(Referred::Principal);
        let keys = listed(statement.resources.as_ref()).iter().filter(|arn| is_key(arn)).cloned();
        for to in principals.chain(keys.map(Referred::Key)) {
            let line = super::line_of(text, place(text, &statement.span, &to));
            references.push(Reference { line, to });
        }
    }
    references.sort_by_key(|reference| reference.line);
    references.dedup();
    references
}

fn listed<T>(element: Option<&Element<T>>) -> &[T] {
    match element {
        Some(Element::Only(items) | Element::Except(items)) => items,
        None => &[],
    }
}

/// Whether a resource is one key or alias, without wildcards and variables.
fn is_key(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", _, "kms", _, _, resource] = parts[..] else { return false };
    (resource.starts_with("key/") || resource.starts_with("alias/")) && !arn.contains(['*', '?', '$'])
}

/// Where the name stands. An account stands there as its number or as its root user's ARN.
fn place(text: &str, statement: &Range<usize>, to: &Referred) -> usize {
    let (words, ending) = match to {
        Referred::Key(arn) => (&**arn, None),
        Referred::Principal(PrincipalText::Account(account)) => {
            (account.as_str(), Some(format!(":{account}:root\"")))
        }
        Referred::Principal(principal) => (principal.text(), None),
    };
    let found = super::place(text, statement, Some(words));
    match ending.filter(|_| found == statement.start) {
        Some(ending) => {
            let within = text.get(statement.clone()).unwrap_or("");
            statement.start + within.find(&ending).unwrap_or(0)
        }
        None => found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = r#"{"Statement":[{"Effect":"Allow",
        "Principal":{"AWS":["111122223333",
            "arn:aws:iam::444455556666:root",
            "arn:aws:iam::111122223333:user/Alice"],
          "Service":"logs.amazonaws.com"},
        "Action":"kms:*","Resource":"*"}]}"#;

    const IDENTITY: &str = r#"{"Statement":{"Effect":"Allow","Action":"kms:*","Resource":[
        "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "arn:aws:kms:us-east-1:111122223333:key/*",
        "arn:aws:kms:us-east-1:111122223333:alias/app",
        "arn:aws:s3:::bucket/key/x"]}}"#;

    #[test]
    fn principals_are_found_on_their_lines_however_they_are_written() {
        let lines: Vec<_> = references(POLICY, Kind::Key).iter().map(|reference| reference.line).collect();
        assert_eq!(lines, [2, 3, 4, 5]);
        let [_, account, user, _] = &references(POLICY, Kind::Key)[..] else { panic!("four") };
        assert_eq!(account.to, Referred::Principal(PrincipalText::Account("444455556666".parse().unwrap())));
        let alice = "arn:aws:iam::111122223333:user/Alice";
        assert_eq!(user.to, Referred::Principal(PrincipalText::User(alice.into())));
    }

    #[test]
    fn keys_and_aliases_are_found_by_whole_arns_alone() {
        let found = references(IDENTITY, Kind::Identity);
        let arn = |name: &str| format!("arn:aws:kms:us-east-1:111122223333:{name}").into_boxed_str();
        let expected = [(2, arn("key/1234abcd-12ab-34cd-56ef-1234567890ab")), (4, arn("alias/app"))];
        assert_eq!(found, expected.map(|(line, arn)| Reference { line, to: Referred::Key(arn) }));
    }
}
