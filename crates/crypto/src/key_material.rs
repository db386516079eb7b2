//! The material of a key of any kind: making it, storing it, and taking it from elsewhere.

use crate::{
    CipherFailed, MacKey, MacSpec, MaterialId, PrivateKey, PrivateKeySpec, Random, RandomnessFailed, Secret,
    SymmetricMaterial,
};
use claviger_names::KeyId;

/// Of what kind the material of a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MaterialSpec {
    /// Of a symmetric encryption key.
    Symmetric,
    /// Of an HMAC key.
    Mac(MacSpec),
    /// Of an asymmetric key.
    PrivateKey(PrivateKeySpec),
}

/// The material of a key, parsed once.
pub enum KeyMaterial {
    /// Of a symmetric encryption key.
    Symmetric(SymmetricMaterial),
    /// Of an HMAC key.
    Mac(MacKey),
    /// Of an asymmetric key.
    PrivateKey(Box<PrivateKey>),
}

/// The bytes are no material of the spec: why, is not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are no key material of this spec")]
pub struct NotKeyMaterial;

/// Why there is no fresh material; never the caller's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GenerateError {
    /// There was no randomness.
    #[error(transparent)]
    Randomness(#[from] RandomnessFailed),
    /// The cryptographic library failed.
    #[error(transparent)]
    Failed(#[from] CipherFailed),
}

impl MaterialSpec {
    /// What AWS calls the key spec.
    pub const fn name(self) -> &'static str {
        match self {
            MaterialSpec::Symmetric => "SYMMETRIC_DEFAULT",
            MaterialSpec::Mac(spec) => spec.name(),
            MaterialSpec::PrivateKey(spec) => spec.name(),
        }
    }

    /// The one that AWS calls by this name.
    pub fn from_name(name: &str) -> Option<MaterialSpec> {
        match name {
            "SYMMETRIC_DEFAULT" => Some(MaterialSpec::Symmetric),
            _ => MacSpec::from_name(name)
                .map(MaterialSpec::Mac)
                .or_else(|| PrivateKeySpec::from_name(name).map(MaterialSpec::PrivateKey)),
        }
    }
}

impl KeyMaterial {
    /// Fresh material. `random` gives symmetric and HMAC keys; aws-lc draws the others itself. RSA takes up to a second:
    /// whoever calls decides on which thread.
    pub fn generate(spec: MaterialSpec, random: &dyn Random) -> Result<KeyMaterial, GenerateError> {
        Ok(match spec {
            MaterialSpec::Symmetric => KeyMaterial::Symmetric(SymmetricMaterial::generate(random)?),
            MaterialSpec::Mac(spec) => KeyMaterial::Mac(MacKey::generate(spec, random)?),
            MaterialSpec::PrivateKey(spec) => KeyMaterial::PrivateKey(Box::new(PrivateKey::generate(spec)?)),
        })
    }

    /// What was stored as [`KeyMaterial::secret`] gave it, or what was unwrapped: raw bytes of a symmetric or HMAC key,
    /// PKCS#8 of a private key.
    pub fn from_secret(spec: MaterialSpec, secret: Secret) -> Result<KeyMaterial, NotKeyMaterial> {
        match spec {
            MaterialSpec::Symmetric => {
                SymmetricMaterial::from_secret(secret).map(KeyMaterial::Symmetric).map_err(|_| NotKeyMaterial)
            }
            MaterialSpec::Mac(spec) => {
                MacKey::from_secret(spec, secret).map(KeyMaterial::Mac).map_err(|_| NotKeyMaterial)
            }
            MaterialSpec::PrivateKey(spec) => PrivateKey::from_pkcs8(spec, secret.expose())
                .map(|key| KeyMaterial::PrivateKey(Box::new(key)))
                .map_err(|_| NotKeyMaterial),
        }
    }

    /// Of what kind it is.
    pub fn spec(&self) -> MaterialSpec {
        match self {
            KeyMaterial::Symmetric(_) => MaterialSpec::Symmetric,
            KeyMaterial::Mac(key) => MaterialSpec::Mac(key.spec()),
            KeyMaterial::PrivateKey(key) => MaterialSpec::PrivateKey(key.spec()),
        }
    }

    /// The bytes, to be stored: one form for each material, whatever form it was imported in.
    pub fn secret(&self) -> &Secret {
        match self {
            KeyMaterial::Symmetric(material) => material.secret(),
            KeyMaterial::Mac(key) => key.secret(),
            KeyMaterial::PrivateKey(key) => key.pkcs8(),
        }
    }

    /// The public name of this material as a material of `key`: one for each pair of the two, in every Region alike.
    pub fn id_for(&self, key: &KeyId) -> MaterialId {
        match self {
            KeyMaterial::Symmetric(material) => material.id_for(key),
            KeyMaterial::Mac(mac) => mac.id_for(key),
            KeyMaterial::PrivateKey(private) => private.id_for(key),
        }
    }
}
