//! Requests that were made, from their records: decided again by today's policies.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use claviger_clock::Timestamp;
use claviger_iam::{
    ActingService, Caller, FederatedUser, Issuer, Origin, Principal, Source, Token, TokenOrigin,
};
use claviger_names::{AccountId, Region};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::caller::{caller, token, unsigned};
use super::explain::{Supposition, Target};
use super::fault::Unexplained;
use super::question::KeyText;
use super::supposed::{Given, Knowledge};
use super::told::{Explained, Outcome};
use crate::access::recorded_request::{RecordedRequest, text};
use crate::gate::Call;
use crate::kms::Kms;
use crate::model::Key;
use crate::op::{self, Facts, PolicyType};

/// The one service whose requests are decided here.
const KMS_SOURCE: &str = "kms.amazonaws.com";

/// How a record calls a refusal by policies.
const ACCESS_DENIED: &str = "AccessDenied";

/// What a record tells of how a request ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedOutcome {
    /// The request's id.
    pub request_id: String,
    /// The record's id.
    pub event_id: String,
    /// When it was made.
    pub event_time: String,
    /// The operation.
    pub event_name: String,
    /// Where it came from.
    pub source_ip: String,
    /// The error that the caller was told; none when it succeeded.
    pub error_code: Option<String>,
    /// The error's message.
    pub error_message: Option<String>,
}

/// How today's decision stands to the recorded one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Agreement {
    /// It is the same.
    Same,
    /// It was allowed, and would be denied today.
    DeniedToday,
    /// It was denied, and would be allowed today.
    AllowedToday,
    /// It failed for another reason, and the record does not tell whether it was allowed.
    Unknown,
}

/// A request that was made, and its decision today.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordExplained {
    /// What was recorded.
    pub recorded: RecordedOutcome,
    /// How today's decision stands to that.
    pub agreement: Agreement,
    /// Today's decisions: one for each permission that the request needs.
    pub today: Vec<Explained>,
    /// What the record does not tell and could matter.
    pub caveats: Vec<String>,
}

impl Kms {
    /// Decides a recorded request again. `record` is the JSON of one record.
    pub async fn explain_record(&self, record: &str) -> Result<RecordExplained, Unexplained> {
        let unreadable = |error: serde_json::Error| Unexplained::Unreadable(error.to_string());
        let record: Value = serde_json::from_str(record).map_err(unreadable)?;
        if text(&record, "/eventSource") != Some(KMS_SOURCE) {
            return Err(Unexplained::NotDecided(
                "the record is of another service: only requests to KMS are explained",
            ));
        }
        let operation = text(&record, "/eventName").and_then(op::find);
        let Some(operation) = operation.filter(|_| text(&record, "/eventType") == Some("AwsApiCall")) else {
            return Err(Unexplained::NotDecided("the record tells of no operation that is decided on"));
        };
        let mut caveats = Vec::new();
        let caller = self.recorded_caller(&record, &mut caveats).await?;
        if address(&record).is_none() {
            caveats.push("from which address a service passed the request on is not recorded".to_owned());
        }
        let request = RecordedRequest::read(&record);
        let today = self.explain_all(&record, caller, operation.facts, &request, &mut caveats).await?;
        let recorded = outcome_of(&record);
        let agreement = agreement(&recorded, &today);
        Ok(RecordExplained { recorded, agreement, today, caveats })
    }

