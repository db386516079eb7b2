//! Alarms: what they watch, what state they are in and why, and what they tell of it.

mod duty;
mod evaluate;
mod history;
mod history_rows;
mod notification;
mod record;
mod rows;
mod text;
mod untold;

pub(crate) use duty::{NewState, milliseconds};
pub(crate) use history::{Configuration, HistoryItem, HistoryKind, configured};
#[cfg(test)]
pub(crate) use history_rows::ITEMS_PER_ALARM_MAX;
pub(crate) use history_rows::{Asked, WRITES_PER_ITEM_MAX, find_history, sweep_history};
pub(crate) use notification::alarm_arn;
pub(crate) use record::{AlarmRecord, AlarmState, Comparison, LowSampleCount, MissingData, StateValue};
pub(crate) use rows::{Stored, delete, is_storable, load, load_all, save};

#[cfg(test)]
pub(crate) use evaluate::tests as evaluate_tests;
