//! Which trail a request means: its name, or its ARN.

use claviger_api::{Ask, Call, Done, Fault, Shown};
use claviger_names::{AccountId, Region};
use claviger_seal::SealedStore;
use claviger_wire::{Members, TextRule};

use super::Refusal;
use super::settings::Census;
use crate::keyspace::{self, Stored, list_trails, trail_path};
use crate::trail::{Trail, arn};
use crate::{MalformedTrailName, TrailName};

/// Longest text that is taken for a name or an ARN, so that any can be recorded.
const REFERENCE_CHARACTERS_MAX: i64 = 1024;

pub(super) const REFERENCE: TextRule = TextRule::length(0, REFERENCE_CHARACTERS_MAX);

/// A trail as a request names it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reference {
    text: String,
    trail: Named,
}

#[derive(Debug, PartialEq, Eq)]
enum Named {
    Name(TrailName),
    Arn { account: AccountId, home: Region, name: TrailName },
}

/// Where the trail that a request means is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub account: AccountId,
    pub home: Region,
    pub name: TrailName,
}

impl Reference {
    /// The member of this name, and nothing else.
    pub(super) fn only(member: &str, mut members: Members<'_>) -> Result<Reference, Fault> {
        let text = members.text(member, &REFERENCE);
        let text = members.finish(text)?;
        Ok(Reference::parse(text.as_deref().unwrap_or_default())?)
    }

    pub(super) fn parse(text: &str) -> Result<Reference, Refusal> {
        let trail = match text.starts_with("arn:") {
            true => parse_arn(text).ok_or_else(|| Refusal::TrailArn(text.to_owned()))?,
            false => Named::Name(TrailName::parse(text)?),
        };
        Ok(Reference { text: text.to_owned(), trail })
    }

    /// As it was sent.
    pub(super) fn shown(&self, member: &str) -> Shown {
        Shown::new().text(member, &self.text)
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn is_arn(&self) -> bool {
        matches!(self.trail, Named::Arn { .. })
    }

    /// Whether it names this trail, wherever its home is.
    pub(super) fn means(&self, trail: &Trail) -> bool {
        match &self.trail {
            Named::Name(name) => *name == trail.id.name,
            Named::Arn { .. } => self.text == trail.id.arn(),
        }
    }

    pub(super) fn address(&self, call: &Call<'_>) -> Address {
        match &self.trail {
            Named::Name(name) => Address { account: call.account(), home: call.region(), name: name.clone() },
            Named::Arn { account, home, name } => {
                Address { account: *account, home: *home, name: name.clone() }
            }
        }
    }

    /// The action on the trail.
    pub(super) fn asks(&self, action: &'static str, call: &Call<'_>) -> Vec<Ask> {
        let arn = self.address(call).arn();
        vec![Ask::new(action, arn.clone(), arn)]
    }

    /// The trail, to be read: in its home Region by its name, in every Region that it covers by its ARN.
    pub(super) async fn find(&self, store: &SealedStore, call: &Call<'_>) -> Result<Stored<Trail>, Fault> {
        let address = self.address(call);
        let found = address.read(store, call.account()).await?;
        let found = found.filter(|found| found.value.covers(call.region()));
        found.ok_or_else(|| address.not_found(call).into())
    }

    /// The trail, to be changed: in its home Region only.
    pub(super) async fn find_at_home(
        &self,
        store: &SealedStore,
        call: &Call<'_>,
    ) -> Result<Stored<Trail>, Fault> {
        let address = self.address(call);
        let found = address.read(store, call.account()).await?;
        if let Some(found) = found {
            let home = found.value.id.home;
            return if home == call.region() { Ok(found) } else { Err(Refusal::HomeRegion { home }.into()) };
        }
        let trails = list_trails(store, Some(call.account())).await?;
        let is_shadow = |trail: &&Trail| trail.is_multi_region && trail.id.name == address.name;
        match (&self.trail, trails.iter().find(is_shadow)) {
            (Named::Name(_), Some(trail)) => Err(Refusal::HomeRegion { home: trail.id.home }.into()),
            (Named::Name(_) | Named::Arn { .. }, _) => Err(address.not_found(call).into()),
        }
    }
}

impl Reference {
    /// Changes the trail, in its home Region only.
    pub(super) async fn change(
        &self,
        store: &SealedStore,
        call: &Call<'_>,
        change: impl FnOnce(&mut Trail),
    ) -> Result<Done, Fault> {
        let census = Census::of(store, call.account()).await?;
        let mut trail = self.find_at_home(store, call).await?.value;
        change(&mut trail);
        let write = keyspace::put(keyspace::path_of(&trail.id)?, &trail)?;
        census.commit(store, vec![write]).await?;
        Ok(Done::silently())
    }
}

impl Address {
    pub(super) fn arn(&self) -> String {
        arn(self.account, self.home, self.name.as_str())
    }

    /// The trail there; that of another account is nobody's business.
    async fn read(&self, store: &SealedStore, caller: AccountId) -> Result<Option<Stored<Trail>>, Fault> {
        if self.account != caller {
            return Ok(None);
        }
        Ok(keyspace::read(store, &trail_path(self.account, self.home, self.name.as_str())?).await?)
    }

    fn not_found(&self, call: &Call<'_>) -> Refusal {
        Refusal::TrailNotFound { trail_arn: self.arn(), account: call.account() }
    }
}

/// `arn:aws:cloudtrail:us-east-2:123456789012:trail/MyTrail`
fn parse_arn(text: &str) -> Option<Named> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", partition, "cloudtrail", home, account, resource] = parts[..] else { return None };
    let (home, account): (Region, AccountId) = (home.parse().ok()?, account.parse().ok()?);
    let name = TrailName::parse(resource.strip_prefix("trail/")?).map_err(|_: MalformedTrailName| ()).ok()?;
    (partition == home.partition()).then_some(Named::Arn { account, home, name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trail_is_named_by_its_name_or_by_its_arn() {
        let named = |text: &str| Reference::parse(text).map(|reference| reference.trail);
        let name = TrailName::parse("ops").unwrap();
        assert_eq!(named("ops"), Ok(Named::Name(name.clone())));
        let arn = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/ops";
        let (account, home) = ("111122223333".parse().unwrap(), "eu-west-1".parse().unwrap());
        assert_eq!(named(arn), Ok(Named::Arn { account, home, name }));
        for wrong in [
            "arn:",
            "arn:aws-cn:cloudtrail:eu-west-1:111122223333:trail/ops",
            "arn:aws:cloudtrail:eu-west-1:111122223333:channel/ops",
            "arn:aws:cloudtrail:eu-west-1:1111:trail/ops",
            "arn:aws:cloudtrail:eu-west-1:111122223333:trail/-ops",
        ] {
            assert_eq!(named(wrong), Err(Refusal::TrailArn(wrong.to_owned())));
        }
        assert_eq!(named(""), Err(Refusal::TrailName(MalformedTrailName::Blank)));
    }
}
