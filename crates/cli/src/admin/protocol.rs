//! What can be ordered, and what is answered.

use claviger_iam::{AccessKeyId, AccountName, Controls, IntegratedService, NewService, ServicePrincipal};
use claviger_kms::{AccessPage, Cursor, Explained, Hypothesis, RecordExplained};
use claviger_names::{AccountId, Region};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::arguments::PolicyKind;

/// An order to the server.
#[derive(Serialize, Deserialize)]
pub(crate) enum Order {
    /// Create an account; of a random number when none is given.
    CreateAccount { id: Option<AccountId>, name: AccountName },
    /// List all accounts.
    ListAccounts,
    /// Give an account's root user another access key.
    CreateAccessKey { id: AccountId },
    /// Take an access key from an account's root user.
    DeleteAccessKey { id: AccountId, access_key_id: String },
    /// Tell what an account is limited to.
    Limits { id: AccountId },
    /// Limit an account to this, in place of what was.
    Limit { id: AccountId, controls: Controls },
    /// Register a service with an access key of its own.
    CreateService(NewService),
    /// List all services.
    ListServices,
    /// Take a service and its access keys away.
    DeleteService { principal: ServicePrincipal },
    /// Give a service another access key.
    CreateServiceKey { principal: ServicePrincipal },
    /// Take an access key from a service.
    DeleteServiceKey { principal: ServicePrincipal, access_key_id: AccessKeyId },
    /// Explain or analyse something.
    Analyse(Analysis),
    /// Move the time forward.
    AdvanceClock { seconds: u32 },
}

/// What is to be explained or analysed.
#[derive(Serialize, Deserialize)]
pub(crate) enum Analysis {
    /// Who can do what with a key, from a place in the list on.
    Access { key: String, account: Option<AccountId>, region: Option<Region>, from: Option<Cursor> },
    /// How a request would be decided.
    Explain(Hypothesis),
    /// Why the request of this request id or event id was decided as it was.
    ExplainRecord { id: String },
    /// What a policy names that is not there.
    Check { document: String, kind: PolicyKind },
}

/// The server's answer.
#[derive(Serialize, Deserialize)]
pub(crate) enum Answer {
    /// An access key was made; this is the one time that its secret is told.
    AccessKey { account: AccountId, access_key_id: String, secret_access_key: Zeroizing<String> },
    /// An access key of a service was made; this is the one time that its secret is told.
    ServiceKey { principal: ServicePrincipal, access_key_id: String, secret_access_key: Zeroizing<String> },
    /// All services.
    Services(Vec<IntegratedService>),
    /// All accounts.
    Accounts(Vec<AccountShown>),
    /// What an account is limited to.
    Limits(Controls),
    /// Who can do what with a key.
    Access(Box<AccessPage>),
    /// How a request would be decided.
    Explained(Box<Explained>),
    /// How a request was decided.
    RecordExplained(Box<RecordExplained>),
    /// What a policy names that is not there.
    Findings(Vec<FindingTold>),
    /// It is done, and there is nothing to tell.
    Done,
    /// The time, after it was moved.
    Time(String),
    /// It was not done, and why.
    Refused(String),
}

/// An account in a list.
#[derive(Serialize, Deserialize)]
pub(crate) struct AccountShown {
    pub id: AccountId,
    pub name: AccountName,
    pub created: String,
    pub root_access_keys: Vec<String>,
}

/// A mistake in a policy, and its line.
#[derive(Serialize, Deserialize)]
pub(crate) struct FindingTold {
    pub line: usize,
    pub mistake: String,
}
