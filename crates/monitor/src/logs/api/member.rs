//! Members that several operations of CloudWatch Logs have, and what they show alike.

use claviger_api::{Ask, Call, Fault};
use claviger_wire::{Bounds, Members, Pattern, TextRule};

use crate::logs::fault::LogsFault;
use crate::place::Place;

/// Most items of one answer, and how many there are unless less is asked for.
const PAGE_ITEMS_MAX: i64 = 50;

pub(super) const GROUP_NAME: TextRule = TextRule::matching(
    1,
    512,
    Pattern { text: r"[\.\-_/#A-Za-z0-9]+", holds: |text| !text.is_empty() && text.chars().all(is_of_group) },
);

pub(super) const FILTER_NAME: TextRule =
    TextRule::matching(1, 512, Pattern { text: "[^:*]*", holds: |text| !text.contains([':', '*']) });

pub(super) const FILTER_PATTERN: TextRule = TextRule::length(0, 1024);

pub(super) const METRIC_NAME: TextRule =
    TextRule::matching(0, 255, Pattern { text: "[^:*$]*", holds: |text| !text.contains([':', '*', '$']) });

fn is_of_group(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || ".-_/#".contains(letter)
}

/// Where a call is about something.
pub(super) fn place(call: &Call<'_>) -> Place {
    Place { account: call.account(), region: call.region() }
}

/// An action on a log group, which policies know by its streams; on all groups without a name.
pub(super) fn ask(call: &Call<'_>, action: &'static str, group: Option<&str>) -> Ask {
    let arn = place(call).arn("logs", format_args!("log-group:{}:log-stream:", group.unwrap_or_default()));
    Ask::new(action, arn.clone(), arn)
}

/// From where on, and how many.
pub(super) struct Page {
    from: Option<Box<str>>,
    items: usize,
}

impl Page {
    pub(super) fn read(members: &mut Members<'_>) -> Page {
        let from =
            members.text("nextToken", &TextRule::length(1, 2048)).map(|token| token.into_owned().into());
        let items = members.whole("limit", Bounds::new(1, PAGE_ITEMS_MAX)).unwrap_or(PAGE_ITEMS_MAX);
        Page { from, items: usize::try_from(items).unwrap_or(1) }
    }

    /// The items of the page, and the token of the next: how many came before it.
    pub(super) fn cut<T>(&self, items: Vec<T>) -> Result<(Vec<T>, Option<String>), Fault> {
        let invalid = || LogsFault::InvalidParameter("The specified nextToken is invalid.".into());
        let from = self.from.as_deref().map_or(Ok(0), |from| from.parse().map_err(|_| invalid()))?;
        let behind = usize::saturating_add(from, self.items);
        let next = (behind < items.len()).then(|| behind.to_string());
        Ok((items.into_iter().skip(from).take(self.items).collect(), next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_past_the_end_gives_an_empty_page() {
        let page = |token: &str| Page { from: Some(token.into()), items: 2 }.cut(vec![1, 2, 3]);
        assert_eq!(page("1").unwrap(), (vec![2, 3], None));
        assert_eq!(page(&usize::MAX.to_string()).unwrap(), (vec![], None));
        assert!(page("18446744073709551616").is_err());
    }
}
