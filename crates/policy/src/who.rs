//! Who calls, and whether a statement's Principal or NotPrincipal element is about them.

use claviger_names::AccountId;

use crate::document::{Effect, Element};
use crate::principal::PrincipalText;

/// Who makes a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Principal<'a> {
    /// An account's root user.
    Root {
        /// The account.
        account: AccountId,
    },
    /// An IAM user, with long-term credentials or those of GetSessionToken.
    User {
        /// The user's account.
        account: AccountId,
        /// The user's ARN.
        arn: &'a str,
        /// The user's unique id, `AIDA…`.
        id: &'a str,
    },
    /// A session of a role.
    RoleSession {
        /// The role's account.
        account: AccountId,
        /// The role's ARN.
        role_arn: &'a str,
        /// The role's unique id, `AROA…`.
        role_id: &'a str,
        /// The session's ARN.
        session_arn: &'a str,
    },
    /// A session made by GetFederationToken.
    FederatedUser {
        /// The account of the user that asked for it.
        account: AccountId,
        /// The session's ARN.
        arn: &'a str,
        /// The unique id of the user that asked for it; none for the root user.
        of: Option<&'a str>,
    },
    /// An AWS service on its own behalf.
    Service {
        /// Its name, such as `logs.amazonaws.com`.
        name: &'a str,
    },
    /// The bearer of an identity provider's token, who has no session yet.
    WebIdentity {
        /// The provider's ARN.
        provider: &'a str,
    },
}

/// How a resource-based Allow concerns a principal, from weakest to strongest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    /// Through its account, which has to allow in turn.
    Delegated,
    /// By its role, or by the user that its session is of: boundaries and session policies limit it.
    Limited,
    /// By itself, or as anyone.
    Free,
}

/// A compiled Principal or NotPrincipal element.
#[derive(Debug)]
pub(crate) enum Who {
    /// No such element: whomever the policy is attached to.
    Attached,
    Only(Box<[Named]>),
    Except(Box<[Named]>),
}

/// One principal of an element.
#[derive(Debug)]
pub(crate) enum Named {
    Anyone,
    Account(AccountId),
    /// A user or role, by unique id.
    Entity(Box<str>),
    /// A session, by ARN.
    Session(Box<str>),
    Service(Box<str>),
    Provider(Box<str>),
    /// A user or role that is no more.
    Nobody,
}

impl<'a> Principal<'a> {
    /// The account that the principal belongs to; services and bearers of foreign tokens have none.
    pub fn account(&self) -> Option<AccountId> {
        match *self {
            Principal::Root { account }
            | Principal::User { account, .. }
            | Principal::RoleSession { account, .. }
            | Principal::FederatedUser { account, .. } => Some(account),
            Principal::Service { .. } | Principal::WebIdentity { .. } => None,
        }
    }

    /// Whether its identity side is the root user's, which allows everything.
    pub(crate) fn has_root_identity(&self) -> bool {
        matches!(self, Principal::Root { .. } | Principal::FederatedUser { of: None, .. })
    }
}

impl Who {
    pub(crate) fn compile(
        element: Option<&Element<PrincipalText>>,
        bind: &dyn Fn(&str) -> Option<Box<str>>,
    ) -> Who {
        let compile = |items: &[PrincipalText]| items.iter().map(|text| Named::compile(text, bind)).collect();
        match element {
            None => Who::Attached,
            Some(Element::Only(items)) => Who::Only(compile(items)),
            Some(Element::Except(items)) => Who::Except(compile(items)),
        }
    }

    /// How a statement of this effect concerns the principal, if it does.
    #[inline]
    pub(crate) fn standing(&self, principal: &Principal<'_>, effect: Effect) -> Option<Standing> {
        match (self, effect) {
            (Who::Attached, _) => Some(Standing::Free),
            (Who::Only(names), _) => names.iter().filter_map(|name| name.standing(principal)).max(),
            (Who::Except(names), Effect::Deny) => (!is_exempt(names, principal)).then_some(Standing::Free),
            (Who::Except(names), Effect::Allow) => {
                let is_listed = names.iter().any(|name| name.standing(principal).is_some());
                (!is_listed).then_some(Standing::Free)
            }
        }
    }
}

