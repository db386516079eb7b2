//! Pages of a list: limits, markers, and what tells that there is more.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use claviger_audit::Shown;
use claviger_wire::{Bounds, Members};

use super::member::MARKER;
use crate::fault::Fault;

/// How many items a page may have and has when nobody says.
#[derive(Clone, Copy)]
pub(crate) struct PageSize {
    pub max: i64,
    pub default: usize,
}

/// The page that a request asks for: how many items, after which one.
pub(crate) struct Page {
    pub limit: usize,
    pub limit_sent: Option<i64>,
    pub marker_sent: Option<String>,
}

/// One page of items, and the marker of the next if there is one.
pub(crate) struct Cut<T> {
    pub items: Vec<T>,
    pub next_marker: Option<String>,
}

impl Page {
    /// Takes Limit and Marker.
    pub(crate) fn take(members: &mut Members<'_>, size: PageSize) -> Page {
        let limit_sent = members.whole("Limit", Bounds::new(1, size.max));
        let marker_sent = members.text("Marker", &MARKER).map(|marker| marker.into_owned());
        let limit = limit_sent.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(size.default);
        Page { limit, limit_sent, marker_sent }
    }

    /// The last item of the page before, as `list` marked it; a marker that no page of this list gave is refused.
    pub(crate) fn after<T: std::str::FromStr>(&self, list: &str) -> Result<Option<T>, Fault> {
        let Some(marker) = &self.marker_sent else { return Ok(None) };
        let bytes = URL_SAFE_NO_PAD.decode(marker).map_err(|_| Fault::InvalidMarker)?;
        let text = String::from_utf8(bytes).map_err(|_| Fault::InvalidMarker)?;
        let (of, last) = text.split_once('\n').ok_or(Fault::InvalidMarker)?;
        match (of == list, last.parse()) {
            (true, Ok(last)) => Ok(Some(last)),
            _ => Err(Fault::InvalidMarker),
        }
    }

    /// The page out of its items and, when there is one, the item behind it.
    pub(crate) fn cut<T>(&self, list: &str, mut items: Vec<T>, name: impl Fn(&T) -> String) -> Cut<T> {
        if items.len() <= self.limit {
            return Cut { items, next_marker: None };
        }
        items.truncate(self.limit);
        let marker = items.last().map(|last| URL_SAFE_NO_PAD.encode(format!("{list}\n{}", name(last))));
        Cut { items, next_marker: marker }
    }

    /// Shows Limit and Marker in a record.
    pub(crate) fn show(&self, shown: Shown) -> Shown {
        shown.maybe_number("limit", self.limit_sent).maybe_text("marker", self.marker_sent.as_deref())
    }

    /// Items to ask the store for: the page's, and one more that tells whether there is a next.
    pub(crate) fn look_ahead(&self) -> usize {
        self.limit + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(limit: usize, marker: Option<String>) -> Page {
        Page { limit, limit_sent: None, marker_sent: marker }
    }

    #[test]
    fn the_marker_of_a_page_leads_to_the_item_behind_it() {
        let cut = page(2, None).cut("ListKeys", vec!["a", "b", "c"], |item| item.to_string());
        assert_eq!(cut.items, ["a", "b"]);
        let after: Option<String> = page(2, cut.next_marker).after("ListKeys").ok().flatten();
        assert_eq!(after.as_deref(), Some("b"));
    }

    #[test]
    fn the_last_page_has_no_marker() {
        let cut = page(2, None).cut("ListKeys", vec!["a", "b"], |item| item.to_string());
        assert!(cut.next_marker.is_none());
    }

    #[test]
    fn a_marker_of_another_list_or_none_at_all_is_refused() {
        let other = page(1, None).cut("ListAliases", vec!["a", "b"], |item| item.to_string()).next_marker;
        for marker in [other, Some("garbage".to_owned()), Some("AAAA".to_owned())] {
            let after: Result<Option<String>, Fault> = page(1, marker).after("ListKeys");
            assert!(matches!(after, Err(Fault::InvalidMarker)));
        }
    }
}
