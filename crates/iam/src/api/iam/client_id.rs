//! AddClientIDToOpenIDConnectProvider and RemoveClientIDFromOpenIDConnectProvider: for whom an issuer's tokens must be.

use claviger_audit::Shown;
use claviger_wire::Members;

use super::oidc::{CLIENT_ID, OfProvider, check_client_ids};
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::rows::Changes;

pub(super) struct AddClientId;

pub(super) struct RemoveClientId;

pub(super) struct Request {
    provider: OfProvider,
    client_id: String,
}

impl Request {
    fn take(mut members: Members<'_>) -> Result<Request, Fault> {
        let provider = OfProvider::take(&mut members);
        let client_id = members.required_text("ClientID", &CLIENT_ID).into_owned();
        Ok(members.finish(Request { provider, client_id })?)
    }

    fn show(&self) -> Shown {
        self.provider.show().text("clientID", &self.client_id)
    }
}

impl Operation for AddClientId {
    const FACTS: Facts = Facts::write("AddClientIDToOpenIDConnectProvider").without_result();
    type Request = Request;
    type Response = ();

    fn parse(members: Members<'_>) -> Result<Request, Fault> {
        Request::take(members)
    }

    fn shown(request: &Request) -> Shown {
        request.show()
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        Ok(vec![request.provider.ask(api, call, "iam:AddClientIDToOpenIDConnectProvider").await?])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request) -> Result<(), Fault> {
        let mut row = request.provider.find(api, call).await?;
        let client_ids = &mut row.record.client_ids;
        if client_ids.iter().any(|id| **id == *request.client_id) {
            return Ok(());
        }
        client_ids.push(request.client_id.as_str().into());
        check_client_ids(client_ids)?;
        Ok(api.directory.commit(Changes::new().update(&row)).await?)
    }
}

impl Operation for RemoveClientId {
    const FACTS: Facts = Facts::write("RemoveClientIDFromOpenIDConnectProvider").without_result();
    type Request = Request;
    type Response = ();

    fn parse(members: Members<'_>) -> Result<Request, Fault> {
        Request::take(members)
    }

    fn shown(request: &Request) -> Shown {
        request.show()
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        Ok(vec![request.provider.ask(api, call, "iam:RemoveClientIDFromOpenIDConnectProvider").await?])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request) -> Result<(), Fault> {
        let mut row = request.provider.find(api, call).await?;
        row.record.client_ids.retain(|id| **id != *request.client_id);
        Ok(api.directory.commit(Changes::new().update(&row)).await?)
    }
}
