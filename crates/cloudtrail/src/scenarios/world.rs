//! A node for tests: what outlives its process, and a process that ends whenever a test says.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use claviger_audit::{Consumer as _, Entry, Event, Outline, Place, Position};
use claviger_clock::{Clock, Timestamp};
use claviger_crypto::SystemRandom;
use claviger_names::Region;
use claviger_seal::{EphemeralRootKey, SealedStore, Write};
use claviger_store::{MemoryStore, Span};
use flate2::read::GzDecoder;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::keyspace::{self, Status};
use crate::trail::Trail;
use crate::trail::tests::{at, record, trail};
use crate::{BucketFault, Buckets, Collector, Delivery, DeliveryParts, NewObject, Put, locked};

pub(super) const ACCOUNT: &str = "111122223333";
pub(super) const KMS: &str = "kms.amazonaws.com";

#[derive(Default)]
pub(super) struct Sun(AtomicI64);

impl Clock for Sun {
    fn now(&self) -> Timestamp {
        at(self.0.load(Ordering::Relaxed))
    }
}

/// What a bucket does with a put.
#[derive(Clone, Copy, Default, PartialEq)]
pub(super) enum Mood {
    #[default]
    Well,
    Down,
    /// Stores it, and the answer is lost.
    Deaf,
}

pub(super) type Object = (Vec<u8>, Option<String>);

#[derive(Default)]
pub(super) struct Shelves {
    pub(super) objects: Mutex<BTreeMap<String, Object>>,
    moods: Mutex<BTreeMap<String, Mood>>,
}

impl Shelves {
    pub(super) fn set(&self, bucket: &str, mood: Mood) {
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
pub(super) struct World {
    store: Arc<SealedStore>,
    pub(super) clock: Arc<Sun>,
    pub(super) shelves: Arc<Shelves>,
    pub(super) spool: tempfile::TempDir,
    pub(super) spool_bytes_max: u64,
    records: Vec<String>,
    process: Option<(Delivery, Collector)>,
}

impl World {
    pub(super) async fn new(trails: &[Trail]) -> World {
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
    pub(super) fn crash(&mut self) {
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
    pub(super) fn record(&mut self, source: &str, region: &str, account: &str) {
        let id = u32::try_from(self.records.len()).unwrap();
        self.records.push(record(id, source, region, account, self.clock.0.load(Ordering::Relaxed)));
    }

    /// Gives the collector what it has not seen, as who follows the trail does.
    pub(super) async fn follow(&mut self) -> Result<(), String> {
        let (_, collector) = self.process.as_mut().unwrap();
        let seen = collector.position().map_or(0, |position| position.records);
        let new = &self.records[usize::try_from(seen).unwrap()..];
        let outlines: Vec<_> = new.iter().map(|text| Outline::of(text).unwrap()).collect();
        let entries: Vec<Entry<'_>> = (seen..)
            .zip(new.iter().zip(&outlines))
            .map(|(number, (text, outline))| Entry {
                place: Place { file: 0, offset: number },
                after: Position { records: number + 1, ..Position::default() },
                text,
                event: Event::of(text, outline),
            })
            .collect();
        if entries.is_empty() {
            return Ok(());
        }
        collector.take(&entries).await.map_err(|fault| fault.to_string())
    }

    pub(super) async fn pass(&mut self, seconds: i64) {
        self.clock.0.fetch_add(seconds, Ordering::Relaxed);
        while self.process.as_mut().unwrap().0.run().await {}
    }

    /// The texts of the objects whose names hold this, under those names.
    pub(super) fn objects(&self, part: &str) -> BTreeMap<String, String> {
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
    pub(super) fn delivered(&self, part: &str) -> Vec<u32> {
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

    pub(super) async fn status(&self, trail: &Trail) -> Status {
        let path = keyspace::status_path(&trail.id).unwrap();
        keyspace::read::<Status>(&self.store, &path)
            .await
            .unwrap()
            .map(|found| found.value)
            .unwrap_or_default()
    }

    /// What lies in the spool.
    pub(super) fn spool_content(&self) -> Vec<(std::path::PathBuf, Vec<u8>)> {
        let files = std::fs::read_dir(self.spool.path()).unwrap().map(|file| file.unwrap().path());
        files.map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
    }

    pub(super) fn put_spool_content(&self, files: &[(std::path::PathBuf, Vec<u8>)]) {
        files.iter().for_each(|(path, content)| std::fs::write(path, content).unwrap());
    }

    /// Deletes all trails with what belongs to them, as DeleteTrail does.
    pub(super) async fn forget_trails(&self) {
        for trail in keyspace::list_trails(&self.store, None).await.unwrap() {
            let paths = [keyspace::path_of(&trail.id), keyspace::status_path(&trail.id)];
            let writes = paths.into_iter().map(|path| Write::Delete(path.unwrap())).collect();
            let _ = self.store.commit(Vec::new(), writes).await.unwrap();
        }
    }

    /// How many values there are of trails, their status and their chains.
    pub(super) async fn stored_rows(&self) -> usize {
        let spans = ["trail", "status", "chain"].map(|kind| Span::prefix(&format!("-/-/cloudtrail/{kind}/")));
        let mut rows = 0;
        for span in spans {
            rows += self.store.scan(span, 100).await.unwrap().len();
        }
        rows
    }

    /// Follows the chain back from the newest digest; each is verified, and so are the log files. Oldest first.
    pub(super) async fn verified_digests(&self, region: &str) -> Vec<Value> {
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

pub(super) fn logging(name: &str, home: &str) -> Trail {
    let mut trail = trail(name, home);
    trail.start(at(0));
    trail
}
