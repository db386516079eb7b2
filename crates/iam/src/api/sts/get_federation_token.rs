//! GetFederationToken: credentials that a user's program gives to somebody else, less than the user's own.

use claviger_audit::Shown;
use claviger_wire::{Members, Xml};

use super::get_session_token::seconds;
use super::grant::{Limits, SessionTags, lifetime};
use super::issued::{ANSWER_BYTES, Issued};
use super::member::{self, FEDERATED_NAME, POLICY_BOUNDED, USER_SECONDS};
use crate::api::{Api, Ask, Call, Facts, Fault, Operation};
use crate::session::Holder;
use crate::{Principal, SessionGrant, SessionName, Token, TokenOrigin};

pub(super) struct GetFederationToken;

pub(super) struct GetFederationTokenRequest {
    name: SessionName,
    limits: Limits,
    duration_seconds: Option<i64>,
    tags: Vec<(Box<str>, Box<str>)>,
}

pub(super) struct Federated {
    issued: Issued,
    id: String,
    arn: String,
    packed_percent: i64,
}

impl GetFederationTokenRequest {
    fn arn(&self, call: &Call<'_>) -> String {
        format!("arn:{}:sts::{}:federated-user/{}", call.partition(), call.account(), self.name)
    }

    fn tags(&self) -> impl Iterator<Item = (&str, &str)> {
        self.tags.iter().map(|(key, value)| (&**key, &**value))
    }
}

impl Operation for GetFederationToken {
    const FACTS: Facts = Facts::read("GetFederationToken").answering(ANSWER_BYTES);
    type Request = GetFederationTokenRequest;
    type Response = Federated;

    fn parse(mut members: Members<'_>) -> Result<GetFederationTokenRequest, Fault> {
        let name = members.required_text("Name", &FEDERATED_NAME);
        let policy = members.text("Policy", &POLICY_BOUNDED).map(Into::into);
        let policy_arns = member::policy_arns(&mut members);
        let duration_seconds = members.whole("DurationSeconds", USER_SECONDS);
        let tags = member::tags(&mut members);
        members.finish(())?;
        let name = name.parse().map_err(Fault::internal)?;
        Ok(GetFederationTokenRequest { name, limits: Limits { policy, policy_arns }, duration_seconds, tags })
    }

    fn shown(request: &GetFederationTokenRequest) -> Shown {
        Shown::new()
            .text("name", request.name.as_str())
            .maybe_text("policy", request.limits.policy.as_deref())
            .maybe_number("durationSeconds", request.duration_seconds)
    }

    async fn asks(_: &Api, call: &Call<'_>, request: &GetFederationTokenRequest) -> Result<Vec<Ask>, Fault> {
        let arn = request.arn(call);
        let ask = |action| Ask::new(action, arn.clone(), arn.clone()).tagging(request.tags());
        let tagging = (!request.tags.is_empty()).then(|| ask("sts:TagSession"));
        Ok([ask("sts:GetFederationToken")].into_iter().chain(tagging).collect())
    }

    async fn run(
        api: &Api,
        call: &Call<'_>,
        request: &GetFederationTokenRequest,
    ) -> Result<Federated, Fault> {
        let user = match &call.caller.principal {
            Principal::Root => None,
            Principal::User(user) => Some(user.id),
            Principal::Session(_) | Principal::FederatedUser(_) | Principal::Service(_) => {
                let text = "Cannot call GetFederationToken with session credentials";
                return Err(Fault::AccessDenied(text.into()));
            }
        };
        let SessionTags { tags, .. } = SessionTags::new(&request.tags, &[], None)?;
        let policies = request.limits.policies(api, call.account()).await?;
        let packed_percent = request.limits.packed_percent(&tags)?;
        let holder = Holder::Federated { name: request.name.clone(), user };
        let (issued, expires) = lifetime(call.now(), seconds(request.duration_seconds, &holder));
        let token = Token {
            issued,
            expires,
            origin: TokenOrigin::FederationToken,
            mfa_authenticated: None,
            source_identity: None,
            tags,
            transitive_tag_keys: Vec::new(),
            policies,
            services: Vec::new(),
        };
        let grant = SessionGrant { account: call.account(), holder, token };
        let issued = Issued { session: api.sessions.issue(&grant).await?, expires };
        let id = format!("{}:{}", call.account(), request.name);
        Ok(Federated { issued, id, arn: request.arn(call), packed_percent })
    }

    fn write(federated: &Federated, xml: &mut Xml) {
        federated.issued.write(xml);
        xml.element("FederatedUser", |xml| {
            xml.text("FederatedUserId", &federated.id).text("Arn", &federated.arn);
        });
        xml.number("PackedPolicySize", federated.packed_percent);
    }

    fn told(federated: &Federated) -> Shown {
        let user = Shown::new().text("federatedUserId", &federated.id).text("arn", &federated.arn);
        Shown::new()
            .object("credentials", federated.issued.shown())
            .object("federatedUser", user)
            .number("packedPolicySize", federated.packed_percent)
    }
}
