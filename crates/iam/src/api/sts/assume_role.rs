//! AssumeRole: a session of a role, for whoever the role trusts.

use claviger_audit::Shown;
use claviger_names::AccountId;
use claviger_wire::{Members, Xml};

use super::get_session_token::NO_MFA;
use super::grant::{Limits, SessionTags, inherited};
use super::issued::ANSWER_BYTES;
use super::member::{self, ARN, EXTERNAL_ID, POLICY, ROLE_SECONDS, ROLE_SESSION_NAME, SERIAL_NUMBER};
use super::role::{Assumed, Carried, Wanted};
use crate::api::authorize::{self, Owned};
use crate::api::{Api, Ask, Call, Facts, Fault, Operation};
use crate::model::IamArn;
use crate::{Principal, RoleFacts, Tags, TokenOrigin};

/// The longest session of a role that is assumed with the credentials of another session.
const CHAINED_SECONDS_MAX: i64 = 3_600;

pub(super) struct AssumeRole;

pub(super) struct AssumeRoleRequest {
    wanted: Wanted,
    tags: Vec<(Box<str>, Box<str>)>,
    transitive: Vec<Box<str>>,
    external_id: Option<Box<str>>,
    has_mfa: bool,
    source_identity: Option<Box<str>>,
    has_contexts: bool,
}

impl Operation for AssumeRole {
    const FACTS: Facts = Facts::read("AssumeRole").answering(ANSWER_BYTES);
    type Request = AssumeRoleRequest;
    type Response = Assumed;

    fn parse(mut members: Members<'_>) -> Result<AssumeRoleRequest, Fault> {
        let role_arn = members.required_text("RoleArn", &ARN).into();
        let session_name = members.required_text("RoleSessionName", &ROLE_SESSION_NAME);
        let policy_arns = member::policy_arns(&mut members);
        let policy = members.text("Policy", &POLICY).map(Into::into);
        let duration_seconds = members.whole("DurationSeconds", ROLE_SECONDS);
        let tags = member::tags(&mut members);
        let transitive = member::transitive_tag_keys(&mut members);
        let external_id = members.text("ExternalId", &EXTERNAL_ID).map(Into::into);
        let serial_number = members.text("SerialNumber", &SERIAL_NUMBER);
        let token_code = members.secret_text("TokenCode", &member::TOKEN_CODE);
        let source_identity = members.text("SourceIdentity", &member::SOURCE_IDENTITY).map(Into::into);
        let has_contexts = member::has_provided_contexts(&mut members);
        members.finish(())?;
        let session_name = session_name.parse().map_err(Fault::internal)?;
        let has_mfa = serial_number.is_some() || token_code.is_some();
        let limits = Limits { policy, policy_arns };
        let wanted = Wanted { role_arn, session_name, limits, duration_seconds };
        Ok(AssumeRoleRequest {
            wanted,
            tags,
            transitive,
            external_id,
            has_mfa,
            source_identity,
            has_contexts,
        })
    }

    fn shown(request: &AssumeRoleRequest) -> Shown {
        let Wanted { role_arn, session_name, limits, duration_seconds } = &request.wanted;
        let tag = |(key, value): &(Box<str>, Box<str>)| Shown::new().text("key", key).text("value", value);
        let shown = Shown::new()
            .text("roleArn", role_arn)
            .text("roleSessionName", session_name.as_str())
            .maybe_text("policy", limits.policy.as_deref())
            .maybe_number("durationSeconds", *duration_seconds)
            .maybe_text("externalId", request.external_id.as_deref())
            .maybe_text("sourceIdentity", request.source_identity.as_deref());
        match request.tags.is_empty() {
            true => shown,
            false => shown
                .objects("tags", request.tags.iter().map(tag))
                .list("transitiveTagKeys", request.transitive.iter().map(|key| &**key)),
        }
    }

    fn account(request: &AssumeRoleRequest) -> Option<AccountId> {
        IamArn::parse(&request.wanted.role_arn)?.owner.parse().ok()
    }

    /// Nothing yet: it is decided together with the role's own policy.
    async fn asks(_: &Api, _: &Call<'_>, _: &AssumeRoleRequest) -> Result<Vec<Ask>, Fault> {
        Ok(Vec::new())
    }

