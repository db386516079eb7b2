//! The life of a key, its policy, aliases and tags.

use aws_sdk_kms::Client;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{KeyState, Tag};

use crate::server::Server;

async fn state(client: &Client, key: &str) -> Option<KeyState> {
    let described = client.describe_key().key_id(key).send().await.expect("a description");
    described.key_metadata.and_then(|metadata| metadata.key_state)
}

#[tokio::test]
async fn a_key_goes_through_its_states() {
    let server = Server::start();
    let client = server.client();
    let made = client.create_key().description("first").send().await.expect("a key");
    let key = made.key_metadata.expect("metadata").key_id;
    client.disable_key().key_id(&key).send().await.expect("disabled");
    let refused = client.encrypt().key_id(&key).plaintext(Blob::new("x")).send().await.expect_err("disabled");
    assert!(refused.into_service_error().is_disabled_exception());
    client.enable_key().key_id(&key).send().await.expect("enabled");
    client.update_key_description().key_id(&key).description("second").send().await.expect("described");
    let due = client.schedule_key_deletion().key_id(&key).pending_window_in_days(7).send().await;
    assert_eq!(due.expect("scheduled").key_state, Some(KeyState::PendingDeletion));
    let refused = client.enable_key().key_id(&key).send().await.expect_err("pending deletion");
    assert!(refused.into_service_error().is_kms_invalid_state_exception());
    client.cancel_key_deletion().key_id(&key).send().await.expect("cancelled");
    assert_eq!(state(&client, &key).await, Some(KeyState::Disabled));
}

#[tokio::test]
async fn an_alias_stands_for_one_key_and_then_for_another() {
    let server = Server::start();
    let client = server.client();
    let mut keys = Vec::new();
    for _ in 0..2 {
        let made = client.create_key().send().await.expect("a key");
        keys.push(made.key_metadata.expect("metadata").key_id);
    }
    client.create_alias().alias_name("alias/app").target_key_id(&keys[0]).send().await.expect("an alias");
    client.update_alias().alias_name("alias/app").target_key_id(&keys[1]).send().await.expect("moved");
    let described = client.describe_key().key_id("alias/app").send().await.expect("a description");
    assert_eq!(described.key_metadata.map(|metadata| metadata.key_id), Some(keys[1].clone()));
    let listed = client.list_aliases().key_id(&keys[1]).send().await.expect("a list");
    assert_eq!(listed.aliases().len(), 1);
    client.delete_alias().alias_name("alias/app").send().await.expect("deleted");
    let gone = client.describe_key().key_id("alias/app").send().await.expect_err("gone");
    assert!(gone.into_service_error().is_not_found_exception());
}

#[tokio::test]
async fn tags_and_policy_are_what_was_written_last() {
    let server = Server::start();
    let client = server.client();
    let tag = |value: &str| Tag::builder().tag_key("team").tag_value(value).build().expect("a tag");
    let made = client.create_key().tags(tag("blue")).send().await.expect("a key");
    let key = made.key_metadata.expect("metadata").key_id;
    client.tag_resource().key_id(&key).tags(tag("red")).send().await.expect("tagged");
    let tags = client.list_resource_tags().key_id(&key).send().await.expect("tags");
    assert_eq!(tags.tags(), [tag("red")]);
    client.untag_resource().key_id(&key).tag_keys("team").send().await.expect("untagged");
    assert!(client.list_resource_tags().key_id(&key).send().await.expect("tags").tags().is_empty());
    let policy = client.get_key_policy().key_id(&key).send().await.expect("a policy").policy.expect("text");
    client.put_key_policy().key_id(&key).policy(&policy).send().await.expect("put");
    let names = client.list_key_policies().key_id(&key).send().await.expect("names");
    assert_eq!(names.policy_names(), ["default"]);
}

#[tokio::test]
async fn the_sdks_paginator_finds_every_key_once() {
    let server = Server::start();
    let client = server.client();
    for _ in 0..7 {
        client.create_key().send().await.expect("a key");
    }
    let mut pages = client.list_keys().limit(3).into_paginator().items().send();
    let mut ids = Vec::new();
    while let Some(entry) = pages.next().await {
        ids.push(entry.expect("an entry").key_id.expect("an id"));
    }
    ids.dedup();
    assert_eq!(ids.len(), 7);
}
