//! Metrics, alarms and metric filters, wired to the keys and to time.

use std::sync::Arc;

use claviger_kms::Kms;
use claviger_monitor::Watch;
use claviger_monitor::cloudwatch::{Expiries, Expiring};
use claviger_server::Overdue;
use futures_util::future::{BoxFuture, FutureExt as _};

/// The keys whose imported material expires.
pub(crate) struct ImportedKeys(pub Arc<Kms>);

impl Expiries for ImportedKeys {
    fn expiring(&self) -> BoxFuture<'_, Result<Vec<Expiring>, String>> {
        async {
            let found = self.0.expirations().await.map_err(|fault| format!("{fault:?}"))?;
            let expiring = found.into_iter().map(|key| Expiring {
                account: key.account,
                region: key.region,
                key_id: key.key_id.into(),
                at: key.at,
            });
            Ok(expiring.collect())
        }
        .boxed()
    }
}

/// What is due every minute.
pub(crate) struct EveryMinute(pub Watch);

impl Overdue for EveryMinute {
    fn settle(&self) -> BoxFuture<'_, ()> {
        self.0.settle().boxed()
    }
}
