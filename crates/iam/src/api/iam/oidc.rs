//! OpenID Connect providers as operations meet them: their ARNs, and the limits of what they hold.

use claviger_audit::Shown;
use claviger_names::AccountId;
use claviger_wire::{Members, TextRule};

use super::document::exceeded;
use super::member::ARN;
use crate::api::{Api, Ask, Call, Fault};
use crate::model::{IamArn, OidcProviderRecord};
use crate::rows::{Row, at};

/// Most providers of an account.
pub(super) const PROVIDERS_MAX: u32 = 100;

/// Most client ids of a provider.
const CLIENT_IDS_MAX: usize = 100;

/// Most thumbprints of a provider.
const THUMBPRINTS_MAX: usize = 5;

pub(super) const URL: TextRule = TextRule::length(1, 255);
pub(super) const CLIENT_ID: TextRule = TextRule::length(1, 255);
pub(super) const THUMBPRINT: TextRule = TextRule::length(40, 40);

/// A provider that a request is about.
pub(super) struct OfProvider {
    pub arn: String,
}

impl OfProvider {
    /// Takes OpenIDConnectProviderArn.
    pub(super) fn take(members: &mut Members<'_>) -> OfProvider {
        OfProvider { arn: members.required_text("OpenIDConnectProviderArn", &ARN).into_owned() }
    }

    /// Shows it in a record.
    pub(super) fn show(&self) -> Shown {
        Shown::new().text("openIDConnectProviderArn", &self.arn)
    }

    /// `action` on the provider, with what it is tagged with.
    pub(super) async fn ask(&self, api: &Api, call: &Call<'_>, action: &'static str) -> Result<Ask, Fault> {
        let ask = Ask::new(action, self.arn.as_str(), self.arn.as_str());
        Ok(match self.row(api, call).await? {
            Some(row) => ask.resource_tags(row.record.tags.iter()),
            None => ask,
        })
    }

    /// The provider, if the caller's account has it.
    pub(super) async fn row(
        &self,
        api: &Api,
        call: &Call<'_>,
    ) -> Result<Option<Row<OidcProviderRecord>>, Fault> {
        let Some(url) = url_of(&self.arn, call.account()) else { return Ok(None) };
        let row: Option<Row<OidcProviderRecord>> =
            api.directory.row(at::oidc_provider(call.account(), url)?).await?;
        Ok(row.filter(|row| *row.record.url == *url))
    }

    /// The provider, which must be there.
    pub(super) async fn find(&self, api: &Api, call: &Call<'_>) -> Result<Row<OidcProviderRecord>, Fault> {
        self.row(api, call).await?.ok_or_else(|| {
            Fault::NoSuchEntity(format!("OpenIDConnect Provider not found for arn {}", self.arn).into())
        })
    }
}

/// The URL, without scheme, of the account's provider that an ARN names.
fn url_of(arn: &str, account: AccountId) -> Option<&str> {
    let IamArn { owner, resource } = IamArn::parse(arn)?;
    let url = resource.0.strip_prefix("oidc-provider/")?;
    (owner == account.as_str() && is_host_and_path(url)).then_some(url)
}

/// The ARN of a provider.
pub(super) fn arn(call: &Call<'_>, url: &str) -> String {
    format!("arn:{}:iam::{}:oidc-provider/{url}", call.partition(), call.account())
}

/// Host and path of an issuer's URL, which must be https and have no query.
pub(super) fn host_and_path(url: &str) -> Result<&str, Fault> {
    let rest = url.strip_prefix("https://").map(|rest| rest.trim_end_matches('/'));
    rest.filter(|rest| is_host_and_path(rest))
        .ok_or_else(|| Fault::Validation("Invalid Open ID Connect Provider URL".into()))
}

fn is_host_and_path(text: &str) -> bool {
    let host = text.split('/').next().unwrap_or_default();
    let in_host = |b: u8| b.is_ascii_alphanumeric() || b".-:".contains(&b);
    let allowed = |b: u8| b.is_ascii_graphic() && !b"?#%\\".contains(&b);
    !host.is_empty() && host.bytes().all(in_host) && text.bytes().all(allowed)
}

/// Refuses more client ids than there can be.
pub(super) fn check_client_ids(client_ids: &[Box<str>]) -> Result<(), Fault> {
    match client_ids.len() > CLIENT_IDS_MAX {
        true => Err(exceeded("ClientIdsPerOpenIdConnectProvider", CLIENT_IDS_MAX)),
        false => Ok(()),
    }
}

/// Refuses thumbprints that are none, or too many.
pub(super) fn check_thumbprints(thumbprints: &[Box<str>]) -> Result<(), Fault> {
    if thumbprints.len() > THUMBPRINTS_MAX {
        return Err(Fault::InvalidInput(
            format!("Thumbprint list must contain no more than {THUMBPRINTS_MAX} entries.").into(),
        ));
    }
    match thumbprints.iter().all(|print| print.bytes().all(|b| b.is_ascii_hexdigit())) {
        true => Ok(()),
        false => Err(Fault::InvalidInput("A thumbprint is 40 hexadecimal characters.".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuers_url_is_https_and_loses_its_scheme() {
        assert_eq!(host_and_path("https://token.example.com").unwrap(), "token.example.com");
        assert_eq!(host_and_path("https://e.example:8443/id/Ab/").unwrap(), "e.example:8443/id/Ab");
        for wrong in ["http://a", "https://", "https:///a", "https://a?b", "https://a b", "a", "https://a@b/"]
        {
            assert!(host_and_path(wrong).is_err(), "{wrong}");
        }
    }
}
