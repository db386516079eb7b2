//! AssumeRoleWithWebIdentity: a session of a role, for whoever an OpenID Connect issuer vouches for.

use claviger_audit::Shown;
use claviger_policy::{self as policy, Applicable, Verdict};
use claviger_wire::{Members, Xml};

use super::grant::{Limits, SessionTags};
use super::issued::ANSWER_BYTES;
use super::member::{
    self, ARN, POLICY_BOUNDED, PROVIDER_ID, ROLE_SECONDS, ROLE_SESSION_NAME, WEB_IDENTITY_TOKEN,
};
use super::role::{Carried, Wanted};
use super::web_identity::{Assertion, provider_of, verify};
use crate::Origin;
use crate::api::context::RequestContext;
use crate::api::operation::UnsignedOperation;
use crate::api::pipeline::Trace;
use crate::api::record::WebSender;
use crate::api::{Api, Ask, Facts, Fault};
use crate::{RoleFacts, TokenOrigin, WebIdentity};

pub(super) struct AssumeRoleWithWebIdentity;

struct Request {
    wanted: Wanted,
    token: Box<str>,
}

impl UnsignedOperation for AssumeRoleWithWebIdentity {
    const FACTS: Facts = Facts::read("AssumeRoleWithWebIdentity").answering(ANSWER_BYTES);

    async fn perform(
        api: &Api,
        origin: &Origin<'_>,
        members: Members<'_>,
        trace: &mut Trace,
    ) -> Result<Xml, Fault> {
        let Request { wanted, token } = parse(members)?;
        trace.shown = shown(&wanted).done();
        let role = wanted.role(api).await?.ok_or_else(not_authorized)?;
        trace.account = Some(role.account);
        let (assertion, audience) = assertion(api, &role, &token, origin).await?;
        trace.web_sender = Some(sender(&assertion, &audience));
        let tags = SessionTags::new(&assertion.tags, &assertion.transitive, None)?;
        authorize(api, origin, &role, &wanted, &assertion, &audience).await?;
        let Assertion { provider, subject, source_identity, .. } = assertion;
        let provider_arn = provider_arn(origin, &role, &provider);
        let identity = WebIdentity { provider, subject: subject.clone(), audience: audience.clone() };
        let carried = Carried { origin: TokenOrigin::WebIdentity(identity), tags, source_identity };
        let assumed = wanted.issue(api, &role, origin.region, carried).await?;
        trace.told = assumed
            .shown()
            .text("subjectFromWebIdentityToken", &subject)
            .text("provider", &provider_arn)
            .text("audience", &audience)
            .done();
        let mut xml = Xml::with_capacity(ANSWER_BYTES);
        assumed.write(&mut xml);
        xml.text("SubjectFromWebIdentityToken", &subject)
            .text("Provider", &provider_arn)
            .text("Audience", &audience);
        Ok(xml)
    }
}

fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
    let role_arn = members.required_text("RoleArn", &ARN).into();
    let session_name = members.required_text("RoleSessionName", &ROLE_SESSION_NAME);
    let token = members.secret_text("WebIdentityToken", &WEB_IDENTITY_TOKEN);
    let token: Box<str> = members.required("WebIdentityToken", token).into();
    let provider_id = members.text("ProviderId", &PROVIDER_ID);
    let policy_arns = member::policy_arns(&mut members);
    let policy = members.text("Policy", &POLICY_BOUNDED).map(Into::into);
    let duration_seconds = members.whole("DurationSeconds", ROLE_SECONDS);
    members.finish(())?;
    // It names providers of OAuth 2.0 access tokens, of which there are none here.
    if provider_id.is_some() {
        return Err(Fault::InvalidIdentityToken("No OAuth 2.0 identity provider is known.".into()));
    }
    let session_name = session_name.parse().map_err(Fault::internal)?;
    let limits = Limits { policy, policy_arns };
    Ok(Request { wanted: Wanted { role_arn, session_name, limits, duration_seconds }, token })
}

fn shown(wanted: &Wanted) -> Shown {
    Shown::new()
        .text("roleArn", &wanted.role_arn)
        .text("roleSessionName", wanted.session_name.as_str())
        .maybe_text("policy", wanted.limits.policy.as_deref())
        .maybe_number("durationSeconds", wanted.duration_seconds)
}

