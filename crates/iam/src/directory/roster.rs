//! Who there is in an account, page by page.

use claviger_names::AccountId;
use claviger_store::Span;

use super::{Directory, PrincipalKind};
use crate::IamError;
use crate::model::{EntityKind, RoleRecord, UniqueId, UserRecord};
use crate::rows::{at, from_json};

/// A user or role in a page of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RosterEntry {
    /// Its unique id.
    pub id: UniqueId,
    /// Its name: the page after this entry begins behind it.
    pub name: Box<str>,
}

impl Directory {
    /// Up to `limit` users or roles of an account, in the order of their names in lower case, after the one that is
    /// called `after`.
    pub async fn roster(
        &self,
        account: AccountId,
        kind: PrincipalKind,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<RosterEntry>, IamError> {
        let of = match kind {
            PrincipalKind::User => EntityKind::User,
            PrincipalKind::Role => EntityKind::Role,
        };
        let mut span = Span::prefix(&at::entities(account, of));
        if let Some(after) = after {
            span = span.after(&at::entity(account, of, after)?);
        }
        let entries = self.scan(span, limit).await?;
        let read = |entry| match kind {
            PrincipalKind::User => from_json(entry).map(|user: UserRecord| listed(user.id, &user.name)),
            PrincipalKind::Role => from_json(entry).map(|role: RoleRecord| listed(role.id, &role.name)),
        };
        entries.iter().map(read).collect()
    }
}

fn listed(id: UniqueId, name: &impl AsRef<str>) -> RosterEntry {
    RosterEntry { id, name: name.as_ref().into() }
}
