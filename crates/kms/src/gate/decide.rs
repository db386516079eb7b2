//! Who may do what: the policies that apply to a request are collected, the policy engine decides, and a refusal gets the
//! words that AWS has for it.

use std::sync::Arc;

use claviger_iam::{CallerKeys, ControlLevels, Credential, NamedCaller, Origin, Permissions, Principal};
use claviger_names::{AccountId, Region};
use claviger_policy::{self as policy, Applicable, Denial, GrantAllow, Policy, PolicyKind, Verdict};

use super::circumstances::{Circumstances, KeyView};
use super::grants;
use super::stated::Stated;
use crate::fault::{self, Fault, Unauthenticated};
use crate::kms::Kms;
use crate::model::{GrantOperation, GrantRecord, Key, KeyManager, Party, Place};
use crate::op::Facts;

/// The operations that kms:GrantIsForAWSResource is about.
const ABOUT_GRANTS: [&str; 3] = ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"];

/// The operations that kms:TrailingDaysWithoutKeyUsage is about.
const ABOUT_IDLE_KEYS: [&str; 2] = ["kms:DisableKey", "kms:ScheduleKeyDeletion"];

/// The operations on custom key stores, of which kms:CallerAccount tells too.
const ABOUT_KEY_STORES: [&str; 6] = [
    "kms:ConnectCustomKeyStore",
    "kms:CreateCustomKeyStore",
    "kms:DeleteCustomKeyStore",
    "kms:DescribeCustomKeyStores",
    "kms:DisconnectCustomKeyStore",
    "kms:UpdateCustomKeyStore",
];

/// A request whose sender is known, as the gate and the operations see it.
pub(crate) struct Call<'a> {
    /// Who signed it.
    pub credential: &'a Arc<Credential>,
    /// Where and when it came in.
    pub origin: Origin<'a>,
    /// The body.
    pub body: &'a [u8],
}

/// What is to be decided: an action on something.
pub(crate) struct Question<'q> {
    pub action: &'static str,
    /// Its ARN, or `*`.
    pub resource: &'q str,
    /// A key and its policy, if it is about one.
    pub key: Option<(KeyView<'q>, &'q Policy)>,
    pub request_alias: Option<&'q str>,
    pub stated: Stated<'q>,
}

/// Both sides' policies beside the key's own.
pub(crate) struct Sides {
    pub permissions: Arc<Permissions>,
    resource_control: ResourceControl,
}

/// What limits everybody in what is done to what belongs to an account.
enum ResourceControl {
    /// Nothing does.
    Nothing,
    /// The policies of the caller's own account, which are held beside its permissions.
    OwnAccount,
    /// Those of another account.
    OtherAccount(ControlLevels),
}

impl Sides {
    fn resource_control(&self) -> &[Vec<Arc<Policy>>] {
        match &self.resource_control {
            ResourceControl::Nothing => &[],
            ResourceControl::OwnAccount => &self.permissions.resource_control.0,
            ResourceControl::OtherAccount(levels) => &levels.0,
        }
    }
}

