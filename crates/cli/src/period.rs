//! A length of time as people write it: `8d`, `1w12h`, `90s`.

use std::str::FromStr;

/// A length of time in whole seconds, more than none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Period {
    seconds: u32,
}

/// The text is no length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a length of time is written like 8d, 12h, 30m, 45s or 1w2d; at most some 136 years")]
pub(crate) struct MalformedPeriod;

impl Period {
    /// Its length in seconds.
    pub(crate) fn seconds(self) -> u32 {
        self.seconds
    }
}

impl FromStr for Period {
    type Err = MalformedPeriod;

    fn from_str(text: &str) -> Result<Period, MalformedPeriod> {
        let mut seconds: u32 = 0;
        let mut rest = text;
        while !rest.is_empty() {
            let digits = rest.find(|letter: char| !letter.is_ascii_digit()).ok_or(MalformedPeriod)?;
            let number: u32 = rest[..digits].parse().map_err(|_| MalformedPeriod)?;
            let (unit, behind) = unit_of(&rest[digits..])?;
            seconds =
                number.checked_mul(unit).and_then(|part| part.checked_add(seconds)).ok_or(MalformedPeriod)?;
            rest = behind;
        }
        if seconds == 0 { Err(MalformedPeriod) } else { Ok(Period { seconds }) }
    }
}

/// The seconds of the unit that the text begins with, and what follows it.
fn unit_of(text: &str) -> Result<(u32, &str), MalformedPeriod> {
    let mut letters = text.chars();
    let seconds = match letters.next() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 3600,
        Some('d') => 24 * 3600,
        Some('w') => 7 * 24 * 3600,
        _ => return Err(MalformedPeriod),
    };
    Ok((seconds, letters.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read_as_people_write_them() {
        let seconds = |text: &str| text.parse::<Period>().map(Period::seconds);
        assert_eq!(seconds("8d"), Ok(691_200));
        assert_eq!(seconds("1w2d3h4m5s"), Ok(788_645));
        for wrong in ["", "8", "d", "8 d", "-1d", "0s", "1y", "9999999999s", "4294967295d", "1dx"] {
            assert_eq!(seconds(wrong), Err(MalformedPeriod), "{wrong}");
        }
    }
}
