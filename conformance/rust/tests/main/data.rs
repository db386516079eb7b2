//! Encryption, data keys and randomness.

use std::collections::HashMap;

use aws_sdk_kms::Client;
use aws_sdk_kms::error::ProvideErrorMetadata;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::DataKeySpec;

use crate::server::Server;

async fn new_key(client: &Client) -> String {
    let made = client.create_key().send().await.expect("a key");
    made.key_metadata.expect("metadata").arn.expect("an ARN")
}

#[tokio::test]
async fn what_was_encrypted_is_decrypted_with_the_same_context_alone() {
    let server = Server::start();
    let client = server.client();
    let key = new_key(&client).await;
    let message = client.encrypt().key_id(&key).plaintext(Blob::new("attack at dawn"));
    let sealed = message.encryption_context("purpose", "test").encryption_context("stage", "1").send().await;
    let sealed = sealed.expect("a ciphertext").ciphertext_blob.expect("a blob");
    let context = HashMap::from([("stage".into(), "1".into()), ("purpose".into(), "test".into())]);
    let opened =
        client.decrypt().ciphertext_blob(sealed.clone()).set_encryption_context(Some(context)).send();
    let opened = opened.await.expect("the plaintext");
    assert_eq!(opened.plaintext.expect("a blob").as_ref(), b"attack at dawn");
    assert_eq!(opened.key_id.as_deref(), Some(key.as_str()));
    let refused = client.decrypt().ciphertext_blob(sealed).send().await.expect_err("no context");
    assert_eq!(refused.into_service_error().code(), Some("InvalidCiphertextException"));
}

#[tokio::test]
async fn a_data_key_comes_back_from_its_ciphertext() {
    let server = Server::start();
    let client = server.client();
    let key = new_key(&client).await;
    let fresh = client.generate_data_key().key_id(&key).key_spec(DataKeySpec::Aes256).send().await;
    let fresh = fresh.expect("a data key");
    assert_eq!(fresh.plaintext.as_ref().map(|key| key.as_ref().len()), Some(32));
    let opened = client.decrypt().set_ciphertext_blob(fresh.ciphertext_blob).send().await.expect("opened");
    assert_eq!(opened.plaintext, fresh.plaintext);
    assert_eq!(opened.key_material_id, fresh.key_material_id);
    let later = client.generate_data_key_without_plaintext().key_id(&key).number_of_bytes(64).send().await;
    let later = later.expect("a data key").ciphertext_blob;
    let opened = client.decrypt().set_ciphertext_blob(later).send().await.expect("opened");
    assert_eq!(opened.plaintext.map(|key| key.as_ref().len()), Some(64));
}

#[tokio::test]
async fn a_ciphertext_moves_to_another_key() {
    let server = Server::start();
    let client = server.client();
    let (old, new) = (new_key(&client).await, new_key(&client).await);
    let sealed = client.encrypt().key_id(&old).plaintext(Blob::new("x")).send().await.expect("sealed");
    let moved = client.re_encrypt().set_ciphertext_blob(sealed.ciphertext_blob).destination_key_id(&new);
    let moved = moved.send().await.expect("moved");
    assert_eq!((moved.source_key_id.as_deref(), moved.key_id.as_deref()), (Some(&*old), Some(&*new)));
    let wrong = client.decrypt().set_ciphertext_blob(moved.ciphertext_blob.clone()).key_id(&old).send().await;
    let wrong = wrong.expect_err("the wrong key").into_service_error();
    assert!(wrong.is_incorrect_key_exception(), "{wrong:?}");
    let opened = client.decrypt().set_ciphertext_blob(moved.ciphertext_blob).key_id(&new).send().await;
    assert_eq!(opened.expect("opened").plaintext, Some(Blob::new("x")));
}

#[tokio::test]
async fn randomness_has_the_length_that_was_asked_for() {
    let server = Server::start();
    let random = server.client().generate_random().number_of_bytes(1024).send().await.expect("bytes");
    assert_eq!(random.plaintext.map(|bytes| bytes.as_ref().len()), Some(1024));
}
