//! The circumstances of a request that nobody makes: what is given, what follows from who asks for what, and what is not
//! known.

use std::collections::BTreeMap;

use claviger_policy::{ConditionKey, Context, Doubt, KMS, Value, Values};

/// Facts of the principal, the key and the moment: known of every request. A slash ends a family.
const KNOWN: [&str; 24] = [
    "aws:currenttime",
    "aws:epochtime",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalisawsservice",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalservicename",
    "aws:principaltag/",
    "aws:principaltype",
    "aws:requestedregion",
    "aws:resourceaccount",
    "aws:resourceorgid",
    "aws:resourceorgpaths",
    "aws:resourcetag/",
    "aws:userid",
    "aws:username",
    "kms:calleraccount",
    "kms:customermasterkeyspec",
    "kms:customermasterkeyusage",
    "kms:keyorigin",
    "kms:keyspec",
    "kms:keyusage",
    "kms:resourcealiases",
];

/// The same, of keys in several Regions.
const KNOWN_OF_REGIONS: [&str; 2] = ["kms:multiregion", "kms:multiregionkeytype"];

/// What only a connection has.
const OF_CONNECTION: [&str; 3] = ["aws:securetransport", "aws:sourceip", "aws:useragent"];

/// What only requests that tag have.
const OF_TAGGING: [&str; 2] = ["aws:requesttag/", "aws:tagkeys"];

const TAGGING: [&str; 2] = ["kms:TagResource", "kms:UntagResource"];

/// Values of condition keys that somebody gave, by the key's name in lower case.
#[derive(Clone, Debug, Default)]
pub(super) struct Given(BTreeMap<String, Vec<String>>);

/// How much of a request is known.
#[derive(Clone, Copy)]
pub(super) enum Knowledge {
    /// Everything, from its record.
    Recorded,
    /// What is given; there was no connection.
    Given,
    /// Who asks for what; the rest is in doubt. Whether a session asks, of which less is known than of a user.
    Subject { doubt: Doubt, is_session: bool },
}

/// The circumstances, with what is known of them.
pub(super) struct Supposed<'a> {
    /// What follows from who asks for what.
    pub inner: &'a dyn Context,
    pub given: &'a Given,
    pub knowledge: Knowledge,
    pub action: &'a str,
}

impl Given {
    /// Pairs of key and value; a key that comes several times has several values.
    pub(super) fn of<'p>(pairs: impl IntoIterator<Item = &'p (String, String)>) -> Given {
        let mut given = Given::default();
        for (key, value) in pairs {
            given.0.entry(key.to_ascii_lowercase()).or_default().push(value.clone());
        }
        given
    }
}

impl Context for Supposed<'_> {
    fn values<'a>(&'a self, key: &ConditionKey) -> Values<'a> {
        let name = key.name().to_ascii_lowercase();
        match (self.given.0.get(&name), self.knowledge) {
            (Some(values), _) if values.len() == 1 => one(values),
            (Some(values), _) => Values::Many(values),
            (None, Knowledge::Recorded) => self.inner.values(key),
            (None, Knowledge::Given | Knowledge::Subject { .. }) => match is_in(&OF_CONNECTION, &name) {
                true => Values::Absent,
                false => self.inner.values(key),
            },
        }
    }

    fn doubt(&self) -> Option<Doubt> {
        match self.knowledge {
            Knowledge::Subject { doubt, .. } => Some(doubt),
            Knowledge::Recorded | Knowledge::Given => None,
        }
    }

    fn is_in_doubt(&self, key: &str) -> bool {
        let Knowledge::Subject { is_session, .. } = self.knowledge else { return false };
        let name = key.to_ascii_lowercase();
        let of_session = is_session && (name == "aws:userid" || name.starts_with("aws:principaltag/"));
        let is_known = is_in(&KNOWN, &name) || is_in(&KNOWN_OF_REGIONS, &name);
        if is_known && !of_session {
            return false;
        }
        let operation = self.action.strip_prefix("kms:").unwrap_or(self.action);
        match is_in(&OF_TAGGING, &name) {
            true => TAGGING.contains(&self.action),
            false => KMS.may_have(operation, key),
        }
    }
}

