//! The index as `docs/trail-format.md` describes it, read by a reader of its own. Who changes what stands in it, or what a
//! record is found by, changes the version in its first bytes too: old files would be believed otherwise.

use std::collections::BTreeSet;
use std::fs;

use claviger_audit::{Attribute, Indexer, verify_chain};
use serde_json::Value;

use crate::past::{CONTEXTS, append_many, index, open, records, values};
use crate::sample::{files_ending, only_file};

const ATTRIBUTES: [Attribute; 10] = [
    Attribute::EventId,
    Attribute::EventName,
    Attribute::ReadOnly,
    Attribute::Username,
    Attribute::ResourceType,
    Attribute::ResourceName,
    Attribute::EventSource,
    Attribute::AccessKeyId,
    Attribute::ErrorCode,
    Attribute::CallerArn,
];

/// The CRC-32 that goes on from another, bit by bit.
fn crc(before: u32, bytes: &[u8]) -> u32 {
    let byte = |sum: u32, byte: &u8| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ if sum & 1 == 1 { 0xedb8_8320 } else { 0 })
    };
    !bytes.iter().fold(!before, byte)
}

/// What a file is read from, number by number.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(length);
        self.0 = rest;
        taken
    }

    fn four(&mut self) -> u32 {
        u32::from_le_bytes(self.take(4).try_into().unwrap())
    }

    fn eight(&mut self) -> u64 {
        u64::from_le_bytes(self.take(8).try_into().unwrap())
    }
}

#[derive(Debug, PartialEq)]
struct Block {
    records: u64,
    least: u64,
    greatest: u64,
    scopes: BTreeSet<(u32, u32)>,
    fingerprints: BTreeSet<u32>,
}

/// The block of these records, which end so many records behind the trail's beginning.
fn block_of(records: &[String], end: usize) -> Block {
    let (mut scopes, mut fingerprints, mut times) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for record in records {
        let record: Value = serde_json::from_str(record).unwrap();
        let text = |name: &str| record[name].as_str().unwrap_or_default();
        let account = crc(0, text("recipientAccountId").as_bytes());
        let both = crc(account, text("awsRegion").as_bytes());
        scopes.insert((account, both));
        for (kind, attribute) in (1..).zip(ATTRIBUTES) {
            let of = |value: &String| crc(both, &[&[kind], value.as_bytes()].concat());
            fingerprints.extend(values(&record, attribute).iter().map(of));
        }
        for pairs in CONTEXTS.iter().filter_map(|name| record["requestParameters"][name].as_object()) {
            let of = |(key, value): (&String, &Value)| {
                crc(both, format!("\0{key}={}", value.as_str().unwrap()).as_bytes())
            };
            fingerprints.extend(pairs.iter().map(of));
        }
        times.insert(text("eventTime").parse::<jiff::Timestamp>().unwrap().as_second() as u64);
    }
    let (least, greatest) = (*times.first().unwrap(), *times.last().unwrap());
    Block { records: end as u64, least, greatest, scopes, fingerprints }
}

#[test]
fn the_index_is_as_documented() {
    let directory = tempfile::tempdir().unwrap();
    let trail = open(directory.path());
    append_many(&trail, 0..256);
    let (length, head) = (fs::metadata(only_file(directory.path())).unwrap().len(), trail.head().unwrap().1);
    append_many(&trail, 256..257);
    index(&trail, &mut Indexer::open(directory.path()).unwrap());
    let file = fs::read(&files_ending(directory.path(), "idx")[0]).unwrap();
    let mut bytes = Bytes(&file);
    let first = crc(0, bytes.take(16));
    assert_eq!(&file[..16], b"claviger index 1");
    let size = 4 + bytes.four() as usize;
    let (begin, end, records_before) = (bytes.eight(), bytes.eight(), bytes.eight());
    let (least, greatest) = (bytes.eight(), bytes.eight());
    assert_eq!(bytes.take(64), head.to_string().as_bytes());
    let scopes = (0..bytes.four()).map(|_| (bytes.four(), bytes.four())).collect();
    let mut sums = Vec::new();
    while bytes.0.len() > 4 {
        sums.push(bytes.four());
    }
    assert_eq!(bytes.four(), crc(first, &file[16..16 + size]));
    let heading = fs::read_to_string(only_file(directory.path())).unwrap().find('\n').unwrap() as u64 + 1;
    assert_eq!((begin, end), (heading, length));
    assert!(sums.is_sorted());
    let block =
        Block { records: records_before, least, greatest, scopes, fingerprints: sums.into_iter().collect() };
    assert_eq!(block, block_of(&records(directory.path())[..256], 256));
    assert_eq!(verify_chain(directory.path()).unwrap().records, 257);
}
