//! A bucket of S3, or of something that speaks S3: two kinds of signed requests.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use claviger_clock::{Clock as _, SystemClock};
use claviger_cloudtrail::{BucketFault, NewObject, Put, SIGNATURE_ALGORITHM};
use claviger_crypto::Secret;
use claviger_sigv4::{BodyHash, Credentials, Signing, sign_request};
use claviger_web::{AGENT, Trust, WebClient, WebUrl};
use claviger_wire::percent_encoded;
use http_body_util::Full;
use hyper::{Method, Request, Response, StatusCode};
use tokio::time::timeout;

use super::OpenBucketError;
use crate::config::S3Target;

/// In which a request must be answered.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// Most bytes of an answer: of an object that is read back.
const BODY_BYTES_MAX: usize = 64 << 20;

/// Who signs.
pub struct S3Credentials {
    /// The access key's id.
    pub access_key_id: String,
    /// The secret access key.
    pub secret: Secret,
}

pub(super) struct S3Bucket {
    url: WebUrl,
    /// What stands before every key.
    path: String,
    region: String,
    credentials: S3Credentials,
    client: WebClient,
}

impl S3Bucket {
    pub(super) fn new(
        name: &str,
        target: &S3Target,
        credentials: S3Credentials,
    ) -> Result<S3Bucket, OpenBucketError> {
        let base = target.endpoint.path().trim_end_matches('/');
        let (url, path) = match target.path_style {
            true => (target.endpoint.clone(), format!("{base}/{name}/")),
            false => (target.endpoint.below(name)?, format!("{base}/")),
        };
        let client = WebClient::new(Arc::new(Trust::load(target.ca_file.as_deref())?));
        Ok(S3Bucket { url, path, region: target.region.clone(), credentials, client })
    }

    pub(super) async fn put(&self, object: NewObject<'_>) -> Result<Put, BucketFault> {
        let mut headers = vec![("content-type", "application/x-gzip"), ("if-none-match", "*")];
        if let Some(signature) = object.signature {
            headers.push(("x-amz-meta-signature", signature));
            headers.push(("x-amz-meta-signature-algorithm", SIGNATURE_ALGORITHM));
        }
        let answer = self.send(Method::PUT, object.key, &headers, object.content).await?;
        match answer.status() {
            status if status.is_success() => Ok(Put::Stored),
            StatusCode::PRECONDITION_FAILED => Ok(Put::Exists),
            _ => Err(told(&answer)),
        }
    }

    pub(super) async fn read(&self, key: &str) -> Result<Option<Vec<u8>>, BucketFault> {
        let answer = self.send(Method::GET, key, &[], &[]).await?;
        if answer.status().is_success() {
            return Ok(Some(answer.into_body().into()));
        }
        let fault = told(&answer);
        if &*fault.code == "NoSuchKey" { Ok(None) } else { Err(fault) }
    }

