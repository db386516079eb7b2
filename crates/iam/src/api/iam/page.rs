//! Pages of a list: MaxItems, Marker, IsTruncated.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use claviger_audit::Shown;
use claviger_seal::SealedEntry;
use claviger_store::{Path, Span};
use claviger_wire::{Bounds, Members, Pattern, TextRule, Xml};
use serde::de::DeserializeOwned;

use crate::IamError;
use crate::api::{Api, Fault};
use crate::rows::Row;

/// Most items of a page.
const ITEMS_MAX: i64 = 1000;

/// Items of a page when nobody says.
const ITEMS_DEFAULT: i64 = 100;

/// Rows that are read at once where all are wanted.
const SCAN_ENTRIES: usize = 1000;

const MARKER: TextRule = TextRule::matching(
    1,
    320,
    Pattern {
        text: r"[\u0020-\u00FF]+",
        holds: |text| !text.is_empty() && text.chars().all(|c| matches!(c, ' '..='\u{ff}')),
    },
);

/// The page that a request asks for.
pub(super) struct Page {
    items_sent: Option<i64>,
    marker_sent: Option<String>,
}

/// The items of a page, and the marker of the next one if there is one.
#[derive(Debug)]
pub(super) struct Listed<T> {
    pub items: Vec<T>,
    pub marker: Option<String>,
}

impl Page {
    /// Takes Marker and MaxItems.
    pub(super) fn take(members: &mut Members<'_>) -> Page {
        let marker_sent = members.text("Marker", &MARKER).map(|marker| marker.into_owned());
        Page { items_sent: members.whole("MaxItems", Bounds::new(1, ITEMS_MAX)), marker_sent }
    }

    /// Shows them in a record.
    pub(super) fn show(&self, shown: Shown) -> Shown {
        shown.maybe_text("marker", self.marker_sent.as_deref()).maybe_number("maxItems", self.items_sent)
    }

    /// How many items it has at most.
    pub(super) fn limit(&self) -> usize {
        usize::try_from(self.items_sent.unwrap_or(ITEMS_DEFAULT)).unwrap_or(0)
    }

    /// The name of the last item before it; a marker that `list` did not give is refused.
    pub(super) fn after(&self, list: &str) -> Result<Option<String>, Fault> {
        let Some(marker) = &self.marker_sent else { return Ok(None) };
        let bytes = URL_SAFE_NO_PAD.decode(marker).map_err(|_| invalid_marker())?;
        let text = String::from_utf8(bytes).map_err(|_| invalid_marker())?;
        let (of, last) = text.split_once('\n').ok_or_else(invalid_marker)?;
        if of == list { Ok(Some(last.to_owned())) } else { Err(invalid_marker()) }
    }

    /// The page out of items in the order of their names, all or those after the page before.
    pub(super) fn of<T>(
        &self,
        list: &str,
        items: impl IntoIterator<Item = T>,
        name: impl Fn(&T) -> String,
    ) -> Result<Listed<T>, Fault> {
        let after = self.after(list)?;
        let is_behind = |item: &T| after.as_ref().is_none_or(|after| name(item) > *after);
        let mut items: Vec<T> = items.into_iter().filter(is_behind).take(self.limit() + 1).collect();
        let more = items.len() > self.limit();
        items.truncate(self.limit());
        let last = items.last().filter(|_| more);
        let marker = last.map(|last| URL_SAFE_NO_PAD.encode(format!("{list}\n{}", name(last))));
        Ok(Listed { items, marker })
    }

    /// The page out of the rows below `prefix` that `keep` keeps.
    pub(super) async fn of_rows<R: DeserializeOwned>(
        &self,
        api: &Api,
        list: &str,
        prefix: &str,
        keep: impl Fn(&R) -> bool,
    ) -> Result<Listed<Row<R>>, Fault> {
        let rows = self.rows(api, prefix, self.after(list)?.as_deref(), keep).await?;
        self.cut(list, rows, |row| behind(&row.path, prefix))
    }

    /// The rows below `prefix` and behind `after` that `keep` keeps: a page and one more, if there is one.
    pub(super) async fn rows<R: DeserializeOwned>(
        &self,
        api: &Api,
        prefix: &str,
        after: Option<&str>,
        keep: impl Fn(&R) -> bool,
    ) -> Result<Vec<Row<R>>, Fault> {
        let read = |entry| Ok(Some(Row::<R>::read(entry)?).filter(|row| keep(&row.record)));
        self.scan(api, prefix, after, read).await
    }

    /// The page out of what the rows below `prefix` are called.
    pub(super) async fn of_names(
        &self,
        api: &Api,
        list: &str,
        prefix: &str,
    ) -> Result<Listed<String>, Fault> {
        let read = |entry: SealedEntry| Ok(Some(behind(&entry.path, prefix)));
        let names = self.scan(api, prefix, self.after(list)?.as_deref(), read).await?;
        self.cut(list, names, String::clone)
    }

