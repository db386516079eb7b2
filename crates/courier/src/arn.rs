//! What destinations are called.

use std::fmt;

use claviger_names::{AccountId, Region};
use serde::Deserialize;

/// Most characters of a destination's own name, as of an SNS topic's.
const NAME_LENGTH_MAX: usize = 256;

/// `arn:aws:sns:REGION:ACCOUNT:NAME`: AWS's form for a topic, so that its clients take it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct DestinationArn {
    text: Box<str>,
    account: AccountId,
    region: Region,
}

/// The text is not the ARN of a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected arn:aws:sns:REGION:ACCOUNT:NAME, the name of letters, digits, dashes and underscores")]
pub struct MalformedDestinationArn;

impl DestinationArn {
    /// The ARN.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is of this account and Region.
    pub fn is_of(&self, account: AccountId, region: &str) -> bool {
        self.account == account && self.region.as_str() == region
    }
}

impl TryFrom<String> for DestinationArn {
    type Error = MalformedDestinationArn;

    fn try_from(text: String) -> Result<DestinationArn, MalformedDestinationArn> {
        let parts: Vec<&str> = text.split(':').collect();
        let ["arn", partition, "sns", region, account, name] = parts.as_slice() else {
            return Err(MalformedDestinationArn);
        };
        let region: Region = region.parse().map_err(|_| MalformedDestinationArn)?;
        let account = account.parse().map_err(|_| MalformedDestinationArn)?;
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        let is_name = (1..=NAME_LENGTH_MAX).contains(&name.len()) && name.bytes().all(is_allowed);
        if !is_name || region.partition() != *partition {
            return Err(MalformedDestinationArn);
        }
        Ok(DestinationArn { account, region, text: text.into() })
    }
}

impl fmt::Display for DestinationArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_is_called_as_a_topic_is() {
        let parsed = |text: &str| DestinationArn::try_from(text.to_owned());
        let ops = parsed("arn:aws:sns:us-east-1:111122223333:ops_1-a").unwrap();
        assert!(ops.is_of("111122223333".parse().unwrap(), "us-east-1"));
        assert!(!ops.is_of("111122223333".parse().unwrap(), "us-west-2"));
        assert!(!ops.is_of("444455556666".parse().unwrap(), "us-east-1"));
        for wrong in [
            "",
            "ops",
            "arn:aws:sqs:us-east-1:111122223333:ops",
            "arn:aws:sns:us-east-1:1:ops",
            "arn:aws:sns::111122223333:ops",
            "arn:aws-cn:sns:us-east-1:111122223333:ops",
            "arn:aws:sns:us-east-1:111122223333:",
            "arn:aws:sns:us-east-1:111122223333:a b",
            "arn:aws:sns:us-east-1:111122223333:ops:subscription",
        ] {
            assert_eq!(parsed(wrong), Err(MalformedDestinationArn), "{wrong}");
        }
    }
}
