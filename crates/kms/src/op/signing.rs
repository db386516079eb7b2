//! What Sign and Verify share.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_crypto::{MaterialSpec, NotSignable, Secret, Signable};
use claviger_wire::Bounds;

use super::encryption::incompatible;
use crate::fault::Fault;
use crate::gate::{Particulars, Stated};
use crate::model::{Key, KeySpec, MessageType, SigningAlgorithm};

/// Bytes of what is signed or authenticated.
pub(crate) const MESSAGE_BYTES: Bounds = Bounds::new(1, 4096);

/// Bytes of a signature or an authentication code, as the model takes them.
pub(crate) const PROOF_BYTES: Bounds = Bounds::new(1, 6144);

/// What is signed, and how.
pub(crate) struct Signing {
    pub message: Secret,
    pub message_type_sent: Option<MessageType>,
    pub algorithm: SigningAlgorithm,
}

impl Signing {
    fn message_type(&self) -> MessageType {
        self.message_type_sent.unwrap_or_default()
    }

    /// What policies may ask of it.
    pub(crate) fn states<'r>(&self, grant_tokens: &'r [Cow<'r, str>]) -> Stated<'r> {
        let (algorithm, message_type) = (self.algorithm.name(), self.message_type().name());
        let particulars = Particulars::Signing { algorithm, message_type };
        Stated { grant_tokens, particulars, ..Stated::default() }
    }

    /// Shows it in a record: not the message.
    pub(crate) fn show(&self, shown: Shown, dry_run: Option<bool>) -> Shown {
        shown
            .text("messageType", self.message_type().name())
            .text("signingAlgorithm", self.algorithm.name())
            .maybe_flag("dryRun", dry_run)
    }

    /// Refuses an algorithm that the key has not, and a message that the algorithm does not take.
    pub(crate) fn check(&self, key: &Key) -> Result<(), Fault> {
        let SigningAlgorithm(algorithm) = self.algorithm;
        let is_own = match key.record.spec.material() {
            MaterialSpec::PrivateKey(spec) => spec.signing_algorithms().contains(&algorithm),
            MaterialSpec::Symmetric | MaterialSpec::Mac(_) => false,
        };
        if !is_own {
            return Err(incompatible(self.algorithm.name(), key));
        }
        let MessageType(message_type) = self.message_type();
        let taken = algorithm.check_message(message_type, self.message.len());
        taken.map_err(|why| self.not_signable(key, why))
    }

    /// The message in the form that is signed.
    pub(crate) fn signable(&self) -> Result<Signable<'_>, Fault> {
        let SigningAlgorithm(algorithm) = self.algorithm;
        let MessageType(message_type) = self.message_type();
        Signable::new(algorithm, message_type, self.message.expose()).map_err(Fault::internal)
    }

    fn not_signable(&self, key: &Key, why: NotSignable) -> Fault {
        let (algorithm, message_type) = (self.algorithm.name(), self.message_type().name());
        Fault::Validation(Cow::Owned(match (why, key.record.spec) {
            (NotSignable::DigestLength { .. }, spec) => {
                let what = if spec.is_ml_dsa() { "External Mu" } else { "Digest" };
                format!("{what} is invalid length for algorithm {algorithm}.")
            }
            // Keys on this curve have algorithms that differ in what they take.
            (NotSignable::MessageType, KeySpec::ECC_NIST_EDWARDS25519) => {
                format!("Message type {message_type} is incompatible with algorithm {algorithm}.")
            }
            (NotSignable::MessageType, spec) => {
                format!("Message type {message_type} is incompatible with key spec {}.", spec.name())
            }
        }))
    }
}