    async fn send(
        &self,
        method: Method,
        key: &str,
        headers: &[(&'static str, &str)],
        content: &[u8],
    ) -> Result<Response<Bytes>, BucketFault> {
        let request = self.signed(method, key, headers, content)?;
        let unreachable = |why: &dyn std::fmt::Display| BucketFault::new("ServiceUnavailable", why);
        match timeout(REQUEST_TIMEOUT, self.client.send(&self.url, request, BODY_BYTES_MAX)).await {
            Ok(answer) => answer.map_err(|error| unreachable(&error)),
            Err(late) => Err(unreachable(&late)),
        }
    }

    fn signed(
        &self,
        method: Method,
        key: &str,
        headers: &[(&'static str, &str)],
        content: &[u8],
    ) -> Result<Request<Full<Bytes>>, BucketFault> {
        let segments: Vec<String> = key.split('/').map(percent_encoded).collect();
        let path = format!("{}{}", self.path, segments.join("/"));
        let named = [("host", self.url.authority())].into_iter().chain(headers.iter().copied());
        let signed: Vec<(&str, &[u8])> =
            named.clone().map(|(name, value)| (name, value.as_bytes())).collect();
        let request = claviger_sigv4::Request {
            method: method.as_str(),
            path: &path,
            query: None,
            headers: &signed,
            body: content,
        };
        let S3Credentials { access_key_id, secret } = &self.credentials;
        let credentials = Credentials { access_key_id, secret: secret.expose(), session_token: None };
        let signing = Signing {
            credentials,
            region: &self.region,
            service: "s3",
            at: SystemClock.now(),
            body_hash: BodyHash::InHeader,
        };
        let broken = |error: &dyn std::fmt::Display| BucketFault::new("InternalError", error);
        let added = sign_request(&request, &signing).map_err(|error| broken(&error))?;
        let builder = Request::builder().method(method).uri(&*path).header("user-agent", AGENT);
        let builder =
            named.chain(added.iter()).fold(builder, |builder, (name, value)| builder.header(name, value));
        builder.body(Full::from(content.to_vec())).map_err(|error| broken(&error))
    }
}

/// What an error of S3 says.
fn told(answer: &Response<Bytes>) -> BucketFault {
    let text = String::from_utf8_lossy(answer.body());
    let code = text.split_once("<Code>").and_then(|(_, behind)| behind.split_once("</Code>"));
    let is_code = |code: &&str| !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let code = code.map(|(code, _)| code).filter(is_code);
    let of_status = || answer.status().as_str().to_owned();
    BucketFault::new(
        code.map_or_else(of_status, str::to_owned),
        format_args!("it answers {}", answer.status()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(path_style: bool) -> S3Bucket {
        let target = S3Target {
            endpoint: WebUrl::try_from("https://s3.example:9000".to_owned()).unwrap(),
            region: "eu-west-1".to_owned(),
            access_key_id: "AKIDEXAMPLE".to_owned(),
            secret_file: "unused".into(),
            path_style,
            ca_file: None,
        };
        let secret = Secret::new(b"secret".to_vec());
        let credentials = S3Credentials { access_key_id: target.access_key_id.clone(), secret };
        S3Bucket::new("logs", &target, credentials).unwrap()
    }

    #[test]
    fn a_bucket_stands_in_the_path_or_in_the_name_of_the_host() {
        let request = |path_style| bucket(path_style).signed(Method::PUT, "a/b!c.gz", &[], b"x").unwrap();
        let (in_path, in_host) = (request(true), request(false));
        assert_eq!((in_path.uri().path(), in_host.uri().path()), ("/logs/a/b%21c.gz", "/a/b%21c.gz"));
        let host = |request: &Request<Full<Bytes>>| request.headers()["host"].clone();
        assert_eq!(
            (host(&in_path), host(&in_host)),
            ("s3.example:9000".parse().unwrap(), "logs.s3.example:9000".parse().unwrap())
        );
    }

    #[test]
    fn every_header_that_says_something_is_signed() {
        let headers = [("if-none-match", "*"), ("x-amz-meta-signature", "00ff")];
        let request = bucket(true).signed(Method::PUT, "a", &headers, b"x").unwrap();
        let authorization = request.headers()["authorization"].to_str().unwrap();
        let (_, behind) = authorization.split_once("SignedHeaders=").unwrap();
        let signed = "host;if-none-match;x-amz-content-sha256;x-amz-date;x-amz-meta-signature";
        assert_eq!(behind.split_once(',').unwrap().0, signed);
    }

    #[test]
    fn an_error_is_known_by_its_code_or_by_its_status() {
        let answer = |body: &'static str| {
            let answer = Response::builder().status(StatusCode::FORBIDDEN);
            told(&answer.body(Bytes::from_static(body.as_bytes())).unwrap()).code
        };
        assert_eq!(&*answer("<Error><Code>AccessDenied</Code></Error>"), "AccessDenied");
        assert_eq!(&*answer("<Error><Code>no <code></Code></Error>"), "403");
        assert_eq!(&*answer("no"), "403");
    }
}