    /// The decision on everything that the operation needs permission for, up to the first denial.
    async fn explain_all(
        &self,
        record: &Value,
        caller: Caller,
        facts: Facts,
        request: &RecordedRequest,
        caveats: &mut Vec<String>,
    ) -> Result<Vec<Explained>, Unexplained> {
        let region: Option<Region> = text(record, "/awsRegion").and_then(|region| region.parse().ok());
        let region = region.ok_or(Unexplained::NotDecided("the record has no Region"))?;
        let keys = self.recorded_keys(record, &caller, region, request).await?;
        let account = caller.account;
        let credential = unsigned(caller);
        let call = Call { credential: &credential, origin: origin(record, region), body: &[] };
        let mut asked: Vec<(Target<'_>, Facts)> = Vec::new();
        let alias_arn = request
            .alias
            .as_ref()
            .map(|name| format!("arn:{}:kms:{region}:{account}:{name}", region.partition()));
        match facts.policy {
            PolicyType::KeyPolicy => {
                let named = request.named_alias.as_deref();
                asked.extend(
                    keys.iter().zip(facts.permissions()).map(|(key, facts)| (Target::Key(key, named), facts)),
                );
            }
            PolicyType::AliasAndKey => {
                asked.extend(alias_arn.as_deref().map(|arn| (Target::Account(arn), facts)));
                asked.extend(keys.iter().map(|key| (Target::Key(key, None), facts)));
            }
            PolicyType::Iam => {
                let of_key = keys.first().filter(|_| facts.grant.is_some());
                if of_key.is_some() {
                    caveats.push("whoever a grant names may retire it without any policy".to_owned());
                }
                asked.push((Target::Account(of_key.map_or("*", |key| &key.arn)), facts));
                if request.creates_tags() {
                    asked.push((Target::Account("*"), Facts { action: "kms:TagResource", ..facts }));
                }
            }
        }
        let mut today = Vec::new();
        for (target, facts) in asked {
            let stated = request.stated(&facts, keys.len());
            let supposition = Supposition {
                target,
                facts,
                stated,
                given: &Given::default(),
                knowledge: Knowledge::Recorded,
            };
            let explained = self.explain_one(&call, &supposition).await?;
            let is_allowed = matches!(explained.decision, Outcome::Allowed { .. });
            today.push(explained);
            if !is_allowed {
                break;
            }
        }
        Ok(today)
    }

    /// The keys that the record lists, in their order; where it lists none, the one that the request names.
    async fn recorded_keys(
        &self,
        record: &Value,
        caller: &Caller,
        region: Region,
        request: &RecordedRequest,
    ) -> Result<Vec<Arc<Key>>, Unexplained> {
        let listed = record.pointer("/resources").and_then(Value::as_array);
        let arns = listed.into_iter().flatten().filter_map(|resource| text(resource, "/ARN"));
        let arns: Vec<&str> = arns.filter(|arn| arn.contains(":key/")).collect();
        let named = request.key.as_deref().filter(|_| arns.is_empty());
        let mut keys = Vec::new();
        for arn in arns.into_iter().chain(named) {
            let named = KeyText { text: arn, account: Some(caller.account), region: Some(region) };
            keys.push(self.key_of(named).await?.0);
        }
        Ok(keys)
    }

    async fn recorded_caller(
        &self,
        record: &Value,
        caveats: &mut Vec<String>,
    ) -> Result<Caller, Unexplained> {
        let identity = &record["userIdentity"];
        let gone = || Unexplained::NoPrincipal(text(identity, "/arn").unwrap_or("of this record").to_owned());
        let account: Option<AccountId> =
            text(identity, "/accountId").and_then(|account| account.parse().ok());
        let (id, session) = match text(identity, "/principalId").unwrap_or_default().split_once(':') {
            Some((id, session)) => (id, session.parse().ok()),
            None => (text(identity, "/principalId").unwrap_or_default(), None),
        };
        let (caller, origin) = match (text(identity, "/type"), account) {
            (Some("Root"), Some(account)) => (caller(account, Principal::Root)?, TokenOrigin::SessionToken),
            (Some("IAMUser"), _) => {
                let id = id.parse().map_err(|_| gone())?;
                (self.caller_of(id, None).await?.ok_or_else(gone)?, TokenOrigin::SessionToken)
            }
            (Some("AssumedRole"), _) => {
                caveats.push("session policies and session tags are not recorded, and left out".to_owned());
                let id = id.parse().map_err(|_| gone())?;
                (self.caller_of(id, session).await?.ok_or_else(gone)?, TokenOrigin::AssumeRole)
            }
            (Some("FederatedUser"), Some(account)) => {
                caveats.push("session policies and session tags are not recorded: without them a federated user has nothing of its issuer's".to_owned());
                let user = self.federated_user(identity).await?.ok_or_else(gone)?;
                (caller(account, Principal::FederatedUser(Arc::new(user)))?, TokenOrigin::FederationToken)
            }
            (Some("AWSService"), _) => {
                let name = text(identity, "/invokedBy").unwrap_or_default();
                caveats.push("for which resource a service acts is not recorded".to_owned());
                return self.caller_named(name).await;
            }
            _ => {
                return Err(Unexplained::NotDecided(
                    "whoever sent the request was not known: it was refused before any policy",
                ));
            }
        };
        Ok(with_session(caller, identity, origin))
    }

    async fn federated_user(&self, identity: &Value) -> Result<Option<FederatedUser>, Unexplained> {
        let issuer = &identity["sessionContext"]["sessionIssuer"];
        let name = text(identity, "/arn").and_then(|arn| arn.rsplit('/').next()?.parse().ok());
        let Some(name) = name else { return Ok(None) };
        if text(issuer, "/type") == Some("Root") {
            return Ok(Some(FederatedUser { name, issuer: Issuer::Root }));
        }
        let Some(Ok(id)) = text(issuer, "/principalId").map(str::parse) else { return Ok(None) };
        let found = self.caller_of(id, None).await?.map(|caller| caller.principal);
        Ok(match found {
            Some(Principal::User(user)) => Some(FederatedUser { name, issuer: Issuer::User(user) }),
            _ => None,
        })
    }
}

/// The same caller with what its session carries, if it has one.
fn with_session(caller: Caller, identity: &Value, origin: TokenOrigin) -> Caller {
    let attributes = identity.pointer("/sessionContext/attributes");
    let invoker = text(identity, "/invokedBy").and_then(|service| service.parse().ok());
    if attributes.is_none() && invoker.is_none() {
        return caller;
    }
    let issued = attributes.and_then(|of| text(of, "/creationDate")?.parse().ok());
    let issued = issued.unwrap_or(Timestamp::UNIX_EPOCH);
    let has_factor = attributes.and_then(|of| text(of, "/mfaAuthenticated")) == Some("true");
    let source_identity = text(identity, "/sessionContext/sourceIdentity").map(Box::from);
    let origin = if attributes.is_some() { origin } else { TokenOrigin::ForwardAccess };
    let token = Token {
        issued,
        mfa_authenticated: has_factor.then_some(issued),
        source_identity,
        services: invoker
            .into_iter()
            .map(|principal| ActingService { principal, registered: issued })
            .collect(),
        ..token(origin)
    };
    Caller { token: Some(Arc::new(token)), ..caller }
}

fn origin<'r>(record: &'r Value, region: Region) -> Origin<'r> {
    let time = text(record, "/eventTime").and_then(|time| time.parse().ok());
    Origin {
        region,
        now: time.unwrap_or(Timestamp::UNIX_EPOCH),
        source_ip: address(record).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        user_agent: text(record, "/userAgent"),
        is_secure: record.get("tlsDetails").is_some(),
        source: Source::default(),
    }
}

