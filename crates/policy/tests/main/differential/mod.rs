//! A million random requests: the engine and the naive evaluator decide them alike, and for the same reason.

mod callers;
mod circumstances;
mod dice;
mod generate;
mod shrink;

use std::collections::BTreeMap;
use std::thread;

use serde_json::{Map, Value, json};

use self::dice::Dice;
use crate::engine::{Answers, Compiled};
use crate::naive::Finding;
use crate::world::{Call, World};

/// Random setups; contexts of each caller in a setup; requests of the caller in each of these.
const SETUPS: u64 = 1_750;
const CONTEXTS: usize = 6;
const REQUESTS: usize = 6;

/// One request in so many is explained as well.
const EXPLAINED_EVERY: usize = 6;

/// Every kind of decision that must have occurred.
const KINDS: &[&str] = &[
    "allowed by grant",
    "allowed by grant and identity",
    "allowed by identity",
    "allowed by resource",
    "allowed by resource and identity",
    "allowed by root user",
    "denied by boundary",
    "denied by identity",
    "denied by resource",
    "denied by resource_control",
    "denied by service_control",
    "denied by session",
    "denied by vpc_endpoint",
    "not allowed by boundary",
    "not allowed by identity",
    "not allowed by resource",
    "not allowed by resource_control",
    "not allowed by service_control",
    "not allowed by session",
    "not allowed by vpc_endpoint",
];

/// How often each kind of decision occurred.
type Shares = BTreeMap<String, usize>;

#[test]
fn the_engine_and_the_naive_evaluator_agree_on_a_million_random_requests() {
    let threads = thread::available_parallelism().map_or(1, |n| u64::try_from(n.get()).unwrap().min(8));
    let shares = thread::scope(|scope| {
        let run = |first| move || (first..SETUPS).step_by(usize::try_from(threads).unwrap()).map(one_setup);
        let workers: Vec<_> =
            (0..threads).map(|first| scope.spawn(move || run(first)().fold(Shares::new(), add))).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).fold(Shares::new(), add)
    });
    let total: usize = shares.values().sum();
    for (kind, count) in &shares {
        let share = 10_000 * count / total;
        println!("{:3}.{:02} % {kind} ({count})", share / 100, share % 100);
    }
    println!("{total} decisions compared");
    assert!(total >= 1_000_000, "only {total} decisions");
    for kind in KINDS {
        assert!(shares.contains_key(*kind), "no request was {kind}");
    }
}

fn add(mut shares: Shares, more: Shares) -> Shares {
    for (kind, count) in more {
        *shares.entry(kind).or_default() += count;
    }
    shares
}

fn one_setup(seed: u64) -> Shares {
    let mut dice = Dice::new(seed);
    let (principals, bindings) = callers::callers();
    let setup = generate::setup(&mut dice, &principals);
    let world = World { principals: &principals, bindings: &bindings, setup: &setup };
    let compiled = Compiled::new(&world);
    let mut shares = Shares::new();
    for (by, caller) in principals.as_object().unwrap() {
        for _ in 0..CONTEXTS {
            let context = circumstances::context(&mut dice, &caller["context"]);
            let answers = Answers::new(&context);
            let case =
                Case { seed, world: &world, compiled: &compiled, context: &context, answers: &answers };
            for at in 0..REQUESTS {
                let request = generate::request(&mut dice, by, caller, &setup);
                let found = case.compare(&request, at % EXPLAINED_EVERY == 0);
                *shares.entry(found).or_default() += 1;
            }
        }
    }
    shares
}

/// A setup and a context in which requests are compared.
struct Case<'a> {
    seed: u64,
    world: &'a World<'a>,
    compiled: &'a Compiled,
    context: &'a Map<String, Value>,
    answers: &'a Answers,
}

impl Case<'_> {
    /// Both decide, and the kind of the decision comes back.
    fn compare(&self, request: &Value, is_explained: bool) -> String {
        let call = self.world.call(request, self.context);
        let engine = self.compiled.decide(self.world, &call, self.answers);
        let naive = self.world.find(&call);
        if !agree(&engine, &naive) {
            panic!("{}", self.report(request));
        }
        if is_explained {
            self.compare_explanation(request, &call, &engine);
        }
        kind_of(&engine)
    }

    /// An explanation has the same verdict, and names the very statements that apply.
    fn compare_explanation(&self, request: &Value, call: &Call<'_>, decided: &Finding) {
        let (explained, mut engine) = self.compiled.explain(self.world, call, self.answers);
        // An explanation weighs service control policies for services too, whom they do not bind.
        if call.caller.get("account").is_none() {
            engine.retain(|place| place.kind != "service_control");
        }
        let naive = self.world.applying(call);
        let same = engine.len() == naive.len() && engine.iter().all(|place| naive.contains(place));
        assert!(
            explained == *decided && same,
            "seed {}: explained {explained:?} by {engine:?}, decided {decided:?}, naive {naive:?}\n{:#}",
            self.seed,
            json!({"setup": self.world.setup, "request": request, "context": self.context, "caller": call.caller}),
        );
    }

    /// The case, as small as it can be.
    fn report(&self, request: &Value) -> String {
        let decide = |setup: &Value| {
            let world = World { setup, ..*self.world };
            let call = world.call(request, self.context);
            let engine = Compiled::new(&world).decide(&world, &call, self.answers);
            (engine, world.find(&call))
        };
        let small = shrink::shrink(self.world.setup, &|setup| {
            let (engine, naive) = decide(setup);
            !agree(&engine, &naive)
        });
        let (engine, naive) = decide(&small);
        let caller = &self.world.principals[request["by"].as_str().unwrap()];
        let case = json!({"setup": small, "request": request, "context": self.context, "caller": caller});
        format!("seed {}: the engine says {engine:?}, the naive evaluator {naive:?}\n{case:#}", self.seed)
    }
}

/// The naive evaluator names every way, and everything that is missing; the engine names one of them.
fn agree(engine: &Finding, naive: &Finding) -> bool {
    match (engine, naive) {
        (Finding::Allowed(one), Finding::Allowed(ways)) => one.iter().all(|way| ways.contains(way)),
        (Finding::Missing(one), Finding::Missing(kinds)) => one.iter().all(|kind| kinds.contains(kind)),
        (engine, naive) => engine == naive,
    }
}

fn kind_of(finding: &Finding) -> String {
    match finding {
        Finding::Explicit(place) => format!("denied by {}", place.kind),
        Finding::Missing(kinds) => format!("not allowed by {}", kinds[0]),
        Finding::Allowed(ways) => {
            let way = &ways[0];
            let parts = [
                (way.grant, "grant"),
                (way.resource.is_some(), "resource"),
                (way.identity.is_some(), "identity"),
            ];
            let parts: Vec<_> =
                parts.iter().filter(|(took_part, _)| *took_part).map(|(_, name)| *name).collect();
            format!(
                "allowed by {}",
                if parts.is_empty() { "root user".to_owned() } else { parts.join(" and ") }
            )
        }
    }
}
