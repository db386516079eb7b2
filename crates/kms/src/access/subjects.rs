//! Everybody who may have to do with a key, page by page: the principals of its account and of the accounts that it is
//! shared with, those that its policy names, and the grantees.

use std::collections::BTreeSet;

use claviger_iam::{Caller, Principal, PrincipalKind};
use claviger_names::{AccountId, Region};
use claviger_policy::{Document, Effect, Element, Kind, PrincipalText};
use serde::{Deserialize, Serialize};

use super::caller::caller;
use super::fault::Unexplained;
use super::matrix::key_permissions;
use super::question::KeyText;
use super::told::{Access, Subject, SubjectKind};
use crate::fault::Fault;
use crate::keyspace;
use crate::kms::Kms;
use crate::model::{Key, Party};

/// Principals of one page.
const PAGE: usize = 100;

/// Where the next page begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cursor {
    /// With an account's root user.
    Account(AccountId),
    /// With an account's users, after the one of this name.
    Users(AccountId, Option<String>),
    /// With an account's roles, after the one of this name.
    Roles(AccountId, Option<String>),
    /// With the principals that the policy names, at this place.
    Named(usize),
    /// With the grantees, after the one of this handle.
    Grantees(Option<String>),
}

/// A key as an analysis is headed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyTold {
    /// Its ARN.
    pub arn: String,
    /// Its state.
    pub state: String,
    /// Its aliases.
    pub aliases: Vec<String>,
}

/// Who may do what with a key: some principals, and where the others follow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessPage {
    /// The key.
    pub key: KeyTold,
    /// How many actions there are on a key.
    pub actions: usize,
    /// The principals.
    pub principals: Vec<Access>,
    /// Where the next page begins; none after the last.
    pub next: Option<Cursor>,
}

/// What a key's policy says of whom, before anybody is asked for.
struct Named {
    /// The key's account first, then those that are named as a whole.
    accounts: Vec<AccountId>,
    principals: Vec<PrincipalText>,
}

type Subjects = Vec<(Caller, Subject)>;

impl Kms {
    /// Who may do what with a key, from `cursor` on.
    pub async fn access(
        &self,
        key: &str,
        account: Option<AccountId>,
        region: Option<Region>,
        cursor: Option<Cursor>,
    ) -> Result<AccessPage, Unexplained> {
        let (key, _) = self.key_of(KeyText { text: key, account, region }).await?;
        let named = self.named_by(&key).await?;
        let cursor = cursor.unwrap_or(Cursor::Account(key.place.account));
        let (subjects, next) = self.subjects(&key, &named, cursor).await?;
        let mut principals = Vec::new();
        for (caller, subject) in subjects {
            principals.extend(self.access_of(&key, caller, subject).await?);
        }
        let aliases = key.aliases.iter().map(ToString::to_string).collect();
        let told = KeyTold { arn: key.arn.to_string(), state: key.record.state.name().to_owned(), aliases };
        Ok(AccessPage { key: told, actions: key_permissions().count(), principals, next })
    }

    async fn named_by(&self, key: &Key) -> Result<Named, Fault> {
        let document = Document::parse(&key.record.policy, Kind::Key).map_err(Fault::internal)?;
        let mut accounts = BTreeSet::new();
        let mut principals: Vec<PrincipalText> = Vec::new();
        for principal in let_in(&document) {
            match principal {
                PrincipalText::Account(account) => drop(accounts.insert(*account)),
                other if principals.contains(other) => {}
                other => principals.push(other.clone()),
            }
        }
        if names_everyone(&document) {
            let all = self.directory.list_accounts().await.map_err(Fault::internal)?;
            accounts.extend(all.into_iter().map(|account| account.id));
            principals.retain(|principal| *principal != PrincipalText::Anyone);
            principals.insert(0, PrincipalText::Anyone);
        }
        accounts.extend(self.accounts_granted(key).await?);
        accounts.remove(&key.place.account);
        let accounts = std::iter::once(key.place.account).chain(accounts).collect();
        Ok(Named { accounts, principals })
    }

