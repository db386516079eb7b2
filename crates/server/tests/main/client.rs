//! A client that sends exactly the bytes it is told to.

use std::net::SocketAddr;
use std::time::Duration;

use claviger_clock::Timestamp;
use claviger_sigv4::{BodyHash, Credentials, Request, Signing, sign_request};
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::node::{ACCESS_KEY_ID, REGION, SECRET};

pub const HOST: &str = "kms.test";

/// Longer than what a test lets its server wait, and shorter than what that lets an idle client wait by itself.
const DEADLINE: Duration = Duration::from_secs(20);

/// What to sign and how; each test changes what it is about.
#[derive(Clone)]
pub struct Call<'a> {
    pub operation: &'a str,
    pub body: &'a str,
    pub access_key_id: &'a str,
    pub secret: &'a str,
    pub token: Option<&'a str>,
    pub region: &'a str,
    pub service: &'a str,
    pub at: Timestamp,
    pub content_type: &'a str,
}

impl<'a> Call<'a> {
    pub fn new(operation: &'a str, body: &'a str) -> Call<'a> {
        Call {
            operation,
            body,
            access_key_id: ACCESS_KEY_ID,
            secret: SECRET,
            token: None,
            region: REGION,
            service: "kms",
            at: Timestamp::now(),
            content_type: "application/x-amz-json-1.1",
        }
    }

    /// The headers of the signed request, host first, without a length.
    pub fn headers(&self, host: &str) -> Vec<(String, String)> {
        let target = format!("TrentService.{}", self.operation);
        let headers = [("host", host), ("content-type", self.content_type), ("x-amz-target", &target)];
        let bytes = headers.map(|(name, value)| (name, value.as_bytes()));
        let request =
            Request { method: "POST", path: "/", query: None, headers: &bytes, body: self.body.as_bytes() };
        let credentials = Credentials {
            access_key_id: self.access_key_id,
            secret: self.secret.as_bytes(),
            session_token: self.token,
        };
        let (region, service, at) = (self.region, self.service, self.at);
        let signing = Signing { credentials, region, service, at, body_hash: BodyHash::Implied };
        let added = sign_request(&request, &signing).unwrap();
        headers
            .into_iter()
            .chain(added.iter())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    /// The request's head up to its last header, without the blank line.
    pub fn head(&self) -> String {
        let mut head = "POST / HTTP/1.1\r\n".to_owned();
        for (name, value) in self.headers(HOST) {
            head += &format!("{name}: {value}\r\n");
        }
        head
    }

    /// The whole request.
    pub fn bytes(&self) -> Vec<u8> {
        format!("{}content-length: {}\r\n\r\n{}", self.head(), self.body.len(), self.body).into_bytes()
    }
}

pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|header| header.0 == name).map(|header| header.1.as_str())
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The status and the error's shape name.
    pub fn fault(&self) -> (u16, String) {
        (self.status, self.json()["__type"].as_str().unwrap_or_default().to_owned())
    }

    pub fn message(&self) -> String {
        self.json()["message"].as_str().unwrap_or_default().to_owned()
    }
}

pub struct Client<S = TcpStream>(BufReader<S>);

impl Client {
    pub async fn connect(address: SocketAddr) -> Client {
        Client(BufReader::new(TcpStream::connect(address).await.unwrap()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub fn over(stream: S) -> Client<S> {
        Client(BufReader::new(stream))
    }

    pub async fn send(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).await.unwrap();
    }

    /// Sends what may find the connection closed.
    pub async fn try_send(&mut self, bytes: &[u8]) -> bool {
        self.0.get_mut().write_all(bytes).await.is_ok()
    }

    /// The next answer, or none when the server has closed.
    pub async fn answer(&mut self) -> Option<Answer> {
        let status = self.line().await?;
        let status = status.split(' ').nth(1).unwrap().parse().unwrap();
        let mut headers = Vec::new();
        loop {
            let line = self.line().await?;
            let Some((name, value)) = line.split_once(": ") else { break };
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        let length = headers.iter().find(|header| header.0 == "content-length");
        let mut body = vec![0; length.map_or(0, |header| header.1.parse().unwrap())];
        self.0.read_exact(&mut body).await.ok()?;
        Some(Answer { status, headers, body: String::from_utf8(body).unwrap() })
    }

    pub async fn ask(&mut self, bytes: &[u8]) -> Answer {
        self.send(bytes).await;
        self.answer().await.expect("an answer")
    }

    /// Waits for the server to close; whatever it says before is dropped.
    pub async fn closed(&mut self) {
        let mut rest = Vec::new();
        let _ = timeout(DEADLINE, self.0.read_to_end(&mut rest)).await.expect("the connection is closed");
    }

    async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.0.read_line(&mut line).await {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(line.trim_end().to_owned()),
        }
    }
}

/// One request on a connection of its own.
pub async fn ask(address: SocketAddr, bytes: &[u8]) -> Answer {
    Client::connect(address).await.ask(bytes).await
}
