//! What each kind of key costs: signatures and key pairs through the whole server beside `openssl speed` on the same cores
//! in the same run, and what the others notice while RSA keys are made.

use std::fmt;
use std::process::Command;
use std::time::Duration;

use crate::Failure;
use crate::load::{self, Outcome};
use crate::process::Server;
use crate::report::Report;
use crate::request::signed;
use crate::scenario::{CONNECTIONS, key_of, median, ms, text};

/// Connections that ask for keys which take a second to make.
const MAKERS: usize = 8;

/// How long each figure is measured.
const ROUND: Duration = Duration::from_secs(3);

/// How often the server and OpenSSL take turns, so that what else happens on the machine meets both.
const TURNS: usize = 7;

/// How long each of them is measured at a time.
const TURN: Duration = Duration::from_secs(1);

/// A digest to be signed: 32 bytes.
pub(crate) const DIGEST: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// A kind of key that signs: key spec, the algorithm that `openssl speed` measures too, what it calls that and how its
/// line of results begins.
struct Kind {
    spec: &'static str,
    algorithm: &'static str,
    speed: &'static str,
    line: &'static str,
}

const KINDS: [Kind; 7] = [
    kind("RSA_2048", "RSASSA_PKCS1_V1_5_SHA_256", "rsa2048", "rsa 2048 bits"),
    kind("RSA_3072", "RSASSA_PKCS1_V1_5_SHA_256", "rsa3072", "rsa 3072 bits"),
    kind("RSA_4096", "RSASSA_PKCS1_V1_5_SHA_256", "rsa4096", "rsa 4096 bits"),
    kind("ECC_NIST_P256", "ECDSA_SHA_256", "ecdsap256", "256 bits ecdsa (nistp256)"),
    kind("ECC_NIST_P384", "ECDSA_SHA_384", "ecdsap384", "384 bits ecdsa (nistp384)"),
    kind("ECC_NIST_P521", "ECDSA_SHA_512", "ecdsap521", "521 bits ecdsa (nistp521)"),
    kind("ECC_NIST_EDWARDS25519", "ED25519_SHA_512", "ed25519", "253 bits EdDSA (Ed25519)"),
];

/// Kinds that this OpenSSL may not know.
const ALONE: [(&str, &str); 3] =
    [("ML_DSA_44", "ML_DSA_SHAKE_256"), ("ML_DSA_65", "ML_DSA_SHAKE_256"), ("ML_DSA_87", "ML_DSA_SHAKE_256")];

const PAIRS: [&str; 9] = [
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "ECC_NIST_P256",
    "ECC_NIST_P384",
    "ECC_NIST_P521",
    "ECC_SECG_P256K1",
    "ECC_NIST_EDWARDS25519",
    "ML_KEM_768",
];

const fn kind(spec: &'static str, algorithm: &'static str, speed: &'static str, line: &'static str) -> Kind {
    Kind { spec, algorithm, speed, line }
}

/// Sign and Verify of each kind, key pairs, and the latency of others while RSA keys are made.
pub(crate) fn measure(report: &mut Report) -> Result<(), Failure> {
    let directory = tempfile::tempdir()?;
    let server = Server::claviger(directory.path())?;
    report.line("## Signatures, per core: requests in a second of the server's processor time, beside `openssl speed`\n");
    report.line(
        "| key | Sign/s | OpenSSL | ratio | Verify/s | OpenSSL | ratio |\n|---|---|---|---|---|---|---|",
    );
    for kind in &KINDS {
        let asked = Asked::of(&server, kind.spec, kind.algorithm)?;
        let [sign, verify] = in_turns(&asked, kind)?;
        report.line(&format!("| {} | {sign} | {verify} |", kind.spec));
    }
    for (spec, algorithm) in ALONE {
        let asked = Asked::of(&server, spec, algorithm)?;
        report.line(&format!("| {spec} | {:.0} | | | {:.0} | | |", asked.sign(ROUND)?, asked.verify(ROUND)?));
    }
    report.line("\nThe server and OpenSSL take turns; figures and ratios are the medians of the turns.");
    report.line("At least 0.85 is asked for of RSA_2048 and 0.4 of ECC_NIST_P256.\n");
    key_pairs(report, &server)?;
    others_meanwhile(report, &server)
}

/// A key of the server, and what it is asked for.
pub(crate) struct Asked<'s> {
    server: &'s Server,
    pub(crate) sign: String,
    pub(crate) verify: String,
}

