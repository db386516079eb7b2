//! What GenerateDataKeyPair and GenerateDataKeyPairWithoutPlaintext share.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_crypto::{PrivateKey, PrivateKeySpec};

use super::data_key;
use super::encryption::Encrypted;
use super::member::{ContextPairs, show_context};
use crate::fault::Fault;
use crate::gate::{OneKey, Particulars, Permit, Stated};
use crate::kms::Kms;
use crate::model::{EncryptionAlgorithm, Key, KeyPairSpec};

/// The data key pair that is asked for.
pub(crate) struct KeyPairAsk<'b> {
    pub key: Cow<'b, str>,
    pub context: ContextPairs<'b>,
    pub spec: KeyPairSpec,
    pub grant_tokens: Vec<Cow<'b, str>>,
    pub dry_run: Option<bool>,
}

impl KeyPairAsk<'_> {
    /// What policies may ask of it.
    pub(crate) fn states(&self) -> Stated<'_> {
        let algorithm = EncryptionAlgorithm::SYMMETRIC_DEFAULT.name();
        Stated {
            particulars: Particulars::DataKeyPair { spec: self.spec.name() },
            ..Stated::encrypting(&self.context, algorithm, &self.grant_tokens)
        }
    }

    /// Shows it in a record.
    pub(crate) fn show(&self) -> Shown {
        show_context(Shown::new().text("keyId", &self.key), "encryptionContext", &self.context)
            .text("keyPairSpec", self.spec.name())
            .maybe_flag("dryRun", self.dry_run)
    }

    /// Refuses a key that encrypts no key pairs, and pairs that are not made here.
    pub(crate) fn check(&self, key: &Key) -> Result<(), Fault> {
        data_key::check(key)?;
        self.pair(key).map(|_| ())
    }

    /// The pair's spec, where the key's Region makes such pairs.
    fn pair(&self, key: &Key) -> Result<PrivateKeySpec, Fault> {
        self.spec.served_in(key.place.region).ok_or_else(|| {
            let text = format!("KeyPairSpec {} is not supported in this Region", self.spec.name());
            Fault::Unsupported(Some(text.into()))
        })
    }

    /// A fresh pair, and its private half encrypted under the key.
    pub(crate) async fn generate(
        &self,
        kms: &Kms,
        permit: &Permit<'_, OneKey>,
    ) -> Result<(PrivateKey, Encrypted), Fault> {
        let OneKey(key) = permit.scope();
        let spec = self.pair(key)?;
        let pair = kms.generation.private_key(permit.place().account, spec).await?;
        let encrypted = data_key::cipher(&self.context).encrypt(kms, permit, key, pair.pkcs8().expose())?;
        Ok((pair, encrypted))
    }
}
