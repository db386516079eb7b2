//! The decision over everything that applies (Authorization §2).

use serde_json::Value;

use super::principal::Named;
use super::statement::{Asked, applies, statements};

/// A statement that determined something.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Place {
    /// The kind of its policy, as a setup's members are called.
    pub(crate) kind: &'static str,
    pub(crate) policy: String,
    pub(crate) number: usize,
    pub(crate) sid: Option<String>,
}

/// One way in which a request is allowed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Way {
    pub(crate) resource: Option<Place>,
    pub(crate) identity: Option<Place>,
    pub(crate) grant: bool,
}

/// What the documents say of a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Finding {
    /// Allowed, in each of these ways.
    Allowed(Vec<Way>),
    /// Explicitly denied, first by this statement.
    Explicit(Place),
    /// Nothing allows: one of these kinds of policy lacks an allow.
    Missing(Vec<&'static str>),
}

/// Everything that applies to a request: a setup of the corpus, and what is attached to the caller in it.
pub(crate) struct Applicable<'a> {
    pub(crate) setup: &'a Value,
    pub(crate) attached: &'a Value,
    pub(crate) grant: &'a Value,
}

/// A policy that applies: the kind, the name, the document.
type Policy<'a> = (&'static str, &'a str, &'a Value);

pub(crate) fn decide(asked: &Asked<'_>, applicable: &Applicable<'_>) -> Finding {
    if let Some(place) = places(&counting(asked, applicable), "Deny", asked).first() {
        return Finding::Explicit(place.clone());
    }
    // Step 2: every level of the control policies must allow. Step 3: so must the endpoint's policy.
    for kind in ["service_control", "resource_control"] {
        let levels = applicable.setup[kind].as_array().into_iter().flatten();
        let binds = kind != "service_control" || is_of_account(asked);
        if binds && levels.map(|level| named(kind, level)).any(|l| places(&l, "Allow", asked).is_empty()) {
            return Finding::Missing(vec![kind]);
        }
    }
    if limits(asked, "vpc_endpoint", &applicable.setup["vpc_endpoint"]) {
        return Finding::Missing(vec!["vpc_endpoint"]);
    }
    ways(asked, applicable)
}

/// Every statement that applies, allows and denies alike.
pub(crate) fn applying_statements(asked: &Asked<'_>, applicable: &Applicable<'_>) -> Vec<Place> {
    let policies = counting(asked, applicable);
    let mut found = places(&policies, "Allow", asked);
    found.extend(places(&policies, "Deny", asked));
    found
}

/// Step 9: service control policies bind accounts, not services and strangers.
fn is_of_account(asked: &Asked<'_>) -> bool {
    asked.caller.get("account").is_some()
}

/// Every policy that counts, in the order in which denies are told (step 1).
fn counting<'a>(asked: &Asked<'_>, applicable: &Applicable<'a>) -> Vec<Policy<'a>> {
    let (setup, attached) = (applicable.setup, applicable.attached);
    let mut policies = Vec::new();
    let mut levels = |kind: &'static str, levels: &'a Value| {
        policies.extend(levels.as_array().into_iter().flatten().flat_map(|level| named(kind, level)));
    };
    if is_of_account(asked) {
        levels("service_control", &setup["service_control"]);
    }
    levels("resource_control", &setup["resource_control"]);
    policies.extend(single("vpc_endpoint", &setup["vpc_endpoint"]));
    policies.extend(single("resource", &setup["resource_policy"]));
    policies.extend(named("identity", &attached["identity"]));
    policies.extend(single("boundary", &attached["boundary"]));
    policies.extend(named("session", &attached["session"]));
    policies
}

fn named<'a>(kind: &'static str, policies: &'a Value) -> Vec<Policy<'a>> {
    let policies = policies.as_object().into_iter().flatten();
    policies.map(|(name, document)| (kind, name.as_str(), document)).collect()
}

fn single<'a>(kind: &'static str, document: &'a Value) -> Vec<Policy<'a>> {
    if document.is_null() { Vec::new() } else { vec![(kind, kind, document)] }
}

