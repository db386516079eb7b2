//! Members of answers that several operations have.

use claviger_crypto::Secret;
use claviger_wire::Base64;
use serde::{Serialize, Serializer};

/// A secret in an answer.
pub(crate) struct SecretOut(pub Secret);

impl Serialize for SecretOut {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Base64(self.0.expose()).serialize(serializer)
    }
}
