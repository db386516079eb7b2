//! CloudWatch Logs, as far as metric filters go: log groups, filters and their pattern language.

mod api;
mod desk;
mod fault;
mod filter;
mod pattern;
mod record;

pub use desk::Logs;
pub use pattern::{FilterPattern, Found, LogEvent, PatternFault, Reference};
pub use record::DEFAULT_GROUP;

#[cfg(test)]
pub(crate) use record::tests::test_group;
