//! Asymmetric keys of every kind that AWS KMS has.
//!
//! A key is read once, strictly, into a [`PrivateKey`], and then shared. `der`, `ber` and `pkcs8` read and write the
//! envelopes; one module for each kind of key does the rest with aws-lc-rs, `sm2` with the crate of
//! that name; `raw` makes the few calls that aws-lc-rs lacks.

mod ber;
mod der;
mod ec;
mod ed25519;
mod encryption;
mod lazy;
mod ml_dsa;
mod ml_kem;
mod pkcs8;
mod private_key;
mod public_key;
#[expect(unsafe_code, reason = "aws-lc-rs does not offer these calls of aws-lc")]
mod raw;
mod rsa;
mod sec1;
mod signing;
mod sm2;
mod spec;

pub use ec::AgreeError;
pub use encryption::{AsymmetricDecryptError, AsymmetricEncryptError, EncryptionAlgorithm, Oaep};
pub use ml_kem::{DecapsulateError, EncapsulateError, Encapsulated};
pub(crate) use private_key::Parts;
pub use private_key::{NotPrivateKey, PrivateKey};
pub use public_key::{NotPublicKey, PublicKey};
pub use signing::{Hash, MessageType, NotSignable, SignError, Signable, SigningAlgorithm, VerifyError};
pub use spec::{Curve, MlDsaSet, MlKemSet, PrivateKeySpec, RsaSize};