    async fn run(api: &Api, call: &Call<'_>, request: &AssumeRoleRequest) -> Result<Assumed, Fault> {
        let session = call.caller.token.as_deref();
        let tags = SessionTags::new(&request.tags, &request.transitive, session)?;
        if matches!(call.caller.principal, Principal::Root) {
            return Err(Fault::AccessDenied("Roles may not be assumed by root accounts.".into()));
        }
        if request.has_mfa {
            return Err(Fault::AccessDenied(NO_MFA.into()));
        }
        let role = request.wanted.role(api).await?;
        let role = role.ok_or_else(|| refused(call, &request.ask("sts:AssumeRole", &Tags::default())))?;
        let carried_on = session.and_then(|session| session.source_identity.clone());
        let source_identity = request.source_identity.clone().or(carried_on.clone());
        request.authorize(api, call, &role, source_identity.as_deref()).await?;
        if carried_on.is_some() && carried_on != source_identity {
            return Err(refused(call, &request.ask("sts:SetSourceIdentity", &Tags::default())));
        }
        let seconds = request.wanted.check_duration(&role)?;
        if session.is_some() && seconds > CHAINED_SECONDS_MAX {
            return Err(Fault::Validation(CHAINED_TOO_LONG.into()));
        }
        let carried = Carried { origin: TokenOrigin::AssumeRole, tags, source_identity };
        request.wanted.issue(api, &role, call.region(), carried).await
    }

    fn write(assumed: &Assumed, xml: &mut Xml) {
        assumed.write(xml);
    }

    fn told(assumed: &Assumed) -> Shown {
        assumed.shown()
    }
}

const CHAINED_TOO_LONG: &str =
    "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";

impl AssumeRoleRequest {
    /// Both sides decide, the caller's policies and the role's, on each thing that is asked for.
    async fn authorize(
        &self,
        api: &Api,
        call: &Call<'_>,
        role: &RoleFacts,
        source_identity: Option<&str>,
    ) -> Result<(), Fault> {
        let permissions = authorize::permissions(&api.directory, call.caller).await?;
        let control = api.directory.resource_control(role.account).await?;
        let owned = Owned { owner: role.account, policy: &role.trust, control: &control };
        // What the caller's session hands on stands in place of the role's own tags.
        let role_tags = role.identity.tags.iter().collect::<Vec<_>>();
        let handed_on = inherited(call.caller.token.as_deref());
        let tags: Tags = role_tags.into_iter().chain(handed_on.iter()).collect();
        let tagging = (!self.tags.is_empty()).then_some("sts:TagSession");
        let sourcing = source_identity.map(|_| "sts:SetSourceIdentity");
        // Nobody here asserts contexts, so none is trusted.
        if self.has_contexts {
            return Err(refused(call, &self.ask("sts:SetContext", &tags)));
        }
        for action in ["sts:AssumeRole"].into_iter().chain(tagging).chain(sourcing) {
            let ask = self.ask(action, &tags).maybe("sts:SourceIdentity", source_identity);
            authorize::decide(call, &ask, &permissions, Some(&owned)).map_err(|_| refused(call, &ask))?;
        }
        Ok(())
    }

    fn ask(&self, action: &'static str, resource_tags: &Tags) -> Ask {
        let tags = self.tags.iter().map(|(key, value)| (&**key, &**value));
        let ask = Ask::new(action, self.wanted.role_arn.clone(), self.wanted.role_arn.clone())
            .with("sts:RoleSessionName", self.wanted.session_name.as_str())
            .maybe("sts:ExternalId", self.external_id.as_deref())
            .tagging(tags)
            .resource_tags(resource_tags.iter());
        match self.transitive.is_empty() {
            true => ask,
            false => ask.with_many("sts:TransitiveTagKeys", self.transitive.iter().map(|key| &**key)),
        }
    }
}

/// The refusal, which tells neither why nor whether there is such a role.
fn refused(call: &Call<'_>, ask: &Ask) -> Fault {
    authorize::refused(&call.caller.arn(call.region()), ask, None)
}
