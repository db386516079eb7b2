//! The callers of random requests: each kind, in two accounts, some who share a name or a role.

use serde_json::{Value, json};

pub(crate) const OWNER: &str = "111122223333";
pub(crate) const OTHER: &str = "444455556666";

/// Callers by name, and the unique ids that ARNs were bound to.
pub(crate) fn callers() -> (Value, Value) {
    let principals = json!({
        "root": root(OWNER),
        "other root": root(OTHER),
        "uma": user(OWNER, "/uma", "AIDAUMA", "red"),
        "uma again": user(OWNER, "/uma", "AIDAAGAIN", "blue"),
        "deep": user(OWNER, "/a/deep", "AIDADEEP", "r*"),
        "ava": user(OTHER, "/ava", "AIDAAVA", "red"),
        "x 1": role(OWNER, "/x", "AROAX", "s1"),
        "x 2": role(OWNER, "/x", "AROAX", "s2"),
        "x again": role(OWNER, "/x", "AROAAGAIN", "s3"),
        "dx": role(OWNER, "/p/dx", "AROADX", "s1"),
        "ax": role(OTHER, "/x", "AROAAX", "s1"),
        "fed": federated(OWNER, Some("AIDAUMA")),
        "root fed": federated(OWNER, None),
        "other fed": federated(OTHER, Some("AIDAAVA")),
        "logs": service("logs.amazonaws.com"),
        "s3": service("s3.amazonaws.com"),
        "web": json!({"kind": "web-identity", "provider": OIDC}),
    });
    let bindings = json!({
        format!("arn:aws:iam::{OWNER}:user/uma"): "AIDAUMA",
        format!("arn:aws:iam::{OWNER}:user/a/deep"): "AIDADEEP",
        format!("arn:aws:iam::{OTHER}:user/ava"): "AIDAAVA",
        format!("arn:aws:iam::{OWNER}:role/x"): "AROAX",
        format!("arn:aws:iam::{OWNER}:role/p/dx"): "AROADX",
        format!("arn:aws:iam::{OTHER}:role/x"): "AROAAX",
    });
    (principals, bindings)
}

/// Principals of the kind `AWS` as policies write them; one user is gone, and one session's ARN has a path.
pub(crate) const AWS: &[&str] = &[
    "*",
    OWNER,
    OTHER,
    "arn:aws:iam::111122223333:root",
    "arn:aws:iam::444455556666:root",
    "arn:aws:iam::111122223333:user/uma",
    "arn:aws:iam::111122223333:user/a/deep",
    "arn:aws:iam::111122223333:user/gone",
    "arn:aws:iam::444455556666:user/ava",
    "arn:aws:iam::111122223333:role/x",
    "arn:aws:iam::111122223333:role/p/dx",
    "arn:aws:iam::444455556666:role/x",
    "arn:aws:sts::111122223333:assumed-role/x/s1",
    "arn:aws:sts::111122223333:assumed-role/dx/s1",
    "arn:aws:sts::111122223333:assumed-role/p/dx/s1",
    "arn:aws:sts::111122223333:federated-user/fay",
    "arn:aws:sts::444455556666:federated-user/fay",
];

pub(crate) const SERVICES: &[&str] = &["logs.amazonaws.com", "s3.amazonaws.com"];

pub(crate) const OIDC: &str = "arn:aws:iam::111122223333:oidc-provider/token.example.com";

fn root(account: &str) -> Value {
    let arn = format!("arn:aws:iam::{account}:root");
    json!({"kind": "root", "account": account, "context": of_account(account, &arn, account)})
}

fn user(account: &str, path: &str, id: &str, team: &str) -> Value {
    let arn = format!("arn:aws:iam::{account}:user{path}");
    let mut context = of_account(account, &arn, id);
    context["aws:username"] = json!(path.rsplit('/').next());
    context["aws:PrincipalTag/team"] = json!(team);
    json!({"kind": "user", "account": account, "arn": arn, "id": id, "context": context})
}

fn role(account: &str, path: &str, id: &str, session: &str) -> Value {
    let arn = format!("arn:aws:iam::{account}:role{path}");
    let name = path.rsplit('/').next().unwrap();
    json!({
        "kind": "role-session",
        "account": account,
        "role_arn": arn,
        "role_id": id,
        "session_arn": format!("arn:aws:sts::{account}:assumed-role/{name}/{session}"),
        "context": of_account(account, &arn, &format!("{id}:{session}")),
    })
}

fn federated(account: &str, of: Option<&str>) -> Value {
    let arn = format!("arn:aws:sts::{account}:federated-user/fay");
    let context = of_account(account, &arn, &format!("{account}:fay"));
    let mut caller = json!({"kind": "federated-user", "account": account, "arn": arn, "context": context});
    if let Some(id) = of {
        caller["of_user_id"] = json!(id);
    }
    caller
}

fn service(name: &str) -> Value {
    json!({"kind": "service", "name": name, "context": {"aws:PrincipalIsAWSService": true}})
}

fn of_account(account: &str, arn: &str, user_id: &str) -> Value {
    json!({"aws:PrincipalAccount": account, "aws:PrincipalArn": arn, "aws:userid": user_id})
}
