//! A small HTTP client: one request, bounded in size and time, that goes nowhere else.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use claviger_iam::{FetchFailed, Web};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, HOST, USER_AGENT};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

pub use url::{MalformedWebUrl, WebUrl};

use crate::tls;

mod url;

/// In which an answer must be there whole, the search for the address included. AWS waits as long for an issuer.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);

/// Most bytes of an answer's body.
const BODY_BYTES_MAX: usize = 256 * 1024;

/// What the server calls itself.
pub(crate) const AGENT: &str = "claviger";

/// Most bytes of an answer's head.
const HEAD_BYTES_MAX: usize = 16 * 1024;

/// Fetches over HTTPS from servers that the machine's certificates vouch for, or those of a file.
pub struct WebClient {
    ca_file: Option<PathBuf>,
    tls: ArcSwap<ClientConfig>,
}

/// Why there is no such client.
#[derive(Debug, thiserror::Error)]
pub enum WebClientError {
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
    #[error("this machine has no certificates of CAs that vouch for issuers: install them, or set ca_file")]
    NoRoots,
    /// TLS cannot be spoken.
    #[error(transparent)]
    Tls(#[from] rustls::Error),
}

impl WebClient {
    /// A client that trusts the machine's certificates, and those in this PEM file.
    pub fn new(ca_file: Option<&Path>) -> Result<WebClient, WebClientError> {
        let tls = ArcSwap::from(trust(ca_file)?);
        Ok(WebClient { ca_file: ca_file.map(Path::to_owned), tls })
    }

    /// Reads the certificates again. On an error the old ones stay.
    pub fn reload(&self) -> Result<(), WebClientError> {
        self.tls.store(trust(self.ca_file.as_deref())?);
        Ok(())
    }

    /// Sends one request to the host of this URL, on a connection of its own; gives the answer whole, whatever its status.
    pub(crate) async fn send(
        &self,
        url: &WebUrl,
        request: Request<Full<Bytes>>,
        body_bytes_max: usize,
    ) -> Result<Response<Bytes>, FetchFailed> {
        let stream = connect(url).await?;
        if !url.is_https() {
            return exchange(stream, request, body_bytes_max).await;
        }
        let name = url.host().to_owned().try_into().map_err(failed)?;
        let connector = TlsConnector::from(self.tls.load_full());
        let stream = connector.connect(name, stream).await.map_err(failed)?;
        exchange(stream, request, body_bytes_max).await
    }

    async fn get(&self, url: &WebUrl) -> Result<Vec<u8>, FetchFailed> {
        let request = Request::get(url.path())
            .header(HOST, url.authority())
            .header(ACCEPT, "application/json")
            .header(USER_AGENT, AGENT)
            .body(Full::default())
            .map_err(failed)?;
        let answer = self.send(url, request, BODY_BYTES_MAX).await?;
        match answer.status() {
            StatusCode::OK => Ok(answer.into_body().into()),
            status if status.is_redirection() => {
                Err(failed(format_args!("it answers {status}, which is not followed")))
            }
            status => Err(failed(format_args!("it answers {status}"))),
        }
    }
}

impl Web for WebClient {
    fn fetch<'w>(&'w self, url: &'w str) -> BoxFuture<'w, Result<Vec<u8>, FetchFailed>> {
        async move {
            let at = |error: FetchFailed| FetchFailed(format!("{url}: {error}").into());
            let parsed = WebUrl::try_from(url.to_owned()).map_err(failed).map_err(at)?;
            match timeout(FETCH_TIMEOUT, self.get(&parsed)).await {
                Ok(answer) => answer.map_err(at),
                Err(_) => Err(at(failed(format_args!("no whole answer in {} s", FETCH_TIMEOUT.as_secs())))),
            }
        }
        .boxed()
    }

    fn spawn(&self, work: BoxFuture<'static, ()>) {
        tokio::spawn(work);
    }
}

fn trust(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, WebClientError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = ca_file {
        let file = |cause| WebClientError::File { path: path.to_owned(), cause };
        let certificates = CertificateDer::pem_file_iter(path)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(file)?;
        let (added, ignored) = roots.add_parsable_certificates(certificates);
        if added == 0 || ignored > 0 {
            return Err(WebClientError::NoCertificate { path: path.to_owned() });
        }
    }
    if roots.is_empty() {
        return Err(WebClientError::NoRoots);
    }
    let config = ClientConfig::builder_with_provider(Arc::new(tls::provider()))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// The first of the host's addresses that answers. Plain HTTP stays on this machine, whatever its name stands for.
async fn connect(url: &WebUrl) -> Result<TcpStream, FetchFailed> {
    let addresses = lookup_host((url.host(), url.port())).await.map_err(failed)?;
    let is_allowed = |address: &SocketAddr| url.is_https() || address.ip().to_canonical().is_loopback();
    let mut last = failed("the host has no address");
    for address in addresses.filter(is_allowed) {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = failed(error),
        }
    }
    Err(last)
}

async fn exchange<S>(
    stream: S,
    request: Request<Full<Bytes>>,
    body_bytes_max: usize,
) -> Result<Response<Bytes>, FetchFailed>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = http1::Builder::new();
    builder.max_buf_size(HEAD_BYTES_MAX);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(failed)?;
    // A set, because what it holds ends with it.
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let (head, body) = sender.send_request(request).await.map_err(failed)?.into_parts();
    let body = Limited::new(body, body_bytes_max).collect().await.map_err(failed)?;
    Ok(Response::from_parts(head, body.to_bytes()))
}

fn failed(why: impl std::fmt::Display) -> FetchFailed {
    FetchFailed(why.to_string().into())
}
