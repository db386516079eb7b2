//! CloudTrail: trails, the log files and signed digests that they deliver, and the API that manages them.

mod api;
mod buckets;
mod delivery;
mod digest;
mod digesting;
mod error;
mod intake;
mod keyspace;
mod log_file;
mod name;
mod object_key;
mod outbox;
#[cfg(test)]
mod scenarios;
mod shipping;
mod signing_key;
mod trail;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use api::{CloudTrail, LOOK_UPS_AT_A_TIME};
pub use buckets::{BucketFault, Buckets, NewObject, Put};
pub use delivery::{Delivery, DeliveryParts};
pub use digest::SIGNATURE_ALGORITHM;
pub use error::CloudTrailError;
pub use intake::Collector;
pub use name::{MalformedTrailName, TrailName};

// What a thread that fell over leaves behind is whole: every change is made in one step.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