impl Call<'_> {
    /// Where the caller's own keys live.
    pub(crate) fn place(&self) -> Place {
        Place { account: self.account(), region: self.origin.region }
    }

    /// The same request as another Region sees it.
    pub(crate) fn in_region(&self, region: Region) -> Call<'_> {
        let Call { credential, origin, body } = *self;
        Call { credential, origin: Origin { region, ..origin }, body }
    }

    /// The caller's account.
    pub(crate) fn account(&self) -> AccountId {
        self.credential.caller.account
    }

    /// Whether a service sends it on its own behalf.
    pub(crate) fn is_by_service(&self) -> bool {
        matches!(self.credential.caller.principal, Principal::Service(_))
    }

    /// Decides on what no key policy can give: only the caller's own policies speak.
    pub(super) async fn decide_in_account(
        &self,
        kms: &Kms,
        facts: &Facts,
        resource: &str,
        stated: Stated<'_>,
    ) -> Result<(), Fault> {
        let question = Question { action: facts.action, resource, key: None, request_alias: None, stated };
        let sides = self.sides(kms, None).await?;
        self.weigh(&sides, &question, &no_grant).map_err(|denial| self.denied(&question, &denial))
    }

    /// Decides on a key.
    pub(super) async fn decide_on_key(
        &self,
        kms: &Kms,
        facts: &Facts,
        key: &Key,
        request_alias: Option<&str>,
        stated: Stated<'_>,
    ) -> Result<(), Fault> {
        let owner = key.place.account;
        if owner != self.account() && !facts.cross_account {
            return Err(self.denied_across_accounts(facts));
        }
        // Whether there is such a grant a stranger is told only if it may do this.
        let (of_tokens, all_stand) = match grants::of_tokens(kms, &stated).await {
            Err(Fault::InvalidGrantToken) if owner != self.account() => {
                (Vec::new(), Err(Fault::InvalidGrantToken))
            }
            grants => (grants?, Ok(())),
        };
        let view = (key.view(), &key.policy);
        let question =
            Question { action: facts.action, resource: &key.arn, key: Some(view), request_alias, stated };
        // Resource control policies limit no key that AWS manages.
        let controlled = (key.record.manager == KeyManager::Customer).then_some(owner);
        let sides = self.sides(kms, controlled).await?;
        let Err(denial) = self.weigh(&sides, &question, &no_grant) else { return all_stand };
        // Grants are looked for only where no policy decides: they allow, and never against a deny.
        let grant = match (&denial, facts.grant) {
            (Denial::NoAllow(_), Some(operation)) => {
                grants::allowing(kms, self, key, operation, &stated, &of_tokens).await?
            }
            (Denial::Explicit(_), _) | (Denial::NoAllow(_), None) => None,
        };
        let found = || grant;
        let denial = match self.weigh(&sides, &question, &found) {
            Ok(()) => return all_stand,
            Err(with_grant) if grant.is_some() => with_grant,
            Err(_) => denial,
        };
        Err(match owner == self.account() {
            true => self.denied(&question, &denial),
            false => self.denied_across_accounts(facts),
        })
    }

    /// Decides whether the caller may retire a grant: whom the grant names may without any policy, and policies of the
    /// caller's own side let others of the accounts that have to do with it (developer guide, retiring grants).
    pub(super) async fn decide_on_retiring(
        &self,
        kms: &Kms,
        facts: &Facts,
        key: &Key,
        record: &GrantRecord,
    ) -> Result<(), Fault> {
        let stated = Stated { grant: Some(record.terms.ask()), ..Stated::default() };
        let question =
            Question { action: facts.action, resource: &key.arn, key: None, request_alias: None, stated };
        let sides = self.sides(kms, None).await?;
        let denial = self.weigh(&sides, &question, &no_grant).err();
        let limits_all = |kind| matches!(kind, PolicyKind::ServiceControl | PolicyKind::VpcEndpoint);
        match (self.standing_towards(key, record), denial) {
            (Some(grants::Named::Itself), None) | (Some(grants::Named::Account), None) => Ok(()),
            (Some(grants::Named::Itself), Some(Denial::NoAllow(kind))) if !limits_all(kind) => Ok(()),
            (_, Some(denial)) if key.place.account == self.account() => Err(self.denied(&question, &denial)),
            (_, _) => Err(self.denied_across_accounts(facts)),
        }
    }

    /// How the caller is entitled to retire a grant, if it is.
    fn standing_towards(&self, key: &Key, record: &GrantRecord) -> Option<grants::Named> {
        let terms = &record.terms;
        let retires = terms.retiring.as_ref().and_then(|party| grants::names(self, party.handle()));
        let may_itself = terms.operations.contains(&GrantOperation::RetireGrant);
        let uses = may_itself.then(|| grants::names(self, terms.grantee.handle())).flatten();
        let accounts =
            [Some(record.issuer), Some(key.place.account), terms.retiring.as_ref().and_then(Party::account)];
        let belongs = accounts.contains(&Some(self.account())).then_some(grants::Named::Account);
        match (retires, uses) {
            (Some(grants::Named::Itself), _) | (_, Some(grants::Named::Itself)) => {
                Some(grants::Named::Itself)
            }
            _ => retires.or(uses).or(belongs),
        }
    }

    /// Whether the caller could do `action` on a key of its own account under another policy than the key has.
    pub(crate) async fn could(
        &self,
        kms: &Kms,
        action: &'static str,
        key: KeyView<'_>,
        policy: &Policy,
    ) -> Result<bool, Fault> {
        let stated = Stated::default();
        let question =
            Question { action, resource: key.arn, key: Some((key, policy)), request_alias: None, stated };
        let sides = self.sides(kms, Some(key.place.account)).await?;
        Ok(self.weigh(&sides, &question, &no_grant).is_ok())
    }

    /// The policies of the caller's side, and those that limit what is done to what `owner` has.
    pub(crate) async fn sides(&self, kms: &Kms, owner: Option<AccountId>) -> Result<Sides, Fault> {
        let permissions =
            kms.directory.permissions(&self.credential.caller).await.map_err(Fault::internal)?;
        // The user or role is gone, and its credentials with it.
        let permissions = permissions.ok_or(Fault::Unauthenticated(Unauthenticated::UnknownAccessKey))?;
        let resource_control = match owner {
            None => ResourceControl::Nothing,
            Some(owner) if owner == self.account() => ResourceControl::OwnAccount,
            Some(owner) => ResourceControl::OtherAccount(
                kms.directory.resource_control(owner).await.map_err(Fault::internal)?,
            ),
        };
        Ok(Sides { permissions, resource_control })
    }

    fn weigh<'s>(
        &self,
        sides: &'s Sides,
        question: &'s Question<'_>,
        grant: &'s dyn Fn() -> Option<GrantAllow>,
    ) -> Result<(), Denial<'s>> {
        match self.consider(sides, question, grant, policy::decide) {
            Verdict::Allowed(_) => Ok(()),
            Verdict::Denied(denial) => Err(denial),
        }
    }

    /// Hands over the request as policies see it, and everything that has a say in it.
    pub(crate) fn consider<'s, T>(
        &self,
        sides: &'s Sides,
        question: &'s Question<'_>,
        grant: &'s dyn Fn() -> Option<GrantAllow>,
        then: impl FnOnce(&policy::Request<'_>, &Applicable<'s>) -> T,
    ) -> T {
        let caller = &self.credential.caller;
        let named = NamedCaller::new(caller, self.origin.region);
        let via = caller.services().last().map(|service| service.principal.endpoint(self.origin.region));
        let circumstances = Circumstances {
            origin: self.origin,
            caller: CallerKeys::new(caller, self.origin),
            caller_account: (!self.is_by_service()).then_some(&caller.account),
            via: via.as_deref(),
            key: question.key.map(|(key, _)| key),
            request_alias: question.request_alias,
            stated: question.stated,
            is_about_grants: ABOUT_GRANTS.contains(&question.action),
            is_about_idle_keys: ABOUT_IDLE_KEYS.contains(&question.action),
            is_about_key_stores: ABOUT_KEY_STORES.contains(&question.action),
        };
        let request = policy::Request {
            action: question.action,
            resource: question.resource,
            principal: named.principal(),
            context: &circumstances,
        };
        let permissions = &sides.permissions;
        let applicable = Applicable {
            owner: question.key.map(|(key, _)| key.place.account),
            resource: question.key.map(|(_, policy)| policy),
            identity: &permissions.identity,
            boundary: permissions.boundary.as_deref(),
            session: permissions.session.as_deref(),
            service_control: &permissions.service_control.0,
            resource_control: sides.resource_control(),
            grant,
            ..Applicable::NOTHING
        };
        then(&request, &applicable)
    }

    fn denied(&self, question: &Question<'_>, denial: &Denial<'_>) -> Fault {
        let Question { action, resource, .. } = question;
        let caller = self.credential.caller.arn(self.origin.region);
        let clause = denial.clause(action);
        let text =
            format!("User: {caller} is not authorized to perform: {action} on resource: {resource} {clause}");
        Fault::AccessDenied(fault::Denial(text.into()))
    }

    /// The refusal that tells a foreign caller nothing about the key, not even whether there is one.
    pub(super) fn denied_across_accounts(&self, facts: &Facts) -> Fault {
        Fault::AccessDenied(fault::Denial(
            format!(
                "User: {} is not authorized to perform: {} on this resource because the resource does not exist in \
                 this Region, no resource-based policies allow access, or a resource-based policy explicitly denies \
                 access",
                self.credential.caller.arn(self.origin.region),
                facts.action
            )
            .into(),
        ))
    }

    /// The refusal of a ciphertext whose key the caller cannot use, or that does not exist.
    pub(super) fn denied_by_ciphertext() -> Fault {
        Fault::AccessDenied(fault::Denial(
            "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or \
             you are not allowed to access."
                .into(),
        ))
    }
}

fn no_grant() -> Option<GrantAllow> {
    None
}
