//! TLS: certificate and key from files, exchangeable while connections go on, and what a handshake agreed on.

use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwap;
use claviger_audit::Tls;
use rustls::{CipherSuite, ProtocolVersion, ServerConfig, ServerConnection};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

/// What clients may speak inside TLS, the best first.
const ALPN: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// The PEM files of a server's identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, and after it those that lead to one that clients trust.
    pub certificate: PathBuf,
    /// The certificate's private key: PKCS#8, PKCS#1 or SEC 1.
    pub private_key: PathBuf,
}

/// Why there is no TLS with these files.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or is not PEM of what it should be.
    #[error("the TLS file {}: {cause}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        cause: rustls_pki_types::pem::Error,
    },
    /// The certificate file holds none.
    #[error("the TLS file {}: there is no certificate in it", .path.display())]
    NoCertificate {
        /// Which.
        path: PathBuf,
    },
    /// Certificate and key do not go together, or are of a kind that is not served.
    #[error("the TLS files {} and {}: {cause}", .files.certificate.display(), .files.private_key.display())]
    Unusable {
        /// Which.
        files: TlsFiles,
        /// What is wrong with them.
        cause: rustls::Error,
    },
}

/// Exchanges the certificate of a running server. Clones do the same.
#[derive(Clone)]
pub struct TlsReload {
    files: TlsFiles,
    current: Arc<ArcSwap<ServerConfig>>,
}

impl TlsReload {
    pub(crate) fn open(files: TlsFiles) -> Result<TlsReload, TlsError> {
        let config = load(&files)?;
        Ok(TlsReload { files, current: Arc::new(ArcSwap::from(config)) })
    }

    /// Reads the files again; new connections get what is in them. On an error the old certificate stays, and the log
    /// says so.
    pub fn reload(&self) -> Result<(), TlsError> {
        match load(&self.files) {
            Ok(config) => {
                self.current.store(config);
                tracing::info!("the TLS certificate was exchanged");
                Ok(())
            }
            Err(error) => {
                tracing::error!(%error, "the TLS certificate was not exchanged; the old one stays in use");
                Err(error)
            }
        }
    }

    /// What the next handshake uses.
    pub(crate) fn current(&self) -> Arc<ServerConfig> {
        self.current.load_full()
    }
}

fn load(files: &TlsFiles) -> Result<Arc<ServerConfig>, TlsError> {
    let at = |path: &PathBuf| {
        let path = path.clone();
        move |cause| TlsError::File { path, cause }
    };
    let chain = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(at(&files.certificate))?;
    if chain.is_empty() {
        return Err(TlsError::NoCertificate { path: files.certificate.clone() });
    }
    let key = PrivateKeyDer::from_pem_file(&files.private_key).map_err(at(&files.private_key))?;
    let unusable = |cause| TlsError::Unusable { files: files.clone(), cause };
    let mut config = ServerConfig::builder_with_provider(Arc::new(claviger_web::provider()))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(unusable)?;
    config.alpn_protocols = ALPN.map(<[u8]>::to_vec).into();
    Ok(Arc::new(config))
}

/// What a handshake agreed on, in the words of the audit record.
pub(crate) struct Session {
    version: &'static str,
    cipher_suite: String,
    key_exchange: Option<&'static str>,
}

impl Session {
    pub(crate) fn of(connection: &ServerConnection) -> Session {
        let version = match connection.protocol_version() {
            Some(ProtocolVersion::TLSv1_3) => "TLSv1.3",
            Some(ProtocolVersion::TLSv1_2) => "TLSv1.2",
            Some(_) | None => "",
        };
        let suite = connection.negotiated_cipher_suite().map(|suite| suite_name(suite.suite()));
        let key_exchange = connection.negotiated_key_exchange_group().and_then(|group| group.name().as_str());
        Session { version, cipher_suite: suite.unwrap_or_default(), key_exchange }
    }

    pub(crate) fn shown<'a>(&'a self, host: &'a str) -> Tls<'a> {
        Tls {
            version: self.version,
            cipher_suite: &self.cipher_suite,
            client_provided_host_header: host,
            key_exchange: self.key_exchange,
        }
    }
}

/// As CloudTrail names it: of TLS 1.3 by its IANA name, for which rustls writes `TLS13_…`, of TLS 1.2 by OpenSSL's.
fn suite_name(suite: CipherSuite) -> String {
    let name = match suite {
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 => "ECDHE-ECDSA-AES128-GCM-SHA256",
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 => "ECDHE-ECDSA-AES256-GCM-SHA384",
        CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 => "ECDHE-ECDSA-CHACHA20-POLY1305",
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 => "ECDHE-RSA-AES128-GCM-SHA256",
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 => "ECDHE-RSA-AES256-GCM-SHA384",
        CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 => "ECDHE-RSA-CHACHA20-POLY1305",
        other => return other.as_str().unwrap_or_default().replacen("TLS13_", "TLS_", 1),
    };
    name.to_owned()
}
