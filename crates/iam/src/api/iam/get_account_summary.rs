//! GetAccountSummary: how many of everything there are, and could be.

use claviger_audit::Shown;
use claviger_wire::{Members, Xml};

use super::access_key::ACCESS_KEYS_MAX;
use super::add_user_to_group::GROUPS_PER_USER_MAX;
use super::create_group::GROUPS_MAX;
use super::create_policy::POLICIES_MAX;
use super::create_policy_version::VERSIONS_MAX;
use super::create_role::ROLES_MAX;
use super::create_user::USERS_MAX;
use super::document::{MANAGED_CHARACTERS_MAX, TRUST_CHARACTERS_MAX};
use super::kin::Kin;
use super::{Group, Role, User, birth};
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::rows::Counts;

/// Most versions of all policies in use, as AWS tells it.
const POLICY_VERSIONS_IN_USE_MAX: i64 = 10_000;

pub(super) struct GetAccountSummary;

pub(super) struct Summary {
    counts: Counts,
    root_has_access_keys: bool,
}

impl Operation for GetAccountSummary {
    const FACTS: Facts = Facts::read("GetAccountSummary");
    type Request = ();
    type Response = Summary;

    fn parse(members: Members<'_>) -> Result<(), Fault> {
        Ok(members.finish(())?)
    }

    fn shown((): &()) -> Shown {
        Shown::new()
    }

    async fn asks(_: &Api, _: &Call<'_>, (): &()) -> Result<Vec<Ask>, Fault> {
        Ok(vec![Ask::any("iam:GetAccountSummary")])
    }

    async fn run(api: &Api, call: &Call<'_>, (): &()) -> Result<Summary, Fault> {
        let account = api.directory.account_row(call.account()).await?.record;
        let counts = birth::counts(api, call).await?.record;
        Ok(Summary { counts, root_has_access_keys: !account.root_access_keys.is_empty() })
    }

    fn write(summary: &Summary, xml: &mut Xml) {
        xml.numbers("SummaryMap", summary.pairs());
    }
}

impl Summary {
    fn pairs(&self) -> [(&'static str, i64); 34] {
        let Counts { users, groups, roles, policies, policy_versions, oidc_providers } = self.counts;
        [
            ("Users", users.into()),
            ("UsersQuota", USERS_MAX.into()),
            ("Groups", groups.into()),
            ("GroupsQuota", GROUPS_MAX.into()),
            ("Roles", roles.into()),
            ("RolesQuota", ROLES_MAX.into()),
            ("Policies", policies.into()),
            ("PoliciesQuota", POLICIES_MAX.into()),
            ("PolicyVersionsInUse", policy_versions.into()),
            ("PolicyVersionsInUseQuota", POLICY_VERSIONS_IN_USE_MAX),
            ("VersionsPerPolicyQuota", VERSIONS_MAX as i64),
            ("PolicySizeQuota", MANAGED_CHARACTERS_MAX as i64),
            ("UserPolicySizeQuota", User::INLINE_CHARACTERS_MAX as i64),
            ("GroupPolicySizeQuota", Group::INLINE_CHARACTERS_MAX as i64),
            ("RolePolicySizeQuota", Role::INLINE_CHARACTERS_MAX as i64),
            ("AssumeRolePolicySizeQuota", TRUST_CHARACTERS_MAX as i64),
            ("AttachedPoliciesPerUserQuota", User::ATTACHED_MAX as i64),
            ("AttachedPoliciesPerGroupQuota", Group::ATTACHED_MAX as i64),
            ("AttachedPoliciesPerRoleQuota", Role::ATTACHED_MAX as i64),
            ("GroupsPerUserQuota", GROUPS_PER_USER_MAX as i64),
            ("AccessKeysPerUserQuota", ACCESS_KEYS_MAX as i64),
            ("SigningCertificatesPerUserQuota", 2),
            ("ServerCertificates", 0),
            ("ServerCertificatesQuota", 20),
            ("InstanceProfiles", 0),
            ("InstanceProfilesQuota", 1000),
            ("Providers", oidc_providers.into()),
            ("MFADevices", 0),
            ("MFADevicesInUse", 0),
            ("AccountMFAEnabled", 0),
            ("AccountAccessKeysPresent", i64::from(self.root_has_access_keys)),
            ("AccountPasswordPresent", 0),
            ("AccountSigningCertificatesPresent", 0),
            ("GlobalEndpointTokenVersion", 2),
        ]
    }
}
