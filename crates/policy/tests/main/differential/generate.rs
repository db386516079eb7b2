//! Random setups: documents of every kind over small alphabets of principals, actions and resources.

use serde_json::{Map, Value, json};

use super::callers::{AWS, OIDC, OTHER, OWNER, SERVICES};
use super::circumstances;
use super::dice::Dice;

pub(crate) const KEY: &str = "arn:aws:kms:us-west-2:111122223333:key/k1";
const ROLE: &str = "arn:aws:iam::111122223333:role/target";

const ACTIONS: &[&str] = &["kms:Encrypt", "kms:Decrypt", "kms:DescribeKey", "kms:encrypt"];
const ACTION_PATTERNS: &[&str] =
    &["kms:*", "*", "kms:*", "kms:Encrypt", "kms:Decrypt", "KMS:DE*", "kms:?ncrypt", "kms:*crypt", "s3:*"];
const TRUST_ACTIONS: &[&str] = &["sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:TagSession"];
const TRUST_PATTERNS: &[&str] =
    &["sts:AssumeRole", "sts:*", "sts:AssumeRole*", "sts:AssumeRoleWithWebIdentity"];

const RESOURCES: &[&str] = &[
    KEY,
    "arn:aws:kms:us-west-2:111122223333:key/k2",
    "arn:aws:kms:us-west-2:111122223333:alias/uma",
    "arn:aws:kms:eu-west-1:111122223333:key/k1:x",
];
const RESOURCE_PATTERNS: &[&str] = &[
    "*",
    "*",
    "*",
    KEY,
    "arn:aws:kms:*:111122223333:key/*",
    "arn:aws:kms:us-*:*:*",
    "arn:aws:kms:us-west-?:111122223333:key/k?",
    "arn:aws:kms:*:${aws:PrincipalAccount}:*/*",
    "arn:aws:kms:us-west-2:111122223333:alias/${aws:username}",
    "arn:aws:kms:us-west-2:111122223333:alias/${aws:username, 'uma'}",
    "arn:aws:kms:us-west-2:444455556666:key/*",
    "arn:aws:kms:*",
];

/// What kind of document a statement is for.
#[derive(Clone, Copy, PartialEq)]
enum For {
    Key,
    Trust,
    Identity,
    ResourceControl,
}

/// A random setup, in the corpus's format.
pub(crate) fn setup(dice: &mut Dice, callers: &Value) -> Value {
    let is_trust = dice.percent(10);
    let mut setup = json!({"on": if is_trust { ROLE } else { KEY }});
    if is_trust || dice.percent(92) {
        setup["owner"] = json!(if dice.percent(88) { OWNER } else { OTHER });
        let kind = if is_trust { For::Trust } else { For::Key };
        setup["resource_policy"] = document(dice, kind, 5, 12);
    }
    if is_trust {
        setup["resource_policy_kind"] = json!("trust");
    }
    if dice.percent(15) {
        setup["service_control"] = levels(dice, For::Identity);
    }
    if dice.percent(10) {
        setup["resource_control"] = levels(dice, For::ResourceControl);
    }
    if dice.percent(7) {
        setup["vpc_endpoint"] = document(dice, For::Key, 4, 10);
    }
    setup["attached"] = callers
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, caller)| (name.clone(), attached(dice, caller)))
        .collect();
    setup
}

/// A random request by one of the callers: what the corpus calls a request, without its context.
pub(crate) fn request(dice: &mut Dice, by: &str, caller: &Value, setup: &Value) -> Value {
    let is_trust = setup["resource_policy_kind"] == "trust";
    let mut request = json!({"by": by});
    request["action"] = json!(dice.pick(if is_trust { TRUST_ACTIONS } else { ACTIONS }));
    if !is_trust {
        let anything = setup.get("owner").is_none() && dice.percent(60);
        request["on"] = json!(if anything { "*" } else { dice.pick(RESOURCES) });
        if dice.percent(70) && !anything {
            request["on"] = json!(KEY);
        }
    }
    // Only who belongs to an account can have a grant through it.
    if setup.get("owner").is_some() && dice.percent(15) {
        request["grant"] = json!({"to_account": caller.get("account").is_some() && dice.percent(60)});
    }
    request
}

