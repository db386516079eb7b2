//! Renews the keys that values are sealed under, so that no one of them seals for ever.

use claviger_clock::SignedDuration;

use crate::fault::Fault;
use crate::kms::Kms;

/// How long a domain key seals new values. AWS rotates its own daily, "may relax to weekly" (Cryptographic Details).
const DOMAIN_KEY_LIFETIME: SignedDuration = SignedDuration::from_hours(7 * 24);

pub(super) async fn run(kms: &Kms) -> Result<usize, Fault> {
    kms.store.rotate_older_than(DOMAIN_KEY_LIFETIME).await.map_err(Fault::internal)
}
