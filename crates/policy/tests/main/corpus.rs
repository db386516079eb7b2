//! Every case of the corpus, by the engine and by the naive evaluator.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::engine::{Answers, Compiled};
use crate::naive::{Finding, Place};
use crate::world::World;

/// Fewest cases that the corpus may shrink to.
const CASES_MIN: usize = 1_500;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../corpus/policy");

#[test]
fn the_engine_and_the_naive_evaluator_meet_every_case_of_the_corpus() {
    let (mut cases, mut faults) = (0, Vec::new());
    for (name, file) in files() {
        for setup in file["setups"].as_array().unwrap() {
            let world = World { principals: &file["principals"], bindings: &file["bindings"], setup };
            let requests = setup["requests"].as_array().unwrap();
            cases += requests.len();
            faults.extend(check(&world, requests).into_iter().map(|fault| format!("{name}: {fault}")));
        }
    }
    println!("{cases} cases of the corpus");
    assert!(faults.is_empty(), "{} of {cases} cases:\n{}", faults.len(), faults.join("\n"));
    assert!(cases >= CASES_MIN, "only {cases} cases were found");
}

/// The corpus files that hold setups, by name.
pub(crate) fn files() -> Vec<(String, Value)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(FOLDER).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            files.push((path.file_stem().unwrap().to_string_lossy().into_owned(), read(&path)));
        }
    }
    files.retain(|(_, file)| file.get("setups").is_some());
    files.sort_by(|(a, _), (b, _)| a.cmp(b));
    files
}

/// One file of the corpus.
pub(crate) fn file(name: &str) -> Value {
    read(&Path::new(FOLDER).join(format!("{name}.json")))
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn check(world: &World<'_>, requests: &[Value]) -> Vec<String> {
    let compiled = Compiled::new(world);
    let mut faults = Vec::new();
    for (at, request) in requests.iter().enumerate() {
        let context = world.context(request);
        let call = world.call(request, &context);
        let answers = Answers::new(&context);
        let engine = compiled.decide(world, &call, &answers);
        let naive = world.find(&call);
        let clause = compiled.clause(world, &call, &answers);
        if clause != words(&engine, call.action) {
            faults.push(format!("{} request {at}: the engine says {clause:?}", world.setup["name"]));
        }
        for (who, found) in [("engine", engine), ("naive evaluator", naive)] {
            if !meets(&request["expect"], &found) {
                let (setup, wanted) = (&world.setup["name"], &request["expect"]);
                let (by, action) = (call.by, call.action);
                faults.push(format!(
                    "{setup} request {at}, {action} by {by}: {wanted} was wanted, the {who} says {found:?}"
                ));
            }
        }
    }
    faults
}

/// Whether what was found is what the case expects, for the reason that it expects.
fn meets(expect: &Value, found: &Finding) -> bool {
    let (allowed, denied) = (&expect["allowed"], &expect["denied"]);
    let is = |place: &Option<Place>, kind: &str| {
        place.as_ref().is_some_and(|place| place.kind == kind && names(&allowed["statement"], place))
    };
    match found {
        Finding::Allowed(ways) => ways.iter().any(|way| match allowed["by"].as_str() {
            Some("resource") => is(&way.resource, "resource") && way.identity.is_none() && !way.grant,
            Some("identity") => is(&way.identity, "identity") && !way.grant,
            Some("grant") => way.grant,
            Some("root") => way.resource.is_none() && way.identity.is_none() && !way.grant,
            _ => false,
        }),
        Finding::Explicit(place) => {
            denied["explicitly_by"] == place.kind && names(&denied["statement"], place)
        }
        Finding::Missing(kinds) => match &denied["not_allowed_by"] {
            Value::Array(any) => kinds.iter().all(|kind| any.contains(&Value::from(*kind))),
            one => kinds.iter().all(|kind| one == kind),
        },
    }
}

/// The end of AWS's message for a denial (section 4 of the sheet on validation).
fn words(found: &Finding, action: &str) -> Option<String> {
    let name = |kind: &str| match kind {
        "identity" => "n identity-based policy",
        "resource" => " resource-based policy",
        "boundary" => " permissions boundary",
        "session" => " session policy",
        "service_control" => " service control policy",
        "resource_control" => " resource control policy",
        "vpc_endpoint" => " VPC endpoint policy",
        other => panic!("no kind of policy is called {other}"),
    };
    match found {
        Finding::Allowed(_) => None,
        Finding::Explicit(place) => Some(format!("with an explicit deny in a{}", name(place.kind))),
        Finding::Missing(kinds) => {
            let kind = name(kinds[0]).trim_start_matches("n ").trim_start();
            Some(format!("because no {kind} allows the {action} action"))
        }
    }
}

/// A case names a statement by its Sid, or by its number from 1.
fn names(statement: &Value, place: &Place) -> bool {
    match statement {
        Value::String(sid) => place.sid.as_ref() == Some(sid),
        number => number.as_u64() == u64::try_from(place.number).ok(),
    }
}
