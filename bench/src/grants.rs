//! A key with as many grants as a key can have, beside one with five.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::Failure;
use crate::load::{self, Outcome};
use crate::process::Server;
use crate::report::Report;
use crate::request::signed;
use crate::scenario::{key_of, ms, text};

/// Grants of the small key, and as many as a key can have.
const GRANTS: [usize; 2] = [5, 50_000];

/// Connections that create grants.
const CREATORS: usize = 8;

/// Rounds in which the keys take turns, so that what else happens on the machine meets both.
const ROUNDS: usize = 5;

/// How long a key is under load in a round.
const ROUND: Duration = Duration::from_secs(1);

/// Grants of a page.
const PAGE: usize = 100;

/// Grants that are revoked one after the other.
const REVOKED: usize = 100;

/// Delegates everything but Decrypt, so that only a grant can allow that.
const POLICY: &str = r#"{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"111122223333\"},\"NotAction\":\"kms:Decrypt\",\"Resource\":\"*\"}}"#;

const GRANTEE: &str = "arn:aws:iam::111122223333:root";

/// A key and what its grants are good for.
struct Granted {
    id: String,
    grants: usize,
    sealed: String,
    created_in: Duration,
}

/// Creation up to the limit, Decrypt by grants, lists at every depth, and ends of grants.
pub(crate) fn measure(report: &mut Report) -> Result<(), Failure> {
    let directory = tempfile::tempdir()?;
    let server = Server::claviger(directory.path())?;
    let address = server.address;
    let keys = [Granted::new(address, GRANTS[0])?, Granted::new(address, GRANTS[1])?];
    report.line("## Grants\n");
    report.line("| grants | creation, each | Decrypt p50 | p99 | first page | last page | revocation p50 |");
    report.line("|---|---|---|---|---|---|---|");
    let decrypts = decrypts(address, &keys)?;
    for (key, decrypt) in keys.iter().zip(&decrypts) {
        report.line(&row(address, key, decrypt)?);
    }
    let ratio = ms(decrypts[1].quantile(0.5)) / ms(decrypts[0].quantile(0.5));
    report.line(&format!("\nDecrypt takes {ratio:.2} times as long with {} grants.\n", GRANTS[1]));
    Ok(())
}

