//! For tests: requests with given facts, and worlds of policies to ask.

use std::sync::Arc;

use claviger_names::AccountId;

use crate::{
    Applicable, ConditionKey, Context, Denial, Document, GrantAllow, Kind, Policy, PolicyFault, PolicyKind,
    Principal, Request, Value, Values, Verdict, Vocabulary, decide,
};

/// The keys that test requests can answer.
pub(crate) const WORDS: Vocabulary = Vocabulary::new(&[
    "aws:currenttime",
    "aws:principalarn",
    "aws:principaltag/",
    "aws:sourceip",
    "aws:tagkeys",
    "aws:username",
    "kms:encryptioncontext:",
    "kms:viaservice",
]);

pub(crate) const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
pub(crate) const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
pub(crate) const ROLE: &str = "arn:aws:iam::111122223333:role/path/Worker";
pub(crate) const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/Worker/one";
pub(crate) const FEDERATED: &str = "arn:aws:sts::111122223333:federated-user/Fay";
pub(crate) const BOB: &str = "arn:aws:iam::444455556666:user/bob";

/// The account that owns the key.
pub(crate) fn owner() -> AccountId {
    "111122223333".parse().unwrap()
}

pub(crate) fn other() -> AccountId {
    "444455556666".parse().unwrap()
}

pub(crate) fn alice() -> Principal<'static> {
    Principal::User { account: owner(), arn: ALICE, id: "id-of-alice" }
}

pub(crate) fn bob() -> Principal<'static> {
    Principal::User { account: other(), arn: BOB, id: "id-of-bob" }
}

pub(crate) fn worker() -> Principal<'static> {
    let (role_arn, role_id, session_arn) = (ROLE, "id-of-Worker", SESSION);
    Principal::RoleSession { account: owner(), role_arn, role_id, session_arn }
}

pub(crate) fn fay(of: Option<&str>) -> Principal<'_> {
    Principal::FederatedUser { account: owner(), arn: FEDERATED, of }
}

pub(crate) fn root() -> Principal<'static> {
    Principal::Root { account: owner() }
}

pub(crate) fn logs() -> Principal<'static> {
    Principal::Service { name: "logs.amazonaws.com" }
}

/// Principals are bound by the last part of their ARN; `gone` is no more.
pub(crate) fn bind(arn: &str) -> Option<Box<str>> {
    let name = arn.rsplit('/').next().unwrap();
    (name != "gone").then(|| format!("id-of-{name}").into())
}

