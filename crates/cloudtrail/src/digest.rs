//! Digest files: what was delivered in an hour, chained to the hour before, and what is signed of it.

use claviger_clock::Timestamp;
use claviger_names::AccountId;
use serde::{Deserialize, Serialize};

use crate::log_file::{Times, hash};

/// What CloudTrail calls RSASSA-PKCS1-v1_5 with SHA-256.
pub const SIGNATURE_ALGORITHM: &str = "SHA256withRSA";
const HASH_ALGORITHM: &str = "SHA-256";

/// What stands for the signature before the first.
const NO_SIGNATURE: &str = "null";

/// A digest file that the next one leads back to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Link {
    pub bucket: String,
    pub object: String,
    /// Hexadecimal SHA-256 of its text.
    pub hash: String,
    /// Hexadecimal.
    pub signature: String,
}

/// A log file that was delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Delivered {
    pub bucket: String,
    pub object: String,
    pub hash: String,
    pub times: Times,
}

/// What a digest file is about.
pub(crate) struct Digest<'a> {
    pub account: AccountId,
    pub start: Timestamp,
    pub end: Timestamp,
    pub bucket: &'a str,
    pub object: &'a str,
    pub key_fingerprint: &'a str,
    pub previous: Option<&'a Link>,
    pub log_files: &'a [Delivered],
}

/// The file, member by member in the order that CloudTrail has.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Members<'a> {
    aws_account_id: AccountId,
    digest_start_time: String,
    digest_end_time: String,
    digest_s3_bucket: &'a str,
    digest_s3_object: &'a str,
    digest_public_key_fingerprint: &'a str,
    digest_signature_algorithm: &'a str,
    newest_event_time: Option<String>,
    oldest_event_time: Option<String>,
    previous_digest_s3_bucket: Option<&'a str>,
    previous_digest_s3_object: Option<&'a str>,
    previous_digest_hash_value: Option<&'a str>,
    previous_digest_hash_algorithm: Option<&'a str>,
    previous_digest_signature: Option<&'a str>,
    log_files: Vec<LogFileMembers<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogFileMembers<'a> {
    s3_bucket: &'a str,
    s3_object: &'a str,
    hash_value: &'a str,
    hash_algorithm: &'a str,
    newest_event_time: String,
    oldest_event_time: String,
}

impl Digest<'_> {
    /// The file's text.
    pub(crate) fn text(&self) -> Result<String, serde_json::Error> {
        let times = self.log_files.iter().map(|file| file.times).reduce(Times::with);
        serde_json::to_string(&Members {
            aws_account_id: self.account,
            digest_start_time: second(self.start),
            digest_end_time: second(self.end),
            digest_s3_bucket: self.bucket,
            digest_s3_object: self.object,
            digest_public_key_fingerprint: self.key_fingerprint,
            digest_signature_algorithm: SIGNATURE_ALGORITHM,
            newest_event_time: times.map(|times| second(times.newest)),
            oldest_event_time: times.map(|times| second(times.oldest)),
            previous_digest_s3_bucket: self.previous.map(|link| link.bucket.as_str()),
            previous_digest_s3_object: self.previous.map(|link| link.object.as_str()),
            previous_digest_hash_value: self.previous.map(|link| link.hash.as_str()),
            previous_digest_hash_algorithm: self.previous.map(|_| HASH_ALGORITHM),
            previous_digest_signature: self.previous.map(|link| link.signature.as_str()),
            log_files: self.log_files.iter().map(members).collect(),
        })
    }

    /// What is signed of the file with this text.
    pub(crate) fn string_to_sign(&self, text: &str) -> String {
        let previous = self.previous.map_or(NO_SIGNATURE, |link| link.signature.as_str());
        let (end, hash) = (second(self.end), hash(text.as_bytes()));
        format!("{end}\n{}/{}\n{hash}\n{previous}", self.bucket, self.object)
    }
}

