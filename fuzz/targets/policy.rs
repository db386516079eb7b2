//! Policy documents: any text is a policy of each kind or one of the named faults, always the same; what is a policy
//! decides every request.
#![no_main]

use claviger_names::AccountId;
use claviger_policy::{
    Applicable, ConditionKey, Context, Document, Kind, Policy, Principal, Request, Value, Values, Verdict,
    Vocabulary, explain,
};
use libfuzzer_sys::fuzz_target;

const ACCOUNT: u64 = 111_122_223_333;
/// A moment, in seconds since 1970.
const NOON_SECONDS: i64 = 1_440_938_160;
const KINDS: [Kind; 7] = [
    Kind::Key,
    Kind::Identity,
    Kind::Managed,
    Kind::Session,
    Kind::Trust,
    Kind::ServiceControl,
    Kind::ResourceControl,
];
const WORDS: Vocabulary =
    Vocabulary::new(&["aws:currenttime", "aws:sourceip", "aws:tagkeys", "kms:encryptioncontext:"]);
const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const REQUESTS: [(&str, &str); 3] = [("kms:Encrypt", KEY), ("kms:CreateKey", "*"), ("", "")];

/// A request with a value of every kind for the keys that it knows, and for no other.
struct Facts([&'static str; 2]);

impl Context for Facts {
    fn values<'a>(&'a self, key: &ConditionKey) -> Values<'a> {
        match key.slot() {
            Some(0) => Values::One(Value::Time(NOON_SECONDS)),
            Some(1) => Values::One(Value::Address([203, 0, 113, 7].into())),
            Some(2) => Values::Many(&self.0),
            Some(_) => Values::One(Value::Text(KEY)),
            None => Values::Absent,
        }
    }
}

fuzz_target!(|text: &str| {
    for kind in KINDS {
        let read = Document::parse(text, kind);
        assert_eq!(read, Document::parse(text, kind));
        match read {
            Ok(document) => check(text, &document),
            Err(fault) => assert!(!fault.to_string().is_empty(), "a fault without words"),
        }
    }
});

fn check(text: &str, document: &Document) {
    assert!(!document.statements().is_empty(), "a policy without statements");
    for statement in document.statements() {
        let braces = text.get(statement.span.clone()).expect("a statement stands in the text");
        assert!(braces.starts_with('{') && braces.ends_with('}'), "{braces}");
    }
    document.principals().for_each(|principal| drop(document.invalid_principal(principal).to_string()));
    let account = AccountId::from_number(ACCOUNT).expect("twelve digits");
    let policy = Policy::compile(document, "it", &WORDS, &|arn| Some(arn.into()));
    let user = Principal::User { account, arn: "arn:aws:iam::111122223333:user/a", id: "AIDA" };
    for principal in [Principal::Root { account }, user, Principal::Service { name: "logs.amazonaws.com" }] {
        let applicable = Applicable { owner: Some(account), resource: Some(&policy), ..Applicable::NOTHING };
        REQUESTS.into_iter().for_each(|asked| decide(asked, principal, &applicable));
    }
}

/// The verdict is the same each time, and names a statement that matches.
fn decide((action, resource): (&str, &str), principal: Principal<'_>, applicable: &Applicable<'_>) {
    let context = &Facts(["a", "B"]);
    let request = Request { action, resource, principal, context };
    let explanation = explain(&request, applicable);
    assert_eq!(explanation.verdict, claviger_policy::decide(&request, applicable));
    if let Verdict::Allowed(because) = explanation.verdict {
        let by = because.resource.expect("only the resource's policy can allow");
        let weighed = explanation.statements.iter().find(|weighed| weighed.statement == by);
        assert_eq!(weighed.map(|weighed| weighed.outcome), Some(Ok(())), "{by:?}");
    }
}