/// The statements of that effect that apply, and how.
fn applying(policies: &[Policy<'_>], effect: &str, asked: &Asked<'_>) -> Vec<(Place, Vec<Named>)> {
    let mut found = Vec::new();
    for (kind, name, document) in policies {
        for (at, statement) in statements(document).into_iter().enumerate() {
            let ways =
                if statement["Effect"] == effect { applies(document, statement, asked) } else { vec![] };
            if !ways.is_empty() {
                let sid = statement["Sid"].as_str().map(str::to_owned);
                found.push((Place { kind, policy: (*name).to_owned(), number: at + 1, sid }, ways));
            }
        }
    }
    found
}

fn places(policies: &[Policy<'_>], effect: &str, asked: &Asked<'_>) -> Vec<Place> {
    applying(policies, effect, asked).into_iter().map(|(place, _)| place).collect()
}

/// Whether a limiting document is there and does not allow.
fn limits(asked: &Asked<'_>, kind: &'static str, document: &Value) -> bool {
    !document.is_null() && places(&single(kind, document), "Allow", asked).is_empty()
}

/// The caller's own side: the identity allows (none for a root user, who has every permission), or what lacks one.
/// Steps 6 to 8.
fn own_side(asked: &Asked<'_>, attached: &Value) -> Result<Vec<Option<Place>>, &'static str> {
    let is_root = match asked.caller["kind"].as_str() {
        Some("root") => true,
        Some("federated-user") => asked.caller.get("of_user_id").is_none(),
        _ => false,
    };
    let allows = places(&named("identity", &attached["identity"]), "Allow", asked);
    if allows.is_empty() && !is_root {
        return Err("identity");
    }
    limited(asked, attached)?;
    Ok(if is_root { vec![None] } else { allows.into_iter().map(Some).collect() })
}

/// Boundary and session policies must allow, where there are any.
fn limited(asked: &Asked<'_>, attached: &Value) -> Result<(), &'static str> {
    if limits(asked, "boundary", &attached["boundary"]) {
        return Err("boundary");
    }
    let session = &attached["session"];
    if !session.is_null() && places(&named("session", session), "Allow", asked).is_empty() {
        return Err("session");
    }
    Ok(())
}

/// Steps 4 to 10: every way in which it is allowed, else what each way lacks.
fn ways(asked: &Asked<'_>, applicable: &Applicable<'_>) -> Finding {
    let attached = applicable.attached;
    let (mut ways, mut missing) = (Vec::new(), Vec::new());
    let mut note = |tried: Result<Vec<Way>, &'static str>| match tried {
        Ok(found) => ways.extend(found),
        Err(kind) => missing.push(kind),
    };
    let Some(owner) = applicable.setup["owner"].as_str() else {
        let own = own_side(asked, attached)
            .map(|allows| allows.into_iter().map(|identity| Way { identity, ..Way::default() }).collect());
        return finding(own.map_or_else(|kind| (vec![], vec![kind]), |ways| (ways, vec![])));
    };
    let crosses = is_of_account(asked) && asked.caller["account"] != owner;
    let policy = single("resource", &applicable.setup["resource_policy"]);
    for (place, kinds) in applying(&policy, "Allow", asked) {
        for kind in kinds {
            note(through(&place, kind, crosses, asked, attached));
        }
    }
    match applicable.grant["to_account"].as_bool() {
        None => {}
        Some(false) => note(Ok(vec![Way { grant: true, ..Way::default() }])),
        Some(true) => note(own_side(asked, attached).map(|allows| {
            allows.into_iter().map(|identity| Way { identity, grant: true, resource: None }).collect()
        })),
    }
    finding((ways, missing))
}

/// Step 6 (same account) and step 7 (across accounts): what an allow of the resource's policy needs besides.
fn through(
    place: &Place,
    kind: Named,
    crosses: bool,
    asked: &Asked<'_>,
    attached: &Value,
) -> Result<Vec<Way>, &'static str> {
    let resource = Some(place.clone());
    let direct = Way { resource: resource.clone(), ..Way::default() };
    if crosses || kind == Named::Account {
        let allows = own_side(asked, attached)?;
        let both = |identity| Way { resource: resource.clone(), identity, grant: false };
        return Ok(allows.into_iter().map(both).collect());
    }
    if matches!(kind, Named::Role | Named::UserOfFederated) {
        limited(asked, attached)?;
    }
    Ok(vec![direct])
}

fn finding((ways, missing): (Vec<Way>, Vec<&'static str>)) -> Finding {
    match (ways.is_empty(), missing.is_empty()) {
        (false, _) => Finding::Allowed(ways),
        (true, false) => Finding::Missing(missing),
        (true, true) => Finding::Missing(vec!["resource"]),
    }
}
