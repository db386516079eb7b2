//! The engine, asked about a setup of the corpus.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use claviger_policy::{
    Applicable, Because, ConditionKey, Context, Denial, Determining, Document, GrantAllow, Kind, Policy,
    PolicyKind, Principal, Request, Sequence, Value as Answer, Values, Verdict, Vocabulary, decide, explain,
};
use serde_json::{Map, Value};

use crate::naive::{Finding, Place, Way};
use crate::world::{Call, World};

/// The condition keys that the corpus and the generator use.
const KEYS: &[&str] = &[
    "aws:calledvia",
    "aws:currenttime",
    "aws:multifactorauthpresent",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalisawsservice",
    "aws:principalorgid",
    "aws:principalservicename",
    "aws:principaltag/",
    "aws:principaltype",
    "aws:requestedregion",
    "aws:requesttag/",
    "aws:resourcetag/",
    "aws:securetransport",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceip",
    "aws:tagkeys",
    "aws:userid",
    "aws:username",
    "aws:viaawsservice",
    "kms:bypasspolicylockoutsafetycheck",
    "kms:calleraccount",
    "kms:encryptioncontext:",
    "kms:encryptioncontextkeys",
    "kms:grantconstrainttype",
    "kms:granteeprincipal",
    "kms:grantisforawsresource",
    "kms:grantoperations",
    "kms:reencryptonsamekey",
    "kms:requestalias",
    "kms:resourcealiases",
    "kms:rotationperiodindays",
    "kms:validto",
    "kms:viaservice",
    "sts:externalid",
];

static VOCABULARY: Vocabulary = Vocabulary::new(KEYS);

/// A setup's policies, compiled.
pub(crate) struct Compiled {
    resource: Option<Policy>,
    endpoint: Option<Policy>,
    service_control: Vec<Vec<Arc<Policy>>>,
    resource_control: Vec<Vec<Arc<Policy>>>,
    attached: HashMap<String, Attached>,
}

#[derive(Default)]
struct Attached {
    identity: Vec<Arc<Policy>>,
    boundary: Option<Policy>,
    session: Option<Vec<Arc<Policy>>>,
}

impl Compiled {
    pub(crate) fn new(world: &World<'_>) -> Compiled {
        let bindings = world.bindings;
        let setup = world.setup;
        let kind = if world.is_of_role() { Kind::Trust } else { Kind::Key };
        let levels = |member: &str, kind: Kind| -> Vec<Vec<Arc<Policy>>> {
            let levels = setup[member].as_array().into_iter().flatten();
            levels.map(|level| several(level, kind, bindings)).collect()
        };
        let attached = setup["attached"].as_object().into_iter().flatten();
        Compiled {
            resource: single("resource", &setup["resource_policy"], kind, bindings),
            endpoint: single("vpc_endpoint", &setup["vpc_endpoint"], Kind::Key, bindings),
            service_control: levels("service_control", Kind::ServiceControl),
            resource_control: levels("resource_control", Kind::ResourceControl),
            attached: attached.map(|(name, all)| (name.clone(), Attached::new(all, bindings))).collect(),
        }
    }

    /// What the engine decides.
    pub(crate) fn decide(&self, world: &World<'_>, call: &Call<'_>, context: &Answers) -> Finding {
        self.ask(world, call, context, |request, applicable| finding(decide(request, applicable)))
    }

    /// The clause that tells the caller why, if the engine denies.
    pub(crate) fn clause(&self, world: &World<'_>, call: &Call<'_>, context: &Answers) -> Option<String> {
        self.ask(world, call, context, |request, applicable| match decide(request, applicable) {
            Verdict::Allowed(_) => None,
            Verdict::Denied(denial) => Some(denial.clause(call.action).to_string()),
        })
    }

    /// What the engine decides when it explains, and the statements that it says apply.
    pub(crate) fn explain(
        &self,
        world: &World<'_>,
        call: &Call<'_>,
        context: &Answers,
    ) -> (Finding, Vec<Place>) {
        self.ask(world, call, context, |request, applicable| {
            let explanation = explain(request, applicable);
            let applying = explanation.statements.into_iter().filter(|weighed| weighed.outcome.is_ok());
            (finding(explanation.verdict), applying.map(|weighed| place(weighed.statement)).collect())
        })
    }

    fn ask<T>(
        &self,
        world: &World<'_>,
        call: &Call<'_>,
        context: &Answers,
        question: impl FnOnce(&Request<'_>, &Applicable<'_>) -> T,
    ) -> T {
        let nothing = Attached::default();
        let attached = self.attached.get(call.by).unwrap_or(&nothing);
        let grant = || {
            let grantee_is_account = call.grant["to_account"].as_bool()?;
            Some(GrantAllow { id: [7; 32], grantee_is_account })
        };
        let request = Request {
            action: call.action,
            resource: call.resource,
            principal: principal(call.caller),
            context,
        };
        let applicable = Applicable {
            owner: world.setup["owner"].as_str().map(|owner| owner.parse().unwrap()),
            resource: self.resource.as_ref(),
            identity: &attached.identity,
            boundary: attached.boundary.as_ref(),
            session: attached.session.as_deref(),
            service_control: &self.service_control,
            resource_control: &self.resource_control,
            vpc_endpoint: self.endpoint.as_ref(),
            grant: &grant,
        };
        question(&request, &applicable)
    }
}

impl Attached {
    fn new(all: &Value, bindings: &Value) -> Attached {
        Attached {
            identity: several(&all["identity"], Kind::Identity, bindings),
            boundary: single("boundary", &all["boundary"], Kind::Identity, bindings),
            session: all.get("session").map(|session| several(session, Kind::Session, bindings)),
        }
    }
}

