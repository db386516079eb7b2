//! Tests of delivery as a whole: records in, objects out, with buckets that fail and processes that end in between.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use claviger_audit::{Consumer as _, Entry, Event, Place, Position};
use claviger_clock::{Clock, Timestamp};
use claviger_crypto::SystemRandom;
use claviger_names::Region;
use claviger_seal::{EphemeralRootKey, SealedStore};
use claviger_store::MemoryStore;
use flate2::read::GzDecoder;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::keyspace::{self, Status};
use crate::trail::Trail;
use crate::trail::tests::{at, record, trail};
use crate::{BucketFault, Buckets, Collector, Delivery, DeliveryParts, NewObject, Put, locked};

const ACCOUNT: &str = "111122223333";
const KMS: &str = "kms.amazonaws.com";

#[derive(Default)]
struct Sun(AtomicI64);

impl Clock for Sun {
    fn now(&self) -> Timestamp {
        at(self.0.load(Ordering::Relaxed))
    }
}

/// What a bucket does with a put.
#[derive(Clone, Copy, Default, PartialEq)]
enum Mood {
    #[default]
    Well,
    Down,
    /// Stores it, and the answer is lost.
    Deaf,
}

type Object = (Vec<u8>, Option<String>);

#[derive(Default)]
struct Shelves {
    objects: Mutex<BTreeMap<String, Object>>,
    moods: Mutex<BTreeMap<String, Mood>>,
}

impl Shelves {
    fn set(&self, bucket: &str, mood: Mood) {
        locked(&self.moods).insert(bucket.to_owned(), mood);
    }

    fn store(&self, object: NewObject<'_>) -> Result<Put, BucketFault> {
        let fault = || Err(BucketFault::new("SlowDown", "out of breath"));
        let mood = locked(&self.moods).get(object.bucket).copied().unwrap_or_default();
        let name = format!("{}/{}", object.bucket, object.key);
        let mut objects = locked(&self.objects);
        match mood {
            Mood::Down => fault(),
            Mood::Well | Mood::Deaf if objects.contains_key(&name) => Ok(Put::Exists),
            Mood::Well | Mood::Deaf => {
                objects.insert(name, (object.content.to_vec(), object.signature.map(str::to_owned)));
                if mood == Mood::Deaf { fault() } else { Ok(Put::Stored) }
            }
        }
    }
}

impl Buckets for Shelves {
    fn has(&self, _: &str) -> bool {
        true
    }

    fn put<'b>(&'b self, object: NewObject<'b>) -> BoxFuture<'b, Result<Put, BucketFault>> {
        std::future::ready(self.store(object)).boxed()
    }

    fn read<'b>(
        &'b self,
        bucket: &'b str,
        key: &'b str,
    ) -> BoxFuture<'b, Result<Option<Vec<u8>>, BucketFault>> {
        let found = locked(&self.objects).get(&format!("{bucket}/{key}")).map(|object| object.0.clone());
        std::future::ready(Ok(found)).boxed()
    }
}

/// A node: what outlives its process, and the process.
struct World {
    store: Arc<SealedStore>,
    clock: Arc<Sun>,
    shelves: Arc<Shelves>,
    spool: tempfile::TempDir,
    spool_bytes_max: u64,
    records: Vec<String>,
    process: Option<(Delivery, Collector)>,
}

impl World {
    async fn new(trails: &[Trail]) -> World {
        let clock = Arc::new(Sun::default());
        let (random, root) = (SystemRandom, EphemeralRootKey::generate(&SystemRandom).unwrap());
        let store = Arc::new(MemoryStore::new());
        let store = SealedStore::open(store, Arc::new(root), Arc::new(random), clock.clone()).await.unwrap();
        for trail in trails {
            let write = keyspace::put(keyspace::path_of(&trail.id).unwrap(), trail).unwrap();
            let _ = store.commit(Vec::new(), vec![write]).await.unwrap();
        }
        let (shelves, spool) = (Arc::new(Shelves::default()), tempfile::tempdir().unwrap());
        let (records, spool_bytes_max) = (Vec::new(), 1 << 20);
        let mut world =
            World { store: Arc::new(store), clock, shelves, spool, spool_bytes_max, records, process: None };
        world.crash();
        world
    }

    /// Ends the process at once and starts another.
    fn crash(&mut self) {
        let regions = ["us-east-1", "eu-west-1"].map(|name| name.parse::<Region>().unwrap());
        let parts = DeliveryParts {
            store: self.store.clone(),
            buckets: self.shelves.clone(),
            clock: self.clock.clone(),
            random: Arc::new(SystemRandom),
            regions: regions.into(),
            spool: self.spool.path().to_owned(),
            spool_bytes_max: self.spool_bytes_max,
        };
        self.process = Some(Delivery::open(parts).unwrap());
    }

