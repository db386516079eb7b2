//! Messages to NATS, in its core protocol: the few lines of it that are needed.

use std::sync::Arc;
use std::time::Duration;

use claviger_web::Trust;
use serde::{Deserialize, Serialize};
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use zeroize::Zeroizing;

use crate::address::{Address, Scheme};
use crate::carrier::Undelivered;
use crate::destination::Nats;
use crate::letter::Letter;
use crate::secret;

/// In which a message must be delivered, connecting included.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(10);

/// Most bytes of a line of the server's.
const LINE_BYTES_MAX: u64 = 64 * 1024;

pub(crate) struct NatsCarrier {
    server: Address,
    subject: Box<str>,
    /// The user's password, or a token where no user is named.
    secret: Option<Zeroizing<String>>,
    trust: Arc<Trust>,
}

/// What the server says of itself.
#[derive(Deserialize)]
struct Info {
    #[serde(default)]
    headers: bool,
    #[serde(default)]
    tls_required: bool,
    #[serde(default)]
    tls_available: bool,
}

/// What is said to the server.
#[derive(Serialize)]
struct Connect<'a> {
    verbose: bool,
    pedantic: bool,
    headers: bool,
    name: &'static str,
    lang: &'static str,
    version: &'static str,
    tls_required: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pass: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_token: Option<&'a str>,
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

type Connection = BufReader<Box<dyn Stream>>;

impl NatsCarrier {
    pub(crate) fn new(nats: &Nats) -> Result<NatsCarrier, String> {
        let secret = nats.secret_file.as_deref().map(secret::read).transpose();
        Ok(NatsCarrier {
            server: nats.server.clone(),
            subject: nats.subject.clone(),
            secret: secret.map_err(|error| error.to_string())?,
            trust: Arc::new(Trust::load(nats.ca_file.as_deref()).map_err(|error| error.to_string())?),
        })
    }

    pub(crate) async fn carry(&self, letter: &Letter) -> Result<(), Undelivered> {
        let delivered = timeout(DELIVERY_TIMEOUT, self.deliver(letter)).await;
        delivered.unwrap_or_else(|_| Err(Undelivered::for_now("the server took too long")))
    }

    /// The server answers a PING after it has dealt with what came before it.
    async fn deliver(&self, letter: &Letter) -> Result<(), Undelivered> {
        let (mut connection, info, is_encrypted) = self.connect().await?;
        let mut text = Zeroizing::new(format!("CONNECT {}\r\n", *self.greeting(is_encrypted)?));
        text.push_str(&publication(&self.subject, letter, info.headers));
        text.push_str("PING\r\n");
        connection.write_all(text.as_bytes()).await.map_err(Undelivered::for_now)?;
        connection.flush().await.map_err(Undelivered::for_now)?;
        loop {
            let line = read_line(&mut connection).await?;
            match line.split_ascii_whitespace().next() {
                Some("PONG") => return Ok(()),
                Some("-ERR") => return Err(Undelivered::for_now(line.trim_end())),
                Some("+OK" | "INFO" | "PING") => {}
                Some(_) | None => return Err(Undelivered::for_now("what the server says is not NATS")),
            }
        }
    }

    /// What leaves this machine is encrypted.
    async fn connect(&self) -> Result<(Connection, Info, bool), Undelivered> {
        let (host, port) = (self.server.host(), self.server.port());
        let stream = TcpStream::connect((host, port)).await.map_err(Undelivered::for_now)?;
        let mut stream = BufReader::new(stream);
        let line = read_line(&mut stream).await?;
        let info = line.strip_prefix("INFO ").and_then(|json| serde_json::from_str::<Info>(json).ok());
        let info = info.ok_or_else(|| Undelivered::for_now("what the server says is not NATS"))?;
        let is_wanted = self.server.scheme() == Scheme::Tls || !self.server.is_on_this_machine();
        if !is_wanted && !info.tls_required {
            return Ok((BufReader::new(Box::new(stream.into_inner())), info, false));
        }
        if !info.tls_required && !info.tls_available {
            return Err(Undelivered::for_now("the server does not offer TLS"));
        }
        let name = host.to_owned().try_into().map_err(Undelivered::for_now)?;
        let connector = TlsConnector::from(self.trust.tls());
        let stream = connector.connect(name, stream.into_inner()).await.map_err(Undelivered::for_now)?;
        Ok((BufReader::new(Box::new(stream)), info, true))
    }

    fn greeting(&self, is_encrypted: bool) -> Result<Zeroizing<String>, Undelivered> {
        let secret = self.secret.as_deref().map(String::as_str);
        let user = self.server.user();
        let greeting = serde_json::to_string(&Connect {
            verbose: false,
            pedantic: false,
            headers: true,
            name: "claviger",
            lang: "rust",
            version: env!("CARGO_PKG_VERSION"),
            tls_required: is_encrypted,
            user,
            pass: user.and(secret),
            auth_token: if user.is_none() { secret } else { None },
        });
        greeting.map(Zeroizing::new).map_err(Undelivered::for_now)
    }
}

/// The message, with its id where headers are known: a stream of JetStream drops one that comes twice.
fn publication(subject: &str, letter: &Letter, has_headers: bool) -> String {
    let body = &letter.body;
    if !has_headers {
        return format!("PUB {subject} {}\r\n{body}\r\n", body.len());
    }
    let headers = format!("NATS/1.0\r\nNats-Msg-Id: {}\r\n\r\n", letter.id);
    let (of_headers, of_all) = (headers.len(), headers.len() + body.len());
    format!("HPUB {subject} {of_headers} {of_all}\r\n{headers}{body}\r\n")
}

async fn read_line<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> Result<String, Undelivered> {
    let mut line = String::new();
    stream.take(LINE_BYTES_MAX).read_line(&mut line).await.map_err(Undelivered::for_now)?;
    if line.ends_with('\n') { Ok(line) } else { Err(Undelivered::for_now("the server ended the connection")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use claviger_clock::Timestamp;
    use claviger_monitor::Message;

    #[test]
    fn a_message_has_its_id_in_a_header_where_the_server_knows_headers() {
        let message = Message {
            account: claviger_names::AccountId::SERVICES,
            id: "i1".into(),
            subject: "s".into(),
            body: "{\"a\":\"ä\"}".into(),
        };
        let letter = Letter::new("arn", message, Timestamp::UNIX_EPOCH);
        assert_eq!(
            publication("kms.events", &letter, true),
            "HPUB kms.events 29 39\r\nNATS/1.0\r\nNats-Msg-Id: i1\r\n\r\n{\"a\":\"ä\"}\r\n"
        );
        assert_eq!(publication("kms.events", &letter, false), "PUB kms.events 10\r\n{\"a\":\"ä\"}\r\n");
    }
}
