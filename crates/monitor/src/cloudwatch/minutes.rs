//! The values of one hour of one metric, minute by minute, and how they are stored.

use std::collections::BTreeMap;

use super::StatisticSet;

/// Minutes of an hour.
pub(super) const MINUTES_PER_HOUR: i64 = 60;

/// Bytes of one minute: which of the hour, and four numbers.
const MINUTE_BYTES: usize = 33;

/// What is known of an hour's minutes, by the minute of the hour.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Minutes(BTreeMap<u8, StatisticSet>);

impl Minutes {
    /// Adds values to a minute, counted from 1970.
    pub(super) fn add(&mut self, minute: i64, values: StatisticSet) {
        let of_hour = minute.rem_euclid(MINUTES_PER_HOUR) as u8;
        self.0.entry(of_hour).and_modify(|known| known.merge(values)).or_insert(values);
    }

    /// Takes in what another knows of the same hour.
    pub(super) fn merge(&mut self, other: &Minutes) {
        other.0.iter().for_each(|(minute, values)| self.add(i64::from(*minute), *values));
    }

    /// The minutes of this hour, both counted from 1970.
    pub(super) fn of_hour(&self, hour: i64) -> impl Iterator<Item = (i64, StatisticSet)> + '_ {
        self.0.iter().map(move |(minute, values)| (hour * MINUTES_PER_HOUR + i64::from(*minute), *values))
    }

    /// As they are stored.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.len() * MINUTE_BYTES);
        for (minute, values) in &self.0 {
            bytes.push(*minute);
            for number in [values.sum, values.count, values.least, values.greatest] {
                bytes.extend(number.to_be_bytes());
            }
        }
        bytes
    }

    /// Reads what [`Minutes::bytes`] wrote.
    pub(super) fn parse(bytes: &[u8]) -> Option<Minutes> {
        let minutes = bytes.chunks(MINUTE_BYTES).map(|minute| {
            let (minute, numbers) = minute.split_first()?;
            let (numbers, _) = numbers.as_chunks::<8>();
            let [sum, count, least, greatest] = numbers else { return None };
            let [sum, count, least, greatest] =
                [sum, count, least, greatest].map(|bytes| f64::from_be_bytes(*bytes));
            Some((*minute, StatisticSet { sum, count, least, greatest }))
        });
        minutes.collect::<Option<_>>().map(Minutes)
    }
}

/// An hour as it is stored: what counts in any case, and what counts only if the write that it belongs to was completed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct StoredHour {
    pub settled: Minutes,
    pub last: Minutes,
    /// The number of the write that `last` belongs to.
    pub write: u64,
}

impl StoredHour {
    /// The number of the write, how many minutes are settled, and the minutes of both.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let settled = u8::try_from(self.settled.0.len()).unwrap_or(u8::MAX);
        [&self.write.to_be_bytes()[..], &[settled], &self.settled.bytes(), &self.last.bytes()].concat()
    }

    /// Reads what [`StoredHour::bytes`] wrote.
    pub(super) fn parse(bytes: &[u8]) -> Option<StoredHour> {
        let (write, rest) = bytes.split_first_chunk::<8>()?;
        let (count, rest) = rest.split_first()?;
        let (settled, last) = rest.split_at_checked(usize::from(*count) * MINUTE_BYTES)?;
        let (settled, last) = (Minutes::parse(settled)?, Minutes::parse(last)?);
        Some(StoredHour { settled, last, write: u64::from_be_bytes(*write) })
    }

    /// All that counts.
    pub(super) fn counted(mut self, is_completed: impl Fn(u64) -> bool) -> Minutes {
        if is_completed(self.write) {
            self.settled.merge(&self.last);
        }
        self.settled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_are_read_back_as_they_were_stored() {
        let mut minutes = Minutes::default();
        minutes.add(61, StatisticSet::of(0.1));
        minutes.add(61, StatisticSet::of(-3.0));
        minutes.add(119, StatisticSet::of_many(7.0, 2.0));
        let read = Minutes::parse(&minutes.bytes()).unwrap();
        assert_eq!(read, minutes);
        let listed: Vec<(i64, f64)> = read.of_hour(1).map(|(minute, values)| (minute, values.sum)).collect();
        assert_eq!(listed, [(61, 0.1 - 3.0), (119, 14.0)]);
        assert_eq!(Minutes::parse(&minutes.bytes()[1..]), None);
        assert_eq!(Minutes::parse(&[]), Some(Minutes::default()));
    }

    #[test]
    fn an_hour_counts_what_was_written_last_only_if_that_was_completed() {
        let (mut settled, mut last) = (Minutes::default(), Minutes::default());
        settled.add(1, StatisticSet::of(1.0));
        last.add(1, StatisticSet::of(2.0));
        let hour = StoredHour { settled: settled.clone(), last, write: 7 };
        let read = StoredHour::parse(&hour.bytes()).unwrap();
        assert_eq!(read, hour);
        assert_eq!(read.clone().counted(|_| false), settled);
        let sum = |hour: StoredHour| hour.counted(|write| write == 7).of_hour(0).next().unwrap().1.sum;
        assert_eq!(sum(read), 3.0);
        assert_eq!(StoredHour::parse(&hour.bytes()[..9]), None);
        assert_eq!(StoredHour::parse(b"short"), None);
    }
}
