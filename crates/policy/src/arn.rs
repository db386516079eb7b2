//! Patterns for ARNs: segment by segment.

use crate::pattern::{Pattern, Special, braced};
use crate::vocabulary::{Context, Vocabulary};

/// Segments of an ARN: what follows the fifth colon is one.
const ARN_SEGMENTS: usize = 6;

/// A pattern for ARNs: a wildcard never reaches beyond its segment.
#[derive(Debug)]
pub(crate) enum ArnPattern {
    /// `*`
    Any,
    Segments(Box<[Pattern; ARN_SEGMENTS]>),
    /// Policy variables that stand for more than a segment each, and no wildcard.
    Whole(Pattern),
    /// Text that no ARN matches.
    Nothing,
}

impl ArnPattern {
    /// For a condition: six segments, or nothing matches.
    pub(crate) fn of_condition(text: &str, variables: Option<&Vocabulary>) -> ArnPattern {
        ArnPattern::of_segments(text, &segments(text, variables.is_some()), variables)
    }

    /// For a Resource element: `*`, or an ARN, to which missing segments are added as `*`.
    pub(crate) fn of_resource(text: &str, variables: Option<&Vocabulary>) -> ArnPattern {
        if text.bytes().all(|b| b == b'*') && !text.is_empty() {
            return ArnPattern::Any;
        }
        let mut found = segments(text, variables.is_some());
        if text.starts_with("arn:") {
            found.resize(ARN_SEGMENTS, "*");
        }
        ArnPattern::of_segments(text, &found, variables)
    }

    fn of_segments(text: &str, found: &[&str], variables: Option<&Vocabulary>) -> ArnPattern {
        let compile = |text: &str, wildcards| Pattern::compile(text, Special { wildcards, variables });
        match <&[&str; ARN_SEGMENTS]>::try_from(found) {
            Ok(six) => ArnPattern::Segments(Box::new(six.map(|segment| compile(segment, true)))),
            Err(_) => {
                let whole = compile(text, false);
                let is_whole = whole.has_variables() && !compile(text, true).has_wildcards();
                if is_whole { ArnPattern::Whole(whole) } else { ArnPattern::Nothing }
            }
        }
    }

    /// Whether an ARN, or for `*` any text, matches.
    pub(crate) fn matches(&self, text: &str, context: &dyn Context) -> bool {
        match self {
            ArnPattern::Any => true,
            ArnPattern::Nothing => false,
            ArnPattern::Whole(pattern) => {
                text.splitn(ARN_SEGMENTS, ':').count() == ARN_SEGMENTS && pattern.equals(text, context)
            }
            ArnPattern::Segments(patterns) => {
                let mut found = text.splitn(ARN_SEGMENTS, ':');
                let matching =
                    |pattern: &Pattern| found.next().is_some_and(|text| pattern.matches(text, context));
                patterns.iter().all(matching)
            }
        }
    }

    /// Whether any policy variable is in it.
    pub(crate) fn has_variables(&self) -> bool {
        self.patterns().iter().any(Pattern::has_variables)
    }

    /// The first variable that the request does not resolve.
    pub(crate) fn unresolved(&self, context: &dyn Context) -> Option<&str> {
        self.patterns().iter().find_map(|pattern| pattern.unresolved(context))
    }

    fn patterns(&self) -> &[Pattern] {
        match self {
            ArnPattern::Any | ArnPattern::Nothing => &[],
            ArnPattern::Whole(pattern) => std::slice::from_ref(pattern),
            ArnPattern::Segments(patterns) => &**patterns,
        }
    }
}

/// Splits at the first five colons that do not stand in a policy variable.
fn segments(text: &str, has_variables: bool) -> Vec<&str> {
    let mut found = Vec::with_capacity(ARN_SEGMENTS);
    let (mut start, mut at) = (0, 0);
    while found.len() + 1 < ARN_SEGMENTS {
        let rest = text.get(at..).unwrap_or("");
        let Some(stop) = rest.find([':', '$']) else { break };
        let special = rest.get(stop..).unwrap_or("");
        match braced(special).filter(|_| has_variables) {
            Some((_, bytes)) => at += stop + bytes,
            None => {
                if special.starts_with(':') {
                    found.push(text.get(start..at + stop).unwrap_or(""));
                    start = at + stop + 1;
                }
                at += stop + 1;
            }
        }
    }
    found.push(text.get(start..).unwrap_or(""));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Facts, KEY, WORDS};

    fn resource(pattern: &str, text: &str) -> bool {
        ArnPattern::of_resource(pattern, Some(&WORDS)).matches(text, &Facts::default())
    }

    #[test]
    fn variables_may_stand_for_a_whole_arn_when_there_is_no_wildcard() {
        let facts = Facts::text("aws:PrincipalArn", "arn:aws:iam::111122223333:user/*")
            .and("aws:username", crate::Value::Text("x"));
        let matching =
            |pattern: &str, text: &str| ArnPattern::of_condition(pattern, Some(&WORDS)).matches(text, &facts);
        assert!(matching("${aws:PrincipalArn}", "arn:aws:iam::111122223333:user/*"));
        assert!(matching("${aws:PrincipalArn}/a", "arn:aws:iam::111122223333:user/*/a"));
        assert!(!matching("${aws:PrincipalArn}", "arn:aws:iam::111122223333:user/al"));
        assert!(!matching("${aws:PrincipalArn}*", "arn:aws:iam::111122223333:user/*"));
        assert!(!matching("${aws:username}", "x"));
    }

    #[test]
    fn a_wildcard_in_an_arn_stays_in_its_segment() {
        assert!(resource("arn:aws:kms:*:111122223333:key/*", KEY));
        assert!(resource("arn:aws:kms:us-?ast-1:*:*", KEY));
        assert!(!resource("arn:aws:kms:*:key/*", KEY));
        assert!(!resource("arn:aws:kms:*", "arn:aws:s3:::kms"));
        assert!(!resource("arn:aws:*:key/1234abcd-12ab-34cd-56ef-1234567890ab", KEY));
        assert!(resource("arn:aws:x:::a*z", "arn:aws:x:::a:b/c:z"));
    }

    #[test]
    fn a_resource_that_is_too_short_is_completed_and_other_text_matches_nothing() {
        assert!(resource("arn:aws:kms", KEY));
        assert!(resource("arn:aws:kms:us-east-1", KEY));
        assert!(!resource("arn:aws:kms:eu-west-1", KEY));
        for pattern in ["", "key/*", "*key*", "alias/x", "arn"] {
            assert!(!resource(pattern, KEY), "{pattern}");
        }
        assert!(resource("*", "*"));
        assert!(!resource("arn:*:*:*:*:*", "*"));
        let condition = ArnPattern::of_condition("arn:aws:kms:*", None);
        assert!(!condition.matches(KEY, &Facts::default()));
    }

    #[test]
    fn a_variable_fills_a_segment_and_its_colons_make_no_new_ones() {
        let home =
            ArnPattern::of_resource("arn:aws:s3::${aws:username}:home/${aws:username}/*", Some(&WORDS));
        assert!(home.matches("arn:aws:s3::a*c:home/a*c/x", &Facts::text("aws:username", "a*c")));
        assert!(!home.matches("arn:aws:s3::a:c:home/a:c/x", &Facts::text("aws:username", "a:c")));
    }
}
