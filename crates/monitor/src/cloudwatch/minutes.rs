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
}
