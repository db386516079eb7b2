//! How long the policy engine takes to decide: no network, one thread.

use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use claviger_names::AccountId;
use claviger_policy::{
    Applicable, ConditionKey, Context, Document, Kind, Policy, Principal, Request, Value, Values, Vocabulary,
    decide, default_key_policy,
};

use crate::Failure;
use crate::report::Report;

/// Decisions between two looks at the clock.
const BATCH: u64 = 1_000;

/// Statements of the large policy.
const STATEMENTS: usize = 100;

const ACCOUNT: &str = "111122223333";
const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const USER: &str = "arn:aws:iam::111122223333:user/Carol";
const WORDS: Vocabulary =
    Vocabulary::new(&["kms:encryptioncontext:", "kms:grantisforawsresource", "aws:principaltag/"]);

/// A request with an encryption context, by a user with tags.
struct Facts;

impl Context for Facts {
    fn values<'a>(&'a self, key: &ConditionKey) -> Values<'a> {
        match key.slot() {
            Some(0 | 2) => Values::One(Value::Text("bench")),
            Some(_) => Values::One(Value::Flag(false)),
            None => Values::Absent,
        }
    }
}

/// How long each policy is decided on before the next takes its turn, and how often each has one: what else happens on
/// the machine meets them all.
const TURN: Duration = Duration::from_millis(100);
const TURNS: usize = 10;

/// Decisions per second for key policies from small to as bad as they can be, each beside one identity policy.
pub(crate) fn measure(report: &mut Report) -> Result<(), Failure> {
    let account: AccountId = ACCOUNT.parse()?;
    report.line("## Decisions, one thread, without a network\n");
    let policies = [
        ("the default", default_key_policy("aws", account)),
        ("the console's", of_console()),
        ("100 statements, each for another user", of_users()),
        ("100 statements, all of which match", for_everyone("Allow", "bench", |number| number)),
        ("100 denials, none of which matches, all alike", for_everyone("Deny", "other", |_| 0)),
        ("100 denials, none of which matches, all different", for_everyone("Deny", "other", |number| number)),
    ];
    let mut fastest = [f64::INFINITY; 6];
    for _ in 0..TURNS {
        for ((_, text), fastest) in policies.iter().zip(&mut fastest) {
            *fastest = fastest.min(nanoseconds(account, text)?);
        }
    }
    report.line("| key policy | bytes | decisions/s | ns | × the default |\n|---|---|---|---|---|");
    for ((name, text), ns) in policies.iter().zip(fastest) {
        let (rate, ratio) = (1e9 / ns, ns / fastest[0]);
        report.line(&format!("| {name} | {} | {rate:.0} | {ns:.0} | {ratio:.1} |", text.len()));
    }
    report.line(&format!("\nThe fastest of {TURNS} turns.\n"));
    Ok(())
}

fn nanoseconds(account: AccountId, text: &str) -> Result<f64, Failure> {
    let key = compiled(text, Kind::Key)?;
    let identity =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:Encrypt","Resource":"*"}]}"#;
    let identity = [Arc::new(compiled(identity, Kind::Identity)?)];
    let request = Request {
        action: "kms:Encrypt",
        resource: KEY,
        principal: Principal::User { account, arn: USER, id: USER },
        context: &Facts,
    };
    let applicable =
        Applicable { owner: Some(account), resource: Some(&key), identity: &identity, ..Applicable::NOTHING };
    let (begun, mut decided) = (Instant::now(), 0);
    while begun.elapsed() < TURN {
        for _ in 0..BATCH {
            if !decide(black_box(&request), black_box(&applicable)).is_allowed() {
                return Err("the request is refused".into());
            }
        }
        decided += BATCH;
    }
    Ok(begun.elapsed().as_secs_f64() * 1e9 / decided as f64)
}

fn compiled(text: &str, kind: Kind) -> Result<Policy, Failure> {
    let document = Document::parse(text, kind).map_err(|fault| fault.to_string())?;
    Ok(Policy::compile(&document, "bench", &WORDS, &|arn| Some(arn.into())))
}

/// What the console of AWS makes: delegation, administrators, users, and grants for services.
fn of_console() -> String {
    let statement = |sid: &str, user: &str, actions: &str, condition: &str| {
        let principal = format!(r#"{{"AWS":"arn:aws:iam::{ACCOUNT}:{user}"}}"#);
        format!(
            r#"{{"Sid":"{sid}","Effect":"Allow","Principal":{principal},"Action":{actions},"Resource":"*"{condition}}}"#
        )
    };
    let administer = r#"["kms:Create*","kms:Describe*","kms:Enable*","kms:List*","kms:Put*","kms:Update*","kms:Revoke*","kms:Disable*","kms:Get*","kms:Delete*","kms:TagResource","kms:UntagResource","kms:ScheduleKeyDeletion","kms:CancelKeyDeletion"]"#;
    let encrypt =
        r#"["kms:Encrypt","kms:Decrypt","kms:ReEncrypt*","kms:GenerateDataKey*","kms:DescribeKey"]"#;
    let grant = r#"["kms:CreateGrant","kms:ListGrants","kms:RevokeGrant"]"#;
    let for_services = r#","Condition":{"Bool":{"kms:GrantIsForAWSResource":"true"}}"#;
    let statements = [
        statement("Enable IAM User Permissions", "root", r#""kms:*""#, ""),
        statement("Allow access for Key Administrators", "user/Alice", administer, ""),
        statement("Allow use of the key", "user/Carol", encrypt, ""),
        statement("Allow attachment of persistent resources", "user/Carol", grant, for_services),
    ];
    format!(r#"{{"Version":"2012-10-17","Id":"key-consolepolicy-3","Statement":[{}]}}"#, statements.join(","))
}

/// As large as a key policy may be; its last statement delegates.
fn of_users() -> String {
    let mut statements = String::new();
    for number in 1..STATEMENTS {
        let user = format!("arn:aws:iam::{ACCOUNT}:user/division/department/team/user-{number:03}");
        // Writing into memory cannot fail.
        let _ = write!(
            statements,
            r#"{{"Sid":"user {number:03} may use the key for its own work","Effect":"Allow","Principal":{{"AWS":"{user}"}},"Action":["kms:Encrypt","kms:Decrypt"],"Resource":"*","Condition":{{"StringEquals":{{"kms:EncryptionContext:purpose":["user-{number:03}","team-{number:03}"]}}}}}},"#
        );
    }
    delegating(&statements)
}

/// Statements about everyone, each with two conditions: the first is met, the second for the purpose `bench`. What they
/// say differs by `variant`.
fn for_everyone(effect: &str, purpose: &str, variant: impl Fn(usize) -> usize) -> String {
    let mut statements = String::new();
    for variant in (1..STATEMENTS).map(variant) {
        // Writing into memory cannot fail.
        let _ = write!(
            statements,
            r#"{{"Effect":"{effect}","Principal":"*","Action":["kms:Encrypt","kms:Decrypt"],"Resource":"*","Condition":{{"StringEquals":{{"aws:PrincipalTag/team":["bench","team-{variant:03}"],"kms:EncryptionContext:purpose":["{purpose}","other-{variant:03}"]}}}}}},"#
        );
    }
    delegating(&statements)
}

fn delegating(statements: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{statements}{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{ACCOUNT}:root"}},"Action":"kms:*","Resource":"*"}}]}}"#
    )
}
