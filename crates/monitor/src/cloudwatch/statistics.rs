//! What is kept of the values of one minute, and the statistics that it answers.

use std::fmt;

use claviger_wire::Enumerated;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Values, summed up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StatisticSet {
    /// All of them together.
    pub sum: f64,
    /// How many.
    pub count: f64,
    /// The least of them.
    pub least: f64,
    /// The greatest of them.
    pub greatest: f64,
}

impl StatisticSet {
    /// One value.
    pub fn of(value: f64) -> StatisticSet {
        StatisticSet::of_many(value, 1.0)
    }

    /// A value that was there so many times.
    pub fn of_many(value: f64, count: f64) -> StatisticSet {
        StatisticSet { sum: value * count, count, least: value, greatest: value }
    }

    /// Takes in other values.
    pub fn merge(&mut self, other: StatisticSet) {
        self.sum += other.sum;
        self.count += other.count;
        self.least = self.least.min(other.least);
        self.greatest = self.greatest.max(other.greatest);
    }

    /// The one value that all of them are, if they are.
    fn only_value(self) -> Option<f64> {
        (self.least == self.greatest).then_some(self.least)
    }
}

/// What is asked of a period's values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Statistic {
    /// How many values.
    SampleCount,
    /// Their mean.
    Average,
    /// Their sum.
    Sum,
    /// The least.
    Minimum,
    /// The greatest.
    Maximum,
    /// The value that so many percent do not exceed: 0 to 100.
    Percentile(f64),
}

impl Statistic {
    /// A statistic by its name, or a percentile such as `p99.9`.
    pub fn parse(text: &str) -> Option<Statistic> {
        let named = Self::NAMES.iter().find(|(name, _)| *name == text).map(|(_, statistic)| *statistic);
        named.or_else(|| Statistic::percentile(text))
    }

    /// A percentile such as `p99.9`.
    pub fn percentile(text: &str) -> Option<Statistic> {
        let digits = text
            .strip_prefix('p')
            .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit() || b == b'.'))?;
        let percent = digits.parse().ok().filter(|percent| (0.0..=100.0).contains(percent))?;
        Some(Statistic::Percentile(percent))
    }

    /// What it is of these, of which there is at least one. A percentile takes the values themselves: it is none where
    /// they were summed up, as CloudWatch has it.
    pub fn of(self, minutes: &[StatisticSet]) -> Option<f64> {
        let mut all = *minutes.first()?;
        minutes[1..].iter().for_each(|minute| all.merge(*minute));
        match self {
            Statistic::SampleCount => Some(all.count),
            Statistic::Average => Some(all.sum / all.count),
            Statistic::Sum => Some(all.sum),
            Statistic::Minimum => Some(all.least),
            Statistic::Maximum => Some(all.greatest),
            Statistic::Percentile(percent) => percentile(percent, minutes, all.count),
        }
    }
}

fn percentile(percent: f64, minutes: &[StatisticSet], count: f64) -> Option<f64> {
    let mut values = Vec::with_capacity(minutes.len());
    for minute in minutes {
        values.push((minute.only_value()?, minute.count));
    }
    values.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    let rank = count * percent / 100.0;
    let mut seen = 0.0;
    let at = values.iter().find(|(_, many)| {
        seen += many;
        seen >= rank
    });
    at.or(values.last()).map(|(value, _)| *value)
}

impl Enumerated for Statistic {
    const NAMES: &'static [(&'static str, Statistic)] = &[
        ("SampleCount", Statistic::SampleCount),
        ("Average", Statistic::Average),
        ("Sum", Statistic::Sum),
        ("Minimum", Statistic::Minimum),
        ("Maximum", Statistic::Maximum),
    ];
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Statistic::Percentile(percent) => write!(f, "p{percent}"),
            named => {
                f.write_str(Self::NAMES.iter().find(|(_, known)| known == named).map_or("", |(name, _)| name))
            }
        }
    }
}

impl Serialize for Statistic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Statistic {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Statistic, D::Error> {
        let text = String::deserialize(deserializer)?;
        Statistic::parse(&text).ok_or_else(|| serde::de::Error::custom("not a statistic"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(values: &[f64]) -> StatisticSet {
        let mut all = StatisticSet::of(values[0]);
        values[1..].iter().for_each(|value| all.merge(StatisticSet::of(*value)));
        all
    }

    #[test]
    fn each_statistic_is_of_all_minutes_together() {
        let minutes = [set(&[1.0, 4.0]), set(&[2.5])];
        let of = |text: &str| Statistic::parse(text).unwrap().of(&minutes);
        assert_eq!(of("SampleCount"), Some(3.0));
        assert_eq!(of("Sum"), Some(7.5));
        assert_eq!(of("Average"), Some(2.5));
        assert_eq!((of("Minimum"), of("Maximum")), (Some(1.0), Some(4.0)));
        assert_eq!(Statistic::Sum.of(&[]), None);
    }

    #[test]
    fn a_percentile_is_told_only_where_the_values_are_known() {
        let single = [set(&[3.0]), StatisticSet::of_many(1.0, 8.0), set(&[2.0])];
        let of = |text: &str| Statistic::parse(text).unwrap().of(&single);
        assert_eq!((of("p0"), of("p50"), of("p80")), (Some(1.0), Some(1.0), Some(1.0)));
        assert_eq!((of("p90"), of("p90.1"), of("p100")), (Some(2.0), Some(3.0), Some(3.0)));
        assert_eq!(Statistic::Percentile(50.0).of(&[set(&[1.0, 2.0])]), None);
    }

    #[test]
    fn statistics_keep_their_names() {
        for name in ["SampleCount", "Average", "Sum", "Minimum", "Maximum", "p99.9", "p5"] {
            assert_eq!(Statistic::parse(name).unwrap().to_string(), name);
        }
        for wrong in ["sum", "p", "p101", "p-1", "pinf", "p1e1", "tm99", ""] {
            assert_eq!(Statistic::parse(wrong), None, "{wrong}");
        }
    }
}
