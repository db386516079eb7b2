//! Values of condition keys: what the request's side gives, and what a policy's text is read as.

use std::borrow::Cow;
use std::net::IpAddr;

use jiff::civil::{Date, Time};
use jiff::tz::Offset;

/// Decimal digits kept before and after the point of a number.
const NUMBER_DIGITS_MAX: usize = 18;

/// The values of one condition key in a request.
#[derive(Clone, Copy)]
pub enum Values<'a> {
    /// The request has no such key.
    Absent,
    /// A single-valued key.
    One(Value<'a>),
    /// A multi-valued key; without values it counts as absent.
    Many(&'a dyn Sequence),
}

/// One value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Text, such as a name or an ARN.
    Text(&'a str),
    /// A whole number.
    Number(i64),
    /// A point in time, in seconds since 1970.
    Time(i64),
    /// True or false.
    Flag(bool),
    /// An IP address.
    Address(IpAddr),
    /// Binary.
    Bytes(&'a [u8]),
}

/// Several values.
pub trait Sequence {
    /// How many there are.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value at an index below `len`.
    fn at(&self, index: usize) -> Option<Value<'_>>;
}

/// A decimal number, in units of 10^-18.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Number(i128);

/// A range of IP addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    address: IpAddr,
    prefix_bits: u32,
}

impl<'a> Values<'a> {
    /// Whether the key is absent or has no value.
    pub fn is_absent(&self) -> bool {
        match self {
            Values::Absent => true,
            Values::One(_) => false,
            Values::Many(values) => values.is_empty(),
        }
    }

    /// Whether any value passes a test.
    #[inline]
    pub fn any(&self, mut test: impl FnMut(&Value<'a>) -> bool) -> bool {
        match *self {
            Values::Absent => false,
            Values::One(value) => test(&value),
            Values::Many(values) => {
                (0..values.len()).any(|at| values.at(at).is_some_and(|value| test(&value)))
            }
        }
    }

    /// Whether every value passes a test.
    pub fn all(&self, mut test: impl FnMut(&Value<'a>) -> bool) -> bool {
        !self.any(|value| !test(value))
    }
}

impl<'a> Value<'a> {
    /// The value as text: times as `2026-01-31T12:00:00Z`, bytes in Base64.
    #[inline]
    pub fn text(&self) -> Cow<'a, str> {
        match *self {
            Value::Text(text) => Cow::Borrowed(text),
            _ => self.written(),
        }
    }

    fn written(&self) -> Cow<'a, str> {
        use base64::Engine as _;
        match *self {
            Value::Text(text) => Cow::Borrowed(text),
            Value::Flag(flag) => Cow::Borrowed(if flag { "true" } else { "false" }),
            Value::Number(number) => Cow::Owned(number.to_string()),
            Value::Time(seconds) => match jiff::Timestamp::from_second(seconds) {
                Ok(time) => Cow::Owned(time.to_string()),
                Err(_) => Cow::Owned(seconds.to_string()),
            },
            Value::Address(address) => Cow::Owned(address.to_string()),
            Value::Bytes(bytes) => Cow::Owned(base64::engine::general_purpose::STANDARD.encode(bytes)),
        }
    }

    pub(crate) fn number(&self) -> Option<Number> {
        match *self {
            Value::Number(number) | Value::Time(number) => Some(Number::from_integer(number)),
            Value::Text(text) => Number::parse(text),
            Value::Flag(_) | Value::Address(_) | Value::Bytes(_) => None,
        }
    }

    pub(crate) fn time(&self) -> Option<i64> {
        match *self {
            Value::Number(seconds) | Value::Time(seconds) => Some(seconds),
            Value::Text(text) => parse_time(text),
            Value::Flag(_) | Value::Address(_) | Value::Bytes(_) => None,
        }
    }

    pub(crate) fn address(&self) -> Option<IpAddr> {
        match *self {
            Value::Address(address) => Some(address),
            Value::Text(text) => text.parse().ok(),
            Value::Number(_) | Value::Time(_) | Value::Flag(_) | Value::Bytes(_) => None,
        }
    }

    pub(crate) fn bytes(&self) -> Option<&'a [u8]> {
        match *self {
            Value::Bytes(bytes) => Some(bytes),
            Value::Text(text) => Some(text.as_bytes()),
            Value::Number(_) | Value::Time(_) | Value::Flag(_) | Value::Address(_) => None,
        }
    }
}

impl Number {
    const UNIT: i128 = 10_i128.pow(NUMBER_DIGITS_MAX as u32);

    fn from_integer(number: i64) -> Number {
        Number(i128::from(number) * Number::UNIT)
    }

