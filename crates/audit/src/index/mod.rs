//! The index of the trail: what is asked of the past is answered from the few blocks that may know. It is derived from the
//! trail, and may be missing, torn or damaged without a wrong answer.

mod block;
mod facet;
mod fingerprint;
mod indexer;
mod lookup;
mod search;
mod sidecar;

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::Trail;
use crate::file::{TrailFile, list};
use block::Times;
use search::Search;

pub use facet::Attribute;
pub use indexer::Indexer;
pub use lookup::{Criterion, Lookup, MalformedToken, Token};

/// Answers what is asked of the past of a trail. What is not indexed yet is read from the trail itself, so an answer is
/// always up to date.
#[derive(Debug)]
pub struct Index {
    past: Past,
}

#[derive(Debug)]
enum Past {
    Directory {
        directory: PathBuf,
        /// When the records of finished files were done.
        times: Mutex<HashMap<u64, Times>>,
    },
    Memory(Arc<Trail>),
}

/// A page of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The JSON of each record, newest first.
    pub records: Vec<String>,
    /// Where the next page begins; none when this is the last.
    pub next: Option<Token>,
}

/// Why a look-up was not answered.
#[derive(Debug, thiserror::Error)]
pub enum LookUpFault {
    /// The token is of another question.
    #[error("the token is one of another look-up")]
    OtherToken,
    /// The operating system would not let the trail be read.
    #[error("the trail at {} cannot be read: {cause}", .path.display())]
    Unreadable {
        /// What was to be read.
        path: PathBuf,
        /// Why not.
        cause: io::Error,
    },
}

impl Index {
    /// Of the trail in this directory, which may be one that another process writes.
    pub fn of_directory(directory: &Path) -> Index {
        Index { past: Past::Directory { directory: directory.to_owned(), times: Mutex::default() } }
    }

    /// Of this trail, in a directory or in memory.
    pub fn of(trail: Arc<Trail>) -> Index {
        match trail.directory() {
            Some(directory) => Index::of_directory(&directory),
            None => Index { past: Past::Memory(trail) },
        }
    }

    /// At most `limit` records, newest first, of which everything is true that is asked; with a token, those that follow
    /// the page that it came with. Lines that are no records are passed over. Blocks its thread.
    pub fn look_up(
        &self,
        lookup: &Lookup,
        limit: NonZeroUsize,
        after: Option<Token>,
    ) -> Result<Found, LookUpFault> {
        let checksum = lookup.checksum();
        if after.is_some_and(|token| token.checksum != checksum) {
            return Err(LookUpFault::OtherToken);
        }
        // One more than is told, to know whether there is another page.
        let mut search = Search::new(lookup, limit.saturating_add(1), after.map(|token| token.place));
        match &self.past {
            Past::Memory(trail) => search.memory(trail),
            Past::Directory { directory, times } => search_directory(&mut search, directory, times)?,
        }
        let mut found = search.found;
        let is_last = found.len() <= limit.get();
        found.truncate(limit.get());
        let oldest = found.last().filter(|_| !is_last).map(|(place, _)| *place);
        let next = oldest.map(|place| Token { place, checksum });
        Ok(Found { records: found.into_iter().map(|(_, record)| record).collect(), next })
    }
}

fn search_directory(
    search: &mut Search<'_>,
    directory: &Path,
    times: &Mutex<HashMap<u64, Times>>,
) -> Result<(), LookUpFault> {
    let at = |path: &Path| {
        let path = path.to_owned();
        |cause| LookUpFault::Unreadable { path, cause }
    };
    let known = || times.lock().unwrap_or_else(PoisonError::into_inner);
    let files = list(directory).map_err(at(directory))?;
    for (later, file) in files.iter().rev().enumerate() {
        let of_file = known().get(&file.sequence).copied();
        if search.is_done() || of_file.is_some_and(|times| !search.lookup.may_be_at(times)) {
            continue;
        }
        let seen = search_file(search, file).map_err(at(&file.path))?;
        // The newest still grows.
        if let Some(times) = seen.filter(|_| later > 0) {
            known().insert(file.sequence, times);
        }
    }
    Ok(())
}

/// Answers when the records of the file were done, if all of it is indexed. A file that is not there was archived.
fn search_file(search: &mut Search<'_>, file: &TrailFile) -> io::Result<Option<Times>> {
    match File::open(&file.path) {
        Ok(trail) => search.file(file, trail),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
