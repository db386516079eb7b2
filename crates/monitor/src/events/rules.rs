//! Stored rules.
//!
//! | path | value |
//! |---|---|
//! | `{account}/{region}/events/rule/{name}` | [`RuleRecord`] as JSON |
//! | `-/-/event-rules/{account}/{region}` | nothing: a rule there was changed |
//! | `-/-/event-follower` | how far the rules have been told of the trail |

use std::collections::HashMap;
use std::sync::Arc;

use claviger_api::Fault;
use claviger_audit::Position;
use claviger_seal::{SealedEntry, SealedStore, Write};
use claviger_store::{Guard, Outcome, Path, Revision, SCAN_LIMIT_ENTRIES, Span, Watch};

use super::bus::Bus;
use super::rule::RuleRecord;

/// Most rules of a bus, as AWS's quota.
pub(super) const RULES_MAX: usize = 300;

/// Where it is said which buses have rules.
const BUSES_PREFIX: &str = "-/-/event-rules/";

/// Where it is said how far the trail was followed.
const POSITION_PATH: &str = "-/-/event-follower";

/// The rules of all buses.
#[derive(Clone)]
pub(crate) struct Rules(Arc<SealedStore>);

/// A rule as it was read.
pub(super) struct StoredRule {
    pub record: RuleRecord,
    pub revision: Revision,
}

impl Rules {
    pub(super) fn new(store: Arc<SealedStore>) -> Rules {
        Rules(store)
    }

    pub(super) async fn find(&self, bus: Bus, name: &str) -> Result<Option<StoredRule>, Fault> {
        let entry = self.0.read(&rule_path(bus, name)?).await.map_err(Fault::internal)?;
        entry.map(|entry| Ok(StoredRule { record: read(&entry)?, revision: entry.revision })).transpose()
    }

    /// The rules whose names begin so and come after that one, in their order.
    pub(super) async fn list(
        &self,
        bus: Bus,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, RuleRecord)>, Fault> {
        let folder = folder(bus);
        let span = Span::prefix(&format!("{folder}{prefix}"));
        let span = match after {
            Some(after) => span.after(&rule_path(bus, after)?),
            None => span,
        };
        let entries = self.0.scan(span, limit).await.map_err(Fault::internal)?;
        let named = |entry: &SealedEntry| {
            let name = entry.path.as_str().strip_prefix(&folder).unwrap_or_default();
            Ok((name.to_owned(), read(entry)?))
        };
        entries.iter().map(named).collect()
    }

    /// All rules of a bus.
    pub(super) async fn all(&self, bus: Bus) -> Result<Vec<(String, RuleRecord)>, Fault> {
        self.list(bus, "", None, SCAN_LIMIT_ENTRIES).await
    }

    /// Stores a rule in place of the one that was read, or where there was none.
    pub(super) async fn put(
        &self,
        bus: Bus,
        name: &str,
        record: &RuleRecord,
        was: Option<Revision>,
    ) -> Result<(), Fault> {
        let value = serde_json::to_vec(record).map_err(Fault::internal)?;
        self.commit(bus, name, was, |path| Write::put(path, value)).await
    }

    /// Takes away the rule that was read.
    pub(super) async fn delete(&self, bus: Bus, name: &str, was: Revision) -> Result<(), Fault> {
        self.commit(bus, name, Some(was), Write::Delete).await
    }

    async fn commit(
        &self,
        bus: Bus,
        name: &str,
        was: Option<Revision>,
        write: impl FnOnce(Path) -> Write,
    ) -> Result<(), Fault> {
        let path = rule_path(bus, name)?;
        let guard = match was {
            Some(revision) => Guard::Unchanged(path.clone(), revision),
            None => Guard::Absent(path.clone()),
        };
        let changed = path_of(format!("{BUSES_PREFIX}{}/{}", bus.account, bus.region))?;
        let writes = vec![write(path), Write::put(changed, Vec::new())];
        match self.0.commit(vec![guard], writes).await.map_err(Fault::internal)? {
            Outcome::Committed(_) => Ok(()),
            Outcome::Conflict => Err(Fault::Overtaken),
        }
    }

    /// Tells which buses' rules change from now on, by paths that [`bus_of`] reads.
    pub(super) fn watch(&self) -> Watch {
        self.0.watch(Span::prefix(BUSES_PREFIX))
    }

    /// The rules of every bus that has some.
    pub(super) async fn of_all_buses(&self) -> Result<HashMap<Bus, Vec<(String, RuleRecord)>>, Fault> {
        let mut rules = HashMap::new();
        let mut span = Span::prefix(BUSES_PREFIX);
        loop {
            let page = self.0.scan(span.clone(), SCAN_LIMIT_ENTRIES).await.map_err(Fault::internal)?;
            for bus in page.iter().filter_map(|entry| bus_of(&entry.path)) {
                rules.insert(bus, self.all(bus).await?);
            }
            match page.last().filter(|_| page.len() == SCAN_LIMIT_ENTRIES) {
                Some(last) => span = span.after(&last.path),
                None => return Ok(rules),
            }
        }
    }

    /// How far the trail was followed.
    pub(super) async fn position(&self) -> Result<Option<Position>, Fault> {
        let entry = self.0.read(&path_of(POSITION_PATH.to_owned())?).await.map_err(Fault::internal)?;
        let text = entry.as_ref().and_then(|entry| std::str::from_utf8(entry.value.expose()).ok());
        Ok(text.and_then(|text| text.parse().ok()))
    }

    /// Keeps how far the trail was followed.
    pub(super) async fn keep_position(&self, position: Position) -> Result<(), Fault> {
        let write = Write::put(path_of(POSITION_PATH.to_owned())?, position.to_string().into_bytes());
        self.0.commit(Vec::new(), vec![write]).await.map(drop).map_err(Fault::internal)
    }
}

/// The bus whose rules this path says to have changed.
pub(super) fn bus_of(path: &Path) -> Option<Bus> {
    let (account, region) = path.as_str().strip_prefix(BUSES_PREFIX)?.split_once('/')?;
    Some(Bus { account: account.parse().ok()?, region: region.parse().ok()? })
}

fn folder(bus: Bus) -> String {
    format!("{}/{}/events/rule/", bus.account, bus.region)
}

fn rule_path(bus: Bus, name: &str) -> Result<Path, Fault> {
    path_of(format!("{}{name}", folder(bus)))
}

fn path_of(text: String) -> Result<Path, Fault> {
    Path::try_from(text).map_err(Fault::internal)
}

fn read(entry: &SealedEntry) -> Result<RuleRecord, Fault> {
    serde_json::from_slice(entry.value.expose()).map_err(Fault::internal)
}