fn members(file: &Delivered) -> LogFileMembers<'_> {
    LogFileMembers {
        s3_bucket: &file.bucket,
        s3_object: &file.object,
        hash_value: &file.hash,
        hash_algorithm: HASH_ALGORITHM,
        newest_event_time: second(file.times.newest),
        oldest_event_time: second(file.times.oldest),
    }
}

/// `2026-11-21T22:03:32Z`
pub(crate) fn second(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(hour * 3600).unwrap()
    }

    fn digest<'a>(previous: Option<&'a Link>, log_files: &'a [Delivered]) -> Digest<'a> {
        let account = "111122223333".parse().unwrap();
        let (bucket, object, key_fingerprint) = ("logs", "d1.json.gz", "00ff");
        Digest { account, start: at(0), end: at(1), bucket, object, key_fingerprint, previous, log_files }
    }

    fn delivered(object: &str, oldest: i64, newest: i64) -> Delivered {
        let times = Times { oldest: at(oldest), newest: at(newest) };
        Delivered { bucket: "logs".into(), object: object.into(), hash: "ab".into(), times }
    }

    #[test]
    fn the_first_digest_of_a_chain_leads_back_to_nothing() {
        let first = digest(None, &[]);
        let text = first.text().unwrap();
        assert_eq!(
            text,
            "{\"awsAccountId\":\"111122223333\",\"digestStartTime\":\"1970-01-01T00:00:00Z\",\
             \"digestEndTime\":\"1970-01-01T01:00:00Z\",\"digestS3Bucket\":\"logs\",\
             \"digestS3Object\":\"d1.json.gz\",\"digestPublicKeyFingerprint\":\"00ff\",\
             \"digestSignatureAlgorithm\":\"SHA256withRSA\",\"newestEventTime\":null,\"oldestEventTime\":null,\
             \"previousDigestS3Bucket\":null,\"previousDigestS3Object\":null,\
             \"previousDigestHashValue\":null,\"previousDigestHashAlgorithm\":null,\
             \"previousDigestSignature\":null,\"logFiles\":[]}"
        );
        assert_eq!(
            first.string_to_sign(&text),
            format!("1970-01-01T01:00:00Z\nlogs/d1.json.gz\n{}\nnull", hash(text.as_bytes()))
        );
    }

    #[test]
    fn a_digest_names_its_files_and_the_digest_before() {
        let [bucket, object, hash, signature] = ["old", "d0.json.gz", "cd", "ef"].map(String::from);
        let previous = Link { bucket, object, hash, signature };
        let files = [delivered("a", 1, 5), delivered("b", 0, 2)];
        let next = digest(Some(&previous), &files);
        let text = next.text().unwrap();
        let (_, behind) = text.split_once(r#""newestEventTime""#).unwrap();
        assert_eq!(
            behind,
            ":\"1970-01-01T05:00:00Z\",\"oldestEventTime\":\"1970-01-01T00:00:00Z\",\
             \"previousDigestS3Bucket\":\"old\",\"previousDigestS3Object\":\"d0.json.gz\",\
             \"previousDigestHashValue\":\"cd\",\"previousDigestHashAlgorithm\":\"SHA-256\",\
             \"previousDigestSignature\":\"ef\",\"logFiles\":[\
             {\"s3Bucket\":\"logs\",\"s3Object\":\"a\",\"hashValue\":\"ab\",\"hashAlgorithm\":\"SHA-256\",\
             \"newestEventTime\":\"1970-01-01T05:00:00Z\",\"oldestEventTime\":\"1970-01-01T01:00:00Z\"},\
             {\"s3Bucket\":\"logs\",\"s3Object\":\"b\",\"hashValue\":\"ab\",\"hashAlgorithm\":\"SHA-256\",\
             \"newestEventTime\":\"1970-01-01T02:00:00Z\",\"oldestEventTime\":\"1970-01-01T00:00:00Z\"}]}"
        );
        assert!(next.string_to_sign(&text).ends_with("\nef"));
    }
}
