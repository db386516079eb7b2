//! What every supposed request has: where it is supposed to come from, and the key that it is about.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use claviger_iam::{Origin, Source};
use claviger_names::{AccountId, Arn, Region};

use super::fault::Unexplained;
use crate::kms::Kms;
use crate::model::{Key, Place};

/// An origin of which nothing is known but Region and time; what it says of a connection is not looked at.
pub(super) fn supposed_origin<'a>(kms: &Kms, region: Region, source: Source<'a>) -> Origin<'a> {
    let (now, source_ip) = (kms.clock.now(), IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    Origin { region, now, source_ip, user_agent: None, is_secure: true, source }
}

/// No resource that a service acts for.
pub(super) fn no_source() -> Source<'static> {
    Source::default()
}

/// How a key is named: by an ARN, or by something shorter in a place.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeyText<'a> {
    pub text: &'a str,
    pub account: Option<AccountId>,
    pub region: Option<Region>,
}

impl Kms {
    /// The key of this ARN, alias ARN, id or alias name, and the alias.
    pub(super) async fn key_of(&self, named: KeyText<'_>) -> Result<(Arc<Key>, Option<String>), Unexplained> {
        let KeyText { text, account, region } = named;
        let no_key = || Unexplained::NoKey(text.to_owned());
        let (place, resource) = match (Arn::parse(text), account, region) {
            (Ok(arn), _, _) => {
                let region = arn.region.parse().map_err(|_| no_key())?;
                (Place { account: arn.account, region }, arn.resource.to_owned())
            }
            (Err(_), Some(account), Some(region)) if text.starts_with("alias/") => {
                (Place { account, region }, text.to_owned())
            }
            (Err(_), Some(account), Some(region)) => (Place { account, region }, format!("key/{text}")),
            (Err(_), _, _) => return Err(Unexplained::NotAKey(text.to_owned())),
        };
        let (id, alias) = match resource.strip_prefix("key/") {
            Some(id) => (id.parse().map_err(|_| no_key())?, None),
            None => {
                let name = resource.parse().map_err(|_| no_key())?;
                let target = self.alias_target(place, name).await?;
                (target.ok_or_else(no_key)?, Some(resource))
            }
        };
        Ok((self.key(place, id).await?.ok_or_else(no_key)?, alias))
    }
}
