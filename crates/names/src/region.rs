//! A Region name, and the partition it belongs to.

use std::fmt;
use std::str::FromStr;

/// Longest Region name, as the API model has it.
const REGION_BYTES_MAX: usize = 32;

/// The Regions of AWS's commercial partition (botocore `endpoints.json`, November 2026).
pub const COMMERCIAL_REGIONS: &[&str] = &[
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

/// A Region name: `^([a-z]+-){2,3}\d+$`, at most 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region {
    text: [u8; REGION_BYTES_MAX],
    bytes: u8,
}

/// The text is no Region name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a Region name looks like us-east-1")]
pub struct MalformedRegion;

impl Region {
    /// The name.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or("")
    }

    /// The name, as ASCII.
    pub fn as_bytes(&self) -> &[u8] {
        &self.text[..usize::from(self.bytes)]
    }

    /// Whether a text is of the pattern that names of Regions have, however long it is.
    pub fn is_well_formed(text: &str) -> bool {
        well_formed(text)
    }

    /// The partition that ARNs in this Region begin with, such as `aws`.
    pub fn partition(&self) -> &'static str {
        Region::partition_of(self.as_bytes())
    }

    /// The same of whatever may be a Region's name.
    pub fn partition_of(name: &[u8]) -> &'static str {
        if name.starts_with(b"cn-") {
            "aws-cn"
        } else if name.starts_with(b"us-gov-") {
            "aws-us-gov"
        } else {
            "aws"
        }
    }
}

impl FromStr for Region {
    type Err = MalformedRegion;

    fn from_str(text: &str) -> Result<Region, MalformedRegion> {
        if text.len() > REGION_BYTES_MAX || !well_formed(text) {
            return Err(MalformedRegion);
        }
        let mut region = Region { text: [0; REGION_BYTES_MAX], bytes: 0 };
        region.text[..text.len()].copy_from_slice(text.as_bytes());
        region.bytes = u8::try_from(text.len()).map_err(|_| MalformedRegion)?;
        Ok(region)
    }
}

fn well_formed(text: &str) -> bool {
    let is_all = |part: &[u8], kind: fn(&u8) -> bool| !part.is_empty() && part.iter().all(kind);
    let mut words = text.as_bytes().split(|byte| *byte == b'-');
    let has_number = words.next_back().is_some_and(|number| is_all(number, u8::is_ascii_digit));
    let count = words.try_fold(0, |count, word| is_all(word, u8::is_ascii_lowercase).then_some(count + 1));
    has_number && matches!(count, Some(2..=3))
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

crate::text::serde_as_text!(Region);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_commercial_region_parses_and_is_in_partition_aws() {
        for name in COMMERCIAL_REGIONS {
            let region: Region = name.parse().unwrap();
            assert_eq!((region.as_str(), region.partition()), (*name, "aws"));
        }
    }

    #[test]
    fn a_region_keeps_to_the_pattern_of_the_model() {
        assert_eq!("us-gov-west-1".parse::<Region>().unwrap().partition(), "aws-us-gov");
        assert_eq!("cn-north-1".parse::<Region>().unwrap().partition(), "aws-cn");
        for wrong in
            ["", "us", "us-1", "us-east", "US-east-1", "us-east-1/", "us--1", "a-b-c-d-1", "us-east-x1"]
        {
            assert_eq!(wrong.parse::<Region>(), Err(MalformedRegion), "{wrong}");
        }
    }
}
