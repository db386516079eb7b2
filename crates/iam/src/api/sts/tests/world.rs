//! An account with users and roles in memory, and requests to it as they come from the listener.

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroUsize;
use std::sync::Arc;

use claviger_audit::{RequestId, Trail};
use claviger_clock::{Clock, SystemClock, TravelClock};
use claviger_crypto::{Random, SystemRandom};
use claviger_names::AccountId;
use claviger_policy::{Document, Kind};
use claviger_seal::{EphemeralRootKey, SealedStore};
use claviger_store::MemoryStore;
use claviger_wire::{QueryRequest, QuerySource};
use serde_json::Value;

use crate::access_key::{AccessKeyRecord, Owner};
use crate::api::{Api, ApiParts, Arrival, Sender, Service};
use crate::model::{EntityKind, OidcProviderRecord, OwnPolicies, RoleRecord, UserRecord};
use crate::rows::{Changes, Held, at};
use crate::session::SessionFault;
use crate::{
    Credential, Directory, IdKind, Issuers, KeyStatus, NewAccessKey, Sessions, Source, Tags, UniqueId,
};

pub(super) const HOME: &str = "111122223333";
pub(super) const ELSEWHERE: &str = "444455556666";

pub(super) struct World {
    pub api: Api,
    pub directory: Arc<Directory>,
    pub sessions: Arc<Sessions>,
    pub clock: Arc<TravelClock<SystemClock>>,
    trail: Arc<Trail>,
}

/// An answer: its status and its XML.
pub(super) struct Told {
    pub status: u16,
    pub xml: String,
}

impl Told {
    /// The text of the first element of this name.
    pub(super) fn text(&self, element: &str) -> String {
        let (_, rest) =
            self.xml.split_once(&format!("<{element}>")).unwrap_or_else(|| panic!("{}", self.xml));
        let (text, _) = rest.split_once(&format!("</{element}>")).unwrap();
        text.replace("&quot;", "\"")
    }

    pub(super) fn has(&self, element: &str) -> bool {
        self.xml.contains(&format!("<{element}>"))
    }

    /// Status, code and message of an error.
    pub(super) fn error(&self) -> (u16, String, String) {
        (self.status, self.text("Code"), self.text("Message"))
    }
}

impl World {
    pub(super) async fn new() -> World {
        World::knowing(Issuers::default()).await
    }

    pub(super) async fn knowing(issuers: Issuers) -> World {
        let random: Arc<dyn Random> = Arc::new(SystemRandom);
        let clock = Arc::new(TravelClock::ahead_of(SystemClock, 0));
        let root = Arc::new(EphemeralRootKey::generate(&SystemRandom).unwrap());
        let store = Arc::new(MemoryStore::new());
        let sealed = Arc::new(SealedStore::open(store, root, random.clone(), clock.clone()).await.unwrap());
        let directory = Arc::new(Directory::new(sealed.clone(), clock.clone()));
        for (account, name) in [(HOME, "home"), (ELSEWHERE, "elsewhere")] {
            let account = account.parse().unwrap();
            let key = NewAccessKey::generate(account, &SystemRandom).unwrap();
            directory.create_account(account, name.parse().unwrap(), &key).await.unwrap();
        }
        let sessions = Sessions::new(sealed, directory.clone(), clock.clone(), random.clone());
        let sessions = Arc::new(sessions);
        let trail = Arc::new(Trail::in_memory(NonZeroUsize::new(1_000).unwrap()));
        let api = Api::new(ApiParts {
            directory: directory.clone(),
            sessions: sessions.clone(),
            issuers: Arc::new(issuers),
            trail: trail.clone(),
            clock: clock.clone(),
            signing_clock: clock.clone(),
            random,
        });
        World { api, directory, sessions, clock, trail }
    }

    /// A user of the home account with one inline policy, and its access key.
    pub(super) async fn user(&self, name: &str, policy: Option<&str>) -> Arc<Credential> {
        self.user_in(HOME, name, policy).await
    }

    pub(super) async fn user_in(&self, account: &str, name: &str, policy: Option<&str>) -> Arc<Credential> {
        let account: AccountId = account.parse().unwrap();
        let id = UniqueId::generate(IdKind::User, &SystemRandom).unwrap();
        let key = NewAccessKey::generate(account, &SystemRandom).unwrap();
        let user = UserRecord {
            id,
            name: name.parse().unwrap(),
            path: "/".parse().unwrap(),
            created: self.clock.now(),
            tags: Tags::default(),
            boundary: None,
            policies: own_policies(policy),
            groups: Vec::new(),
            access_keys: vec![key.id.clone()],
        };
        let record = AccessKeyRecord {
            account,
            owner: Owner::User(id),
            status: KeyStatus::Active,
            created: self.clock.now(),
        };
        let changes = entity(account, EntityKind::User, name, id, &user, policy)
            .put(at::access_key(&key.id), &record)
            .put_bytes(at::secret(&key.id), key.secret.expose());
        self.directory.commit(changes).await.unwrap();
        self.directory.credential(&key.id).await.unwrap().unwrap()
    }

