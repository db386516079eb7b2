//! The proof that the gate let a request through. Nothing but this folder can make one.

use super::decide::Call;
use super::scope::Scope;
use crate::fault::Fault;
use crate::kms::Kms;
use crate::model::Place;
use crate::op::Facts;
use crate::pipeline::Trace;

/// That a caller may do one operation on what `S` holds, as it stood when that was decided: each key and alias in it
/// carries the commit it was read at, and what is committed on its ground is guarded by that.
pub(crate) struct Permit<'c, S> {
    scope: S,
    call: &'c Call<'c>,
}

impl<S> Permit<'_, S> {
    /// What the caller may touch.
    pub(crate) fn scope(&self) -> &S {
        &self.scope
    }

    /// Where the caller's own keys live.
    pub(crate) fn place(&self) -> Place {
        self.call.place()
    }

    /// The request that was let through.
    pub(crate) fn call(&self) -> &Call<'_> {
        self.call
    }
}

/// Resolves what the request asks for, and decides.
pub(crate) async fn admit<'c, S: Scope>(
    kms: &Kms,
    call: &'c Call<'c>,
    facts: &Facts,
    ask: S::Ask<'_>,
    trace: &mut Trace,
) -> Result<Permit<'c, S>, Fault> {
    let scope = S::admit(kms, call, facts, ask, trace).await?;
    Ok(Permit { scope, call })
}