/// What the token says, and for which audience of the account's provider it says so.
async fn assertion(
    api: &Api,
    role: &RoleFacts,
    token: &str,
    origin: &Origin<'_>,
) -> Result<(Assertion, Box<str>), Fault> {
    let provider = provider_of(token)?;
    let known = api.directory.oidc_provider(role.account, &provider).await?;
    let known = known.ok_or_else(|| {
        let text = format!("No OpenIDConnect provider found in your account for https://{provider}");
        Fault::InvalidIdentityToken(text.into())
    })?;
    let assertion = verify(&api.issuers, token, origin.now).await?;
    let is_known = |audience: &&String| known.client_ids.iter().any(|id| **id == ***audience);
    match assertion.audiences.iter().find(is_known) {
        Some(audience) => {
            let audience = audience.as_str().into();
            Ok((assertion, audience))
        }
        None => Err(Fault::InvalidIdentityToken("Incorrect token audience".into())),
    }
}

/// The role's own policy decides alone, on each thing that is asked for.
async fn authorize(
    api: &Api,
    origin: &Origin<'_>,
    role: &RoleFacts,
    wanted: &Wanted,
    assertion: &Assertion,
    audience: &str,
) -> Result<(), Fault> {
    let control = api.directory.resource_control(role.account).await?;
    let provider = provider_arn(origin, role, &assertion.provider);
    let tagging = (!assertion.tags.is_empty()).then_some("sts:TagSession");
    let sourcing = assertion.source_identity.as_ref().map(|_| "sts:SetSourceIdentity");
    for action in ["sts:AssumeRoleWithWebIdentity"].into_iter().chain(tagging).chain(sourcing) {
        let ask = ask(action, role, wanted, assertion, audience).with("aws:FederatedProvider", &provider);
        let context = RequestContext::new(&ask, *origin, None);
        let principal = policy::Principal::WebIdentity { provider: &provider };
        let request = policy::Request { action, resource: &ask.resource, principal, context: &context };
        let applicable = Applicable {
            owner: Some(role.account),
            resource: Some(&role.trust),
            resource_control: &control.0,
            ..Applicable::NOTHING
        };
        if let Verdict::Denied(_) = policy::decide(&request, &applicable) {
            return Err(not_authorized());
        }
    }
    Ok(())
}

fn ask(
    action: &'static str,
    role: &RoleFacts,
    wanted: &Wanted,
    assertion: &Assertion,
    audience: &str,
) -> Ask {
    let key = |claim: &str| format!("{}:{claim}", assertion.provider);
    let ask = Ask::new(action, wanted.role_arn.clone(), wanted.role_arn.clone())
        .with(&key("sub"), &assertion.subject)
        .with(&key("aud"), audience)
        .with("sts:RoleSessionName", wanted.session_name.as_str())
        .maybe("sts:SourceIdentity", assertion.source_identity.as_deref())
        .tagging(assertion.tags.iter().map(|(key, value)| (&**key, &**value)))
        .resource_tags(role.identity.tags.iter());
    let ask = match assertion.methods.is_empty() {
        true => ask,
        false => ask.with_many(&key("amr"), assertion.methods.iter().map(String::as_str)),
    };
    match assertion.transitive.is_empty() {
        true => ask,
        false => ask.with_many("sts:TransitiveTagKeys", assertion.transitive.iter().map(|key| &**key)),
    }
}

fn provider_arn(origin: &Origin<'_>, role: &RoleFacts, provider: &str) -> String {
    format!("arn:{}:iam::{}:oidc-provider/{provider}", origin.region.partition(), role.account)
}

fn sender(assertion: &Assertion, audience: &str) -> WebSender {
    let Assertion { provider, subject, .. } = assertion;
    WebSender {
        principal_id: format!("{provider}:{audience}:{subject}").into(),
        user_name: subject.clone(),
        provider: provider.clone(),
    }
}

fn not_authorized() -> Fault {
    Fault::AccessDenied("Not authorized to perform sts:AssumeRoleWithWebIdentity".into())
}
