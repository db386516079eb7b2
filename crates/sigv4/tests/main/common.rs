//! Requests that are signed well, and what they become when a test spoils them.

use claviger_sigv4::{BodyHash, Claim, Credentials, Request, SigV4Fault, Signing, SigningKey, sign_request};
use jiff::Timestamp;

pub(crate) const ACCESS_KEY_ID: &str = "AKIDEXAMPLE";
pub(crate) const SECRET: &[u8] = b"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
pub(crate) const SERVICES: &[&str] = &["kms"];
pub(crate) const REGION: &str = "us-east-1";

/// The time at which everything here is signed: 2015-08-30T12:36:00Z.
pub(crate) fn noon() -> Timestamp {
    "2015-08-30T12:36:00Z".parse().unwrap()
}

/// A request that owns its parts, so that a test can change them.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

impl Sent {
    /// An Encrypt request without a signature.
    pub(crate) fn unsigned() -> Sent {
        let headers = [
            ("host", "kms.us-east-1.amazonaws.com"),
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", "TrentService.Encrypt"),
            ("user-agent", "test"),
        ];
        Sent {
            method: "POST".into(),
            path: "/".into(),
            query: None,
            headers: headers.map(|(name, value)| (name.into(), value.into())).into(),
            body: br#"{"KeyId":"alias/orders","Plaintext":"aGVsbG8="}"#.to_vec(),
        }
    }

    /// The same with a good signature made at [`noon`].
    pub(crate) fn signed() -> Sent {
        Sent::unsigned().sign(None, BodyHash::Implied)
    }

    pub(crate) fn sign(mut self, session_token: Option<&str>, body_hash: BodyHash) -> Sent {
        let credentials = Credentials { access_key_id: ACCESS_KEY_ID, secret: SECRET, session_token };
        let signing = Signing { credentials, region: REGION, service: "kms", at: noon(), body_hash };
        let added = self.seen(|request| sign_request(&request, &signing).unwrap());
        for (name, value) in added.iter() {
            self.headers.push((name.into(), value.into()));
        }
        self
    }

    /// Hands the request to `look` as the server would see it.
    pub(crate) fn seen<T>(&self, look: impl FnOnce(Request<'_>) -> T) -> T {
        let headers: Vec<(&str, &[u8])> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
        look(Request {
            method: &self.method,
            path: &self.path,
            query: self.query.as_deref(),
            headers: &headers,
            body: &self.body,
        })
    }

    pub(crate) fn add(mut self, name: &str, value: &str) -> Sent {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Sent {
        self.headers.retain(|header| header.0 != name);
        self
    }

    pub(crate) fn set(self, name: &str, value: &str) -> Sent {
        self.without(name).add(name, value)
    }

    pub(crate) fn header(&self, name: &str) -> String {
        let header = self.headers.iter().find(|header| header.0 == name).unwrap();
        String::from_utf8(header.1.clone()).unwrap()
    }

    /// The same with `from` replaced by `to` in the `Authorization` header.
    pub(crate) fn in_authorization(self, from: &str, to: &str) -> Sent {
        let before = self.header("authorization");
        let after = before.replace(from, to);
        assert_ne!(before, after, "nothing to replace");
        self.set("authorization", &after)
    }

    pub(crate) fn query(mut self, query: &str) -> Sent {
        self.query = Some(query.into());
        self
    }

    /// Takes the request through all three steps with the right secret.
    pub(crate) fn verify_at(&self, now: Timestamp) -> Result<(), SigV4Fault> {
        self.seen(|request| {
            let claim = Claim::parse(&request)?;
            let key = SigningKey::derive(SECRET, claim.scope());
            claim.check_scope(now, SERVICES, |scope| scope.region() == REGION)?.verify(&key)?;
            Ok(())
        })
    }

    pub(crate) fn verify(&self) -> Result<(), SigV4Fault> {
        self.verify_at(noon())
    }

    /// Why the request is refused.
    pub(crate) fn fault(&self) -> SigV4Fault {
        self.verify().unwrap_err()
    }
}

/// Asserts the whole text of a fault and its code.
#[track_caller]
pub(crate) fn says(fault: SigV4Fault, code: claviger_sigv4::FaultCode, text: &str) {
    assert_eq!(fault.message(), text);
    assert_eq!(fault.code(), code);
}
