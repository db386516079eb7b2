//! What an operation of the two APIs is. What all of them do alike is done by the pipeline.

use claviger_audit::Shown;
use claviger_clock::Timestamp;
use claviger_names::{AccountId, ArnPartition, Region};
use claviger_wire::{Members, Xml};
use futures_util::future::BoxFuture;

use super::pipeline::{self, Trace};
use super::{Api, Ask, Fault};
use crate::{Caller, Origin};

/// Room that most answers fit into.
const USUAL_ANSWER_BYTES: usize = 4096;

/// What the rest of the product knows of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// AWS's name.
    pub name: &'static str,
    /// Whether it only reads.
    pub read_only: bool,
    /// Whether its answer has a Result element.
    pub has_result: bool,
    /// Room that its answer takes: what grows leaves its old bytes behind, and it may hold a secret.
    pub answer_bytes: usize,
}

impl Facts {
    /// An operation that only reads.
    pub(crate) const fn read(name: &'static str) -> Facts {
        let (read_only, has_result) = (true, true);
        Facts { name, read_only, has_result, answer_bytes: USUAL_ANSWER_BYTES }
    }

    /// An operation that changes something.
    pub(crate) const fn write(name: &'static str) -> Facts {
        Facts { read_only: false, ..Facts::read(name) }
    }

    /// The same, whose answer has no Result element.
    pub(crate) const fn without_result(self) -> Facts {
        Facts { has_result: false, ..self }
    }

    /// The same, with room for so much.
    pub(crate) const fn answering(self, answer_bytes: usize) -> Facts {
        Facts { answer_bytes, ..self }
    }
}

/// A request of a known sender, as its operation and policies see it.
pub(crate) struct Call<'a> {
    /// Who signed it.
    pub caller: &'a Caller,
    /// Where and when it came in.
    pub origin: Origin<'a>,
}

impl Call<'_> {
    /// The caller's account.
    pub(crate) fn account(&self) -> AccountId {
        self.caller.account
    }

    /// The Region that it was sent to.
    pub(crate) fn region(&self) -> Region {
        self.origin.region
    }

    /// The partition of every ARN that it names or is told.
    pub(crate) fn partition(&self) -> ArnPartition {
        self.origin.region.partition()
    }

    /// When it arrived.
    pub(crate) fn now(&self) -> Timestamp {
        self.origin.now
    }
}

/// One operation.
pub(crate) trait Operation: 'static {
    /// What the rest of the product knows of it.
    const FACTS: Facts;
    /// Its request, parsed.
    type Request: Send + Sync;
    /// Its answer; `()` where there is none.
    type Response: Send + Sync;

    /// Takes the members in the order of the model.
    fn parse(members: Members<'_>) -> Result<Self::Request, Fault>;

    /// What the record shows of the request: an allow-list.
    fn shown(request: &Self::Request) -> Shown;

    /// Whose account it is about, where its sender, a service, has none.
    fn account(_: &Self::Request) -> Option<AccountId> {
        None
    }

    /// Whose account it turned out to be about.
    fn account_found(_: &Self::Response) -> Option<AccountId> {
        None
    }

    /// What is to be decided before it runs; all of it must be allowed.
    fn asks(
        api: &Api,
        call: &Call<'_>,
        request: &Self::Request,
    ) -> impl Future<Output = Result<Vec<Ask>, Fault>> + Send;

    /// Does it. When it was overtaken by another commit, it is asked and run again.
    fn run(
        api: &Api,
        call: &Call<'_>,
        request: &Self::Request,
    ) -> impl Future<Output = Result<Self::Response, Fault>> + Send;

    /// Writes the content of the answer's Result element.
    fn write(_: &Self::Response, _: &mut Xml) {}

    /// What the record shows of the answer, without secrets.
    fn told(_: &Self::Response) -> Shown {
        Shown::new()
    }
}

/// An operation that is called without a signature.
pub(crate) trait UnsignedOperation: 'static {
    /// What the rest of the product knows of it.
    const FACTS: Facts;

    /// Does it, from its members to the content of the Result element. What `trace` holds is recorded, also when it
    /// fails.
    fn perform(
        api: &Api,
        origin: &Origin<'_>,
        members: Members<'_>,
        trace: &mut Trace,
    ) -> impl Future<Output = Result<Xml, Fault>> + Send;
}

/// An operation in the table.
pub struct Entry {
    /// What it is.
    pub facts: Facts,
    pub(crate) perform: Perform,
}

impl Entry {
    /// Whether the operation is called without a signature.
    pub fn is_unsigned(&self) -> bool {
        matches!(self.perform, Perform::Unsigned(_))
    }
}

/// What an operation comes to: the content of the Result element.
type Content<'c> = BoxFuture<'c, Result<Xml, Fault>>;

type PerformSigned = for<'c> fn(&'c Api, &'c Call<'c>, Members<'c>, &'c mut Trace) -> Content<'c>;

type PerformUnsigned = for<'c> fn(&'c Api, &'c Origin<'c>, Members<'c>, &'c mut Trace) -> Content<'c>;

/// How an operation is done.
#[derive(Clone, Copy)]
pub(crate) enum Perform {
    Signed(PerformSigned),
    Unsigned(PerformUnsigned),
}

/// The entry of an operation.
pub(crate) const fn entry<O: Operation>() -> Entry {
    let perform = Perform::Signed(|api, call, members, trace| {
        Box::pin(pipeline::perform::<O>(api, call, members, trace))
    });
    Entry { facts: O::FACTS, perform }
}

/// The entry of an operation that needs no signature.
pub(crate) const fn unsigned_entry<O: UnsignedOperation>() -> Entry {
    let perform =
        Perform::Unsigned(|api, origin, members, trace| Box::pin(O::perform(api, origin, members, trace)));
    Entry { facts: O::FACTS, perform }
}
