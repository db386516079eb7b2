//! The command line of what explains and analyses.

use clap::Args;
use claviger_names::{AccountId, Region};

use super::{Target, pair};

#[derive(Args, Debug)]
pub(crate) struct Access {
    /// Key ARN or alias ARN; with account and Region also key id or alias name
    pub key: String,
    #[command(flatten)]
    pub place: KeyPlace,
    /// Also tell of principals that may do nothing, and why
    #[arg(long)]
    pub all: bool,
    /// One JSON object a line for each principal
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub target: Target,
}

/// Where a key is that is not named by an ARN.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct KeyPlace {
    /// Account of a key that is named by key id or alias name
    #[arg(long, requires = "region")]
    pub account: Option<AccountId>,
    /// Region of a key that is named by key id or alias name
    #[arg(long, requires = "account")]
    pub region: Option<Region>,
}

#[derive(Args, Debug)]
pub(crate) struct Explain {
    /// Request id or event id of a request that was made
    #[arg(value_name = "REQUEST-ID", required_unless_present = "principal")]
    pub request: Option<String>,
    /// Ask about a request of this user, role, session or root user (ARN) or service (name)
    #[arg(long, conflicts_with = "request", requires_all = ["action", "key"])]
    pub principal: Option<String>,
    /// What is asked for, such as kms:Decrypt
    #[arg(long, requires = "principal")]
    pub action: Option<String>,
    /// Key ARN or alias ARN; with account and Region also key id or alias name
    #[arg(long, requires = "principal")]
    pub key: Option<String>,
    #[command(flatten)]
    pub place: KeyPlace,
    /// A pair of the encryption context
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair, requires = "principal")]
    pub context: Vec<(String, String)>,
    /// The value of a condition key; one that is given several times has several values
    #[arg(long = "condition", value_name = "KEY=VALUE", value_parser = pair, requires = "principal")]
    pub conditions: Vec<(String, String)>,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub target: Target,
}

/// The server that a policy is checked against; without one, the document alone is looked at.
#[derive(Args, Debug)]
#[group(multiple = false)]
pub(crate) struct CheckedAgainst {
    /// Look for its principals and keys on the server of this configuration file
    #[arg(long)]
    pub config: Option<std::path::PathBuf>,
    /// Look for its principals and keys on the server with this administration socket
    #[arg(long)]
    pub socket: Option<std::path::PathBuf>,
    /// Look for its principals and keys on the development server of this endpoint
    #[arg(long)]
    pub endpoint: Option<String>,
}

impl CheckedAgainst {
    /// The server, if one was named.
    pub(crate) fn target(&self) -> Option<Target> {
        let CheckedAgainst { config, socket, endpoint } = self;
        let is_named = config.is_some() || socket.is_some() || endpoint.is_some();
        let named = || Target { config: config.clone(), socket: socket.clone(), endpoint: endpoint.clone() };
        is_named.then(named)
    }
}
