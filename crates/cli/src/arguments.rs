//! The command line.

mod analysis;
mod audit;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use claviger_iam::{AccessKeyId, AccountName, ServicePrincipal, SigningName};
use claviger_names::AccountId;
use serde::{Deserialize, Serialize};

pub(crate) use analysis::{Access, CheckedAgainst, Explain, KeyPlace};
pub(crate) use audit::{Audit, AuditCommand, Search, TrailFiles, Verify};

use crate::period::Period;

/// The endpoint of `claviger dev` when nobody says.
pub(crate) const DEV_LISTEN: &str = "127.0.0.1:8011";

/// Where `serve` and the commands beside it look for the configuration.
pub(crate) const CONFIG_FILE: &str = "claviger.toml";

/// A key management service that you run yourself and that speaks AWS KMS.
#[derive(Debug, Parser)]
#[command(name = "claviger", version, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a server for development and tests: plain HTTP, two accounts with known access keys
    Dev(Dev),
    /// Make the configuration, root key and directories of a server for production
    Init(Init),
    /// Run the server that a configuration file describes
    Serve(Serve),
    /// Create and list accounts, and the access keys of their root users
    Account(Account),
    /// Register services that call for themselves and for their users, and give them access keys
    Service(Service),
    /// Move the time of a development server
    Clock(Clock),
    /// Look for mistakes in a policy document
    Policy(Policy),
    /// List who can do what with a key, and through which statement or grant
    Access(Access),
    /// Say why a request was allowed or denied, or would be
    Explain(Explain),
    /// Verify and search the audit trail
    Audit(Audit),
}

#[derive(Args, Debug)]
pub(crate) struct Dev {
    /// Address to listen on; port 0 takes any
    #[arg(long, default_value = DEV_LISTEN, env = "CLAVIGER_DEV_LISTEN")]
    pub listen: SocketAddr,
    /// Directory to keep everything in; without it everything is in memory
    #[arg(long, env = "CLAVIGER_DEV_DATA")]
    pub data: Option<PathBuf>,
    /// When records count as written: with the operating system, or flushed to disk
    #[arg(long, value_enum, default_value_t, requires = "data", env = "CLAVIGER_DEV_DURABILITY")]
    pub durability: Durability,
    /// Count requests, and refuse those above AWS's rates
    #[arg(long, env = "CLAVIGER_DEV_REQUEST_QUOTAS")]
    pub request_quotas: bool,
    /// Bucket that trails can deliver to: its name, =, and a directory or http://KEY:SECRET@host:port
    #[arg(long = "bucket", value_name = "NAME=TARGET")]
    pub buckets: Vec<String>,
    /// OpenID Connect issuer whose tokens can be exchanged for sessions: its URL alone, or with = and the file or URL of
    /// its JSON Web Key Set
    #[arg(long = "issuer", value_name = "URL[=KEYS]")]
    pub issuers: Vec<String>,
    /// Where rules may send events and alarms, by the ARN of an SNS topic: URL is http(s)://HOST/PATH, file:PATH,
    /// nats://HOST:PORT/SUBJECT or smtp://HOST:PORT/READER
    #[arg(long = "destination", value_name = "ARN=URL")]
    pub destinations: Vec<String>,
    /// PEM file of certificates that vouch for issuers, beside those of the machine
    #[arg(long, value_name = "FILE")]
    pub issuer_ca: Option<PathBuf>,
}

/// When a record counts as written.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum Durability {
    /// Survives the death of the process
    #[default]
    OperatingSystem,
    /// Survives the loss of power
    Disk,
}