/// Condition keys with their values.
#[derive(Default)]
pub(crate) struct Facts(Vec<(&'static str, Fact)>);

enum Fact {
    One(Value<'static>),
    Many(Vec<Value<'static>>),
}

impl Facts {
    pub(crate) fn text(key: &'static str, text: &'static str) -> Facts {
        Facts::default().and(key, Value::Text(text))
    }

    pub(crate) fn and(mut self, key: &'static str, value: Value<'static>) -> Facts {
        self.0.push((key, Fact::One(value)));
        self
    }

    pub(crate) fn and_many(mut self, key: &'static str, values: &[&'static str]) -> Facts {
        self.0.push((key, Fact::Many(values.iter().map(|text| Value::Text(text)).collect())));
        self
    }
}

impl Context for Facts {
    fn values<'a>(&'a self, key: &ConditionKey) -> Values<'a> {
        match self.0.iter().find(|(name, _)| name.eq_ignore_ascii_case(key.name())) {
            None => Values::Absent,
            Some((_, Fact::One(value))) => Values::One(*value),
            Some((_, Fact::Many(values))) => Values::Many(values),
        }
    }
}

/// Compiles statements, as they stand between the brackets of the list.
pub(crate) fn compile(kind: Kind, statements: &str) -> Policy {
    let document = document(kind, statements).unwrap_or_else(|fault| panic!("{fault}: {statements}"));
    Policy::compile(&document, "named", &WORDS, &bind)
}

pub(crate) fn document(kind: Kind, statements: &str) -> Result<Document, PolicyFault> {
    Document::parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#), kind)
}

/// A statement of a key policy about everything.
pub(crate) fn for_all(effect: &str, principal: &str) -> String {
    format!(r#"{{"Effect":"{effect}","Principal":{principal},"Action":"kms:*","Resource":"*"}}"#)
}

/// Allows the principals of the family AWS everything.
pub(crate) fn to(principal: &str) -> String {
    for_all("Allow", &format!(r#"{{"AWS":"{principal}"}}"#))
}

/// A statement of an identity policy.
pub(crate) fn identity(effect: &str, action: &str) -> String {
    format!(r#"{{"Effect":"{effect}","Action":"{action}","Resource":"*"}}"#)
}

/// Everything that a decision takes, as statements; an empty text is an empty policy or none.
pub(crate) struct World {
    pub(crate) principal: Principal<'static>,
    pub(crate) facts: Facts,
    pub(crate) owner: Option<AccountId>,
    pub(crate) key: String,
    pub(crate) identity: String,
    pub(crate) boundary: Option<String>,
    pub(crate) session: Option<String>,
    pub(crate) service_control: Vec<String>,
    pub(crate) resource_control: Vec<String>,
    pub(crate) vpc_endpoint: Option<String>,
    pub(crate) grant: Option<GrantAllow>,
}

impl World {
    /// The key's policy and who calls; everything else allows nothing and limits nothing.
    pub(crate) fn new(key: &str, principal: Principal<'static>) -> World {
        World {
            principal,
            facts: Facts::default(),
            owner: Some(owner()),
            key: key.to_owned(),
            identity: String::new(),
            boundary: None,
            session: None,
            service_control: Vec::new(),
            resource_control: Vec::new(),
            vpc_endpoint: None,
            grant: None,
        }
    }

    /// Why `kms:Encrypt` on the key is allowed or denied.
    pub(crate) fn why(&self) -> String {
        self.with(|request, applicable| told(decide(request, applicable)))
    }

    pub(crate) fn with<T>(&self, ask: impl FnOnce(&Request<'_>, &Applicable<'_>) -> T) -> T {
        let list = |kind, text: &str| match text {
            "" => Vec::new(),
            text => vec![Arc::new(compile(kind, text))],
        };
        let levels = |kind, texts: &[String]| texts.iter().map(|text| list(kind, text)).collect::<Vec<_>>();
        let one = |kind, text: &Option<String>| text.as_ref().and_then(|text| list(kind, text).pop());
        let (resource, vpc_endpoint) = (list(Kind::Key, &self.key).pop(), one(Kind::Key, &self.vpc_endpoint));
        let boundary = one(Kind::Identity, &self.boundary);
        let session = self.session.as_ref().map(|text| list(Kind::Session, text));
        let applicable = Applicable {
            owner: self.owner,
            resource: resource.as_deref(),
            identity: &list(Kind::Identity, &self.identity),
            boundary: boundary.as_deref(),
            session: session.as_deref(),
            service_control: &levels(Kind::ServiceControl, &self.service_control),
            resource_control: &levels(Kind::ResourceControl, &self.resource_control),
            vpc_endpoint: vpc_endpoint.as_deref(),
            grant: &|| self.grant,
        };
        let (action, context) = ("kms:Encrypt", &self.facts);
        ask(&Request { action, resource: KEY, principal: self.principal, context }, &applicable)
    }
}

/// A verdict in a line: what allowed, or AWS's clause.
fn told(verdict: Verdict<'_>) -> String {
    match verdict {
        Verdict::Denied(denial @ Denial::Explicit(_)) => denial.clause("kms:Encrypt").to_string(),
        Verdict::Denied(denial) => denial.clause("kms:Encrypt").to_string(),
        Verdict::Allowed(because) => {
            let grant = because.grant.map(|_| "grant".to_owned());
            let statements = [because.resource, because.identity].into_iter().flatten();
            let named = statements.map(|by| match by.kind {
                PolicyKind::Resource => format!("key {}", by.number),
                kind => format!("{kind:?} {}", by.number),
            });
            format!("allowed by {}", grant.into_iter().chain(named).collect::<Vec<_>>().join(", "))
        }
    }
}
