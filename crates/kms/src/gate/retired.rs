//! What RetireGrant touches: a grant and its key.

use std::sync::Arc;

use super::decide::Call;
use super::resolve;
use super::scope::{Scope, touch};
use super::stated::Stated;
use crate::fault::{Fault, Missing};
use crate::grant_token::GrantToken;
use crate::keyspace::{self, Grant};
use crate::kms::Kms;
use crate::model::{GrantId, Key};
use crate::op::Facts;
use crate::pipeline::Trace;

/// How RetireGrant names its grant.
pub(crate) enum RetiredAsk<'r> {
    /// By one of its tokens.
    Token(&'r str),
    /// By its key and its id.
    Id { key: &'r str, id: GrantId },
}

/// A grant that the caller may retire.
pub(crate) struct Retired {
    pub key: Arc<Key>,
    pub grant: Grant,
}

impl Scope for Retired {
    type Ask<'r> = RetiredAsk<'r>;

    async fn admit(
        kms: &Kms,
        call: &Call<'_>,
        facts: &Facts,
        ask: Self::Ask<'_>,
        trace: &mut Trace,
    ) -> Result<Retired, Fault> {
        let (key, id) = match ask {
            RetiredAsk::Id { key, id } => (resolve::named_key(kms, call, facts, key).await?.key, id),
            RetiredAsk::Token(token) => {
                let token: GrantToken = token.parse().map_err(|_| Fault::InvalidGrantToken)?;
                (kms.key(token.place, token.key).await?.ok_or(Fault::InvalidGrantToken)?, token.id)
            }
        };
        touch(&key, trace);
        let grant = keyspace::load_grant(&kms.store, key.place, key.record.id, id).await?;
        let grant = grant.ok_or_else(|| match (&ask, key.place.account == call.account()) {
            (RetiredAsk::Token(_), _) => Fault::InvalidGrantToken,
            (RetiredAsk::Id { .. }, true) => Fault::NotFound(Missing::Grant(id.to_string().into())),
            (RetiredAsk::Id { .. }, false) => call.denied_across_accounts(facts),
        })?;
        call.decide_on_retiring(kms, facts, &key, &grant.record).await?;
        Ok(Retired { key, grant })
    }

    fn keys(&self) -> impl Iterator<Item = &Arc<Key>> {
        std::iter::once(&self.key)
    }
}

/// What a principal may retire; it is decided on the principal's ARN (permissions reference, ListRetirableGrants).
pub(crate) struct Retirable;

impl Scope for Retirable {
    type Ask<'r> = &'r str;

    async fn admit(
        kms: &Kms,
        call: &Call<'_>,
        facts: &Facts,
        retiring: Self::Ask<'_>,
        _: &mut Trace,
    ) -> Result<Retirable, Fault> {
        // A service has no policies of its own: it may ask for itself, and the operation sees to it that it does.
        if !call.is_by_service() {
            call.decide_in_account(kms, facts, retiring, Stated::default()).await?;
        }
        Ok(Retirable)
    }

    fn keys(&self) -> impl Iterator<Item = &Arc<Key>> {
        std::iter::empty()
    }
}