    /// The accounts that hold grants as a whole: their handles are digits and so come first.
    async fn accounts_granted(&self, key: &Key) -> Result<Vec<AccountId>, Fault> {
        let (mut accounts, mut after) = (Vec::new(), None::<String>);
        loop {
            let (store, place, id) = (&self.store, &key.place, &key.record.id);
            let next = keyspace::next_grantee(store, place, id, after.as_deref()).await?;
            let Some(Party::Account { account, .. }) = next else { return Ok(accounts) };
            accounts.push(account);
            after = Some(account.to_string());
        }
    }

    async fn subjects(
        &self,
        key: &Key,
        named: &Named,
        cursor: Cursor,
    ) -> Result<(Subjects, Option<Cursor>), Fault> {
        match cursor {
            Cursor::Account(account) => {
                let root = caller(account, Principal::Root)?;
                let subject = self.subject(key, &root, false);
                Ok((vec![(root, subject)], Some(Cursor::Users(account, None))))
            }
            Cursor::Users(account, after) => {
                let (users, last) = self.roster_of(key, account, PrincipalKind::User, after).await?;
                let next = match last {
                    Some(last) => Cursor::Users(account, Some(last)),
                    None => Cursor::Roles(account, None),
                };
                Ok((users, Some(next)))
            }
            Cursor::Roles(account, after) => {
                let (roles, last) = self.roster_of(key, account, PrincipalKind::Role, after).await?;
                let next = match last {
                    Some(last) => Cursor::Roles(account, Some(last)),
                    None => named.after(account),
                };
                Ok((roles, Some(next)))
            }
            Cursor::Named(from) => {
                let page = named.principals.iter().skip(from).take(PAGE);
                let mut subjects = Vec::new();
                for principal in page {
                    subjects.extend(self.named_subject(key, named, principal).await?);
                }
                let more = named.principals.len() > from + PAGE;
                let next = if more { Cursor::Named(from + PAGE) } else { Cursor::Grantees(None) };
                Ok((subjects, Some(next)))
            }
            Cursor::Grantees(after) => self.grantees(key, named, after).await,
        }
    }

    /// A page of the users or roles of an account, and the last name when there may be more.
    async fn roster_of(
        &self,
        key: &Key,
        account: AccountId,
        kind: PrincipalKind,
        after: Option<String>,
    ) -> Result<(Subjects, Option<String>), Fault> {
        let entries = self.directory.roster(account, kind, after.as_deref(), PAGE).await;
        let entries = entries.map_err(Fault::internal)?;
        let mut subjects = Vec::new();
        for entry in &entries {
            if let Some(caller) = self.caller_of(entry.id, None).await? {
                let subject = self.subject(key, &caller, false);
                subjects.push((caller, subject));
            }
        }
        let last = entries.last().filter(|_| entries.len() == PAGE);
        Ok((subjects, last.map(|entry| entry.name.to_string())))
    }

    /// Whom the policy names that is not among the users and roles of the accounts.
    async fn named_subject(
        &self,
        key: &Key,
        named: &Named,
        principal: &PrincipalText,
    ) -> Result<Option<(Caller, Subject)>, Fault> {
        let caller = match principal {
            PrincipalText::User(arn) | PrincipalText::Role(arn) => match key.record.bindings.get(arn) {
                Some(id) => self.caller_of(id, None).await?.filter(|caller| !named.covers(caller.account)),
                None => None,
            },
            PrincipalText::AssumedRole(text) | PrincipalText::FederatedUser(text) => {
                self.named_caller(text).await?
            }
            PrincipalText::Service(name) => self.named_caller(name).await?,
            PrincipalText::Anyone => return anyone().map(Some),
            PrincipalText::Account(_) | PrincipalText::UniqueId(_) | PrincipalText::Federated(_) => None,
        };
        let is_session = matches!(principal, PrincipalText::AssumedRole(_));
        Ok(caller.map(|caller| {
            let subject = self.subject(key, &caller, is_session);
            (caller, subject)
        }))
    }

