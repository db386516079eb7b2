//! Fresh key material. RSA keys take up to seconds: they are made on threads of their own, so that every other request is
//! answered meanwhile, and not more of them at once than leave room for those.

use std::sync::Arc;

use claviger_crypto::{
    KeyMaterial, MaterialSpec, PrivateKey, PrivateKeySpec, Random, WrappingKey, WrappingKeySpec,
};
use claviger_names::AccountId;
use tokio::sync::Semaphore;

use crate::fault::Fault;
use crate::turns::Turns;

/// Where fresh keys are made.
pub(crate) struct Generation {
    /// Of each account one at most waits for a thread, so that they take turns, however much one of them asks for.
    accounts: Turns,
    threads: Arc<Semaphore>,
}

impl Generation {
    /// RSA keys are made on half of the cores at most.
    pub(crate) fn new() -> Generation {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Generation { accounts: Turns::new(), threads: Arc::new(Semaphore::new(cores.div_ceil(2))) }
    }

    /// Fresh material of this kind, for this account.
    pub(crate) async fn material(
        &self,
        account: AccountId,
        spec: MaterialSpec,
        random: &Arc<dyn Random>,
    ) -> Result<KeyMaterial, Fault> {
        match spec {
            MaterialSpec::PrivateKey(spec) => {
                self.private_key(account, spec).await.map(Box::new).map(KeyMaterial::PrivateKey)
            }
            MaterialSpec::Symmetric | MaterialSpec::Mac(_) => {
                KeyMaterial::generate(spec, &**random).map_err(Fault::internal)
            }
        }
    }

    /// A fresh private key of this kind, for this account.
    pub(crate) async fn private_key(
        &self,
        account: AccountId,
        spec: PrivateKeySpec,
    ) -> Result<PrivateKey, Fault> {
        match spec {
            PrivateKeySpec::Rsa(_) => self.apart(account, move || PrivateKey::generate(spec)).await?,
            PrivateKeySpec::Ec(_)
            | PrivateKeySpec::Ed25519
            | PrivateKeySpec::MlDsa(_)
            | PrivateKeySpec::MlKem(_)
            | PrivateKeySpec::Sm2 => PrivateKey::generate(spec),
        }
        .map_err(Fault::internal)
    }

    /// A fresh key that an account's material can be wrapped to.
    pub(crate) async fn wrapping_key(
        &self,
        account: AccountId,
        spec: WrappingKeySpec,
    ) -> Result<WrappingKey, Fault> {
        match spec {
            WrappingKeySpec::Rsa(_) => self.apart(account, move || WrappingKey::generate(spec)).await?,
            WrappingKeySpec::Sm2 => WrappingKey::generate(spec),
        }
        .map_err(Fault::internal)
    }

    /// Does long work on another thread when its turn has come.
    async fn apart<T: Send + 'static>(
        &self,
        account: AccountId,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Fault> {
        let turn = self.accounts.of(&account).await;
        let thread = Arc::clone(&self.threads).acquire_owned().await.map_err(Fault::internal)?;
        drop(turn);
        let work = move || {
            // Whoever asked may be gone: the thread is free when the work ends.
            let _thread = thread;
            work()
        };
        tokio::task::spawn_blocking(work).await.map_err(Fault::internal)
    }
}