impl Granted {
    fn new(address: SocketAddr, grants: usize) -> Result<Granted, Failure> {
        let id = key_of(&ask(address, "CreateKey", &format!(r#"{{"Policy":"{POLICY}"}}"#))?)?;
        let begun = Instant::now();
        create(address, &id, grants)?;
        let created_in = begun.elapsed();
        let encrypt =
            format!(r#"{{"KeyId":"{id}","Plaintext":"AAECAwQF","EncryptionContext":{{"number":"1"}}}}"#);
        let sealed = text(&ask(address, "Encrypt", &encrypt)?, "CiphertextBlob")?;
        Ok(Granted { id, grants, sealed, created_in })
    }

    /// How long each page of the list takes, and the ids of the last page's grants.
    fn pages(&self, address: SocketAddr) -> Result<(Vec<Duration>, Vec<String>), Failure> {
        let (mut times, mut marker) = (Vec::new(), String::new());
        loop {
            let body = format!(r#"{{"KeyId":"{}","Limit":{PAGE}{marker}}}"#, self.id);
            let begun = Instant::now();
            let page: serde_json::Value = serde_json::from_slice(&ask(address, "ListGrants", &body)?)?;
            times.push(begun.elapsed());
            if let Some(next) = page["NextMarker"].as_str() {
                marker = format!(r#","Marker":"{next}""#);
                continue;
            }
            let entries = page["Grants"].as_array().ok_or("no grants")?;
            let ids = entries.iter().filter_map(|entry| entry["GrantId"].as_str().map(str::to_owned));
            return Ok((times, ids.collect()));
        }
    }
}

/// Grants that each need an encryption context of their own.
fn create(address: SocketAddr, key: &str, grants: usize) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let share = |creator: usize| (creator..grants).step_by(CREATORS);
    runtime.block_on(async {
        let creators: Vec<_> = (0..CREATORS)
            .map(|creator| {
                let key = key.to_owned();
                let requests =
                    share(creator).map(move |number| signed(address, "CreateGrant", &grant(&key, number)));
                tokio::spawn(load::each(address, requests))
            })
            .collect();
        for creator in creators {
            creator.await??;
        }
        Ok(())
    })
}

fn grant(key: &str, number: usize) -> String {
    format!(
        r#"{{"KeyId":"{key}","GranteePrincipal":"{GRANTEE}","Operations":["Decrypt"],"Constraints":{{"EncryptionContextEquals":{{"number":"{number}"}}}}}}"#
    )
}

/// Decrypt on one connection, the keys by turns.
fn decrypts(address: SocketAddr, keys: &[Granted; 2]) -> Result<[Outcome; 2], Failure> {
    let nothing = || Outcome { requests: 0, took: Duration::ZERO, latencies: Vec::new() };
    let mut outcomes = [nothing(), nothing()];
    for _ in 0..ROUNDS {
        for (key, outcome) in keys.iter().zip(&mut outcomes) {
            let body =
                format!(r#"{{"CiphertextBlob":"{}","EncryptionContext":{{"number":"1"}}}}"#, key.sealed);
            let round = load::run(address, vec![signed(address, "Decrypt", &body)?], ROUND)?;
            outcome.latencies.extend(round.latencies);
        }
    }
    outcomes.iter_mut().for_each(|outcome| outcome.latencies.sort_unstable());
    Ok(outcomes)
}

fn row(address: SocketAddr, key: &Granted, decrypt: &Outcome) -> Result<String, Failure> {
    let each = key.created_in / u32::try_from(key.grants)?;
    let (pages, ids) = key.pages(address)?;
    if key.grants == GRANTS[1] {
        check_limit(address, key, &ids)?;
    }
    let mut revocations = Vec::new();
    for id in ids.iter().rev().take(REVOKED) {
        let begun = Instant::now();
        // What the check of the limit has revoked is no grant any more.
        if ask(address, "RevokeGrant", &format!(r#"{{"KeyId":"{}","GrantId":"{id}"}}"#, key.id)).is_ok() {
            revocations.push(begun.elapsed());
        }
    }
    revocations.sort_unstable();
    let [first, last] = [pages.first(), pages.last()].map(|time| ms(time.copied().unwrap_or_default()));
    Ok(format!(
        "| {} | {:.2} ms | {:.3} ms | {:.3} ms | {first:.1} ms | {last:.1} ms | {:.2} ms |",
        key.grants,
        ms(each),
        ms(decrypt.quantile(0.5)),
        ms(decrypt.quantile(0.99)),
        ms(revocations.get(revocations.len() / 2).copied().unwrap_or_default()),
    ))
}

/// One grant more is refused, and taken once another is revoked.
fn check_limit(address: SocketAddr, key: &Granted, ids: &[String]) -> Result<(), Failure> {
    let another = grant(&key.id, key.grants);
    match ask(address, "CreateGrant", &another) {
        Err(refusal) if refusal.to_string().contains("LimitExceededException") => {}
        Err(other) => return Err(other),
        Ok(_) => return Err("a grant beyond the limit was made".into()),
    }
    let first = ids.first().ok_or("no grant to revoke")?;
    ask(address, "RevokeGrant", &format!(r#"{{"KeyId":"{}","GrantId":"{first}"}}"#, key.id))?;
    ask(address, "CreateGrant", &another).map(|_| ())
}

fn ask(address: SocketAddr, operation: &str, body: &str) -> Result<Vec<u8>, Failure> {
    load::once(address, &signed(address, operation, body)?)
}
