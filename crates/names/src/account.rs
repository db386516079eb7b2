//! A 12-digit account number.

use std::fmt;
use std::str::FromStr;

/// Digits of an account number.
const ACCOUNT_DIGITS: usize = 12;

/// An AWS account number: exactly twelve decimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId([u8; ACCOUNT_DIGITS]);

/// The text is not twelve decimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an account number is twelve decimal digits")]
pub struct MalformedAccountId;

impl AccountId {
    /// The account that integrated services belong to, `000000000000`: AWS gives it to nobody.
    pub const SERVICES: AccountId = AccountId([b'0'; ACCOUNT_DIGITS]);

    /// The twelve digits.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("")
    }

    /// The twelve digits, as ASCII.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The number, below 10^12.
    pub fn number(self) -> u64 {
        self.0.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0'))
    }

    /// The account of this number; none at 10^12 and above.
    pub fn from_number(mut number: u64) -> Option<AccountId> {
        let mut digits = [b'0'; ACCOUNT_DIGITS];
        for digit in digits.iter_mut().rev() {
            *digit += (number % 10) as u8;
            number /= 10;
        }
        (number == 0).then_some(AccountId(digits))
    }
}

impl FromStr for AccountId {
    type Err = MalformedAccountId;

    fn from_str(text: &str) -> Result<AccountId, MalformedAccountId> {
        let digits: [u8; ACCOUNT_DIGITS] = text.as_bytes().try_into().map_err(|_| MalformedAccountId)?;
        if digits.iter().all(u8::is_ascii_digit) { Ok(AccountId(digits)) } else { Err(MalformedAccountId) }
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

crate::text::serde_as_text!(AccountId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_exactly_twelve_digits() {
        assert_eq!("111122223333".parse::<AccountId>().unwrap().as_str(), "111122223333");
        for wrong in ["", "11112222333", "1111222233334", "11112222333a", "１1112222333", " 11122223333"] {
            assert_eq!(wrong.parse::<AccountId>(), Err(MalformedAccountId), "{wrong}");
        }
    }

    #[test]
    fn the_number_of_an_account_names_it_again() {
        let account: AccountId = "001122223333".parse().unwrap();
        assert_eq!(account.number(), 1_122_223_333);
        assert_eq!(AccountId::from_number(account.number()), Some(account));
        assert_eq!(AccountId::from_number(1_000_000_000_000), None);
    }
}
