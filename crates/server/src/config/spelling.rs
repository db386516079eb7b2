//! What a misspelt option was meant to be.

/// Most letters by which a misspelt option differs from the one that is offered instead.
const DISTANCE_MAX: usize = 2;

/// The parser's message about a field that it does not know, in the words of an operator; none for other messages.
pub(crate) fn unknown_option(message: &str) -> Option<String> {
    let mut quoted = message.strip_prefix("unknown field ")?.split('`').skip(1).step_by(2);
    let unknown = quoted.next()?;
    let known: Vec<&str> = quoted.collect();
    let nearest = known.iter().min_by_key(|name| distance(unknown, name));
    Some(match nearest {
        Some(name) if distance(unknown, name) <= DISTANCE_MAX => {
            format!("unknown option `{unknown}`, did you mean `{name}`?")
        }
        Some(_) | None => format!("unknown option `{unknown}`; there are {}", known.join(", ")),
    })
}

/// How many letters must be put in, taken out or changed (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.bytes().enumerate() {
            let change = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_letters() {
        assert_eq!(distance("lisen", "listen"), 1);
        assert_eq!(distance("listen", "listen"), 0);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
