//! The role that a request wants to be, and the session that it gets.

use std::sync::Arc;

use claviger_audit::Shown;
use claviger_names::Region;
use claviger_wire::Xml;

use super::grant::{Limits, SessionTags, lifetime};
use super::issued::Issued;
use crate::api::{Api, Fault};
use crate::model::IamArn;
use crate::session::Holder;
use crate::{RoleFacts, RoleName, SessionGrant, SessionName, Token, TokenOrigin};

/// How long a session lasts unless it is said.
pub(super) const DEFAULT_SECONDS: i64 = 3_600;

/// What is asked for, beside who asks.
pub(super) struct Wanted {
    pub role_arn: Box<str>,
    pub session_name: SessionName,
    pub limits: Limits,
    pub duration_seconds: Option<i64>,
}

/// A session of a role.
pub(super) struct Assumed {
    pub issued: Issued,
    id: String,
    arn: String,
    packed_percent: Option<i64>,
    source_identity: Option<Box<str>>,
}

/// What a session carries.
pub(super) struct Carried {
    pub origin: TokenOrigin,
    pub tags: SessionTags,
    pub source_identity: Option<Box<str>>,
}

impl Wanted {
    /// The role of this ARN; none when there is none, which the caller is not told.
    pub(super) async fn role(&self, api: &Api) -> Result<Option<Arc<RoleFacts>>, Fault> {
        let invalid = || Fault::Validation(format!("{} is invalid", self.role_arn).into());
        let IamArn { owner, resource } = IamArn::parse(&self.role_arn).ok_or_else(invalid)?;
        let account = owner.parse().map_err(|_| invalid())?;
        let (path, name) = resource.path_and_name("role").ok_or_else(invalid)?;
        let name: RoleName = name.parse().map_err(|_| invalid())?;
        let role = api.directory.role(account, &name).await?;
        Ok(role.filter(|role| role.identity.path == path))
    }

    /// Refuses a session that is to last longer than the role allows.
    pub(super) fn check_duration(&self, role: &RoleFacts) -> Result<i64, Fault> {
        let seconds = self.duration_seconds.unwrap_or(DEFAULT_SECONDS);
        match seconds <= i64::from(role.session_max_seconds) {
            true => Ok(seconds),
            false => Err(Fault::Validation(
                "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.".into(),
            )),
        }
    }

    /// Makes the session.
    pub(super) async fn issue(
        &self,
        api: &Api,
        role: &RoleFacts,
        region: Region,
        carried: Carried,
    ) -> Result<Assumed, Fault> {
        let seconds = self.check_duration(role)?;
        let policies = self.limits.policies(api, role.account).await?;
        let Carried { origin, tags: SessionTags { tags, transitive }, source_identity } = carried;
        let percent = self.limits.packed_percent(&tags)?;
        let packed_percent = Some(percent).filter(|_| !self.limits.is_empty() || !tags.is_empty());
        let (issued, expires) = lifetime(api.clock.now(), seconds);
        let token = Token {
            issued,
            expires,
            origin,
            mfa_authenticated: None,
            source_identity: source_identity.clone(),
            tags,
            transitive_tag_keys: transitive,
            policies,
            services: Vec::new(),
        };
        let (role, account) = (&role.identity, role.account);
        let holder = Holder::Role { id: role.id, session: self.session_name.clone() };
        let session = api.sessions.issue(&SessionGrant { account, holder, token }).await?;
        let arn = format!(
            "arn:{}:sts::{account}:assumed-role/{}/{}",
            region.partition(),
            role.name,
            self.session_name
        );
        let id = format!("{}:{}", role.id, self.session_name);
        Ok(Assumed { issued: Issued { session, expires }, id, arn, packed_percent, source_identity })
    }
}

impl Assumed {
    /// What every answer has.
    pub(super) fn write(&self, xml: &mut Xml) {
        self.issued.write(xml);
        xml.element("AssumedRoleUser", |xml| {
            xml.text("AssumedRoleId", &self.id).text("Arn", &self.arn);
        });
        xml.maybe_number("PackedPolicySize", self.packed_percent);
        xml.maybe_text("SourceIdentity", self.source_identity.as_deref());
    }

    /// What every record has.
    pub(super) fn shown(&self) -> Shown {
        let user = Shown::new().text("assumedRoleId", &self.id).text("arn", &self.arn);
        Shown::new()
            .object("credentials", self.issued.shown())
            .object("assumedRoleUser", user)
            .maybe_number("packedPolicySize", self.packed_percent)
            .maybe_text("sourceIdentity", self.source_identity.as_deref())
    }
}
