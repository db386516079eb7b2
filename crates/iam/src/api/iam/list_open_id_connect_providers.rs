//! ListOpenIDConnectProviders: the ARNs of all issuers, on one page.

use claviger_audit::Shown;
use claviger_wire::{Members, Xml};

use super::oidc;
use super::page::all_rows;
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::model::OidcProviderRecord;
use crate::rows::at;

pub(super) struct ListOpenIdConnectProviders;

impl Operation for ListOpenIdConnectProviders {
    const FACTS: Facts = Facts::read("ListOpenIDConnectProviders");
    type Request = ();
    type Response = Vec<String>;

    fn parse(members: Members<'_>) -> Result<(), Fault> {
        Ok(members.finish(())?)
    }

    fn shown((): &()) -> Shown {
        Shown::new()
    }

    async fn asks(_: &Api, _: &Call<'_>, (): &()) -> Result<Vec<Ask>, Fault> {
        Ok(vec![Ask::any("iam:ListOpenIDConnectProviders")])
    }

    async fn run(api: &Api, call: &Call<'_>, (): &()) -> Result<Vec<String>, Fault> {
        let rows = all_rows::<OidcProviderRecord>(api, &at::oidc_providers(call.account())).await?;
        Ok(rows.iter().map(|row| oidc::arn(call, &row.record.url)).collect())
    }

    fn write(arns: &Vec<String>, xml: &mut Xml) {
        xml.list("OpenIDConnectProviderList", arns, |xml, arn| {
            xml.text("Arn", arn);
        });
    }
}
