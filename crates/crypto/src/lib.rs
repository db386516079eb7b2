//! Key material, the message format, and randomness; whose keys they are and where they are kept is decided elsewhere.
//!
//! # How secrets are kept
//!
//! Every secret is a [`Secret`]: bytes on the heap that are overwritten when it is dropped, in a type that cannot be
//! printed, compared, cloned or serialized. Keys that are derived for one message live on the stack of the function
//! that uses them and are overwritten before it returns, on the error path too. What aws-lc holds of a key while it
//! works (the AES key schedule, the HMAC state, a parsed private key) it overwrites when it frees it; the crate sm2
//! does not, so that its keys are overwritten here. None of that undoes a copy that a caller makes: hand a `Vec` over
//! whole, and do not let it grow after a secret is in it, since growing leaves the old bytes behind. Keeping the process
//! out of swap and core dumps is the business of the binary.

mod asymmetric;
mod context;
pub mod derived;
mod import;
mod key_material;
mod mac;
mod material;
mod material_id;
mod message;
mod random;
mod secret;

pub use asymmetric::{
    AgreeError, AsymmetricDecryptError, AsymmetricEncryptError, Curve, DecapsulateError, EncapsulateError,
    Encapsulated, EncryptionAlgorithm, Hash, MessageType, MlDsaSet, MlKemSet, NotPrivateKey, NotPublicKey,
    NotSignable, Oaep, PrivateKey, PrivateKeySpec, PublicKey, RsaSize, SignError, Signable, SigningAlgorithm,
    VerifyError,
};
pub use context::{Context, ContextRefused};
pub use derived::CipherFailed;
pub use import::{CannotUnwrap, WrappingAlgorithm, WrappingKey, WrappingKeySpec};
pub use key_material::{GenerateError, KeyMaterial, MaterialSpec, NotKeyMaterial};
pub use mac::{InvalidMac, MacKey, MacSpec, NotMacKey};
pub use material::{EncryptError, MATERIAL_BYTES, NotMaterial, PLAINTEXT_BYTES_MAX, SymmetricMaterial};
pub use material_id::{MATERIAL_ID_BYTES, MalformedMaterialId, MaterialId};
pub use message::{
    CIPHERTEXT_BYTES_MAX, InvalidCiphertext, KeyIdentity, MESSAGE_OVERHEAD_BYTES_MAX, Message,
};
pub use random::{Random, RandomnessFailed, SystemRandom};
pub use secret::Secret;
