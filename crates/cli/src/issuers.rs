//! The issuers of web identities: their keys from files or from the web, read again when the operator says so.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use claviger_iam::{FetchFailed, IssuerUrl, Issuers, KeySource, Web};
use claviger_server::config::{Issuer, IssuerKeys};
use claviger_web::{Trust, TrustError, WebClient, WebUrl};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use crate::print::Refusal;

/// The issuers of a server, and what their keys are read from.
pub(crate) struct KnownIssuers {
    pub issuers: Arc<Issuers>,
    files: Vec<(IssuerUrl, PathBuf)>,
    clients: Vec<(IssuerUrl, Arc<IssuerClient>)>,
}

impl KnownIssuers {
    /// Reads what lies in files; what is on the web is fetched when a token comes.
    pub(crate) fn load(issuers: &[Issuer]) -> Result<KnownIssuers, Refusal> {
        let (mut files, mut clients, mut sources) = (Vec::new(), Vec::new(), Vec::new());
        for Issuer { url, keys } in issuers {
            let source = match keys {
                IssuerKeys::File(file) => {
                    files.push((url.clone(), file.clone()));
                    KeySource::Given(read(file)?)
                }
                IssuerKeys::Web { at, ca_file } => {
                    let client = Arc::new(IssuerClient::new(ca_file.as_deref())?);
                    clients.push((url.clone(), Arc::clone(&client)));
                    source(at.as_ref(), client)
                }
            };
            sources.push((url.clone(), source));
        }
        Ok(KnownIssuers { issuers: Arc::new(Issuers::new(sources)?), files, clients })
    }

    /// Reads the files again, and says in the log what came of it. What cannot be read leaves things as they were.
    pub(crate) fn reload(&self) {
        for (url, file) in &self.files {
            let exchanged = read(file).and_then(|keys| Ok(self.issuers.exchange(url, &keys)?));
            told(url, exchanged, "the keys of an issuer");
        }
        for (url, client) in &self.clients {
            told(
                url,
                client.trust.reload().map_err(Refusal::from),
                "the certificates that vouch for an issuer",
            );
        }
    }
}

/// Asks issuers.
struct IssuerClient {
    trust: Arc<Trust>,
    web: WebClient,
}

impl IssuerClient {
    fn new(ca_file: Option<&Path>) -> Result<IssuerClient, TrustError> {
        let trust = Arc::new(Trust::load(ca_file)?);
        Ok(IssuerClient { web: WebClient::new(Arc::clone(&trust)), trust })
    }
}

impl Web for IssuerClient {
    fn fetch<'w>(&'w self, url: &'w str) -> BoxFuture<'w, Result<Vec<u8>, FetchFailed>> {
        let at = move |error: &dyn std::fmt::Display| FetchFailed(format!("{url}: {error}").into());
        async move {
            let parsed = WebUrl::try_from(url.to_owned()).map_err(|error| at(&error))?;
            self.web.get(&parsed).await.map_err(|error| at(&error))
        }
        .boxed()
    }

    fn spawn(&self, work: BoxFuture<'static, ()>) {
        tokio::spawn(work);
    }
}

fn source(at: Option<&WebUrl>, web: Arc<dyn Web>) -> KeySource {
    match at {
        Some(at) => KeySource::At(at.text().into(), web),
        None => KeySource::Discovered(web),
    }
}

fn read(file: &Path) -> Result<String, Refusal> {
    Ok(std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?)
}

fn told(url: &IssuerUrl, outcome: Result<(), Refusal>, what: &str) {
    match outcome {
        Ok(()) => tracing::info!(issuer = %url, "{what} were read again"),
        Err(error) => {
            tracing::error!(issuer = %url, %error, "{what} were not read again; the old ones stay in use")
        }
    }
}

/// An issuer as the command line has it: `URL`, `URL=FILE` or `URL=URL`.
pub(crate) fn parse(text: &str, ca_file: Option<&Path>) -> Result<Issuer, Refusal> {
    let keys_url = ["=https://", "=http://"].iter().find_map(|mark| text.find(mark));
    let (url, place) = match keys_url.or_else(|| text.rfind('=')) {
        None => (text, None),
        Some(at) => (&text[..at], Some(&text[at + 1..])),
    };
    let on_the_web = |at| IssuerKeys::Web { at, ca_file: ca_file.map(Path::to_owned) };
    let keys = match place {
        None => on_the_web(None),
        Some(place) if keys_url.is_some() => on_the_web(Some(WebUrl::try_from(place.to_owned())?)),
        Some(file) => IssuerKeys::File(file.into()),
    };
    Ok(Issuer { url: url.parse()?, keys })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_of_the_command_line_has_a_file_or_a_url_or_says_itself_where_its_keys_are() {
        let parsed =
            |text| parse(text, Some(Path::new("ca.pem"))).map(|issuer| (issuer.url.to_string(), issuer.keys));
        let web = |at: Option<&str>| IssuerKeys::Web {
            at: at.map(|url| WebUrl::try_from(url.to_owned()).unwrap()),
            ca_file: Some("ca.pem".into()),
        };
        let issuer = || "https://a/ci".to_owned();
        assert_eq!(parsed("https://a/ci").unwrap(), (issuer(), web(None)));
        assert_eq!(parsed("https://a/ci=k.json").unwrap(), (issuer(), IssuerKeys::File("k.json".into())));
        let (text, keys) = ("https://a/ci=https://b/k?x=1", "https://b/k?x=1");
        assert_eq!(parsed(text).unwrap(), (issuer(), web(Some(keys))));
        for wrong in ["", "a", "http://a", "https://a=http://b/k", "=k.json"] {
            assert!(parsed(wrong).is_err(), "{wrong}");
        }
    }
}
