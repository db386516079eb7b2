//! Text with wildcards and policy variables.

use std::borrow::Cow;

use crate::value::Values;
use crate::vocabulary::{ConditionKey, Context, Vocabulary};

/// Text to compare with. Wildcards and variables are special only where the pattern was compiled so.
/// The first forms are by far the most common.
#[derive(Debug)]
pub(crate) enum Pattern {
    Any,
    Exact(Box<str>),
    Prefix(Box<str>),
    Parts(Box<[Part]>),
}

#[derive(Debug)]
pub(crate) enum Part {
    Literal(Box<str>),
    /// `?`: exactly one character.
    One,
    /// `*`: any run of characters.
    Run,
    /// `${key, 'default'}`
    Variable(Box<Variable>),
}

#[derive(Debug)]
pub(crate) struct Variable {
    key: ConditionKey,
    default: Option<Box<str>>,
}

/// What a pattern's text may hold beside plain text.
#[derive(Clone, Copy)]
pub(crate) struct Special<'v> {
    /// `*` and `?` are wildcards.
    pub(crate) wildcards: bool,
    /// `${…}` are policy variables, of these condition keys.
    pub(crate) variables: Option<&'v Vocabulary>,
}

/// A policy variable as it stands in a text.
struct Reference<'t> {
    name: &'t str,
    default: Option<&'t str>,
}

impl Pattern {
    pub(crate) fn compile(text: &str, special: Special<'_>) -> Pattern {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            let part = match next {
                '*' if special.wildcards => Some((Part::Run, 1)),
                '?' if special.wildcards => Some((Part::One, 1)),
                '$' => special.variables.and_then(|vocabulary| variable(rest, vocabulary)),
                _ => None,
            };
            let bytes = match part {
                Some((part, bytes)) => {
                    push(&mut parts, &mut literal, part);
                    bytes
                }
                None => {
                    literal.push(next);
                    next.len_utf8()
                }
            };
            rest = rest.get(bytes..).unwrap_or("");
        }
        flush(&mut parts, &mut literal);
        Pattern::of(parts)
    }

    fn of(mut parts: Vec<Part>) -> Pattern {
        match &mut parts[..] {
            [] => Pattern::Exact("".into()),
            [Part::Run] => Pattern::Any,
            [Part::Literal(text)] => Pattern::Exact(std::mem::take(text)),
            [Part::Literal(text), Part::Run] => Pattern::Prefix(std::mem::take(text)),
            _ => Pattern::Parts(parts.into()),
        }
    }

    fn parts(&self) -> &[Part] {
        match self {
            Pattern::Any | Pattern::Exact(_) | Pattern::Prefix(_) => &[],
            Pattern::Parts(parts) => parts,
        }
    }

    /// Whether any policy variable is in it.
    pub(crate) fn has_variables(&self) -> bool {
        self.parts().iter().any(|part| matches!(part, Part::Variable(_)))
    }

    /// Whether any wildcard is in it.
    pub(crate) fn has_wildcards(&self) -> bool {
        let in_parts = self.parts().iter().any(|part| matches!(part, Part::Run | Part::One));
        in_parts || matches!(self, Pattern::Any | Pattern::Prefix(_))
    }

    /// The first variable that the request does not resolve.
    pub(crate) fn unresolved(&self, context: &dyn Context) -> Option<&str> {
        let unresolved = |part: &Part| part.text(context).is_none();
        self.parts().iter().find_map(|part| match part {
            Part::Variable(variable) if unresolved(part) => Some(variable.key.name()),
            _ => None,
        })
    }

    /// Whether the text is this one. Only for patterns without wildcards.
    pub(crate) fn equals(&self, text: &str, context: &dyn Context) -> bool {
        match self {
            Pattern::Exact(exact) => *text == **exact,
            _ => self.rendered(context).is_some_and(|rendered| *rendered == *text),
        }
    }

    /// Whether the text is this one but for case. Only for patterns without wildcards.
    pub(crate) fn equals_ignoring_case(&self, text: &str, context: &dyn Context) -> bool {
        self.rendered(context).is_some_and(|rendered| {
            let is_ascii = rendered.is_ascii() && text.is_ascii();
            rendered.eq_ignore_ascii_case(text)
                || (!is_ascii && rendered.to_lowercase() == text.to_lowercase())
        })
    }

    /// The text with its variables resolved; none when it has wildcards or one is not resolved.
    fn rendered<'a>(&'a self, context: &'a dyn Context) -> Option<Cow<'a, str>> {
        match self {
            Pattern::Any | Pattern::Prefix(_) => None,
            Pattern::Exact(exact) => Some(Cow::Borrowed(exact)),
            Pattern::Parts(parts) => match &**parts {
                [part] => part.text(context),
                parts => {
                    parts.iter().map(|part| part.text(context)).collect::<Option<String>>().map(Cow::Owned)
                }
            },
        }
    }

    /// Whether the text matches, wildcards and all.
    #[inline]
    pub(crate) fn matches(&self, text: &str, context: &dyn Context) -> bool {
        match self {
            Pattern::Any => true,
            Pattern::Exact(exact) => *text == **exact,
            Pattern::Prefix(prefix) => text.starts_with(&**prefix),
            Pattern::Parts(parts) => matches(parts, text, context),
        }
    }
}