fn address(record: &Value) -> Option<IpAddr> {
    text(record, "/sourceIPAddress").and_then(|address| address.parse().ok())
}

fn outcome_of(record: &Value) -> RecordedOutcome {
    let told = |pointer| text(record, pointer).map(str::to_owned);
    let told_or_empty = |pointer| told(pointer).unwrap_or_default();
    RecordedOutcome {
        request_id: told_or_empty("/requestID"),
        event_id: told_or_empty("/eventID"),
        event_time: told_or_empty("/eventTime"),
        event_name: told_or_empty("/eventName"),
        source_ip: told_or_empty("/sourceIPAddress"),
        error_code: told("/errorCode"),
        error_message: told("/errorMessage"),
    }
}

fn agreement(recorded: &RecordedOutcome, today: &[Explained]) -> Agreement {
    let allowed = today.iter().all(|explained| matches!(explained.decision, Outcome::Allowed { .. }));
    match (recorded.error_code.as_deref(), allowed) {
        (None, true) | (Some(ACCESS_DENIED), false) => Agreement::Same,
        (None, false) => Agreement::DeniedToday,
        (Some(ACCESS_DENIED), true) => Agreement::AllowedToday,
        (Some(_), _) => Agreement::Unknown,
    }
}

/// Pairs as conditions and grants take them.
pub(super) type OwnedPairs = Vec<(Cow<'static, str>, Cow<'static, str>)>;
