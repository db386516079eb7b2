//! Values of conditions by type: what a policy wrote against what a request says.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::civil;
use jiff::tz::TimeZone;
use serde_json::Value;

/// A context value as text. The JSON of a context has texts, numbers, truth values, and `{"time"}`, `{"ip"}`,
/// `{"base64"}` for the rest.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Object(members) => members.values().next().and_then(text),
        _ => None,
    }
}

pub(crate) fn number(text: &str) -> Option<f64> {
    text.parse().ok()
}

/// Conditions §3: seconds since 1970 of a time in ISO 8601 (W3C profile) or epoch seconds. Four digits are a year.
pub(crate) fn time(text: &str) -> Option<i64> {
    if text.len() != 4
        && let Ok(seconds) = text.parse()
    {
        return Some(seconds);
    }
    let (date, clock) = text.split_once('T').map_or((text, None), |(date, clock)| (date, Some(clock)));
    let mut parts = date.split('-');
    let mut part = |default: i16| parts.next().map_or(Some(default), |part| part.parse().ok());
    let (year, month, day) = (part(1)?, part(1)?, part(1)?);
    let date = civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    let midnight = date.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second();
    Some(midnight + clock.map_or(Some(0), since_midnight)?)
}

/// Seconds of `hh:mm[:ss[.fraction]]` and a time zone, `Z` or `±hh:mm`.
fn since_midnight(clock: &str) -> Option<i64> {
    let zone_at = clock.find(['Z', '+', '-'])?;
    let (clock, zone) = clock.split_at(zone_at);
    let offset = match zone.split_at(1) {
        ("Z", _) => 0,
        ("+", zone) => hours_and_minutes(zone)?,
        (_, zone) => -hours_and_minutes(zone)?,
    };
    let whole = clock.split('.').next()?;
    Some(hours_and_minutes(whole)? - offset)
}

fn hours_and_minutes(text: &str) -> Option<i64> {
    let parts = text.split(':').map(|part| part.parse::<i64>().ok()).collect::<Option<Vec<_>>>()?;
    Some(parts.iter().zip([3600, 60, 1]).map(|(part, unit)| part * unit).sum())
}

pub(crate) fn bytes(base64: &str) -> Option<Vec<u8>> {
    STANDARD.decode(base64).ok()
}

/// Conditions §3: a range holds the addresses of its own family that share its first bits.
pub(crate) fn range_holds(range: &str, address: &str) -> Option<bool> {
    let (network, prefix) = range.split_once('/').map_or((range, None), |(n, p)| (n, Some(p)));
    let (network, width) = bits(network)?;
    let (address, address_width) = bits(address)?;
    let prefix: u32 = prefix.map_or(Some(width), |prefix| prefix.parse().ok())?;
    let shift = width.checked_sub(prefix)?;
    let same = |a: u128, b: u128| shift == 128 || a >> shift == b >> shift;
    Some(width == address_width && same(network, address))
}

fn bits(address: &str) -> Option<(u128, u32)> {
    match address.parse().ok()? {
        IpAddr::V4(v4) => Some((u128::from(u32::from(v4)), 32)),
        IpAddr::V6(v6) => Some((u128::from(v6), 128)),
    }
}
