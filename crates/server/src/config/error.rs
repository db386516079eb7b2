//! What is wrong with a configuration, as the operator reads it.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use claviger_courier::DestinationArn;
use claviger_iam::IssuerUrl;

use super::spelling;

/// Why a configuration is not used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: {cause}", .file.display())]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// Why not.
        cause: io::Error,
    },
    /// A line of the file is wrong.
    #[error("{}:{line}: {problem}", .file.display())]
    Line {
        /// Which file.
        file: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What is wrong, with the option's name.
        problem: String,
    },
    /// A variable of the environment is wrong.
    #[error("{variable}: {problem}")]
    Variable {
        /// Which.
        variable: String,
        /// What is wrong.
        problem: String,
    },
    /// The API would send keys in the clear.
    #[error(
        "listen: {listen} can be reached from other machines, so it needs TLS: set tls.certificate and \
         tls.private_key, or listen on 127.0.0.1"
    )]
    PlainHttp {
        /// The address.
        listen: SocketAddr,
    },
    /// One of the two files of TLS is not given.
    #[error("{missing}: missing; tls.certificate and tls.private_key are given together")]
    HalfOfTls {
        /// The option that is not set.
        missing: &'static str,
    },
    /// An issuer is given more than once.
    #[error("issuers: {url} is given more than once")]
    IssuerTwice {
        /// Which.
        url: IssuerUrl,
    },
    /// A bucket is given more than once.
    #[error("delivery.buckets: {name} is given more than once")]
    BucketTwice {
        /// Which.
        name: String,
    },
    /// A destination is given more than once.
    #[error("destinations: {arn} is given more than once")]
    DestinationTwice {
        /// Which.
        arn: DestinationArn,
    },
    /// There is no Region to serve.
    #[error("regions: at least one is needed")]
    NoRegions,
}

impl ConfigError {
    pub(crate) fn in_file(file: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
        let at = error.span().map_or(0, |span| span.start).min(text.len());
        let before = text.get(..at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let source = text.lines().nth(line - 1).unwrap_or_default();
        let problem = match (spelling::unknown_option(error.message()), source.split_once('=')) {
            (Some(problem), _) => problem,
            (None, Some((option, _))) => format!("{}: {}", option.trim(), error.message()),
            (None, None) => error.message().to_owned(),
        };
        ConfigError::Line { file: file.to_owned(), line, problem }
    }

    pub(crate) fn in_variable(variable: &str, message: &str) -> ConfigError {
        let problem = spelling::unknown_option(message).unwrap_or_else(|| message.to_owned());
        ConfigError::Variable { variable: variable.to_owned(), problem }
    }
}
