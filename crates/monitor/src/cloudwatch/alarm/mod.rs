//! Alarms: what they watch, what state they are in and why, and what they tell of it.

mod duty;
mod evaluate;
mod history;
mod notification;
mod record;
mod rows;
mod text;

pub(crate) use duty::{NewState, milliseconds};
pub(crate) use history::{Configuration, HistoryItem, HistoryKind, configured};
pub(crate) use notification::alarm_arn;
pub(crate) use record::{AlarmRecord, AlarmState, Comparison, LowSampleCount, MissingData, StateValue};
pub(crate) use rows::{Stored, delete, load, load_all, load_history, save, sweep_history};

#[cfg(test)]
pub(crate) use evaluate::tests as evaluate_tests;