impl<'s> Asked<'s> {
    pub(crate) fn of(server: &'s Server, spec: &str, algorithm: &str) -> Result<Asked<'s>, Failure> {
        let body = format!(r#"{{"KeySpec":"{spec}","KeyUsage":"SIGN_VERIFY"}}"#);
        let key = key_of(&load::once(server.address, &signed(server.address, "CreateKey", &body)?)?)?;
        let message = format!(r#""KeyId":"{key}","Message":"{DIGEST}","SigningAlgorithm":"{algorithm}""#);
        let sign = format!("{{{message}}}");
        let answer = load::once(server.address, &signed(server.address, "Sign", &sign)?)?;
        let verify = format!(r#"{{{message},"Signature":"{}"}}"#, text(&answer, "Signature")?);
        Ok(Asked { server, sign, verify })
    }

    /// With few connections nearly every request would write its record alone, and what is told would not be what a core does
    /// when there is enough to do.
    fn sign(&self, time: Duration) -> Result<f64, Failure> {
        per_core(self.server, "Sign", &self.sign, CONNECTIONS, time)
    }

    fn verify(&self, time: Duration) -> Result<f64, Failure> {
        per_core(self.server, "Verify", &self.verify, CONNECTIONS, time)
    }
}

/// What the server does in a second, and OpenSSL, turn by turn.
#[derive(Default)]
struct Turns {
    server: Vec<f64>,
    openssl: Vec<f64>,
}

impl Turns {
    fn push(&mut self, server: f64, openssl: f64) {
        self.server.push(server);
        self.openssl.push(openssl);
    }
}

impl fmt::Display for Turns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ratios =
            self.server.iter().zip(&self.openssl).map(|(server, openssl)| server / openssl).collect();
        let [server, openssl] = [&self.server, &self.openssl].map(|figures| median(figures.clone()));
        write!(f, "{server:.0} | {openssl:.0} | {:.2}", median(ratios))
    }
}

/// Sign and Verify beside OpenSSL's, as fast as the machine is at the time.
fn in_turns(asked: &Asked<'_>, kind: &Kind) -> Result<[Turns; 2], Failure> {
    let [mut sign, mut verify] = [Turns::default(), Turns::default()];
    for _ in 0..TURNS {
        let (sign_alone, verify_alone) = openssl_speed(kind)?;
        sign.push(asked.sign(TURN)?, sign_alone);
        verify.push(asked.verify(TURN)?, verify_alone);
    }
    Ok([sign, verify])
}

fn per_core(
    server: &Server,
    operation: &str,
    body: &str,
    connections: usize,
    time: Duration,
) -> Result<f64, Failure> {
    let request = signed(server.address, operation, body)?;
    let before = server.processor_time()?;
    let outcome = load::run(server.address, vec![request; connections], time)?;
    Ok(outcome.requests as f64 / (server.processor_time()? - before).as_secs_f64())
}

fn key_pairs(report: &mut Report, server: &Server) -> Result<(), Failure> {
    let key = key_of(&load::once(server.address, &signed(server.address, "CreateKey", "{}")?)?)?;
    report.line("## GenerateDataKeyPair, per core\n\n| pair | pairs/s |\n|---|---|");
    for spec in PAIRS {
        let body = format!(r#"{{"KeyId":"{key}","KeyPairSpec":"{spec}"}}"#);
        let rate = per_core(server, "GenerateDataKeyPair", &body, MAKERS, ROUND)?;
        report.line(&format!("| {spec} | {rate:.1} |"));
    }
    report.line("");
    Ok(())
}

/// Encrypt by one client, alone, and while RSA-4096 keys are made, and used, without a pause.
fn others_meanwhile(report: &mut Report, server: &Server) -> Result<(), Failure> {
    let key = key_of(&load::once(server.address, &signed(server.address, "CreateKey", "{}")?)?)?;
    let encrypt = format!(r#"{{"KeyId":"{key}","Plaintext":"{DIGEST}"}}"#);
    let one = || load::run(server.address, vec![signed(server.address, "Encrypt", &encrypt)?], ROUND);
    let beside = |operation, body: &str| -> Result<Outcome, Failure> {
        let (request, address) = (signed(server.address, operation, body)?, server.address);
        let others = std::thread::spawn(move || load::run(address, vec![request; MAKERS], ROUND));
        let outcome = one()?;
        others.join().map_err(|_| "the others panicked")??;
        Ok(outcome)
    };
    let signing = Asked::of(server, "RSA_4096", "RSASSA_PKCS1_V1_5_SHA_256")?;
    let measured = [
        ("alone", one()?),
        (
            "while keys are created",
            beside("CreateKey", r#"{"KeySpec":"RSA_4096","KeyUsage":"SIGN_VERIFY"}"#)?,
        ),
        ("while keys are used", beside("Sign", &signing.sign)?),
    ];
    report
        .line(&format!("## Encrypt, one client, beside {MAKERS} clients that create or use RSA_4096 keys\n"));
    report.line("| | p50 | p99 | longest |\n|---|---|---|---|");
    for (name, outcome) in measured {
        let [half, most, all] = [0.5, 0.99, 1.0].map(|share| ms(outcome.quantile(share)));
        report.line(&format!("| {name} | {half:.3} ms | {most:.3} ms | {all:.1} ms |"));
    }
    report.line("");
    Ok(())
}

/// Signatures made and verified in a second by OpenSSL on one core.
fn openssl_speed(kind: &Kind) -> Result<(f64, f64), Failure> {
    let mut command = Command::new("openssl");
    command.args(["speed", "-seconds", &TURN.as_secs().to_string(), kind.speed]);
    let output = command.output().map_err(|error| format!("openssl: {error}"))?;
    let output = String::from_utf8(output.stdout)?;
    let line = output.lines().map(str::trim).find(|line| line.starts_with(kind.line));
    let figures = line.and_then(|line| {
        let mut columns = line.split_whitespace().rev();
        let (verify, sign) = (columns.next()?.parse().ok()?, columns.next()?.parse().ok()?);
        Some((sign, verify))
    });
    Ok(figures.ok_or(format!("openssl speed tells nothing of {}", kind.line))?)
}