/// Matches any parts. Steps back only to the last `*`, so the time is bounded by the product of the lengths.
fn matches(parts: &[Part], text: &str, context: &dyn Context) -> bool {
    let (mut parts, mut rest) = (parts, text);
    let mut retry: Option<(&[Part], &str)> = None;
    loop {
        let step = match parts.split_first() {
            Some((Part::Run, [])) => return true,
            Some((Part::Run, after)) => {
                retry = Some((after, rest));
                Some((after, rest))
            }
            Some((first, after)) => first.strip(rest, context).map(|rest| (after, rest)),
            None if rest.is_empty() => return true,
            None => None,
        };
        (parts, rest) = match step {
            Some(next) => next,
            None => match retry.and_then(|(after, from)| Some((after, next_start(after, from)?))) {
                Some(next) => {
                    retry = Some(next);
                    next
                }
                None => return false,
            },
        };
    }
}

/// Where a `*` may end next, having ended at the start of `from`: one character on, or where the literal after it
/// stands next. A literal that ends the pattern can only stand at the end.
fn next_start<'t>(after: &[Part], from: &'t str) -> Option<&'t str> {
    let mut characters = from.chars();
    characters.next()?;
    let on = characters.as_str();
    match after {
        [Part::Literal(last)] => on.ends_with(&**last).then(|| on.get(on.len() - last.len()..)).flatten(),
        [Part::Literal(literal), ..] => on.find(&**literal).and_then(|at| on.get(at..)),
        _ => Some(on),
    }
}

impl Part {
    /// Removes what this part matches from the start of a text.
    fn strip<'t>(&self, text: &'t str, context: &dyn Context) -> Option<&'t str> {
        match self {
            Part::Literal(literal) => text.strip_prefix(&**literal),
            Part::One => {
                let mut characters = text.chars();
                characters.next().map(|_| characters.as_str())
            }
            Part::Run => None,
            Part::Variable(_) => text.strip_prefix(&*self.text(context)?),
        }
    }

    /// The text that a literal or a variable stands for.
    fn text<'a>(&'a self, context: &'a dyn Context) -> Option<Cow<'a, str>> {
        match self {
            Part::Literal(literal) => Some(Cow::Borrowed(literal)),
            Part::One | Part::Run => None,
            Part::Variable(variable) => match context.values(&variable.key) {
                Values::One(value) => Some(value.text()),
                Values::Absent => variable.default.as_deref().map(Cow::Borrowed),
                Values::Many(_) => None,
            },
        }
    }
}

fn push(parts: &mut Vec<Part>, literal: &mut String, part: Part) {
    match part {
        Part::Literal(text) => literal.push_str(&text),
        Part::Run if literal.is_empty() && matches!(parts.last(), Some(Part::Run)) => {}
        other => {
            flush(parts, literal);
            parts.push(other);
        }
    }
}

fn flush(parts: &mut Vec<Part>, literal: &mut String) {
    if !literal.is_empty() {
        parts.push(Part::Literal(std::mem::take(literal).into()));
    }
}

/// The variable that a text begins with, and its length in bytes.
fn variable(text: &str, vocabulary: &Vocabulary) -> Option<(Part, usize)> {
    let (inner, bytes) = braced(text)?;
    if let "*" | "?" | "$" = inner {
        return Some((Part::Literal(inner.into()), bytes));
    }
    let reference = Reference::parse(inner)?;
    let key = vocabulary.key(reference.name);
    Some((Part::Variable(Box::new(Variable { key, default: reference.default.map(Into::into) })), bytes))
}

/// What stands in `${…}` at the start of a text, and how many bytes it takes with its braces.
pub(crate) fn braced(text: &str) -> Option<(&str, usize)> {
    let (inner, _) = text.strip_prefix("${")?.split_once('}')?;
    Some((inner, inner.len() + "${}".len()))
}

impl<'t> Reference<'t> {
    /// Reads `key` or `key, 'default'`.
    fn parse(inner: &'t str) -> Option<Reference<'t>> {
        let (name, default) = match inner.split_once(',') {
            Some((name, default)) => (name, Some(default.trim().strip_prefix('\'')?.strip_suffix('\'')?)),
            None => (inner, None),
        };
        let name = name.trim();
        (!name.is_empty()).then_some(Reference { name, default })
    }
}

/// The condition keys of the policy variables in a text.
pub(crate) fn variables_of(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("${").filter_map(|(at, _)| {
        let (inner, _) = braced(text.get(at..)?)?;
        let is_special = matches!(inner, "*" | "?" | "$");
        if is_special { None } else { Reference::parse(inner).map(|reference| reference.name) }
    })
}

#[cfg(test)]
mod tests;