    /// What `read` makes of the rows below `prefix`: as many as there are on the page, and one more if there is.
    async fn scan<T>(
        &self,
        api: &Api,
        prefix: &str,
        after: Option<&str>,
        read: impl Fn(SealedEntry) -> Result<Option<T>, IamError>,
    ) -> Result<Vec<T>, Fault> {
        let mut found = Vec::new();
        let mut span = Span::prefix(prefix);
        if let Some(after) = after {
            span = span.after(&Path::try_from(format!("{prefix}{after}")).map_err(|_| invalid_marker())?);
        }
        let wanted = self.limit() + 1;
        loop {
            let entries = api.directory.scan(span.clone(), wanted).await?;
            let last = entries.last().map(|entry| entry.path.clone()).filter(|_| entries.len() == wanted);
            for entry in entries {
                found.extend(read(entry)?);
            }
            match last {
                Some(last) if found.len() < wanted => span = span.after(&last),
                Some(_) | None => return Ok(found),
            }
        }
    }

    /// The page out of items that all come behind the page before.
    pub(super) fn cut<T>(
        &self,
        list: &str,
        items: Vec<T>,
        name: impl Fn(&T) -> String,
    ) -> Result<Listed<T>, Fault> {
        Page { marker_sent: None, ..*self }.of(list, items, name)
    }
}

/// What all rows below `prefix` are called.
pub(super) async fn all_names(api: &Api, prefix: &str) -> Result<Vec<String>, Fault> {
    let entries = all(api, prefix).await?;
    Ok(entries.iter().map(|entry| behind(&entry.path, prefix)).collect())
}

/// All rows below `prefix`.
pub(super) async fn all_rows<R: DeserializeOwned>(api: &Api, prefix: &str) -> Result<Vec<Row<R>>, Fault> {
    let entries = all(api, prefix).await?;
    entries.into_iter().map(|entry| Ok(Row::read(entry)?)).collect()
}

async fn all(api: &Api, prefix: &str) -> Result<Vec<SealedEntry>, Fault> {
    let mut entries: Vec<SealedEntry> = Vec::new();
    let mut span = Span::prefix(prefix);
    loop {
        let page = api.directory.scan(span.clone(), SCAN_ENTRIES).await?;
        let last = page.last().map(|entry| entry.path.clone()).filter(|_| page.len() == SCAN_ENTRIES);
        entries.extend(page);
        match last {
            Some(last) => span = span.after(&last),
            None => return Ok(entries),
        }
    }
}

/// What a path goes on with behind a prefix.
fn behind(path: &Path, prefix: &str) -> String {
    path.as_str().strip_prefix(prefix).unwrap_or_default().to_owned()
}

fn invalid_marker() -> Fault {
    Fault::Validation("Invalid Marker.".into())
}

impl<T> Listed<T> {
    /// The same page with other items.
    pub(super) fn map<U>(self, to: impl FnMut(T) -> U) -> Listed<U> {
        Listed { items: self.items.into_iter().map(to).collect(), marker: self.marker }
    }

    /// Writes a list with IsTruncated and Marker.
    pub(super) fn write(&self, xml: &mut Xml, list: &str, item: impl Fn(&mut Xml, &T)) {
        xml.list(list, &self.items, item);
        self.write_end(xml);
    }

    /// Writes IsTruncated and Marker.
    pub(super) fn write_end(&self, xml: &mut Xml) {
        xml.flag("IsTruncated", self.marker.is_some()).maybe_text("Marker", self.marker.as_deref());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(items: i64, marker_sent: Option<String>) -> Page {
        Page { items_sent: Some(items), marker_sent }
    }

    #[test]
    fn pages_follow_one_another_without_gap_or_repetition() {
        let all = ["a", "b", "c"];
        let first = page(2, None).of("L", all, |item| item.to_string()).unwrap();
        assert_eq!(first.items, ["a", "b"]);
        let second = page(2, first.marker).of("L", all, |item| item.to_string()).unwrap();
        assert_eq!((second.items, second.marker), (vec!["c"], None));
    }

    #[test]
    fn a_marker_of_another_list_or_of_nobody_is_refused() {
        let foreign = page(1, None).of("L", ["a", "b"], |item| item.to_string()).unwrap().marker;
        for marker in [foreign, Some("x".to_owned()), Some("//".to_owned())] {
            let refused = page(1, marker).of("M", ["a"], |item| item.to_string());
            assert!(matches!(refused, Err(Fault::Validation(text)) if text == "Invalid Marker."));
        }
    }
}