    /// Adds a record of now to the node's trail.
    fn record(&mut self, source: &str, region: &str, account: &str) {
        let id = u32::try_from(self.records.len()).unwrap();
        self.records.push(record(id, source, region, account, self.clock.0.load(Ordering::Relaxed)));
    }

    /// Gives the collector what it has not seen, as who follows the trail does.
    async fn follow(&mut self) -> Result<(), String> {
        let (_, collector) = self.process.as_mut().unwrap();
        let seen = collector.position().map_or(0, |position| position.records);
        let entries: Vec<Entry<'_>> = (seen..)
            .zip(&self.records[usize::try_from(seen).unwrap()..])
            .map(|(number, text)| Entry {
                place: Place { file: 0, offset: number },
                after: Position { records: number + 1, ..Position::default() },
                text,
                event: Event::parse(text).unwrap(),
            })
            .collect();
        if entries.is_empty() {
            return Ok(());
        }
        collector.take(&entries).await.map_err(|fault| fault.to_string())
    }

    async fn pass(&mut self, seconds: i64) {
        self.clock.0.fetch_add(seconds, Ordering::Relaxed);
        while self.process.as_mut().unwrap().0.run().await {}
    }

    /// The texts of the objects whose names hold this, under those names.
    fn objects(&self, part: &str) -> BTreeMap<String, String> {
        let text = |(content, _): &Object| {
            let mut text = String::new();
            GzDecoder::new(content.as_slice()).read_to_string(&mut text).unwrap();
            text
        };
        let objects = locked(&self.shelves.objects);
        let named = objects.iter().filter(|(name, _)| name.contains(part));
        named.map(|(name, object)| (name.clone(), text(object))).collect()
    }

    /// The ids of all records in the log files whose names hold this, in order.
    fn delivered(&self, part: &str) -> Vec<u32> {
        let mut ids = Vec::new();
        for text in self.objects(part).values() {
            let file: Value = serde_json::from_str(text).unwrap();
            let records = file["Records"].as_array().unwrap();
            ids.extend(
                records.iter().map(|record| record["eventID"].as_str().unwrap().parse::<u32>().unwrap()),
            );
        }
        ids.sort_unstable();
        ids
    }

    async fn status(&self, trail: &Trail) -> Status {
        let path = keyspace::status_path(&trail.id).unwrap();
        keyspace::read::<Status>(&self.store, &path)
            .await
            .unwrap()
            .map(|found| found.value)
            .unwrap_or_default()
    }

    /// Follows the chain back from the newest digest; each is verified, and so are the log files. Oldest first.
    async fn verified_digests(&self, region: &str) -> Vec<Value> {
        let keys = keyspace::list_signing_keys(&self.store, region.parse().unwrap()).await.unwrap();
        let public = STANDARD.decode(&keys[0].public().value).unwrap();
        let texts = self.objects("");
        let newest = texts.keys().rfind(|name| name.contains(&format!("-Digest_{region}"))).cloned();
        let (mut next, mut digests) = (newest, Vec::new());
        while let Some(name) = next {
            let digest: Value = serde_json::from_str(&texts[&name]).unwrap();
            let text = |member: &str| digest[member].as_str().unwrap_or("null").to_owned();
            let hash = crate::log_file::hash(texts[&name].as_bytes());
            let signed =
                format!("{}\n{name}\n{hash}\n{}", text("digestEndTime"), text("previousDigestSignature"));
            verify(&public, &signed, locked(&self.shelves.objects)[&name].1.as_ref().unwrap());
            for file in digest["logFiles"].as_array().unwrap() {
                let object = format!("logs/{}", file["s3Object"].as_str().unwrap());
                assert_eq!(file["hashValue"], crate::log_file::hash(texts[&object].as_bytes()));
            }
            next = digest["previousDigestS3Object"].as_str().map(|object| format!("logs/{object}"));
            digests.insert(0, digest);
        }
        digests
    }
}

fn verify(public: &[u8], signed: &str, signature: &str) {
    use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
    let byte = |at| u8::from_str_radix(&signature[at..at + 2], 16).unwrap();
    let signature: Vec<u8> = (0..signature.len()).step_by(2).map(byte).collect();
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public);
    public.verify(signed.as_bytes(), &signature).unwrap();
}