impl Named {
    fn compile(text: &PrincipalText, bind: &dyn Fn(&str) -> Option<Box<str>>) -> Named {
        match text {
            PrincipalText::Anyone => Named::Anyone,
            PrincipalText::Account(account) => Named::Account(*account),
            PrincipalText::User(arn) | PrincipalText::Role(arn) => {
                bind(arn).map_or(Named::Nobody, Named::Entity)
            }
            PrincipalText::UniqueId(id) => Named::Entity(id.clone()),
            PrincipalText::AssumedRole(arn) | PrincipalText::FederatedUser(arn) => {
                Named::Session(arn.clone())
            }
            PrincipalText::Service(name) => Named::Service(name.clone()),
            PrincipalText::Federated(provider) => Named::Provider(provider.clone()),
        }
    }

    #[inline]
    fn standing(&self, principal: &Principal<'_>) -> Option<Standing> {
        let (matching, standing) = match self {
            Named::Anyone => (true, Standing::Free),
            Named::Nobody => (false, Standing::Free),
            Named::Account(account) => (principal.account() == Some(*account), Standing::Delegated),
            Named::Entity(named) => match *principal {
                Principal::User { id, .. } => (id == &**named, Standing::Free),
                Principal::RoleSession { role_id, .. } => (role_id == &**named, Standing::Limited),
                Principal::FederatedUser { of, .. } => (of == Some(&**named), Standing::Limited),
                Principal::Root { .. } | Principal::Service { .. } | Principal::WebIdentity { .. } => {
                    return None;
                }
            },
            Named::Session(named) => match *principal {
                Principal::RoleSession { session_arn: arn, .. } | Principal::FederatedUser { arn, .. } => {
                    (arn == &**named, Standing::Free)
                }
                Principal::Root { .. } | Principal::User { .. } => return None,
                Principal::Service { .. } | Principal::WebIdentity { .. } => return None,
            },
            Named::Service(named) => (*principal == Principal::Service { name: named }, Standing::Free),
            Named::Provider(named) => {
                (*principal == Principal::WebIdentity { provider: named }, Standing::Free)
            }
        };
        matching.then_some(standing)
    }
}

