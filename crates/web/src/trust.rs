//! Whose certificates are trusted: those that the machine trusts, and those of a file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

/// The certificates that vouch for servers, exchangeable while connections go on.
pub struct Trust {
    ca_file: Option<PathBuf>,
    tls: ArcSwap<ClientConfig>,
}

/// Why nobody can be trusted.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The file cannot be read, or is not PEM.
    #[error("the CA file {}: {cause}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        cause: rustls_pki_types::pem::Error,
    },
    /// The file holds a certificate that cannot be trusted in, or none.
    #[error("the CA file {}: there is no certificate of a CA in it", .path.display())]
    NoCertificate {
        /// Which.
        path: PathBuf,
    },
    /// The machine has no certificates, and no file is given.
    #[error("this machine has no certificates of CAs that vouch for others: install them, or set ca_file")]
    NoRoots,
    /// TLS cannot be spoken.
    #[error(transparent)]
    Tls(#[from] rustls::Error),
}

impl Trust {
    /// Reads the machine's certificates, and those in this PEM file.
    pub fn load(ca_file: Option<&Path>) -> Result<Trust, TrustError> {
        let tls = ArcSwap::from(read(ca_file)?);
        Ok(Trust { ca_file: ca_file.map(Path::to_owned), tls })
    }

    /// Reads them again. On an error the old ones stay.
    pub fn reload(&self) -> Result<(), TrustError> {
        self.tls.store(read(self.ca_file.as_deref())?);
        Ok(())
    }

    /// How TLS is spoken with whom they vouch for.
    pub fn tls(&self) -> Arc<ClientConfig> {
        self.tls.load_full()
    }
}

fn read(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, TrustError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = ca_file {
        let file = |cause| TrustError::File { path: path.to_owned(), cause };
        let certificates = CertificateDer::pem_file_iter(path)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(file)?;
        let (added, ignored) = roots.add_parsable_certificates(certificates);
        if added == 0 || ignored > 0 {
            return Err(TrustError::NoCertificate { path: path.to_owned() });
        }
    }
    if roots.is_empty() {
        return Err(TrustError::NoRoots);
    }
    let config = ClientConfig::builder_with_provider(Arc::new(provider()))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// The key exchange that also withstands a quantum computer comes first.
pub fn provider() -> CryptoProvider {
    use aws_lc_rs::kx_group::{SECP256R1, SECP384R1, X25519, X25519MLKEM768};
    CryptoProvider {
        kx_groups: vec![X25519MLKEM768, X25519, SECP256R1, SECP384R1],
        ..aws_lc_rs::default_provider()
    }
}
