//! The public keys of an issuer, of the kinds that are taken here.

use std::sync::Arc;

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;

/// A JSON Web Key Set, less what nobody knows here.
pub(super) struct KeySet(Vec<Arc<IssuerKey>>);

/// A key to verify tokens with.
pub(crate) struct IssuerKey {
    id: Option<String>,
    pub algorithm: Algorithm,
    pub key: DecodingKey,
}

/// What a token says of the key that it was signed with.
pub(crate) struct WantedKey<'t> {
    pub id: Option<&'t str>,
    pub algorithm: Algorithm,
}

#[derive(Deserialize)]
struct Keys {
    keys: Vec<serde_json::Value>,
}

impl KeySet {
    /// The keys of this JSON Web Key Set that are taken here; there may be none.
    pub(super) fn read(json: &[u8]) -> Result<KeySet, serde_json::Error> {
        let set: Keys = serde_json::from_slice(json)?;
        // Keys of kinds that nobody knows here are none of the others' business.
        Ok(KeySet(set.keys.into_iter().filter_map(IssuerKey::new).map(Arc::new).collect()))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The one key that fits. Which of several it is, a token must say.
    pub(super) fn find(&self, wanted: &WantedKey<'_>) -> Option<Arc<IssuerKey>> {
        let is_it = |id: &str, key: &IssuerKey| key.id.as_deref() == Some(id);
        let mut fitting = self
            .0
            .iter()
            .filter(|key| key.algorithm == wanted.algorithm && wanted.id.is_none_or(|id| is_it(id, key)));
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Some(Arc::clone(key)),
            (None, _) | (Some(_), Some(_)) => None,
        }
    }
}

impl IssuerKey {
    fn new(key: serde_json::Value) -> Option<IssuerKey> {
        let jwk: Jwk = serde_json::from_value(key).ok()?;
        let algorithm = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => Algorithm::RS256,
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => Algorithm::ES256,
            AlgorithmParameters::EllipticCurve(_)
            | AlgorithmParameters::OctetKey(_)
            | AlgorithmParameters::OctetKeyPair(_) => return None,
        };
        let key = DecodingKey::from_jwk(&jwk).ok()?;
        Some(IssuerKey { id: jwk.common.key_id, algorithm, key })
    }
}
