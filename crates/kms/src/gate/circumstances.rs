//! The circumstances of a request as conditions of policies ask for them: the keys of `kms:` and the global ones.

use claviger_iam::{CONDITION_KEYS, CallerKeys, Origin};
use claviger_names::{AccountId, AliasName};
use claviger_policy::{ConditionKey, Context, Sequence, Value, Values, Vocabulary};

use super::stated::{Particular, Stated};
use crate::model::{
    ContextConstraint, KeyRecord, KeyTraits, LastUseCell, MultiRegionKeyType, PartyName, Place,
};

/// Most aliases of a key whose permissions may depend on them (developer guide, kms:ResourceAliases).
const RESOURCE_ALIASES_MAX: usize = 50;

/// The one key that policies of keys cannot use.
const IDENTITY_POLICIES_ONLY: &str = "kms:resourcealiases";

const KEY_POLICY_KEYS: [&str; CONDITION_KEYS.len()] = without_identity_only();

/// What conditions of key policies are compiled with: the same slots as those of other policies, but for one.
pub(crate) static KEY_POLICY_VOCABULARY: Vocabulary = Vocabulary::new(&KEY_POLICY_KEYS);

/// What a request is about, and everything that may be asked of it. Nothing is made before it is asked for.
pub(super) struct Circumstances<'a> {
    pub origin: Origin<'a>,
    pub caller: CallerKeys<'a>,
    /// The caller's account; services have none.
    pub caller_account: Option<&'a AccountId>,
    /// The service that the request comes through, as `kms:ViaService` tells it.
    pub via: Option<&'a str>,
    pub key: Option<KeyView<'a>>,
    /// The alias that the request named its key by.
    pub request_alias: Option<&'a str>,
    pub stated: Stated<'a>,
    /// Whether it is one of the operations that make, list and revoke grants.
    pub is_about_grants: bool,
    /// Whether it is one of the operations that may depend on how long the key was not used.
    pub is_about_idle_keys: bool,
    /// Whether it is one of the operations on custom key stores.
    pub is_about_key_stores: bool,
}

/// A key as conditions see it; it need not exist yet.
#[derive(Clone, Copy)]
pub(crate) struct KeyView<'a> {
    pub place: &'a Place,
    pub arn: &'a str,
    pub record: &'a KeyRecord,
    pub aliases: &'a [AliasName],
    /// None of a key that nobody could use yet.
    pub last_use: Option<&'a LastUseCell>,
}

impl Context for Circumstances<'_> {
    fn values<'a>(&'a self, key: &ConditionKey) -> Values<'a> {
        match key.slot().and_then(|slot| CONDITION_KEYS.get(usize::from(slot))) {
            Some(name) if name.starts_with("kms:") => self.of_kms(name, key),
            Some(name) => self.of_everywhere(name, key),
            // Claims of web identities: `issuer:sub`.
            None => self.caller.values(key.name()),
        }
    }
}