fn attached(dice: &mut Dice, caller: &Value) -> Value {
    let mut all = Map::new();
    let kind = caller["kind"].as_str().unwrap();
    if matches!(kind, "root" | "service" | "web-identity") {
        return Value::Object(all);
    }
    // A root user has no policies and no boundary, nor has a federated session of it.
    let is_of_root = kind == "federated-user" && caller.get("of_user_id").is_none();
    if !is_of_root && dice.percent(75) {
        all.insert("identity".to_owned(), several(dice, For::Identity, 2, 12));
    }
    if !is_of_root && dice.percent(30) {
        all.insert("boundary".to_owned(), document(dice, For::Identity, 2, 8));
    }
    if kind == "federated-user" || (kind == "role-session" && dice.percent(35)) {
        let most = if dice.percent(20) { 0 } else { 2 };
        all.insert("session".to_owned(), several(dice, For::Identity, most, 8));
    }
    Value::Object(all)
}

fn levels(dice: &mut Dice, kind: For) -> Value {
    (0..1 + dice.below(2)).map(|_| several(dice, kind, 2, 25)).collect()
}

fn several(dice: &mut Dice, kind: For, most: usize, denies: usize) -> Value {
    let count = if most == 0 { 0 } else { 1 + dice.below(most) };
    (0..count).map(|at| (format!("p{at}"), document(dice, kind, 2, denies))).collect::<Map<_, _>>().into()
}

fn document(dice: &mut Dice, kind: For, most: usize, denies: usize) -> Value {
    let statements: Vec<Value> = (0..1 + dice.below(most)).map(|_| statement(dice, kind, denies)).collect();
    let mut document = json!({"Statement": statements});
    if dice.percent(50) {
        document["Statement"][0]["Sid"] = json!("First");
    }
    match dice.below(10) {
        0 => document["Version"] = json!("2008-10-17"),
        1 => {}
        _ => document["Version"] = json!("2012-10-17"),
    }
    document
}

fn statement(dice: &mut Dice, kind: For, denies: usize) -> Value {
    let effect = if dice.percent(denies) { "Deny" } else { "Allow" };
    let mut statement = json!({"Effect": effect});
    let patterns = if kind == For::Trust { TRUST_PATTERNS } else { ACTION_PATTERNS };
    let action = if kind != For::ResourceControl && dice.percent(8) { "NotAction" } else { "Action" };
    statement[action] = some_of(dice, patterns);
    if kind != For::Trust {
        let resource =
            if kind != For::ResourceControl && dice.percent(8) { "NotResource" } else { "Resource" };
        statement[resource] = some_of(dice, RESOURCE_PATTERNS);
    }
    match kind {
        For::Identity => {}
        For::ResourceControl => statement["Principal"] = json!("*"),
        For::Key if dice.percent(if effect == "Deny" { 25 } else { 5 }) => {
            statement["NotPrincipal"] = spared(dice);
        }
        For::Key | For::Trust => statement["Principal"] = principals(dice, kind == For::Trust),
    }
    if kind == For::Key && dice.percent(2) {
        let without = dice.pick(&["Action", "Resource"]);
        statement.as_object_mut().unwrap().remove(without);
    }
    let with_condition = if effect == "Deny" { 75 } else { 45 };
    if dice.percent(with_condition) {
        statement["Condition"] = circumstances::condition(dice);
    }
    statement
}

fn principals(dice: &mut Dice, is_trust: bool) -> Value {
    match dice.below(12) {
        0 => json!("*"),
        4 => json!({"AWS": [OWNER, OTHER]}),
        1 => json!({"Service": some_of(dice, SERVICES)}),
        2 => json!({"AWS": dice.pick(AWS), "Service": dice.pick(SERVICES)}),
        3 if is_trust => json!({"Federated": OIDC}),
        _ => json!({"AWS": some_of(dice, AWS)}),
    }
}

/// Who is left out: often with the account, without which a deny spares nobody.
fn spared(dice: &mut Dice) -> Value {
    match dice.below(3) {
        0 => principals(dice, false),
        _ => json!({"AWS": [dice.pick(AWS), dice.pick(&[OWNER, OTHER])]}),
    }
}

/// One of them, or a list of two.
fn some_of(dice: &mut Dice, list: &[&'static str]) -> Value {
    match dice.below(3) {
        0 => json!([dice.pick(list), dice.pick(list)]),
        _ => json!(dice.pick(list)),
    }
}
