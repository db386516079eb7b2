//! One request over HTTP/1.1, and the answer to it.

use std::fmt::Display;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, CONTENT_TYPE, HOST, USER_AGENT};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::{Trust, WebUrl};

/// In which an answer must be there whole, the search for the address included. AWS waits as long for an issuer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// Most bytes of an answer's body.
const BODY_BYTES_MAX: usize = 256 * 1024;

/// Most bytes of an answer's head.
const HEAD_BYTES_MAX: usize = 16 * 1024;

/// What the server calls itself.
pub const AGENT: &str = "claviger";

/// What is sent and received.
const JSON: &str = "application/json";

/// Asks servers, over HTTPS those whose certificates are trusted.
#[derive(Clone)]
pub struct WebClient(Arc<Trust>);

/// Why there is no answer as it should be, for the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct WebFailed(pub Box<str>);

impl WebClient {
    /// A client that trusts these certificates.
    pub fn new(trust: Arc<Trust>) -> WebClient {
        WebClient(trust)
    }

    /// The body with which this URL answers a GET with 200. It is not followed elsewhere.
    pub async fn get(&self, url: &WebUrl) -> Result<Vec<u8>, WebFailed> {
        let request = start(url, Method::GET).body(Full::default()).map_err(failed)?;
        let answer = within_time(self.send(url, request, BODY_BYTES_MAX)).await?;
        match answer.status() {
            StatusCode::OK => Ok(answer.into_body().into()),
            status if status.is_redirection() => {
                Err(failed(format_args!("it answers {status}, which is not followed")))
            }
            status => Err(failed(format_args!("it answers {status}"))),
        }
    }

    /// The status with which this URL answers a POST of this JSON under these headers.
    pub async fn post(
        &self,
        url: &WebUrl,
        headers: &[(&'static str, &str)],
        json: Bytes,
    ) -> Result<StatusCode, WebFailed> {
        let start = start(url, Method::POST).header(CONTENT_TYPE, JSON);
        let start = headers.iter().fold(start, |start, (name, value)| start.header(*name, *value));
        let request = start.body(Full::new(json)).map_err(failed)?;
        Ok(within_time(self.send(url, request, BODY_BYTES_MAX)).await?.status())
    }

    /// Sends one request to the host of this URL, on a connection of its own; gives the answer whole, whatever its status.
    /// It takes as long as it takes.
    pub async fn send(
        &self,
        url: &WebUrl,
        request: Request<Full<Bytes>>,
        body_bytes_max: usize,
    ) -> Result<Response<Bytes>, WebFailed> {
        let stream = connect(url).await?;
        if !url.is_https() {
            return exchange(stream, request, body_bytes_max).await;
        }
        let name = url.host().to_owned().try_into().map_err(failed)?;
        let connector = TlsConnector::from(self.0.tls());
        let stream = connector.connect(name, stream).await.map_err(failed)?;
        exchange(stream, request, body_bytes_max).await
    }
}

async fn within_time<T>(work: impl Future<Output = Result<T, WebFailed>>) -> Result<T, WebFailed> {
    let late = |_| Err(failed(format_args!("no whole answer in {} s", ANSWER_TIMEOUT.as_secs())));
    timeout(ANSWER_TIMEOUT, work).await.unwrap_or_else(late)
}

fn start(url: &WebUrl, method: Method) -> hyper::http::request::Builder {
    Request::builder()
        .method(method)
        .uri(url.path())
        .header(HOST, url.authority())
        .header(ACCEPT, JSON)
        .header(USER_AGENT, AGENT)
}

/// The first of the host's addresses that answers. Plain HTTP stays on this machine, whatever its name stands for.
async fn connect(url: &WebUrl) -> Result<TcpStream, WebFailed> {
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
) -> Result<Response<Bytes>, WebFailed>
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

fn failed(why: impl Display) -> WebFailed {
    WebFailed(why.to_string().into())
}