fn single(name: &str, document: &Value, kind: Kind, bindings: &Value) -> Option<Policy> {
    (!document.is_null()).then(|| compile(name, document, kind, bindings))
}

fn several(documents: &Value, kind: Kind, bindings: &Value) -> Vec<Arc<Policy>> {
    let documents = documents.as_object().into_iter().flatten();
    documents.map(|(name, document)| Arc::new(compile(name, document, kind, bindings))).collect()
}

fn compile(name: &str, document: &Value, kind: Kind, bindings: &Value) -> Policy {
    let text = document.to_string();
    let document = Document::parse(&text, kind).unwrap_or_else(|fault| panic!("{fault}: {text}"));
    Policy::compile(&document, name, &VOCABULARY, &|arn| bindings[arn].as_str().map(Box::from))
}

fn principal(caller: &Value) -> Principal<'_> {
    let text = |member: &str| caller[member].as_str().unwrap();
    let account = || text("account").parse().unwrap();
    match text("kind") {
        "root" => Principal::Root { account: account() },
        "user" => Principal::User { account: account(), arn: text("arn"), id: text("id") },
        "role-session" => Principal::RoleSession {
            account: account(),
            role_arn: text("role_arn"),
            role_id: text("role_id"),
            session_arn: text("session_arn"),
        },
        "federated-user" => Principal::FederatedUser {
            account: account(),
            arn: text("arn"),
            of: caller["of_user_id"].as_str(),
        },
        "service" => Principal::Service { name: text("name") },
        "web-identity" => Principal::WebIdentity { provider: text("provider") },
        other => panic!("no caller is a {other}"),
    }
}

/// The verdict in the naive evaluator's terms, to be compared.
fn finding(verdict: Verdict<'_>) -> Finding {
    match verdict {
        Verdict::Allowed(Because { resource, identity, grant }) => Finding::Allowed(vec![Way {
            resource: resource.map(place),
            identity: identity.map(place),
            grant: grant.is_some(),
        }]),
        Verdict::Denied(Denial::Explicit(by)) => Finding::Explicit(place(by)),
        Verdict::Denied(Denial::NoAllow(kind)) => Finding::Missing(vec![name_of(kind)]),
    }
}

fn place(determining: Determining<'_>) -> Place {
    Place {
        kind: name_of(determining.kind),
        policy: determining.policy.to_owned(),
        number: determining.number,
        sid: determining.sid.map(str::to_owned),
    }
}

fn name_of(kind: PolicyKind) -> &'static str {
    match kind {
        PolicyKind::Identity => "identity",
        PolicyKind::Resource => "resource",
        PolicyKind::Boundary => "boundary",
        PolicyKind::Session => "session",
        PolicyKind::ServiceControl => "service_control",
        PolicyKind::ResourceControl => "resource_control",
        PolicyKind::VpcEndpoint => "vpc_endpoint",
    }
}

/// A request's context, found again by the slot and member that the engine asks with.
pub(crate) struct Answers(Vec<(String, Held)>);

enum Held {
    Text(String),
    Number(i64),
    Time(i64),
    Flag(bool),
    Address(std::net::IpAddr),
    Bytes(Vec<u8>),
    Many(Listed),
}

struct Listed(Vec<Held>);

impl Answers {
    pub(crate) fn new(context: &Map<String, Value>) -> Answers {
        Answers(context.iter().map(|(key, value)| (key.to_ascii_lowercase(), Held::new(value))).collect())
    }
}

impl Held {
    fn new(value: &Value) -> Held {
        match value {
            Value::String(text) => Held::Text(text.clone()),
            Value::Number(number) => Held::Number(number.as_i64().unwrap()),
            Value::Bool(flag) => Held::Flag(*flag),
            Value::Array(list) => Held::Many(Listed(list.iter().map(Held::new).collect())),
            typed => match typed.as_object().and_then(|members| members.iter().next()) {
                Some((kind, value)) if kind == "time" => Held::Time(value.as_i64().unwrap()),
                Some((kind, value)) if kind == "ip" => {
                    Held::Address(value.as_str().unwrap().parse().unwrap())
                }
                Some((kind, value)) if kind == "base64" => {
                    Held::Bytes(STANDARD.decode(value.as_str().unwrap()).unwrap())
                }
                _ => panic!("no context value is {typed}"),
            },
        }
    }

    fn answer(&self) -> Answer<'_> {
        match self {
            Held::Text(text) => Answer::Text(text),
            Held::Number(number) => Answer::Number(*number),
            Held::Time(seconds) => Answer::Time(*seconds),
            Held::Flag(flag) => Answer::Flag(*flag),
            Held::Address(address) => Answer::Address(*address),
            Held::Bytes(bytes) => Answer::Bytes(bytes),
            Held::Many(_) => panic!("a list in a list"),
        }
    }
}

impl Sequence for Listed {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn at(&self, index: usize) -> Option<Answer<'_>> {
        self.0.get(index).map(Held::answer)
    }
}

impl Context for Answers {
    fn values<'a>(&'a self, key: &ConditionKey) -> Values<'a> {
        let is_asked_for = |name: &str| match key.slot() {
            Some(slot) => name.strip_prefix(KEYS[usize::from(slot)]).is_some_and(|rest| key.is_member(rest)),
            None => name.eq_ignore_ascii_case(key.name()),
        };
        match self.0.iter().find(|(name, _)| is_asked_for(name)) {
            None => Values::Absent,
            Some((_, Held::Many(list))) => Values::Many(list),
            Some((_, one)) => Values::One(one.answer()),
        }
    }
}
