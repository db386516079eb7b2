//! DeleteOpenIDConnectProvider: an issuer's tokens are worth nothing from now on.

use claviger_audit::Shown;
use claviger_wire::Members;

use super::birth;
use super::oidc::OfProvider;
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::rows::Changes;

pub(super) struct DeleteOpenIdConnectProvider;

impl Operation for DeleteOpenIdConnectProvider {
    const FACTS: Facts = Facts::write("DeleteOpenIDConnectProvider").without_result();
    type Request = OfProvider;
    type Response = ();

    fn parse(mut members: Members<'_>) -> Result<OfProvider, Fault> {
        let provider = OfProvider::take(&mut members);
        Ok(members.finish(provider)?)
    }

    fn shown(request: &OfProvider) -> Shown {
        request.show()
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &OfProvider) -> Result<Vec<Ask>, Fault> {
        Ok(vec![request.ask(api, call, "iam:DeleteOpenIDConnectProvider").await?])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &OfProvider) -> Result<(), Fault> {
        // One that is not there is as good as deleted.
        let Some(row) = request.row(api, call).await? else { return Ok(()) };
        let mut counts = birth::counts(api, call).await?;
        counts.record.oidc_providers = counts.record.oidc_providers.saturating_sub(1);
        Ok(api.directory.commit(Changes::new().remove(&row).update(&counts)).await?)
    }
}
