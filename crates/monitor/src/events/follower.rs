//! Tells the rules of everything that is on the trail.

use std::collections::HashMap;
use std::sync::Arc;

use claviger_api::Fault;
use claviger_audit::{Consumer, ConsumerFault, Entry, Position};
use claviger_clock::Clock;
use claviger_names::{AccountId, Region};
use claviger_store::{Notice, Watch};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::bus::Bus;
use super::delivery::{self, ReadyRule};
use super::envelope::Occurrence;
use super::rule::RuleRecord;
use super::rules::{Rules, bus_of};
use crate::Courier;

/// Records after which the position is kept although nobody was told of them.
const RECORDS_UNKEPT_MAX: u64 = 100_000;

/// Reads what is on the trail to the rules. An account without rules that could take anything costs a look-up a record.
pub struct EventFollower {
    rules: Rules,
    courier: Arc<dyn Courier>,
    clock: Arc<dyn Clock>,
    watch: Watch,
    /// The rules of buses that have any to be asked; none before the first look.
    ready: Option<HashMap<AccountId, HashMap<Region, Vec<ReadyRule>>>>,
    position: Option<Position>,
    kept: Position,
}

impl EventFollower {
    pub(super) fn new(rules: Rules, courier: Arc<dyn Courier>, clock: Arc<dyn Clock>) -> EventFollower {
        let watch = rules.watch();
        EventFollower { rules, courier, clock, watch, ready: None, position: None, kept: Position::default() }
    }

    /// Takes up where it was before the process began. Called once, before it is asked where it stands.
    pub async fn resume(mut self) -> Result<EventFollower, ConsumerFault> {
        self.position = self.rules.position().await.map_err(told)?;
        self.kept = self.position.unwrap_or_default();
        Ok(self)
    }

    async fn follow(&mut self, entries: &[Entry<'_>]) -> Result<(), Fault> {
        self.read_changes().await?;
        let mut has_told = false;
        for entry in entries {
            has_told |= self.tell(entry).await;
            self.position = Some(entry.after);
        }
        let position = self.position.unwrap_or_default();
        if has_told || position.records.saturating_sub(self.kept.records) >= RECORDS_UNKEPT_MAX {
            self.rules.keep_position(position).await?;
            self.kept = position;
        }
        Ok(())
    }

    /// Answers whether there was anybody to be told.
    async fn tell(&self, entry: &Entry<'_>) -> bool {
        let event = &entry.event;
        let rules = self.ready.as_ref().zip(event.recipient()).and_then(|(ready, account)| {
            let (region, rules) = ready.get(&account)?.get_key_value(&event.region().parse().ok()?)?;
            Some((Bus { account, region: *region }, rules))
        });
        let Some((bus, rules)) = rules else { return false };
        if !rules.iter().any(|rule| rule.is_asked(event.time(), event.is_read_only())) {
            return false;
        }
        let Some(occurrence) = Occurrence::of(bus, entry) else { return false };
        let now = self.clock.now();
        delivery::tell(rules, &occurrence, &*self.courier, now).await;
        true
    }

    /// Reads the rules that have changed; all of them the first time, and when it is not known which.
    async fn read_changes(&mut self) -> Result<(), Fault> {
        let mut changed = Vec::new();
        while let Some(notice) = self.watch.waiting() {
            match notice {
                Notice::Committed(_, paths) => changed.extend(paths.iter().filter_map(bus_of)),
                Notice::Lost => self.ready = None,
            }
        }
        if self.ready.is_none() {
            let all = self.rules.of_all_buses().await?;
            self.ready = Some(HashMap::new());
            for (bus, rules) in all {
                self.exchange(bus, rules).await;
            }
            return Ok(());
        }
        for bus in changed {
            // When this fails all rules are read at the next look: nothing is left half changed.
            match self.rules.all(bus).await {
                Ok(rules) => self.exchange(bus, rules).await,
                Err(fault) => {
                    self.ready = None;
                    return Err(fault);
                }
            }
        }
        Ok(())
    }

    async fn exchange(&mut self, bus: Bus, rules: Vec<(String, RuleRecord)>) {
        let rules = delivery::ready(bus, rules).await;
        let Some(of_all) = &mut self.ready else { return };
        let of_account = of_all.entry(bus.account).or_default();
        if rules.is_empty() {
            of_account.remove(&bus.region);
        } else {
            of_account.insert(bus.region, rules);
        }
        of_all.retain(|_, regions| !regions.is_empty());
    }
}

impl Consumer for EventFollower {
    fn name(&self) -> &'static str {
        "events"
    }

    fn position(&self) -> Option<Position> {
        self.position
    }

    fn take<'a>(&'a mut self, entries: &'a [Entry<'a>]) -> BoxFuture<'a, Result<(), ConsumerFault>> {
        self.follow(entries).map(|followed| followed.map_err(told)).boxed()
    }
}

fn told(fault: Fault) -> ConsumerFault {
    ConsumerFault(match fault {
        Fault::Internal(claviger_api::Cause(cause)) => cause,
        other => format!("{other:?}"),
    })
}
