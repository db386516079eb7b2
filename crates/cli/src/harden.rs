//! What the process does before it holds secrets: no core dump, no swap.

use rustix::mm::{MlockAllFlags, mlockall};
use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit};

/// What could not be had. The server runs without it, and says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Exposure {
    /// A crash may write memory to disk.
    #[error("core dumps could not be turned off; a crash may write key material to disk")]
    CoreDumps,
    /// Memory may be swapped out.
    #[error(
        "memory could not be locked; key material may reach the swap space (raise RLIMIT_MEMLOCK to unlimited, or \
         turn swap off)"
    )]
    Swap,
}

/// Turns off core dumps and, for as long as there is no limit to it, keeps all memory out of the swap space.
pub(crate) fn protect_memory() -> Vec<Exposure> {
    let mut exposures = Vec::new();
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    let no_dump = setrlimit(Resource::Core, none).and(set_dumpable_behavior(DumpableBehavior::NotDumpable));
    if no_dump.is_err() {
        exposures.push(Exposure::CoreDumps);
    }
    if lock_memory().is_err() {
        exposures.push(Exposure::Swap);
    }
    exposures
}

/// Under a limit nothing is locked: the first allocation beyond the limit would fail, and with it the process.
fn lock_memory() -> rustix::io::Result<()> {
    let unlimited = Rlimit { current: None, maximum: None };
    let limit = getrlimit(Resource::Memlock);
    if limit.current.is_some() {
        setrlimit(Resource::Memlock, unlimited)?;
    }
    // Pages are locked as they are touched: what is never used costs nothing.
    mlockall(MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT)
}

/// Raises the number of files that may be open to what the system allows, for connections.
pub(crate) fn raise_open_files() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}