fn logging(name: &str, home: &str) -> Trail {
    let mut trail = trail(name, home);
    trail.start(at(0));
    trail
}

#[tokio::test]
async fn records_go_into_a_file_for_each_trail_and_region_after_five_minutes() {
    let (home_only, mut everywhere) = (logging("home", "us-east-1"), logging("all", "us-east-1"));
    everywhere.is_multi_region = true;
    everywhere.bucket = "wide".to_owned();
    let mut world = World::new(&[home_only, everywhere]).await;
    world.record(KMS, "us-east-1", ACCOUNT);
    world.record(KMS, "eu-west-1", ACCOUNT);
    world.record(KMS, "us-east-1", "444455556666");
    world.follow().await.unwrap();
    world.pass(299).await;
    assert_eq!(world.objects("").len(), 0);
    world.pass(1).await;
    assert_eq!(world.delivered("logs/AWSLogs/111122223333/CloudTrail/us-east-1/"), [0]);
    assert_eq!(world.delivered("wide/AWSLogs/111122223333/CloudTrail/us-east-1/"), [0]);
    assert_eq!(world.delivered("wide/AWSLogs/111122223333/CloudTrail/eu-west-1/"), [1]);
    assert_eq!(world.objects("").len(), 3);
}

#[tokio::test]
async fn a_crash_at_any_moment_neither_loses_nor_repeats_a_record() {
    let mut world = World::new(&[logging("ops", "us-east-1")]).await;
    world.record(KMS, "us-east-1", ACCOUNT);
    world.follow().await.unwrap();
    world.crash(); // before the file is closed
    world.record(KMS, "us-east-1", ACCOUNT);
    world.follow().await.unwrap();
    world.shelves.set("logs", Mood::Down);
    world.pass(300).await;
    world.crash(); // while it waits in the spool
    world.record(KMS, "us-east-1", ACCOUNT);
    world.follow().await.unwrap();
    world.shelves.set("logs", Mood::Deaf);
    world.pass(300).await;
    world.crash(); // behind the put, before it is known to be done
    world.shelves.set("logs", Mood::Well);
    world.follow().await.unwrap();
    world.pass(300).await;
    world.pass(300).await;
    assert_eq!(world.delivered("/CloudTrail/"), [0, 1, 2]);
    assert_eq!(std::fs::read_dir(world.spool.path()).unwrap().count(), 1, "only the state is left");
}

#[tokio::test]
async fn what_a_crash_left_in_the_spool_without_being_known_is_swept() {
    let mut world = World::new(&[logging("ops", "us-east-1")]).await;
    let leftover = world.spool.path().join("7.json.gz");
    std::fs::write(&leftover, "half").unwrap();
    world.crash();
    assert!(!leftover.exists());
}

#[tokio::test]
async fn a_full_spool_takes_no_more_and_nothing_is_lost_when_the_bucket_comes_back() {
    let ops = logging("ops", "us-east-1");
    let mut world = World::new(std::slice::from_ref(&ops)).await;
    world.spool_bytes_max = 300;
    world.crash();
    world.shelves.set("logs", Mood::Down);
    let mut refused = 0;
    for _ in 0..8 {
        world.record(KMS, "us-east-1", ACCOUNT);
        refused += usize::from(world.follow().await.is_err());
        world.pass(300).await;
    }
    assert!(refused >= 4, "refused {refused} times");
    let waiting = std::fs::read_dir(world.spool.path()).unwrap();
    let bytes: u64 = waiting.map(|file| file.unwrap().metadata().unwrap().len()).sum();
    assert!(bytes < 4_000, "{bytes} bytes");
    let status = world.status(&ops).await;
    assert_eq!(status.log_files.error.as_deref(), Some("SlowDown"));
    assert_eq!(status.log_files.success, None);
    world.shelves.set("logs", Mood::Well);
    world.pass(300).await;
    world.follow().await.unwrap();
    world.pass(300).await;
    assert_eq!(world.delivered("/CloudTrail/"), (0..8).collect::<Vec<_>>());
    let status = world.status(&ops).await;
    assert_eq!((status.log_files.error, status.log_files.success), (None, Some(world.clock.now())));
}

#[tokio::test]
async fn a_bucket_that_is_down_holds_up_no_other() {
    let (first, mut second) = (logging("one", "us-east-1"), logging("two", "us-east-1"));
    second.bucket = "other".to_owned();
    let mut world = World::new(&[first, second]).await;
    world.shelves.set("logs", Mood::Down);
    world.record(KMS, "us-east-1", ACCOUNT);
    world.follow().await.unwrap();
    world.pass(3_600).await;
    assert_eq!(world.delivered("other/AWSLogs/111122223333/CloudTrail/"), [0]);
    assert_eq!(world.objects("other/AWSLogs/111122223333/CloudTrail-Digest/").len(), 1);
    assert_eq!(world.objects("logs/").len(), 0);
}

