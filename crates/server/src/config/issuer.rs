//! The issuers of web identities, and where their keys are.

use std::path::{Path, PathBuf};

use claviger_iam::IssuerUrl;
use claviger_web::WebUrl;
use serde::Deserialize;

/// An OpenID Connect issuer. An account must have a provider of its URL, too, and a role that trusts it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Stated")]
pub struct Issuer {
    /// What its tokens call it.
    pub url: IssuerUrl,
    /// Where its public keys are.
    pub keys: IssuerKeys,
}

/// Where an issuer's public keys are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IssuerKeys {
    /// In this file, a JSON Web Key Set that is read when the server starts, and on SIGHUP.
    File(PathBuf),
    /// On the web.
    Web {
        /// Where; unless it is said, where the issuer's own description says (OpenID Connect Discovery).
        at: Option<WebUrl>,
        /// PEM file of certificates that vouch for the issuer beside those of the machine.
        ca_file: Option<PathBuf>,
    },
}

/// An issuer as the file says it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stated {
    url: IssuerUrl,
    keys_file: Option<PathBuf>,
    keys_url: Option<WebUrl>,
    ca_file: Option<PathBuf>,
}

impl TryFrom<Stated> for Issuer {
    type Error = &'static str;

    fn try_from(stated: Stated) -> Result<Issuer, &'static str> {
        let Stated { url, keys_file, keys_url, ca_file } = stated;
        let keys = match (keys_file, keys_url, ca_file) {
            (Some(file), None, None) => IssuerKeys::File(file),
            (None, at, ca_file) => IssuerKeys::Web { at, ca_file },
            (Some(_), Some(_), _) => return Err("an issuer has keys_file or keys_url, not both"),
            (Some(_), None, Some(_)) => return Err("an issuer with keys_file needs no ca_file"),
        };
        Ok(Issuer { url, keys })
    }
}

impl Issuer {
    /// The paths of its files, from this directory.
    pub(super) fn below(&mut self, directory: &Path) {
        match &mut self.keys {
            IssuerKeys::File(file) | IssuerKeys::Web { ca_file: Some(file), .. } => {
                *file = directory.join(&*file)
            }
            IssuerKeys::Web { ca_file: None, .. } => {}
        }
    }
}
