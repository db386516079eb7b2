//! Random conditions and the contexts that they meet: small alphabets, so that matches are frequent.

use serde_json::{Map, Value, json};

use super::dice::Dice;

/// Condition keys of one type: what requests say, what policies write, and the operators for it.
struct Type {
    keys: &'static [&'static str],
    said: fn(&mut Dice) -> Value,
    written: fn(&mut Dice) -> Value,
    operators: &'static [&'static str],
    has_sets: bool,
}

const TEXTS: Type = Type {
    keys: &["aws:PrincipalTag/team", "kms:EncryptionContext:app", "kms:ViaService", "aws:username"],
    said: |dice| json!(dice.pick(&["red", "blue", "uma", "Red", "r*", ""])),
    written: |dice| json!(dice.pick(WRITTEN)),
    operators: &[
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
        "StringLike",
        "StringNotLike",
    ],
    has_sets: false,
};

const SETS: Type = Type {
    keys: &["kms:EncryptionContextKeys", "aws:TagKeys"],
    said: |dice| {
        let several = dice.below(4);
        (0..several).map(|_| json!(dice.pick(&["red", "blue", "uma"]))).collect()
    },
    has_sets: true,
    ..TEXTS
};

const WRITTEN: &[&str] = &[
    "red",
    "RED",
    "blue",
    "r*",
    "*e*",
    "?ed",
    "*",
    "",
    "uma",
    "${aws:username}",
    "${aws:PrincipalTag/team}",
    "${aws:PrincipalTag/Team, 'red'}",
    "${kms:EncryptionContextKeys}",
    "r${*}",
    "${?}${$}",
    "${kms:viaservice}*",
];

const NUMBERS: Type = Type {
    keys: &["kms:RotationPeriodInDays"],
    said: |dice| json!(dice.below(5)),
    written: |dice| [json!("1"), json!(2), json!("3.5"), json!("-1"), json!("04.0")][dice.below(5)].clone(),
    operators: &[
        "NumericEquals",
        "NumericNotEquals",
        "NumericLessThan",
        "NumericLessThanEquals",
        "NumericGreaterThan",
        "NumericGreaterThanEquals",
    ],
    has_sets: false,
};

const TIMES: Type = Type {
    keys: &["aws:CurrentTime", "kms:ValidTo"],
    said: |dice| json!({"time": 1_767_225_599 + dice.below(4)}),
    written: |dice| {
        json!(dice.pick(&[
            "2026",
            "2026-01-01T00:00:01Z",
            "1767225602",
            "2026-01-01T01:00:00+01:00",
            "2026-01"
        ]))
    },
    operators: &[
        "DateEquals",
        "DateNotEquals",
        "DateLessThan",
        "DateLessThanEquals",
        "DateGreaterThan",
        "DateGreaterThanEquals",
    ],
    has_sets: false,
};

const FLAGS: Type = Type {
    keys: &["aws:SecureTransport", "aws:PrincipalIsAWSService"],
    said: |dice| json!(dice.percent(50)),
    written: |dice| [json!(true), json!("false"), json!("true")][dice.below(3)].clone(),
    operators: &["Bool"],
    has_sets: false,
};

const ADDRESSES: Type = Type {
    keys: &["aws:SourceIp"],
    said: |dice| json!({"ip": dice.pick(&["10.0.0.1", "10.0.0.2", "10.0.1.1", "2001:db8::1", "::ffff:10.0.0.1"])}),
    written: |dice| {
        json!(dice.pick(&["10.0.0.1", "10.0.0.0/24", "10.0.0.0/23", "0.0.0.0/0", "::/0", "2001:db8::/33"]))
    },
    operators: &["IpAddress", "NotIpAddress"],
    has_sets: false,
};

const ARNS: Type = Type {
    keys: &["aws:SourceArn", "aws:PrincipalArn", "kms:GranteePrincipal"],
    said: |dice| {
        json!(dice.pick(&[
            "arn:aws:s3:::b",
            "arn:aws:logs:us-west-2:111122223333:group:a",
            "arn:aws:iam::111122223333:user/uma",
            "arn:aws:iam::111122223333:role/x",
            "no arn",
        ]))
    },
    written: |dice| {
        json!(dice.pick(&[
            "arn:aws:s3:::*",
            "arn:aws:*:*:111122223333:*",
            "arn:*:iam::*:user/um?",
            "arn:aws:iam::${aws:PrincipalAccount}:role/*",
            "${aws:PrincipalArn}",
            "arn:aws:iam::*:user/${aws:username}",
            "*",
        ]))
    },
    operators: &["ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike", "StringLike", "StringNotLike"],
    has_sets: false,
};

const BYTES: Type = Type {
    keys: &["aws:PrincipalTag/blob"],
    said: |dice| json!({"base64": dice.pick(&["AQ==", "AQI="])}),
    written: |dice| json!(dice.pick(&["AQ==", "AQI="])),
    operators: &["BinaryEquals"],
    has_sets: false,
};

const TYPES: &[&Type] = &[&TEXTS, &TEXTS, &SETS, &SETS, &NUMBERS, &TIMES, &FLAGS, &ADDRESSES, &ARNS, &BYTES];

/// What a request says, over what its caller brings.
pub(crate) fn context(dice: &mut Dice, brought: &Value) -> Map<String, Value> {
    let mut context = Map::new();
    for kind in TYPES {
        for key in kind.keys {
            if dice.percent(45) {
                context.insert((*key).to_owned(), (kind.said)(dice));
            }
        }
    }
    context.extend(brought.as_object().cloned().unwrap_or_default());
    context
}

/// A condition block of one or two operators.
pub(crate) fn condition(dice: &mut Dice) -> Value {
    let mut block = Map::new();
    for _ in 0..1 + dice.below(2) {
        let (operator, key, values) = one(dice);
        let keys = block.entry(operator).or_insert_with(|| json!({}));
        let keys = keys.as_object_mut().unwrap();
        // Keys that differ by case alone are one key, which may not stand twice.
        if !keys.keys().any(|other| other.eq_ignore_ascii_case(&key)) {
            keys.insert(key, values);
        }
    }
    Value::Object(block)
}

fn one(dice: &mut Dice) -> (String, String, Value) {
    let kind = dice.pick(TYPES);
    let key = dice.pick(kind.keys);
    let key = spelling(dice, key);
    if dice.percent(12) {
        let value = [json!(true), json!("false"), json!("true"), json!(false)][dice.below(4)].clone();
        return ("Null".to_owned(), key, value);
    }
    let operator = dice.pick(kind.operators);
    let set = match kind.has_sets {
        true => dice.pick(&["", "ForAllValues:", "ForAnyValue:", "ForAnyValue:"]),
        false => dice.pick(&["", "", "", "", "", "", "ForAnyValue:"]),
    };
    let suffix = if dice.percent(25) { "IfExists" } else { "" };
    let values = match dice.below(3) {
        0 => json!([(kind.written)(dice), (kind.written)(dice)]),
        _ => (kind.written)(dice),
    };
    (format!("{set}{operator}{suffix}"), key, values)
}

/// Names of condition keys ignore case, those of families too.
fn spelling(dice: &mut Dice, key: &str) -> String {
    match dice.below(8) {
        0 => key.to_uppercase(),
        1 => key.to_lowercase(),
        _ => key.to_owned(),
    }
}
