//! The command line of what reads the audit trail.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use claviger_audit::Head;
use claviger_names::{AccountId, Region};

use super::pair;
use crate::moment::Moment;

#[derive(Args, Debug)]
pub(crate) struct Audit {
    #[command(subcommand)]
    pub command: AuditCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Find out whether anything in the trail was changed, removed, reordered or cut off
    Verify(Verify),
    /// List records of the trail, newest first
    Search(Search),
}

/// Where the files of a trail are; a server may be writing them.
#[derive(Args, Debug)]
pub(crate) struct TrailFiles {
    /// Directory of the trail, in place of the one that the configuration names
    #[arg(long)]
    pub directory: Option<PathBuf>,
    /// Configuration file of the server
    #[arg(long, env = "CLAVIGER_CONFIG")]
    pub config: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct Verify {
    #[command(flatten)]
    pub files: TrailFiles,
    /// A head that this command printed before and that was kept elsewhere: the trail must come through it
    #[arg(long, value_name = "RECORDS:CHAIN")]
    pub expect: Vec<Head>,
}

#[derive(Args, Debug)]
pub(crate) struct Search {
    #[command(flatten)]
    pub files: TrailFiles,
    /// Key ARN, key id, alias ARN or alias name that was touched
    #[arg(long, visible_alias = "resource")]
    pub key: Option<Box<str>>,
    /// What was done, such as Decrypt
    #[arg(long, value_name = "NAME")]
    pub event: Option<Box<str>>,
    /// Name of a user or session, root, or an ARN
    #[arg(long, value_name = "NAME")]
    pub user: Option<Box<str>>,
    /// Access key that signed
    #[arg(long, value_name = "ID")]
    pub access_key: Option<Box<str>>,
    /// A pair of the encryption context
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    pub encryption_context: Vec<(String, String)>,
    /// Why it failed, such as AccessDenied
    #[arg(long, value_name = "CODE")]
    pub error: Option<Box<str>>,
    /// Identifier of a record
    #[arg(long, value_name = "ID")]
    pub event_id: Option<Box<str>>,
    /// Account whose records are meant
    #[arg(long, value_name = "ID")]
    pub account: Option<AccountId>,
    /// Region that served the requests
    #[arg(long)]
    pub region: Option<Region>,
    /// Done then or later: 2026-11-22T10:00:00Z, 2026-11-22, or 8d for eight days ago
    #[arg(long, value_name = "MOMENT")]
    pub since: Option<Moment>,
    /// Done then or before
    #[arg(long, value_name = "MOMENT")]
    pub until: Option<Moment>,
    /// Most records to list
    #[arg(long, default_value = "100")]
    pub limit: NonZeroUsize,
    /// The records themselves, one JSON object a line
    #[arg(long)]
    pub json: bool,
}
