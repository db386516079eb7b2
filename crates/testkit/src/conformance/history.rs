//! Random histories, compared step by step with a plain ordered map.

use super::{Dice, Subject, commit, path, read};
use claviger_store::{
    Change, Entry, Guard, Notice, Outcome, Path, Revision, Span, Store, Transaction, Watch,
};
use std::collections::BTreeMap;

const HISTORIES: u64 = 12;
const STEPS: usize = 200;
const LONG_VALUE_BYTES: usize = 40_000;

/// What the store must hold.
#[derive(Default)]
struct Reference {
    entries: BTreeMap<Path, (Revision, Vec<u8>)>,
    last: Option<Revision>,
}

/// One history in progress.
struct History<S> {
    subject: S,
    watch: Watch,
    reference: Reference,
    paths: Vec<Path>,
    dice: Dice,
}

/// Commits with guards that hold or not, reads, scans and reopenings, each checked against the map.
pub async fn histories_match_a_plain_map<S: Subject>(make: &impl Fn() -> S) {
    for seed in 0..HISTORIES {
        let subject = make();
        let watch = subject.engine().watch(watched());
        let dice = Dice::new(seed);
        let mut history = History { subject, watch, reference: Reference::default(), paths: paths(), dice };
        for step in 0..STEPS {
            history = history.step(&format!("seed {seed}, step {step}")).await;
        }
    }
}

fn watched() -> Span {
    Span::prefix("a")
}

fn paths() -> Vec<Path> {
    let long = "a/".repeat(claviger_store::PATH_LIMIT_BYTES / 2);
    let texts =
        [" ", "a", "a ", "a/", "a/1", "a/10", "a/2", "a//", "b", "b/1", "b/1/2", "ba", "~", "~~", "'\"%_*?"];
    texts.into_iter().chain([long.as_str()]).map(path).collect()
}

impl<S: Subject> History<S> {
    async fn step(mut self, at: &str) -> Self {
        match self.dice.below(20) {
            0..10 => self.commit(at).await,
            10..14 => self.read(at).await,
            14..19 => self.scan(at).await,
            _ => return self.reopen(at).await,
        }
        self
    }

    async fn commit(&mut self, at: &str) {
        let transaction = self.transaction();
        let outcome = commit(self.subject.engine(), transaction.clone()).await;
        let Outcome::Committed(revision) = outcome else {
            assert!(
                !self.reference.allows(&transaction),
                "{at}: a conflict where every guard holds: {transaction:?}"
            );
            return;
        };
        assert!(self.reference.allows(&transaction), "{at}: no conflict for {transaction:?}");
        assert!(Some(revision) > self.reference.last, "{at}: {revision} was used before");
        let mut changed = self.reference.apply(transaction, revision);
        changed.retain(|path| watched().holds(path));
        if !changed.is_empty() {
            self.told(revision, changed, at).await;
        }
    }

    async fn told(&mut self, revision: Revision, mut changed: Vec<Path>, at: &str) {
        let Some(Notice::Committed(told, mut paths)) = self.watch.next().await else {
            panic!("{at}: the watch missed {revision}");
        };
        paths.sort();
        changed.sort();
        assert_eq!((told, paths), (revision, changed), "{at}: told something else");
    }

    async fn read(&mut self, at: &str) {
        let path = self.dice.one_of(&self.paths).clone();
        let expected = self.reference.entry(&path);
        assert!(
            read(self.subject.engine(), path.as_str()).await == expected,
            "{at}: read {path}, not {expected:?}"
        );
    }

    async fn scan(&mut self, at: &str) {
        let (span, limit) = (self.span(), self.dice.below(self.paths.len() + 1));
        let found = self.subject.engine().scan(span.clone(), limit).await.expect("a scan");
        let expected = self.reference.scan(&span, limit);
        assert!(found == expected, "{at}: {span:?} limit {limit}: {found:?}, not {expected:?}");
    }

    async fn reopen(mut self, at: &str) -> Self {
        self.subject = self.subject.reopened();
        self.watch = self.subject.engine().watch(watched());
        let all = self.subject.engine().scan(Span::prefix(""), self.paths.len()).await.expect("a scan");
        assert!(all == self.reference.scan(&Span::prefix(""), usize::MAX), "{at}: reopened with {all:?}");
        self
    }

    fn span(&mut self) -> Span {
        let [one, other] = [0, 1].map(|_| self.dice.one_of(&self.paths).clone());
        match self.dice.below(4) {
            0 => Span::prefix(&one.as_str()[..self.dice.below(2)]),
            1 => Span::prefix(one.as_str()),
            2 => Span::between(&one, &other),
            _ => Span::prefix("a").after(&one),
        }
    }

    fn transaction(&mut self) -> Transaction {
        let guards = (0..self.dice.below(3)).map(|_| self.guard()).collect();
        let mut changes: BTreeMap<Path, Change> = BTreeMap::new();
        for _ in 0..self.dice.below(6) {
            let path = self.dice.one_of(&self.paths).clone();
            changes.insert(path.clone(), self.change(path));
        }
        Transaction { guards, changes: changes.into_values().collect() }
    }

    // Mostly one that holds, so that most histories get somewhere.
    fn guard(&mut self) -> Guard {
        let path = self.dice.one_of(&self.paths).clone();
        match (self.reference.entries.get(&path), self.dice.below(8)) {
            (_, 0) => Guard::Absent(path),
            (_, 1) => Guard::Unchanged(path, self.reference.last.unwrap_or(Revision(1))),
            (Some((revision, _)), _) => Guard::Unchanged(path, *revision),
            (None, _) => Guard::Absent(path),
        }
    }

    fn change(&mut self, path: Path) -> Change {
        if self.dice.once_in(3) {
            return Change::Delete(path);
        }
        let longest = if self.dice.once_in(10) { LONG_VALUE_BYTES } else { 100 };
        let length = self.dice.below(longest);
        Change::Put(path, self.dice.bytes(length))
    }
}

impl Reference {
    fn allows(&self, transaction: &Transaction) -> bool {
        transaction.guards.iter().all(|guard| match guard {
            Guard::Absent(path) => !self.entries.contains_key(path),
            Guard::Unchanged(path, revision) => {
                self.entries.get(path).is_some_and(|(found, _)| found == revision)
            }
        })
    }

    /// The paths where something changed.
    fn apply(&mut self, transaction: Transaction, revision: Revision) -> Vec<Path> {
        self.last = Some(revision);
        let mut changed = vec![];
        for change in transaction.changes {
            match change {
                Change::Put(path, value) => {
                    self.entries.insert(path.clone(), (revision, value));
                    changed.push(path);
                }
                Change::Delete(path) => {
                    changed.extend(self.entries.remove_entry(&path).map(|(path, _)| path))
                }
            }
        }
        changed
    }

    fn entry(&self, path: &Path) -> Option<Entry> {
        let (revision, value) = self.entries.get(path)?;
        Some(Entry { path: path.clone(), value: value.clone(), revision: *revision })
    }

    fn scan(&self, span: &Span, limit: usize) -> Vec<Entry> {
        let held = self.entries.keys().filter(|path| span.holds(path));
        held.filter_map(|path| self.entry(path)).take(limit).collect()
    }
}
