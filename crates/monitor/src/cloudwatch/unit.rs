//! The units of metrics.

use claviger_wire::Enumerated;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a metric is measured in: one of CloudWatch's units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unit(u8);

/// Their names, in the model's order.
const UNITS: [&str; 27] = [
    "Seconds",
    "Microseconds",
    "Milliseconds",
    "Bytes",
    "Kilobytes",
    "Megabytes",
    "Gigabytes",
    "Terabytes",
    "Bits",
    "Kilobits",
    "Megabits",
    "Gigabits",
    "Terabits",
    "Percent",
    "Count",
    "Bytes/Second",
    "Kilobytes/Second",
    "Megabytes/Second",
    "Gigabytes/Second",
    "Terabytes/Second",
    "Bits/Second",
    "Kilobits/Second",
    "Megabits/Second",
    "Gigabits/Second",
    "Terabits/Second",
    "Count/Second",
    "None",
];

impl Unit {
    /// Seconds.
    pub const SECONDS: Unit = Unit(0);
    /// How many.
    pub const COUNT: Unit = Unit(14);
    /// What was put without a unit.
    pub const NONE: Unit = Unit(26);

    /// Its name.
    pub fn as_str(self) -> &'static str {
        UNITS[usize::from(self.0)]
    }

    /// All of them.
    pub(super) fn all() -> impl Iterator<Item = Unit> {
        Unit::NAMES.iter().map(|(_, unit)| *unit)
    }

    /// The unit of this name.
    pub fn parse(name: &str) -> Option<Unit> {
        let at = UNITS.iter().position(|known| *known == name)?;
        u8::try_from(at).ok().map(Unit)
    }
}

impl Enumerated for Unit {
    const NAMES: &'static [(&'static str, Unit)] = &named();
}

const fn named() -> [(&'static str, Unit); UNITS.len()] {
    let mut names = [("", Unit::NONE); UNITS.len()];
    let mut at = 0;
    while at < UNITS.len() {
        names[at] = (UNITS[at], Unit(at as u8));
        at += 1;
    }
    names
}

impl Serialize for Unit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Unit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Unit, D::Error> {
        let name = String::deserialize(deserializer)?;
        Unit::parse(&name).ok_or_else(|| serde::de::Error::custom("not a unit"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_known_by_their_names() {
        assert_eq!(
            (Unit::SECONDS.as_str(), Unit::COUNT.as_str(), Unit::NONE.as_str()),
            ("Seconds", "Count", "None")
        );
        for (name, unit) in Unit::NAMES {
            assert_eq!((Unit::parse(name), unit.as_str()), (Some(*unit), *name));
        }
        assert_eq!(Unit::parse("count"), None);
    }
}
