//! Several commits in one SQLite transaction, each judged by its own guards.

use crate::row::{Meta, checksum};
use claviger_store::{Change, Guard, Outcome, Path, Revision, Transaction};
use rusqlite::{Connection, OptionalExtension, params};

/// Commits that become durable together.
pub(crate) struct Group<'a> {
    connection: &'a Connection,
    before: Meta,
    after: Meta,
    replaced: bool,
}

/// How a commit in a group ends, if the group does.
pub(crate) enum Applied {
    Committed(Revision, Vec<Path>),
    Conflict,
}

/// What a group came to.
pub(crate) struct Finished {
    pub(crate) meta: Meta,
    /// Whether something was deleted or replaced, so that its old bytes are to be erased.
    pub(crate) replaced: bool,
}

impl Applied {
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Applied::Committed(revision, _) => Outcome::Committed(*revision),
            Applied::Conflict => Outcome::Conflict,
        }
    }
}

impl Group<'_> {
    /// Begins behind the state `before`.
    pub(crate) fn begin(connection: &Connection, before: Meta) -> rusqlite::Result<Group<'_>> {
        connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        Ok(Group { connection, before, after: before, replaced: false })
    }

    /// Judges the guards, all before any change, and applies the changes.
    pub(crate) fn apply(&mut self, transaction: &Transaction) -> rusqlite::Result<Applied> {
        for guard in &transaction.guards {
            if !self.holds(guard)? {
                return Ok(Applied::Conflict);
            }
        }
        self.after.revision += 1;
        let mut changed = Vec::with_capacity(transaction.changes.len());
        for change in &transaction.changes {
            if self.change(change)? {
                changed.push(change.path().clone());
            }
        }
        Ok(Applied::Committed(Revision(self.after.revision), changed))
    }

    /// Makes the group durable.
    pub(crate) fn finish(self) -> rusqlite::Result<Finished> {
        if self.after != self.before {
            let mut update = self
                .connection
                .prepare_cached("UPDATE meta SET revision = ?1, entries = ?2, checksum = ?3 WHERE id = 1")?;
            update.execute(params![self.after.revision, self.after.entries, self.after.checksum()])?;
        }
        self.connection.prepare_cached("COMMIT")?.execute([])?;
        Ok(Finished { meta: self.after, replaced: self.replaced })
    }

    fn holds(&self, guard: &Guard) -> rusqlite::Result<bool> {
        let mut find = self.connection.prepare_cached("SELECT revision FROM entry WHERE path = ?1")?;
        let found = find.query_row(params![guard.path().as_str()], |row| row.get(0)).optional()?;
        Ok(guard.holds(found.map(Revision)))
    }

    /// Whether anything changed.
    fn change(&mut self, change: &Change) -> rusqlite::Result<bool> {
        match change {
            Change::Put(path, value) => self.put(path, value).map(|()| true),
            Change::Delete(path) => self.delete(path),
        }
    }

    fn put(&mut self, path: &Path, value: &[u8]) -> rusqlite::Result<()> {
        let revision = self.after.revision;
        let row = params![path.as_str(), revision, checksum(path.as_str(), revision, value), value];
        let mut update = self
            .connection
            .prepare_cached("UPDATE entry SET revision = ?2, checksum = ?3, value = ?4 WHERE path = ?1")?;
        if update.execute(row)? == 1 {
            self.replaced = true;
            return Ok(());
        }
        let mut insert = self
            .connection
            .prepare_cached("INSERT INTO entry (path, revision, checksum, value) VALUES (?1, ?2, ?3, ?4)")?;
        insert.execute(row)?;
        self.after.entries += 1;
        Ok(())
    }

    fn delete(&mut self, path: &Path) -> rusqlite::Result<bool> {
        let mut delete = self.connection.prepare_cached("DELETE FROM entry WHERE path = ?1")?;
        let deleted = delete.execute(params![path.as_str()])? == 1;
        self.after.entries -= u64::from(deleted);
        self.replaced |= deleted;
        Ok(deleted)
    }
}

impl Drop for Group<'_> {
    fn drop(&mut self) {
        // Some errors end the transaction by themselves. An error here leaves it open, and the next BEGIN says so.
        if !self.connection.is_autocommit() {
            _ = self.connection.execute_batch("ROLLBACK");
        }
    }
}
