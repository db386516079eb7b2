//! TLS: what is agreed on, and certificates that change while the server runs.

use std::path::Path;
use std::sync::Arc;

use claviger_server::{TlsError, TlsFiles};
use rustls::crypto::aws_lc_rs::kx_group;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::client::{Call, Client, HOST};
use crate::node::{Node, in_memory, settings, start_with};

/// Writes a fresh certificate for the host and its key to the files; gives the certificate.
pub fn issue(files: &TlsFiles) -> CertificateDer<'static> {
    let issued = rcgen::generate_simple_self_signed([HOST.to_owned()]).unwrap();
    std::fs::write(&files.certificate, issued.cert.pem()).unwrap();
    std::fs::write(&files.private_key, issued.signing_key.serialize_pem()).unwrap();
    issued.cert.der().clone()
}

pub fn files(directory: &Path) -> TlsFiles {
    TlsFiles { certificate: directory.join("server.pem"), private_key: directory.join("server.key") }
}

async fn start_tls(files: TlsFiles) -> Node {
    let mut settings = settings();
    settings.tls = Some(files);
    start_with(settings, in_memory()).await
}

/// What clients may speak inside TLS.
pub const HTTP1: &[&[u8]] = &[b"http/1.1"];
const HTTP2: &[&[u8]] = &[b"h2"];
const EITHER: &[&[u8]] = &[b"http/1.1", b"h2"];

pub async fn connect(
    node: &Node,
    trusted: &CertificateDer<'static>,
    versions: &[&'static SupportedProtocolVersion],
    alpn: &[&[u8]],
) -> std::io::Result<TlsStream<TcpStream>> {
    handshake(TcpStream::connect(node.address).await?, trusted, versions, alpn).await
}

pub async fn handshake(
    stream: TcpStream,
    trusted: &CertificateDer<'static>,
    versions: &[&'static SupportedProtocolVersion],
    alpn: &[&[u8]],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let mut provider = rustls::crypto::aws_lc_rs::default_provider();
    provider.kx_groups = vec![kx_group::X25519MLKEM768, kx_group::X25519];
    let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(HOST).unwrap(), stream).await
}

pub const TLS13: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13];
const TLS12: &[&SupportedProtocolVersion] = &[&rustls::version::TLS12];

#[tokio::test]
async fn the_record_tells_what_tls_agreed_on() {
    let directory = tempfile::tempdir().unwrap();
    let files = files(directory.path());
    let trusted = issue(&files);
    let node = start_tls(files).await;
    for (versions, version, exchange) in [(TLS13, "TLSv1.3", "X25519MLKEM768"), (TLS12, "TLSv1.2", "X25519")]
    {
        let mut client = Client::over(connect(&node, &trusted, versions, HTTP1).await.unwrap());
        assert_eq!(client.ask(&Call::new("ListKeys", "{}").bytes()).await.status, 200);
        let record = node.records().pop().unwrap();
        assert_eq!(record["tlsDetails"]["tlsVersion"], version);
        assert_eq!(record["tlsDetails"]["clientProvidedHostHeader"], HOST);
        assert_eq!(record["tlsDetails"]["keyExchange"], exchange, "{record}");
        let suite = record["tlsDetails"]["cipherSuite"].as_str().unwrap();
        let of_version = ["TLS_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"];
        assert_eq!(suite, of_version[usize::from(version == "TLSv1.2")]);
    }
}

#[tokio::test]
async fn http2_is_agreed_on_in_the_handshake() {
    let directory = tempfile::tempdir().unwrap();
    let files = files(directory.path());
    let trusted = issue(&files);
    let node = start_tls(files).await;
    let stream = connect(&node, &trusted, TLS13, HTTP2).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let either = connect(&node, &trusted, TLS13, EITHER).await.unwrap();
    assert_eq!(either.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let io = hyper_util::rt::TokioIo::new(stream);
    let executor = hyper_util::rt::TokioExecutor::new();
    let (mut sender, connection) = hyper::client::conn::http2::handshake(executor, io).await.unwrap();
    tokio::spawn(connection);
    let (status, _) =
        crate::h2::ask(&mut sender, crate::h2::request(&Call::new("ListKeys", "{}"), &[])).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn a_new_certificate_is_taken_and_a_broken_one_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let files = files(directory.path());
    let first = issue(&files);
    let node = start_tls(files.clone()).await;
    let mut kept = Client::over(connect(&node, &first, TLS13, HTTP1).await.unwrap());
    assert_eq!(kept.ask(&Call::new("ListKeys", "{}").bytes()).await.status, 200);
    let reload = node.tls.clone().unwrap();
    let second = issue(&files);
    assert!(connect(&node, &second, TLS13, HTTP1).await.is_err());
    reload.reload().unwrap();
    assert!(connect(&node, &second, TLS13, HTTP1).await.is_ok());
    assert!(connect(&node, &first, TLS13, HTTP1).await.is_err());
    assert_eq!(kept.ask(&Call::new("ListKeys", "{}").bytes()).await.status, 200);
    std::fs::write(&files.certificate, "no certificate").unwrap();
    assert!(matches!(reload.reload(), Err(TlsError::NoCertificate { .. })));
    assert!(connect(&node, &second, TLS13, HTTP1).await.is_ok());
    let third = TlsFiles { private_key: directory.path().join("other.key"), ..files };
    issue(&third);
    assert!(matches!(reload.reload(), Err(TlsError::Unusable { .. })));
    assert!(connect(&node, &second, TLS13, HTTP1).await.is_ok());
}

#[tokio::test]
async fn a_handshake_that_does_not_end_is_cut_off() {
    let directory = tempfile::tempdir().unwrap();
    let files = files(directory.path());
    let trusted = issue(&files);
    let mut settings = settings();
    settings.tls = Some(files);
    settings.limits.header_timeout_seconds = 0.3.try_into().unwrap();
    let node = start_with(settings, in_memory()).await;
    let mut silent = Client::connect(node.address).await;
    let mut plain = Client::connect(node.address).await;
    plain.send(&Call::new("ListKeys", "{}").bytes()).await;
    plain.closed().await;
    silent.closed().await;
    assert!(connect(&node, &trusted, TLS13, HTTP1).await.is_ok());
    assert_eq!(node.records().len(), 0);
}