    /// A role of the home account that whoever `trust` says may assume.
    pub(super) async fn role(
        &self,
        name: &str,
        trust: &str,
        policy: Option<&str>,
        tags: &[(&str, &str)],
    ) -> UniqueId {
        let account: AccountId = HOME.parse().unwrap();
        let id = UniqueId::generate(IdKind::Role, &SystemRandom).unwrap();
        let document = Document::parse(trust, Kind::Trust).unwrap();
        let role = RoleRecord {
            id,
            name: name.parse().unwrap(),
            path: "/".parse().unwrap(),
            created: self.clock.now(),
            tags: tags.iter().copied().collect(),
            boundary: None,
            policies: own_policies(policy),
            description: None,
            session_max_seconds: 7_200,
            trust: trust.into(),
            trust_bindings: self.directory.bind(&document).await.unwrap(),
            service: None,
        };
        let changes = entity(account, EntityKind::Role, name, id, &role, policy);
        self.directory.commit(changes).await.unwrap();
        id
    }

    /// Forgets a user or role.
    pub(super) async fn delete(&self, kind: EntityKind, name: &str, id: UniqueId) {
        let account: AccountId = HOME.parse().unwrap();
        let changes = Changes::new().delete(at::entity(account, kind, name)).delete(at::identity(id));
        self.directory.commit(changes).await.unwrap();
    }

    /// A provider of the home account.
    pub(super) async fn provider(&self, url: &str, client_ids: &[&str]) {
        let record = OidcProviderRecord {
            url: url.into(),
            client_ids: client_ids.iter().map(|id| (*id).into()).collect(),
            thumbprints: Vec::new(),
            created: self.clock.now(),
            tags: Tags::default(),
        };
        let path = at::oidc_provider(HOME.parse().unwrap(), url);
        self.directory.commit(Changes::new().put(path, &record)).await.unwrap();
    }

    /// What STS answers.
    pub(super) async fn ask(&self, sender: Option<&Arc<Credential>>, operation: &str, members: &str) -> Told {
        self.ask_of(Service::Sts, sender, operation, members).await
    }

    pub(super) async fn ask_of(
        &self,
        service: Service,
        sender: Option<&Arc<Credential>>,
        operation: &str,
        members: &str,
    ) -> Told {
        let members = QueryRequest::read(members.as_bytes(), QuerySource::Body).unwrap().members;
        let sender = sender.map_or(Sender::Anonymous, |credential| Sender::Signed(credential.clone()));
        let arrival = Arrival {
            request_id: RequestId::from_random([7; 16]),
            service,
            operation,
            region: "us-east-1".parse().unwrap(),
            admission: Ok((sender, members)),
            claimed_access_key_id: None,
            source_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
            user_agent: Some("tests"),
            tls: None,
            source: Source::default(),
        };
        let reply = self.api.answer(arrival).await;
        Told { status: reply.status, xml: String::from_utf8(reply.body.to_vec()).unwrap() }
    }

    /// Whoever the credentials of an answer stand for.
    pub(super) async fn open(&self, told: &Told) -> Result<Arc<Credential>, SessionFault> {
        let id = told.text("AccessKeyId").parse().unwrap();
        self.sessions.open(&id, &told.text("SessionToken")).await
    }

    /// Whoever the credentials of an answer that succeeded stand for.
    pub(super) async fn session(&self, told: &Told) -> Arc<Credential> {
        self.open(told).await.unwrap()
    }

    /// The newest record.
    pub(super) fn record(&self) -> Value {
        let records = self.trail.recent();
        serde_json::from_str(records.last().unwrap()).unwrap()
    }
}

fn own_policies(policy: Option<&str>) -> OwnPolicies {
    let inline = policy.map(|text| ("inline".parse().unwrap(), text.len()));
    OwnPolicies { inline: inline.into_iter().collect(), attached: Vec::new() }
}

fn entity(
    account: AccountId,
    kind: EntityKind,
    name: &str,
    id: UniqueId,
    record: &impl serde::Serialize,
    policy: Option<&str>,
) -> Changes {
    let held = Held { account, kind, path: "/".parse().unwrap(), name: name.into() };
    let changes = Changes::new().put(at::entity(account, kind, name), record).put(at::identity(id), &held);
    match policy {
        None => changes,
        Some(text) => changes.put_bytes(at::inline(account, id, &"inline".parse().unwrap()), text.as_bytes()),
    }
}