impl Circumstances<'_> {
    fn of_kms<'a>(&'a self, name: &str, key: &ConditionKey) -> Values<'a> {
        let stated = &self.stated;
        match name {
            // Requests that are about no key do not have it (developer guide, kms:CallerAccount), but CreateKey does, and
            // those about custom key stores.
            "kms:calleraccount" => {
                let has_it = self.is_about_key_stores || self.traits().is_some();
                text(self.caller_account.filter(|_| has_it).map(AccountId::as_str))
            }
            "kms:encryptioncontext:" => self.context_value(key),
            "kms:encryptioncontextkeys" => Values::Many(self),
            "kms:encryptionalgorithm" => text(stated.encryption_algorithm),
            "kms:requestalias" => text(self.request_alias),
            "kms:resourcealiases" => self.resource_aliases(),
            "kms:bypasspolicylockoutsafetycheck" => flag(stated.bypasses_lockout_check),
            "kms:policyname" => text(stated.policy_name),
            "kms:reencryptonsamekey" => flag(stated.re_encrypts_on_same_key),
            "kms:rotationperiodindays" => number(stated.rotation_period_days),
            "kms:schedulekeydeletionpendingwindowindays" => number(stated.pending_window_days),
            "kms:grantisforawsresource" => flag(self.is_about_grants.then_some(self.via.is_some())),
            "kms:trailingdayswithoutkeyusage" => number(self.idle_days().filter(|_| self.is_about_idle_keys)),
            "kms:viaservice" => text(self.traits().and(self.via)),
            _ if name.starts_with("kms:grant") || name.starts_with("kms:retiring") => self.of_grant(name),
            _ => match stated.particulars.particular(name) {
                Particular::Text(value) => text(Some(value)),
                Particular::Time(moment) => Values::One(Value::Time(moment.as_second())),
                Particular::Absent => self.traits().map_or(Values::Absent, |traits| of_traits(traits, name)),
            },
        }
    }

    fn of_everywhere<'a>(&'a self, name: &str, key: &ConditionKey) -> Values<'a> {
        match name {
            "aws:resourceaccount" => text(self.key.map(|key| key.place.account.as_str())),
            "aws:resourcetag/" => self.resource_tag(key),
            "aws:requesttag/" => self.request_tag(key),
            "aws:tagkeys" => match (self.stated.tags, self.stated.tag_keys) {
                (Some(tags), _) if !tags.is_empty() => Values::Many(tags),
                (_, []) => Values::Absent,
                _ => Values::Many(&self.stated.tag_keys),
            },
            "aws:principaltag/" => self.caller.tag(key.member()),
            _ => match self.origin.values(name) {
                Values::Absent => self.caller.values(name),
                values => values,
            },
        }
    }

    /// Whole days since the key was last used, or made.
    fn idle_days(&self) -> Option<i64> {
        const DAY_SECONDS: i64 = 24 * 60 * 60;
        let key = self.key?;
        let used = key.last_use.and_then(LastUseCell::read).map(|(used, _)| used.at);
        let since = used.unwrap_or(key.record.created);
        Some((self.origin.now.as_second() - since.as_second()).div_euclid(DAY_SECONDS))
    }

    fn traits(&self) -> Option<KeyTraits> {
        self.key.map(|key| key.record.traits(key.place.region)).or(self.stated.new_key)
    }

    /// One pair of the encryption context. Case does not count in a condition's key.
    fn context_value(&self, key: &ConditionKey) -> Values<'_> {
        text(self.stated.pairs().find(|(name, _)| key.is_member(name)).map(|(_, value)| value))
    }

    fn of_grant(&self, name: &str) -> Values<'_> {
        let Some(terms) = &self.stated.grant else { return Values::Absent };
        match name {
            "kms:grantoperations" => Values::Many(terms.operations),
            "kms:granteeprincipal" => principal(Some(terms.grantee)),
            "kms:granteeserviceprincipal" => service(Some(terms.grantee)),
            "kms:retiringprincipal" => principal(terms.retiring),
            "kms:retiringserviceprincipal" => service(terms.retiring),
            "kms:grantconstrainttype" => {
                text(terms.constraints.context.as_ref().map(ContextConstraint::name))
            }
            "kms:grantconstraintsourcearn" => text(terms.constraints.source_arn.as_deref()),
            _ => Values::Absent,
        }
    }

    fn resource_tag(&self, key: &ConditionKey) -> Values<'_> {
        let of_key = self.key.and_then(|view| tag(view.record.tags.iter(), key));
        text(of_key.or_else(|| self.key.is_none().then(|| tag(self.stated.tags?.iter(), key)).flatten()))
    }

    fn request_tag(&self, key: &ConditionKey) -> Values<'_> {
        text(self.stated.tags.and_then(|tags| tag(tags.iter(), key)))
    }

    /// A key with more aliases than may be told has a value that no policy expects.
    fn resource_aliases(&self) -> Values<'_> {
        const TOO_MANY: &str = "";
        match &self.key {
            Some(key) if key.aliases.len() > RESOURCE_ALIASES_MAX => text(Some(TOO_MANY)),
            Some(key) => Values::Many(&key.aliases),
            None => Values::Absent,
        }
    }
}

/// The keys of the encryption context.
impl Sequence for Circumstances<'_> {
    fn len(&self) -> usize {
        self.stated.pairs().count()
    }

    fn at(&self, index: usize) -> Option<Value<'_>> {
        self.stated.pairs().nth(index).map(|(name, _)| Value::Text(name))
    }
}

fn principal(party: Option<PartyName<'_>>) -> Values<'_> {
    match party {
        Some(PartyName::Principal(arn)) => text(Some(arn)),
        Some(PartyName::Service(_)) | None => Values::Absent,
    }
}

fn service(party: Option<PartyName<'_>>) -> Values<'_> {
    match party {
        Some(PartyName::Service(name)) => text(Some(name)),
        Some(PartyName::Principal(_)) | None => Values::Absent,
    }
}

fn of_traits(traits: KeyTraits, name: &str) -> Values<'static> {
    match name {
        "kms:keyspec" | "kms:customermasterkeyspec" => text(Some(traits.spec.name())),
        "kms:keyusage" | "kms:customermasterkeyusage" => text(Some(traits.usage.name())),
        "kms:keyorigin" => text(Some(traits.origin.name())),
        "kms:multiregion" => flag(Some(traits.multi_region.is_some())),
        "kms:multiregionkeytype" => text(traits.multi_region.map(MultiRegionKeyType::name)),
        _ => Values::Absent,
    }
}

fn tag<'t>(mut tags: impl Iterator<Item = (&'t str, &'t str)>, key: &ConditionKey) -> Option<&'t str> {
    tags.find(|(name, _)| key.is_member(name)).map(|(_, value)| value)
}

fn text(value: Option<&str>) -> Values<'_> {
    value.map_or(Values::Absent, |value| Values::One(Value::Text(value)))
}

fn flag(value: Option<bool>) -> Values<'static> {
    value.map_or(Values::Absent, |value| Values::One(Value::Flag(value)))
}

fn number(value: Option<i64>) -> Values<'static> {
    value.map_or(Values::Absent, |value| Values::One(Value::Number(value)))
}

const fn without_identity_only() -> [&'static str; CONDITION_KEYS.len()] {
    let mut keys = [""; CONDITION_KEYS.len()];
    let mut at = 0;
    while at < CONDITION_KEYS.len() {
        if !is_same(CONDITION_KEYS[at].as_bytes(), IDENTITY_POLICIES_ONLY.as_bytes()) {
            keys[at] = CONDITION_KEYS[at];
        }
        at += 1;
    }
    keys
}

const fn is_same(one: &[u8], other: &[u8]) -> bool {
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}