    async fn named_caller(&self, text: &str) -> Result<Option<Caller>, Fault> {
        match self.caller_named(text).await {
            Ok(caller) => Ok(Some(caller)),
            Err(Unexplained::Internal(fault)) => Err(fault),
            Err(_) => Ok(None),
        }
    }

    /// Grantees that nothing before has brought.
    async fn grantees(
        &self,
        key: &Key,
        named: &Named,
        mut after: Option<String>,
    ) -> Result<(Subjects, Option<Cursor>), Fault> {
        let mut subjects = Vec::new();
        for _ in 0..PAGE {
            let (store, place, id) = (&self.store, &key.place, &key.record.id);
            let Some(party) = keyspace::next_grantee(store, place, id, after.as_deref()).await? else {
                return Ok((subjects, None));
            };
            after = Some(party.handle().to_owned());
            let caller = match &party {
                Party::Identity { id, .. } => self.caller_of(*id, None).await?,
                Party::Session { arn } if !named.names(arn) => self.named_caller(arn).await?,
                Party::Service { name } if !named.names(name) => self.named_caller(name).await?,
                Party::Account { .. } | Party::Session { .. } | Party::Service { .. } => None,
            };
            let is_identity = matches!(party, Party::Identity { .. });
            let fresh = caller.filter(|caller| !is_identity || !named.has_met(key, caller));
            subjects.extend(fresh.map(|caller| {
                let subject = self.subject(key, &caller, matches!(party, Party::Session { .. }));
                (caller, subject)
            }));
        }
        Ok((subjects, Some(Cursor::Grantees(after))))
    }
}

impl Named {
    fn covers(&self, account: AccountId) -> bool {
        self.accounts.contains(&account)
    }

    /// Where it goes on when this account is through.
    fn after(&self, account: AccountId) -> Cursor {
        let next = self.accounts.iter().skip_while(|other| **other != account).nth(1);
        next.map_or(Cursor::Named(0), |next| Cursor::Account(*next))
    }

    fn names(&self, text: &str) -> bool {
        self.principals.iter().any(|principal| match principal {
            PrincipalText::AssumedRole(named)
            | PrincipalText::FederatedUser(named)
            | PrincipalText::Service(named) => **named == *text,
            _ => false,
        })
    }

    /// Whether a user or role came up already: with its account, or because the policy names it.
    fn has_met(&self, key: &Key, caller: &Caller) -> bool {
        let id = match &caller.principal {
            Principal::User(user) => user.id,
            Principal::Session(session) => session.role.id,
            Principal::Root | Principal::FederatedUser(_) | Principal::Service(_) => return false,
        };
        self.covers(caller.account) || key.record.bindings.iter().any(|(_, named)| named == id)
    }
}

/// Somebody of an account that no principal with an identity of its own belongs to: what it may do, anybody in any
/// account may as far as the key goes.
fn anyone() -> Result<(Caller, Subject), Fault> {
    let subject = Subject { kind: SubjectKind::Anyone, name: "*".to_owned(), account: None };
    Ok((caller(AccountId::SERVICES, Principal::Root)?, subject))
}

/// The principals that statements allow something.
fn let_in(document: &Document) -> impl Iterator<Item = &PrincipalText> {
    let allowing = document.statements().iter().filter(|statement| statement.effect == Effect::Allow);
    let named = allowing.filter_map(|statement| match &statement.principals {
        Some(Element::Only(names)) => Some(names),
        Some(Element::Except(_)) | None => None,
    });
    named.flatten()
}

/// Whether a statement lets in whoever is in any account.
fn names_everyone(document: &Document) -> bool {
    let all_but = |element: &Option<Element<PrincipalText>>| matches!(element, Some(Element::Except(_)));
    let statements = document.statements().iter();
    let_in(document).any(|principal| *principal == PrincipalText::Anyone)
        || statements.filter(|s| s.effect == Effect::Allow).any(|s| all_but(&s.principals))
}
