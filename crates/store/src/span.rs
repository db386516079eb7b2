//! A half-open range of paths.

use crate::Path;

// Sorts behind every byte that a path may hold.
const BEHIND_ALL: char = '\u{7f}';
// Sorts before every byte that a path may hold.
const BEFORE_ALL: char = '\0';

/// The paths from one text (inclusive) until another (exclusive), bytewise; possibly none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    from: Box<str>,
    until: Box<str>,
}

impl Span {
    /// All paths that begin with `prefix`; the empty prefix means all paths.
    pub fn prefix(prefix: &str) -> Span {
        Span { from: prefix.into(), until: format!("{prefix}{BEHIND_ALL}").into() }
    }

    /// The paths `from` (inclusive) `until` (exclusive).
    pub fn between(from: &Path, until: &Path) -> Span {
        Span { from: from.as_str().into(), until: until.as_str().into() }.ordered()
    }

    /// What of this span comes behind `path`: the next page of a scan whose last entry was there.
    #[must_use]
    pub fn after(self, path: &Path) -> Span {
        let behind: Box<str> = format!("{path}{BEFORE_ALL}").into();
        Span { from: behind.max(self.from), until: self.until }.ordered()
    }

    /// Whether `path` lies in the span.
    pub fn holds(&self, path: &Path) -> bool {
        (self.from()..self.until()).contains(&path.as_str())
    }

    /// Where it begins, inclusive: a text to compare with, not always a path.
    pub fn from(&self) -> &str {
        &self.from
    }

    /// Where it ends, exclusive: a text to compare with, not always a path; never before [`Span::from`].
    pub fn until(&self) -> &str {
        &self.until
    }

    fn ordered(self) -> Span {
        let until = self.until.max(self.from.clone());
        Span { from: self.from, until }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(span: &Span) -> Vec<String> {
        ["a", "a/", "a/ ", "a/~~", "a0", "b", "~"]
            .into_iter()
            .filter(|text| span.holds(&Path::parse(text).unwrap()))
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn a_prefix_holds_what_begins_with_it_and_the_empty_one_everything() {
        assert_eq!(held(&Span::prefix("a/")), ["a/", "a/ ", "a/~~"]);
        assert_eq!(held(&Span::prefix("")).len(), 7);
        assert!(held(&Span::prefix("a/é")).is_empty());
    }

    #[test]
    fn a_span_includes_its_start_and_excludes_its_end() {
        let [a, b] = ["a/", "b"].map(|text| Path::parse(text).unwrap());
        assert_eq!(held(&Span::between(&a, &b)), ["a/", "a/ ", "a/~~", "a0"]);
        assert!(held(&Span::between(&b, &a)).is_empty());
        assert!(held(&Span::between(&a, &a)).is_empty());
    }

    #[test]
    fn after_excludes_its_path_and_never_widens() {
        let [before, inside, behind] = ["a", "a/", "b"].map(|text| Path::parse(text).unwrap());
        assert_eq!(held(&Span::prefix("a/").after(&inside)), ["a/ ", "a/~~"]);
        assert_eq!(Span::prefix("a/").after(&before), Span::prefix("a/"));
        assert!(held(&Span::prefix("a/").after(&behind)).is_empty());
    }
}
