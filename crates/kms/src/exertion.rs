//! Work with the private half of a large RSA key, which takes milliseconds: meanwhile another thread goes on with what else the
//! thread that it was begun on had to do.

use claviger_crypto::{PrivateKeySpec, RsaSize, WrappingKeySpec};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::Semaphore;

/// How much of it is done at once.
pub(crate) struct Exertion {
    places: Semaphore,
}

/// How long work with a private key takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Length {
    /// Less than a millisecond.
    Short,
    /// Several.
    Long,
}

impl Exertion {
    /// As much at once as there are cores.
    pub(crate) fn new() -> Exertion {
        Exertion { places: Semaphore::new(std::thread::available_parallelism().map_or(1, usize::from)) }
    }

    /// Does the work: at once if it is short, else when it has its place.
    pub(crate) async fn of<T>(&self, length: impl Into<Length>, work: impl FnOnce() -> T) -> T {
        if length.into() == Length::Short {
            return work();
        }
        // The semaphore is never closed.
        let _place = self.places.acquire().await;
        match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
            Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
            // There is no other thread to go on.
            Ok(_) | Err(_) => work(),
        }
    }
}

impl From<PrivateKeySpec> for Length {
    fn from(spec: PrivateKeySpec) -> Length {
        match spec {
            PrivateKeySpec::Rsa(size) => size.into(),
            PrivateKeySpec::Ec(_)
            | PrivateKeySpec::Ed25519
            | PrivateKeySpec::MlDsa(_)
            | PrivateKeySpec::MlKem(_)
            | PrivateKeySpec::Sm2 => Length::Short,
        }
    }
}

impl From<WrappingKeySpec> for Length {
    fn from(spec: WrappingKeySpec) -> Length {
        match spec {
            WrappingKeySpec::Rsa(size) => size.into(),
            WrappingKeySpec::Sm2 => Length::Short,
        }
    }
}

impl From<RsaSize> for Length {
    fn from(size: RsaSize) -> Length {
        match size {
            RsaSize::Rsa2048 => Length::Short,
            RsaSize::Rsa3072 | RsaSize::Rsa4096 => Length::Long,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use claviger_crypto::Curve;
    use std::sync::{Arc, mpsc};
    use std::time::Duration;

    const DEADLINE: Duration = Duration::from_secs(20);

    #[test]
    fn a_thread_goes_on_with_other_requests_while_a_large_rsa_key_is_used_on_it() {
        let mut threads = tokio::runtime::Builder::new_multi_thread();
        let thread = threads.worker_threads(1).build().unwrap();
        let (tell, told) = mpsc::channel();
        let exertion = Arc::new(Exertion::new());
        let long = thread.spawn(async move {
            // Ends when the other request was answered, which waits for this thread.
            exertion.of(Length::Long, move || told.recv_timeout(DEADLINE)).await
        });
        let other = thread.spawn(async move { tell.send(()) });
        assert!(thread.block_on(async { (long.await.unwrap(), other.await.unwrap()) }).0.is_ok());
    }

    #[tokio::test]
    async fn what_is_long_is_done_too_where_there_is_no_other_thread() {
        assert_eq!(Exertion::new().of(Length::Long, || 7).await, 7);
    }

    #[test]
    fn only_large_rsa_keys_take_long() {
        let lengths = [RsaSize::Rsa2048, RsaSize::Rsa3072, RsaSize::Rsa4096]
            .map(|size| (Length::from(PrivateKeySpec::Rsa(size)), Length::from(WrappingKeySpec::Rsa(size))));
        let [short, long] = [Length::Short, Length::Long].map(|length| (length, length));
        assert_eq!(lengths, [short, long, long]);
        assert_eq!(Length::from(PrivateKeySpec::Ec(Curve::P521)), Length::Short);
    }
}
