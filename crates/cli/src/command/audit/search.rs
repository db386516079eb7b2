//! `claviger audit search`: lists records of the trail, newest first.

use std::num::NonZeroUsize;

use claviger_audit::{Attribute, Criterion, Found, Index, Lookup, Token};
use claviger_clock::{Clock as _, SystemClock};

use super::directory_of;
use super::table;
use crate::arguments::Search;
use crate::print::{self, Refusal};

/// Most records that are read before they are told.
const PAGE: NonZeroUsize = NonZeroUsize::new(1_000).unwrap();

pub(super) fn run(options: &Search) -> Result<(), Refusal> {
    let index = Index::of_directory(&directory_of(&options.files)?);
    let lookup = lookup(options);
    let (mut left, mut after) = (options.limit.get(), None);
    while let Some(page) = NonZeroUsize::new(left.min(PAGE.get())) {
        let Found { records, next } = index.look_up(&lookup, page, after)?;
        show(options, &records, after);
        left -= records.len();
        after = next;
        if after.is_none() {
            return Ok(());
        }
    }
    if !options.json {
        print::line(&format!("There are more than {}: see --limit.", options.limit));
    }
    Ok(())
}

fn show(options: &Search, records: &[String], after: Option<Token>) {
    if options.json {
        records.iter().for_each(|record| print::line(record));
    } else {
        table::rows(records, after.is_none()).iter().for_each(|row| print::line(row));
    }
}

fn lookup(options: &Search) -> Lookup {
    let user = match &options.user {
        Some(arn) if arn.starts_with("arn:") => (Attribute::CallerArn, &options.user),
        _ => (Attribute::Username, &options.user),
    };
    let attributes = [
        user,
        (Attribute::ResourceName, &options.key),
        (Attribute::EventName, &options.event),
        (Attribute::AccessKeyId, &options.access_key),
        (Attribute::ErrorCode, &options.error),
        (Attribute::EventId, &options.event_id),
    ];
    let named = attributes.into_iter().filter_map(|(attribute, value)| Some((attribute, value.clone()?)));
    let context = options.encryption_context.iter();
    let context = context.map(|(key, value)| (key.as_str().into(), value.as_str().into()));
    let now = SystemClock.now();
    Lookup {
        account: options.account,
        region: options.region,
        criteria: named
            .map(|(attribute, value)| Criterion::Is(attribute, value))
            .chain(context.map(|(key, value)| Criterion::Context { key, value }))
            .collect(),
        from: options.since.map(|moment| moment.seen_from(now)),
        to: options.until.map(|moment| moment.seen_from(now)),
    }
}