#[derive(Args, Debug)]
pub(crate) struct Init {
    /// Directory that everything is made in
    #[arg(long, default_value = ".")]
    pub directory: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct Serve {
    /// Configuration file
    #[arg(long, default_value = CONFIG_FILE, env = "CLAVIGER_CONFIG")]
    pub config: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct Account {
    #[command(subcommand)]
    pub command: AccountCommand,
}

/// Which server a command speaks to.
#[derive(Args, Debug)]
#[group(multiple = false)]
pub(crate) struct Target {
    /// Configuration file of the server, which names its administration socket
    #[arg(long, env = "CLAVIGER_CONFIG")]
    pub config: Option<PathBuf>,
    /// Administration socket of the server
    #[arg(long)]
    pub socket: Option<PathBuf>,
    /// Endpoint of a development server on this machine
    #[arg(long)]
    pub endpoint: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Create an account with an access key for its root user; the secret is shown this once
    Create {
        /// Twelve digits; random when left out
        #[arg(long)]
        id: Option<AccountId>,
        /// What people call it
        #[arg(long)]
        name: AccountName,
        #[command(flatten)]
        target: Target,
    },
    /// List all accounts and the access keys of their root users
    List {
        #[command(flatten)]
        target: Target,
    },
    /// Give an account's root user another access key; the secret is shown this once
    CreateAccessKey {
        /// The account
        id: AccountId,
        #[command(flatten)]
        target: Target,
    },
    /// Set what an account is limited to: service and resource control policies, in place of those before
    Limit {
        /// The account
        id: AccountId,
        /// Service control policy, for what the account's users, roles and root user do
        #[arg(long = "service-control", value_name = "FILE")]
        service_control: Vec<PathBuf>,
        /// Resource control policy, for what anybody does with the account's keys
        #[arg(long = "resource-control", value_name = "FILE")]
        resource_control: Vec<PathBuf>,
        /// Leave out FullAWSAccess: only what the service control policies allow stays allowed
        #[arg(long)]
        allow_list: bool,
        #[command(flatten)]
        target: Target,
    },
    /// Show what an account is limited to
    Limits {
        /// The account
        id: AccountId,
        #[command(flatten)]
        target: Target,
    },
    /// Take an access key from an account's root user
    DeleteAccessKey {
        /// The account
        id: AccountId,
        /// The access key
        access_key_id: AccessKeyId,
        #[command(flatten)]
        target: Target,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Service {
    #[command(subcommand)]
    pub command: ServiceCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ServiceCommand {
    /// Register a service with an access key of its own; the secret is shown this once
    Create {
        /// What policies call it, such as s3 or s3.amazonaws.com
        service: ServicePrincipal,
        /// What requests to it are signed for; the first part of its name when left out
        #[arg(long = "signing-name", value_name = "NAME")]
        signing_names: Vec<SigningName>,
        /// The alias of the keys that are managed for it is alias/aws/NAME; the service's name when left out
        #[arg(long, value_name = "NAME")]
        managed_key: Option<Box<str>>,
        /// No key is managed for it
        #[arg(long, conflicts_with = "managed_key")]
        no_managed_key: bool,
        #[command(flatten)]
        target: Target,
    },
    /// List all services and their access keys
    List {
        #[command(flatten)]
        target: Target,
    },
    /// Take a service away; its access keys and what it holds for its users end at once
    Delete {
        /// The service
        service: ServicePrincipal,
        #[command(flatten)]
        target: Target,
    },
    /// Give a service another access key; the secret is shown this once
    CreateAccessKey {
        /// The service
        service: ServicePrincipal,
        #[command(flatten)]
        target: Target,
    },
    /// Take an access key from a service
    DeleteAccessKey {
        /// The service
        service: ServicePrincipal,
        /// The access key
        access_key_id: AccessKeyId,
        #[command(flatten)]
        target: Target,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Clock {
    #[command(subcommand)]
    pub command: ClockCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ClockCommand {
    /// Move the time of a development server forward, and do what is due by then
    Advance {
        /// How far, such as 8d or 12h
        by: Period,
        /// Endpoint of the development server
        #[arg(long, default_value = "http://127.0.0.1:8011")]
        endpoint: String,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Policy {
    #[command(subcommand)]
    pub command: PolicyCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Tell what in a policy document is wrong or can never matter; with a server also what it names and is not there
    Check {
        /// The document
        file: PathBuf,
        /// What kind of policy it is
        #[arg(long, value_enum, default_value_t = PolicyKind::Key)]
        kind: PolicyKind,
        #[command(flatten)]
        against: CheckedAgainst,
    },
}

/// The kinds of policies that can be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
pub(crate) enum PolicyKind {
    /// Of a key
    Key,
    /// Of a user, group or role
    Identity,
    /// Who may assume a role
    Trust,
    /// Service control policy
    Scp,
    /// Resource control policy
    Rcp,
}

fn pair(text: &str) -> Result<(String, String), &'static str> {
    let (key, value) = text.split_once('=').ok_or("give it as KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}