/// Whether Deny with NotPrincipal spares the principal. AWS looks at the account, then at the user or role: each of
/// them must be listed.
fn is_exempt(names: &[Named], principal: &Principal<'_>) -> bool {
    let listed = |wanted: &dyn Fn(&Named) -> bool| names.iter().any(wanted);
    let entity = |id: &str| listed(&|name| matches!(name, Named::Entity(named) if **named == *id));
    let own_account =
        listed(&|name| matches!(name, Named::Account(account) if principal.account() == Some(*account)));
    let itself =
        listed(&|name| name.standing(principal).is_some_and(|standing| standing > Standing::Delegated));
    if listed(&|name| matches!(name, Named::Anyone)) {
        return true;
    }
    match *principal {
        Principal::Root { .. } => own_account,
        Principal::User { id, .. } => own_account && entity(id),
        Principal::RoleSession { role_id, .. } => own_account && entity(role_id),
        Principal::FederatedUser { .. } => own_account && itself,
        Principal::Service { .. } | Principal::WebIdentity { .. } => itself,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{
        ALICE, BOB, FEDERATED, ROLE, SESSION, alice, bind, bob, fay, logs, other, root, worker,
    };

    const ACCOUNT: &str = "arn:aws:iam::111122223333:root";

    fn named(texts: &[&str]) -> Vec<PrincipalText> {
        let read = |text: &&str| {
            let family = if text.ends_with(".amazonaws.com") { "Service" } else { "AWS" };
            PrincipalText::parse(crate::Kind::Key, family, text).unwrap()
        };
        texts.iter().map(read).collect()
    }

    fn only(texts: &[&str], principal: Principal<'_>) -> Option<Standing> {
        Who::compile(Some(&Element::Only(named(texts))), &bind).standing(&principal, Effect::Allow)
    }

    /// Whether NotPrincipal with these concerns the principal.
    fn except(effect: Effect, texts: &[&str], principal: Principal<'_>) -> bool {
        Who::compile(Some(&Element::Except(named(texts))), &bind).standing(&principal, effect).is_some()
    }

    #[test]
    fn everyone_is_anyone() {
        for principal in [root(), alice(), bob(), worker(), fay(None), logs()] {
            assert_eq!(only(&["*"], principal), Some(Standing::Free), "{principal:?}");
        }
    }

    #[test]
    fn an_account_is_all_its_principals_and_no_service() {
        for account in [ACCOUNT, "111122223333"] {
            for principal in [root(), alice(), worker(), fay(None)] {
                assert_eq!(only(&[account], principal), Some(Standing::Delegated), "{principal:?}");
            }
            assert_eq!(only(&[account], bob()), None);
            assert_eq!(only(&[account], logs()), None);
        }
    }

    #[test]
    fn users_roles_sessions_and_services_are_themselves_alone() {
        let all = [root(), alice(), bob(), worker(), fay(Some("id-of-zoe")), logs()];
        for (text, of, standing) in [
            (ALICE, alice(), Standing::Free),
            (BOB, bob(), Standing::Free),
            (ROLE, worker(), Standing::Limited),
            (SESSION, worker(), Standing::Free),
            (FEDERATED, fay(Some("id-of-zoe")), Standing::Free),
            ("arn:aws:iam::111122223333:user/zoe", fay(Some("id-of-zoe")), Standing::Limited),
            ("logs.amazonaws.com", logs(), Standing::Free),
        ] {
            for principal in all {
                let expected = (principal == of).then_some(standing);
                assert_eq!(only(&[text], principal), expected, "{text} {principal:?}");
            }
        }
    }

    #[test]
    fn a_user_made_again_under_an_old_name_is_not_the_one_that_was_named() {
        let again = Principal::User { account: other(), arn: BOB, id: "another-id-of-bob" };
        assert_eq!(only(&[BOB], again), None);
        let gone = "arn:aws:iam::111122223333:user/gone";
        let revived = Principal::User { account: other(), arn: gone, id: "id-of-gone" };
        assert_eq!(only(&[gone], revived), None);
    }

    #[test]
    fn a_unique_id_is_the_user_or_role_that_has_it() {
        let id = "AIDAABCDEFGHIJKLMNOPQ";
        assert_eq!(only(&[id], Principal::User { account: other(), arn: BOB, id }), Some(Standing::Free));
        assert_eq!(only(&[id], bob()), None);
    }

    #[test]
    fn a_denial_to_all_but_a_user_spares_the_user_only_if_its_account_is_listed_too() {
        let denies = |texts: &[&str], principal| except(Effect::Deny, texts, principal);
        assert!(denies(&[ALICE], alice()));
        assert!(denies(&[ACCOUNT], alice()));
        assert!(!denies(&[ALICE, ACCOUNT], alice()));
        assert!(denies(&[ALICE, ACCOUNT], bob()));
        assert!(denies(&[ALICE, ACCOUNT], worker()));
        assert!(!denies(&[ACCOUNT], root()));
        assert!(!denies(&["*"], alice()));
    }

    #[test]
    fn a_denial_to_all_but_a_session_spares_it_if_role_and_account_are_listed() {
        let denies = |texts: &[&str], principal| except(Effect::Deny, texts, principal);
        assert!(denies(&[ROLE], worker()));
        assert!(denies(&[SESSION, ACCOUNT], worker()));
        assert!(!denies(&[ROLE, ACCOUNT], worker()));
        assert!(!denies(&[SESSION, ROLE, ACCOUNT], worker()));
        assert!(denies(&[ACCOUNT], fay(None)));
        assert!(!denies(&[FEDERATED, ACCOUNT], fay(None)));
        assert!(!denies(&["logs.amazonaws.com"], logs()));
        assert!(denies(&["s3.amazonaws.com", ACCOUNT], logs()));
    }

    #[test]
    fn an_allowance_to_all_but_some_leaves_out_whoever_is_listed_in_any_way() {
        let allows = |texts: &[&str], principal| except(Effect::Allow, texts, principal);
        assert!(!allows(&[ALICE], alice()));
        assert!(!allows(&[ACCOUNT], alice()));
        assert!(!allows(&[SESSION], worker()));
        assert!(allows(&[ALICE], bob()));
        assert!(allows(&[ACCOUNT], bob()));
    }
}