    /// Reads an integer or a decimal with at most eighteen digits on each side of the point.
    pub(crate) fn parse(text: &str) -> Option<Number> {
        let (sign, digits) = match text.strip_prefix('-') {
            Some(digits) => (-1, digits),
            None => (1, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let plain = |part: &str| part.len() <= NUMBER_DIGITS_MAX && part.bytes().all(|b| b.is_ascii_digit());
        if digits.len() == usize::from(digits.contains('.')) || !plain(whole) || !plain(fraction) {
            return None;
        }
        let units = format!("{whole}{fraction:0<NUMBER_DIGITS_MAX$}");
        units.parse().ok().map(|units: i128| Number(sign * units))
    }
}

impl Network {
    /// Reads an address or a range, such as `203.0.113.0/24`.
    pub(crate) fn parse(text: &str) -> Option<Network> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let address_bits = if address.is_ipv4() { 32 } else { 128 };
        let is_number = |bits: &str| bits.bytes().all(|b| b.is_ascii_digit());
        let prefix_bits = match bits {
            Some(bits) => bits.parse().ok().filter(|prefix| is_number(bits) && *prefix <= address_bits)?,
            None => address_bits,
        };
        Some(Network { address, prefix_bits })
    }

    /// Whether the address lies in the range; one of the other family never does.
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(base), IpAddr::V4(other)) => {
                let differing = base.to_bits() ^ other.to_bits();
                differing.checked_shr(32 - self.prefix_bits).unwrap_or(0) == 0
            }
            (IpAddr::V6(base), IpAddr::V6(other)) => {
                let differing = base.to_bits() ^ other.to_bits();
                differing.checked_shr(128 - self.prefix_bits).unwrap_or(0) == 0
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

/// Reads a point in time as seconds since 1970: a W3C date or date and time (UTC unless it says otherwise), or the
/// seconds themselves. Four digits are a year; fractions of a second are cut.
pub(crate) fn parse_time(text: &str) -> Option<i64> {
    if text.len() != 4 && text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok();
    }
    let (date, clock) = match text.split_once(['T', 't']) {
        Some((date, clock)) => (date, Some(clock)),
        None => (text, None),
    };
    let mut parts = date.split('-');
    let year = digits(parts.next()?, 4)?;
    let month = parts.next().map_or(Some(1), |month| digits(month, 2));
    let day = parts.next().map_or(Some(1), |day| digits(day, 2));
    let is_whole = date.len() == "2026-01-31".len();
    if parts.next().is_some() || (clock.is_some() && !is_whole) {
        return None;
    }
    let date = Date::new(year, i8::try_from(month?).ok()?, i8::try_from(day?).ok()?).ok()?;
    let (time, offset_seconds) = clock.map_or(Some((Time::midnight(), 0)), parse_clock)?;
    let moment = Offset::UTC.to_timestamp(date.to_datetime(time)).ok()?;
    Some(moment.as_second() - offset_seconds)
}

/// Reads `hh:mm[:ss[.fraction]]` with an optional offset, which is given in seconds east of UTC.
fn parse_clock(clock: &str) -> Option<(Time, i64)> {
    let zone_at = clock.find(['Z', 'z', '+', '-']).unwrap_or(clock.len());
    let (time, zone) = clock.split_at(zone_at);
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut parts = time.split(':');
    let (hour, minute) = (digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let second = parts.next().map_or(Some(0), |second| digits(second, 2))?;
    let is_fraction = !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit());
    if parts.next().is_some() || !is_fraction {
        return None;
    }
    let narrow = |number: i16| i8::try_from(number).ok();
    let time = Time::new(narrow(hour)?, narrow(minute)?, narrow(second)?, 0).ok()?;
    Some((time, parse_zone(zone)?))
}

fn parse_zone(zone: &str) -> Option<i64> {
    let (sign, offset) = match zone.split_at_checked(1) {
        None | Some(("Z" | "z", "")) => return Some(0),
        Some(("+", offset)) => (1, offset),
        Some(("-", offset)) => (-1, offset),
        Some(_) => return None,
    };
    let (hours, minutes) = offset.split_once(':')?;
    let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
    (hours <= 23 && minutes <= 59).then(|| sign * (i64::from(hours) * 3600 + i64::from(minutes) * 60))
}

/// Exactly so many digits, as a number.
fn digits(text: &str, count: usize) -> Option<i16> {
    let plain = text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

impl<S: AsRef<str>> Sequence for Vec<S> {
    fn len(&self) -> usize {
        Vec::len(self)
    }

    fn at(&self, index: usize) -> Option<Value<'_>> {
        self.get(index).map(|text| Value::Text(text.as_ref()))
    }
}

impl<S: AsRef<str>, const N: usize> Sequence for [S; N] {
    fn len(&self) -> usize {
        N
    }

    fn at(&self, index: usize) -> Option<Value<'_>> {
        self.get(index).map(|text| Value::Text(text.as_ref()))
    }
}

impl<S: AsRef<str>> Sequence for &[S] {
    fn len(&self) -> usize {
        <[S]>::len(self)
    }

    fn at(&self, index: usize) -> Option<Value<'_>> {
        self.get(index).map(|text| Value::Text(text.as_ref()))
    }
}

impl Sequence for Vec<Value<'_>> {
    fn len(&self) -> usize {
        Vec::len(self)
    }

    fn at(&self, index: usize) -> Option<Value<'_>> {
        self.get(index).copied()
    }
}

impl<const N: usize> Sequence for [Value<'_>; N] {
    fn len(&self) -> usize {
        N
    }

    fn at(&self, index: usize) -> Option<Value<'_>> {
        self.get(index).copied()
    }
}

#[cfg(test)]
mod tests;
