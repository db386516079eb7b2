//! How CloudTrail names the objects that it delivers.

use claviger_clock::Timestamp;
use claviger_crypto::{Random, RandomnessFailed};
use claviger_names::{AccountId, Region};

use crate::TrailName;

/// Random characters at the end of a log file's name.
const SUFFIX_CHARACTERS: usize = 16;

const ALPHANUMERICS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// The random bytes below this number make every character equally likely.
const FAIR_BELOW: u8 = 4 * ALPHANUMERICS.len() as u8;

/// Where the files of a trail lie, and whose they are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shelf<'a> {
    /// The trail's prefix, without the slash behind it.
    pub prefix: Option<&'a str>,
    pub account: AccountId,
    /// That of the records.
    pub region: Region,
}

impl Shelf<'_> {
    /// `AWSLogs/…/CloudTrail/…_<16 characters>.json.gz`
    pub(crate) fn log_file(&self, at: Timestamp, suffix: &str) -> String {
        let Shelf { account, region, .. } = self;
        let minute = at.strftime("%Y%m%dT%H%MZ");
        format!("{}{account}_CloudTrail_{region}_{minute}_{suffix}.json.gz", self.day("CloudTrail", at))
    }

    /// `AWSLogs/…/CloudTrail-Digest/…json.gz`, of the digest that ends at this time.
    pub(crate) fn digest(&self, trail: &TrailName, home: Region, end: Timestamp) -> String {
        let Shelf { account, region, .. } = self;
        let (day, second) = (self.day("CloudTrail-Digest", end), end.strftime("%Y%m%dT%H%M%SZ"));
        format!("{day}{account}_CloudTrail-Digest_{region}_{trail}_{home}_{second}.json.gz")
    }

    fn day(&self, kind: &str, at: Timestamp) -> String {
        let Shelf { prefix, account, region } = self;
        let (prefix, slash) = prefix.map_or(("", ""), |prefix| (prefix, "/"));
        format!("{prefix}{slash}AWSLogs/{account}/{kind}/{region}/{}/", at.strftime("%Y/%m/%d"))
    }
}

/// The characters that tell one log file of a minute from another.
pub(crate) fn suffix(random: &dyn Random) -> Result<String, RandomnessFailed> {
    let mut suffix = String::with_capacity(SUFFIX_CHARACTERS);
    while suffix.len() < SUFFIX_CHARACTERS {
        let mut bytes = [0; SUFFIX_CHARACTERS];
        random.fill_public(&mut bytes)?;
        let fair = bytes.into_iter().filter(|byte| *byte < FAIR_BELOW);
        let characters = fair.map(|byte| char::from(ALPHANUMERICS[usize::from(byte) % ALPHANUMERICS.len()]));
        suffix.extend(characters.take(SUFFIX_CHARACTERS - suffix.len()));
    }
    Ok(suffix)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shelf(prefix: Option<&str>) -> Shelf<'_> {
        let account = "111122223333".parse().unwrap();
        Shelf { prefix, account, region: "eu-west-1".parse().unwrap() }
    }

    #[test]
    fn objects_are_named_as_cloudtrail_names_them() {
        let at: Timestamp = "2026-01-02T03:04:05.9Z".parse().unwrap();
        assert_eq!(
            shelf(None).log_file(at, "Abcdefgh01234567"),
            "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/01/02/\
             111122223333_CloudTrail_eu-west-1_20260102T0304Z_Abcdefgh01234567.json.gz"
        );
        let (name, home) = (TrailName::parse("ops").unwrap(), "us-east-1".parse().unwrap());
        assert_eq!(
            shelf(Some("a/b")).digest(&name, home, at),
            "a/b/AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/01/02/\
             111122223333_CloudTrail-Digest_eu-west-1_ops_us-east-1_20260102T030405Z.json.gz"
        );
    }

    #[test]
    fn suffixes_are_sixteen_letters_and_digits_each_as_likely() {
        let suffixes: Vec<String> =
            (0..2_000).map(|_| suffix(&claviger_crypto::SystemRandom).unwrap()).collect();
        let mut counts = [0; 128];
        for suffix in &suffixes {
            assert_eq!(suffix.len(), SUFFIX_CHARACTERS);
            suffix.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
        }
        let expected = suffixes.len() * SUFFIX_CHARACTERS / ALPHANUMERICS.len();
        for byte in ALPHANUMERICS {
            let count = counts[usize::from(*byte)];
            assert!(count > expected / 2 && count < expected * 2, "{} came {count} times", char::from(*byte));
        }
    }
}
