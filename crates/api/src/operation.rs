//! What an operation of these APIs is. What all of them do alike is done by the pipeline.

use claviger_audit::Shown;
use claviger_clock::Timestamp;
use claviger_iam::{Ask, Caller, Origin};
use claviger_names::{AccountId, ArnPartition, Region};
use claviger_wire::{Answer, Members};
use futures_util::future::BoxFuture;

use crate::pipeline::{self, Trace};
use crate::{Api, Fault};

/// What the rest of the product knows of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// AWS's name.
    pub name: &'static str,
    /// What policies call it, such as `cloudtrail:LookupEvents`.
    pub action: &'static str,
    /// Whether it only reads.
    pub read_only: bool,
    /// Whether its answer has members, be there none this time; where not, JSON has no body.
    pub has_output: bool,
    /// How often an account may call it in a second and Region.
    pub calls_per_second: i32,
}

/// Unless an operation has a rate of its own.
const CALLS_PER_SECOND: i32 = 25;

impl Facts {
    /// An operation that only reads.
    pub const fn read(name: &'static str, action: &'static str) -> Facts {
        Facts { name, action, read_only: true, has_output: true, calls_per_second: CALLS_PER_SECOND }
    }

    /// An operation that changes something.
    pub const fn write(name: &'static str, action: &'static str) -> Facts {
        Facts { read_only: false, ..Facts::read(name, action) }
    }

    /// The same, called at most so often in a second.
    pub const fn at_most(self, calls_per_second: i32) -> Facts {
        Facts { calls_per_second, ..self }
    }

    /// The same, whose answer has no members.
    pub const fn without_output(self) -> Facts {
        Facts { has_output: false, ..self }
    }
}

/// A request of a known sender, as its operation and policies see it.
pub struct Call<'a> {
    /// Who signed it.
    pub caller: &'a Caller,
    /// Where and when it came in.
    pub origin: Origin<'a>,
}

impl Call<'_> {
    /// The caller's account.
    pub fn account(&self) -> AccountId {
        self.caller.account
    }

    /// The Region that it was sent to.
    pub fn region(&self) -> Region {
        self.origin.region
    }

    /// The partition of every ARN that it names or is told.
    pub fn partition(&self) -> ArnPartition {
        self.origin.region.partition()
    }

    /// When it arrived.
    pub fn now(&self) -> Timestamp {
        self.origin.now
    }
}

/// What comes of a request that is done.
pub struct Done {
    /// What its caller is answered.
    pub answer: Answer,
    /// What its record shows of that: nothing of what only reads.
    pub told: Shown,
}

impl Done {
    /// An answer of which the record shows nothing.
    pub fn answered(answer: Answer) -> Done {
        Done { answer, told: Shown::new() }
    }

    /// Done, with nothing to say.
    pub fn silently() -> Done {
        Done::answered(Answer::structure())
    }
}

/// One operation.
pub trait Operation: 'static {
    /// What the rest of the product knows of it.
    const FACTS: Facts;
    /// The API that it belongs to, whose parts it works with.
    type Api: Api;
    /// Its request, parsed.
    type Request: Send + Sync;

    /// Takes the members in the order of the model.
    fn parse(members: Members<'_>) -> Result<Self::Request, Fault>;

    /// What the record shows of the request: an allow-list.
    fn shown(_: &Self::Request) -> Shown {
        Shown::new()
    }

    /// What is to be decided before it runs; all of it must be allowed. Without more, its action on `*`.
    fn asks(_: &Call<'_>, _: &Self::Request) -> Result<Vec<Ask>, Fault> {
        Ok(vec![Ask::any(Self::FACTS.action)])
    }

    /// Does it. When it was overtaken by another commit, it is asked and run again.
    fn run(
        api: &Self::Api,
        call: &Call<'_>,
        request: &Self::Request,
    ) -> impl Future<Output = Result<Done, Fault>> + Send;
}

type Perform<A> = for<'c> fn(
    &'c pipeline::Served<A>,
    &'c Call<'c>,
    Members<'c>,
    &'c mut Trace,
) -> BoxFuture<'c, Result<Answer, Fault>>;

/// An operation in the table of its API.
pub struct Entry<A: Api> {
    /// What it is.
    pub facts: Facts,
    pub(crate) perform: Perform<A>,
}

/// The entry of an operation.
pub const fn entry<O: Operation>() -> Entry<O::Api> {
    let perform: Perform<O::Api> =
        |served, call, members, trace| Box::pin(pipeline::perform::<O>(served, call, members, trace));
    Entry { facts: O::FACTS, perform }
}
