//! Lists of all users, groups or roles below a path.

use claviger_audit::Shown;
use claviger_wire::Members;

use super::member::{PATH_PREFIX, path};
use super::page::{Listed, Page};
use crate::api::{Api, Ask, Call, Fault};
use crate::model::Entity;
use crate::rows::{Row, at};

/// What such a list is asked for.
pub(super) struct Listing {
    path_prefix: Option<String>,
    page: Page,
}

impl Listing {
    /// Takes PathPrefix, Marker and MaxItems.
    pub(super) fn take(mut members: Members<'_>) -> Result<Listing, Fault> {
        let path_prefix = path(&mut members, "PathPrefix", &PATH_PREFIX);
        let page = Page::take(&mut members);
        Ok(members.finish(Listing { path_prefix, page })?)
    }

    /// Shows them in a record.
    pub(super) fn show(&self) -> Shown {
        self.page.show(Shown::new().maybe_text("pathPrefix", self.path_prefix.as_deref()))
    }

    /// What the paths of all that is listed begin with.
    pub(super) fn prefix(&self) -> &str {
        self.path_prefix.as_deref().unwrap_or("/")
    }
}

/// The resource of such a list is everything below the path.
pub(super) fn ask<E: Entity>(call: &Call<'_>, action: &'static str, listing: &Listing) -> Ask {
    let (partition, account, word) = (call.partition(), call.account(), E::KIND.word());
    let arn = format!("arn:{partition}:iam::{account}:{word}{}", listing.prefix());
    Ask::new(action, arn.as_str(), arn.as_str())
}

/// One page of it.
pub(super) async fn rows<E: Entity>(
    api: &Api,
    call: &Call<'_>,
    listing: &Listing,
) -> Result<Listed<Row<E>>, Fault> {
    let prefix = listing.prefix();
    let keep = |entity: &E| entity.path().as_str().starts_with(prefix);
    listing.page.of_rows(api, E::KIND.word(), &at::entities(call.account(), E::KIND), keep).await
}
