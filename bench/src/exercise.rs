//! What the profile of the release build is made from (`scripts/profile`): the operations that a server is asked for most, by
//! many at once. Nothing is measured.

use std::time::Duration;

use crate::Failure;
use crate::key_types::{Asked, DIGEST};
use crate::load;
use crate::process::Server;
use crate::report::{Report, say};
use crate::request::signed;
use crate::scenario::{CONNECTIONS, key_of, text};

/// How long each operation is asked for.
const TURN: Duration = Duration::from_secs(5);

/// Bytes of the bare server's answers.
const BARE_BYTES: usize = 600;

/// Keeps a server busy with one operation after the other, and the bare one that it is compared with.
pub(crate) fn run(_: &mut Report) -> Result<(), Failure> {
    let bare = Server::bare(BARE_BYTES)?;
    load::run(bare.address, vec![signed(bare.address, "GenerateDataKey", "{}")?; CONNECTIONS], TURN)?;
    let directory = tempfile::tempdir()?;
    let server = Server::claviger(directory.path())?;
    for (operation, body) in requests(&server)? {
        let request = signed(server.address, operation, &body)?;
        let outcome = load::run(server.address, vec![request; CONNECTIONS], TURN)?;
        say(&format!("{operation}: {} requests", outcome.requests));
    }
    Ok(())
}

fn requests(server: &Server) -> Result<Vec<(&'static str, String)>, Failure> {
    let ask = |operation, body: &str| load::once(server.address, &signed(server.address, operation, body)?);
    let key = key_of(&ask("CreateKey", "{}")?)?;
    let encrypt =
        format!(r#"{{"KeyId":"{key}","Plaintext":"{DIGEST}","EncryptionContext":{{"purpose":"bench"}}}}"#);
    let blob = text(&ask("Encrypt", &encrypt)?, "CiphertextBlob")?;
    let opened = format!(r#""CiphertextBlob":"{blob}""#);
    let context = r#"{"purpose":"bench"}"#;
    let mut requests = vec![
        ("GenerateDataKey", format!(r#"{{"KeyId":"{key}","KeySpec":"AES_256"}}"#)),
        ("GenerateDataKeyWithoutPlaintext", format!(r#"{{"KeyId":"{key}","KeySpec":"AES_256"}}"#)),
        ("Encrypt", encrypt),
        ("Decrypt", format!(r#"{{{opened},"EncryptionContext":{context}}}"#)),
        (
            "ReEncrypt",
            format!(r#"{{{opened},"SourceEncryptionContext":{context},"DestinationKeyId":"{key}"}}"#),
        ),
        ("GenerateRandom", r#"{"NumberOfBytes":32}"#.to_owned()),
        ("DescribeKey", format!(r#"{{"KeyId":"{key}"}}"#)),
        ("CreateKey", "{}".to_owned()),
    ];
    for (spec, algorithm) in [
        ("ECC_NIST_P256", "ECDSA_SHA_256"),
        ("RSA_2048", "RSASSA_PSS_SHA_256"),
        ("ML_DSA_44", "ML_DSA_SHAKE_256"),
    ] {
        let asked = Asked::of(server, spec, algorithm)?;
        requests.extend([("Sign", asked.sign), ("Verify", asked.verify)]);
    }
    let mac = key_of(&ask("CreateKey", r#"{"KeySpec":"HMAC_256","KeyUsage":"GENERATE_VERIFY_MAC"}"#)?)?;
    let message = format!(r#"{{"KeyId":"{mac}","Message":"{DIGEST}","MacAlgorithm":"HMAC_SHA_256"}}"#);
    requests.push(("GenerateMac", message));
    Ok(requests)
}
