//! Tests of delivery as a whole: records in, objects out, with buckets that fail and processes that end in between.

mod world;

use std::collections::BTreeSet;

use claviger_clock::Clock as _;
use serde_json::Value;

use crate::locked;
use world::{ACCOUNT, KMS, Mood, World, logging};

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

#[tokio::test]
async fn a_file_that_a_crash_made_us_deliver_again_stands_in_one_digest_once() {
    let trail = logging("ops", "us-east-1");
    let mut world = World::new(std::slice::from_ref(&trail)).await;
    world.record(KMS, "us-east-1", ACCOUNT);
    world.follow().await.unwrap();
    world.shelves.set("logs", Mood::Down);
    world.pass(300).await;
    let before = world.spool_content();
    world.shelves.set("logs", Mood::Well);
    world.pass(60).await;
    world.put_spool_content(&before); // as if the process had ended before it forgot the file
    world.crash();
    world.pass(3_600).await;
    let digests = world.verified_digests("us-east-1").await;
    assert_eq!(digests.len(), 1);
    assert_eq!(digests[0]["logFiles"].as_array().unwrap().len(), 1);
    assert_eq!(world.delivered("/CloudTrail/"), [0]);
}

#[tokio::test]
async fn a_trail_that_is_gone_has_what_waits_delivered_and_leaves_nothing_behind() {
    let trail = logging("ops", "us-east-1");
    let mut world = World::new(std::slice::from_ref(&trail)).await;
    world.record(KMS, "us-east-1", ACCOUNT);
    world.follow().await.unwrap();
    world.shelves.set("logs", Mood::Down);
    world.pass(300).await;
    world.forget_trails().await;
    world.shelves.set("logs", Mood::Well);
    world.record(KMS, "us-east-1", ACCOUNT);
    world.follow().await.unwrap();
    world.pass(3_600).await;
    assert_eq!((world.delivered("/CloudTrail/"), world.objects("CloudTrail-Digest").len()), (vec![0], 0));
    assert_eq!(world.stored_rows().await, 0);
}