fn one(values: &[String]) -> Values<'_> {
    values.first().map_or(Values::Absent, |value| Values::One(Value::Text(value)))
}

fn is_in(names: &[&str], name: &str) -> bool {
    names.iter().any(|known| match known.ends_with('/') {
        true => name.starts_with(known),
        false => *known == name,
    })
}

#[cfg(test)]
mod tests {
    use claviger_policy::{Document, Kind, Policy, Principal, Request, Vocabulary, explain};

    use super::*;

    struct Nothing;

    impl Context for Nothing {
        fn values<'a>(&'a self, _: &ConditionKey) -> Values<'a> {
            Values::Absent
        }
    }

    fn supposed(action: &'static str, is_session: bool) -> Supposed<'static> {
        static NOTHING: Given = Given(BTreeMap::new());
        let knowledge = Knowledge::Subject { doubt: Doubt::ForCaller, is_session };
        Supposed { inner: &Nothing, given: &NOTHING, knowledge, action }
    }

    #[test]
    fn what_follows_from_principal_and_key_is_not_in_doubt() {
        let of_user = supposed("kms:Decrypt", false);
        for key in
            ["aws:PrincipalArn", "aws:PrincipalTag/Team", "KMS:KeySpec", "aws:ResourceTag/x", "aws:userid"]
        {
            assert!(!of_user.is_in_doubt(key), "{key}");
        }
        for key in ["kms:ViaService", "aws:SourceIp", "aws:MultiFactorAuthPresent", "KMS:EncryptionContext:a"]
        {
            assert!(of_user.is_in_doubt(key), "{key}");
        }
    }

    #[test]
    fn what_an_operation_never_has_is_not_in_doubt() {
        assert!(!supposed("kms:DescribeKey", false).is_in_doubt("kms:EncryptionContext:a"));
        assert!(!supposed("kms:Decrypt", false).is_in_doubt("aws:RequestTag/a"));
        assert!(supposed("kms:TagResource", false).is_in_doubt("aws:RequestTag/a"));
        assert!(supposed("kms:CreateGrant", false).is_in_doubt("kms:GrantIsForAWSResource"));
        assert!(!supposed("kms:Decrypt", false).is_in_doubt("kms:GrantIsForAWSResource"));
    }

    #[test]
    fn sessions_may_have_tags_and_names_that_nobody_knows_yet() {
        for key in ["aws:PrincipalTag/Team", "aws:userid"] {
            assert!(supposed("kms:Decrypt", true).is_in_doubt(key), "{key}");
        }
        assert!(!supposed("kms:Decrypt", true).is_in_doubt("aws:PrincipalArn"));
    }

    #[test]
    fn what_is_given_is_known_whatever_its_case_and_however_often() {
        let pairs = [("KMS:ViaService", "s3"), ("aws:TagKeys", "a"), ("aws:tagkeys", "b")];
        let given = Given::of(&pairs.map(|(key, value)| (key.to_owned(), value.to_owned())));
        let context =
            Supposed { inner: &Nothing, given: &given, knowledge: Knowledge::Given, action: "kms:Decrypt" };
        let statement = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{
            "StringEquals":{"kms:viaservice":"s3"},"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]},
            "Null":{"aws:TagKeys":"false","aws:SourceIp":"true"}}}}"#;
        let document = Document::parse(statement, Kind::Identity).unwrap();
        let policy = Policy::compile(&document, "own", &Vocabulary::new(&[]), &|_| None);
        let identity = [std::sync::Arc::new(policy)];
        let principal = Principal::Root { account: "111122223333".parse().unwrap() };
        let request = Request { action: "kms:Decrypt", resource: "*", principal, context: &context };
        let applicable =
            claviger_policy::Applicable { identity: &identity, ..claviger_policy::Applicable::NOTHING };
        assert_eq!(explain(&request, &applicable).statements[0].outcome, Ok(()));
    }
}