#[tokio::test]
async fn digests_are_made_hourly_also_when_empty_and_lead_back_to_the_first() {
    let mut trail = logging("ops", "us-east-1");
    trail.is_multi_region = true;
    let mut world = World::new(std::slice::from_ref(&trail)).await;
    world.record(KMS, "us-east-1", ACCOUNT);
    world.follow().await.unwrap();
    world.pass(3_599).await;
    assert_eq!(world.objects("CloudTrail-Digest").len(), 0);
    world.pass(1).await;
    world.pass(3_600).await;
    world.record(KMS, "us-east-1", ACCOUNT);
    world.follow().await.unwrap();
    world.pass(2 * 3_600 + 7).await;
    let digests = world.verified_digests("us-east-1").await;
    let times = |digest: &Value| (digest["digestStartTime"].clone(), digest["digestEndTime"].clone());
    let hour = |hour: u32| Value::from(format!("1970-01-01T0{hour}:00:00Z"));
    assert_eq!(
        digests.iter().map(times).collect::<Vec<_>>(),
        [(hour(0), hour(1)), (hour(1), hour(2)), (hour(2), hour(4))]
    );
    let files: Vec<usize> =
        digests.iter().map(|digest| digest["logFiles"].as_array().unwrap().len()).collect();
    assert_eq!(files, [1, 0, 1]);
    assert_eq!(world.verified_digests("eu-west-1").await.len(), 3);
    let fingerprints: BTreeSet<String> = world
        .objects("CloudTrail-Digest")
        .values()
        .map(|text| serde_json::from_str::<Value>(text).unwrap()["digestPublicKeyFingerprint"].to_string())
        .collect();
    assert_eq!(fingerprints.len(), 2, "one key for each Region");
    assert_eq!(world.status(&trail).await.digests.success, Some(world.clock.now()));
}

#[tokio::test]
async fn a_digest_that_was_decided_on_is_delivered_as_it_was_after_a_crash() {
    let trail = logging("ops", "us-east-1");
    let mut world = World::new(std::slice::from_ref(&trail)).await;
    world.record(KMS, "us-east-1", ACCOUNT);
    world.follow().await.unwrap();
    world.pass(300).await;
    world.shelves.set("logs", Mood::Deaf);
    world.pass(3_300).await;
    assert_eq!(world.status(&trail).await.digests.error.as_deref(), Some("SlowDown"));
    world.crash();
    world.shelves.set("logs", Mood::Well);
    world.record(KMS, "us-east-1", ACCOUNT);
    world.follow().await.unwrap();
    world.pass(3_600).await;
    let digests = world.verified_digests("us-east-1").await;
    let files = |digest: &Value| digest["logFiles"].as_array().unwrap().len();
    assert_eq!(digests.iter().map(files).collect::<Vec<_>>(), [1, 1]);
}

#[tokio::test]
async fn a_trail_without_validation_has_no_digests() {
    let mut trail = logging("ops", "us-east-1");
    trail.validated_since = None;
    let mut world = World::new(&[trail]).await;
    world.record(KMS, "us-east-1", ACCOUNT);
    world.follow().await.unwrap();
    world.pass(2 * 3_600).await;
    assert_eq!((world.delivered("/CloudTrail/"), world.objects("CloudTrail-Digest").len()), (vec![0], 0));
}

#[tokio::test]
async fn a_name_that_something_else_has_is_told_and_tried_again() {
    let trail = logging("ops", "us-east-1");
    let mut world = World::new(std::slice::from_ref(&trail)).await;
    let name = "AWSLogs/111122223333/CloudTrail-Digest/us-east-1/1970/01/01/\
                111122223333_CloudTrail-Digest_us-east-1_ops_us-east-1_19700101T010000Z.json.gz";
    let other = (crate::log_file::gzip("{}").unwrap(), None);
    locked(&world.shelves.objects).insert(format!("logs/{name}"), other);
    world.pass(3_600).await;
    assert_eq!(world.status(&trail).await.digests.error.as_deref(), Some("PreconditionFailed"));
    locked(&world.shelves.objects).clear();
    world.pass(60).await;
    assert_eq!(world.verified_digests("us-east-1").await.len(), 1);
}
