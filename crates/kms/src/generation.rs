//! Fresh key material. RSA keys take up to seconds: they are made on threads of their own, so that every other request is
//! answered meanwhile, and not more of them at once than leave room for those.

use std::sync::Arc;

use claviger_crypto::{KeyMaterial, MaterialSpec, PrivateKey, PrivateKeySpec, Random, RsaSize, WrappingKey};
use tokio::sync::Semaphore;

use crate::fault::Fault;

/// Where fresh keys are made.
pub(crate) struct Generation {
    turns: Arc<Semaphore>,
}

impl Generation {
    /// RSA keys are made on half of the cores at most.
    pub(crate) fn new() -> Generation {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Generation { turns: Arc::new(Semaphore::new(cores.div_ceil(2))) }
    }

    /// Fresh material of this kind.
    pub(crate) async fn material(
        &self,
        spec: MaterialSpec,
        random: &Arc<dyn Random>,
    ) -> Result<KeyMaterial, Fault> {
        match spec {
            MaterialSpec::PrivateKey(spec) => {
                self.private_key(spec).await.map(Box::new).map(KeyMaterial::PrivateKey)
            }
            MaterialSpec::Symmetric | MaterialSpec::Mac(_) => {
                KeyMaterial::generate(spec, &**random).map_err(Fault::internal)
            }
        }
    }

    /// A fresh private key of this kind.
    pub(crate) async fn private_key(&self, spec: PrivateKeySpec) -> Result<PrivateKey, Fault> {
        match spec {
            PrivateKeySpec::Rsa(_) => self.apart(move || PrivateKey::generate(spec)).await?,
            PrivateKeySpec::Ec(_)
            | PrivateKeySpec::Ed25519
            | PrivateKeySpec::MlDsa(_)
            | PrivateKeySpec::MlKem(_) => PrivateKey::generate(spec),
        }
        .map_err(Fault::internal)
    }

    /// A fresh key that material can be wrapped to.
    pub(crate) async fn wrapping_key(&self, size: RsaSize) -> Result<WrappingKey, Fault> {
        self.apart(move || WrappingKey::generate(size)).await?.map_err(Fault::internal)
    }

    /// Does long work on another thread when its turn has come.
    async fn apart<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(Fault::internal)?;
        let work = move || {
            // Whoever asked may be gone: the turn ends with the work.
            let _turn = turn;
            work()
        };
        tokio::task::spawn_blocking(work).await.map_err(Fault::internal)
    }
}
