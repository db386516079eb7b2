//! What a credential is for: a day, a Region, a service.

use std::borrow::Cow;

use crate::{
    TERMINATOR, escape,
    fault::{Echo, ScopeDate, ScopeFault, SigV4Fault},
    time::SigningTime,
};

/// A credential scope, as the request states it; also what a [`crate::SigningKey`] belongs to.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Scope<'a> {
    date: Cow<'a, str>,
    region: Cow<'a, str>,
    service: Cow<'a, str>,
    terminator: Cow<'a, str>,
}

impl<'a> Scope<'a> {
    /// The scope of one day (`YYYYMMDD`), Region and service.
    pub fn new(date: &'a str, region: &'a str, service: &'a str) -> Scope<'a> {
        let [date, region, service, terminator] = [date, region, service, TERMINATOR].map(Cow::Borrowed);
        Scope { date, region, service, terminator }
    }

    /// The day, `YYYYMMDD` once it was checked.
    pub fn date(&self) -> &str {
        &self.date
    }

    /// The Region that the caller addresses.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The service that the caller addresses, in signing spelling (`kms`).
    pub fn service(&self) -> &str {
        &self.service
    }

    /// The same scope, independent of the request: a key for caches.
    pub fn into_owned(self) -> Scope<'static> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        let Scope { date, region, service, terminator } = self;
        Scope { date: own(date), region: own(region), service: own(service), terminator: own(terminator) }
    }

    /// Splits `keyid/date/region/service/terminator`.
    pub(crate) fn split(credential: Cow<'a, str>) -> Result<(Cow<'a, str>, Scope<'a>), SigV4Fault> {
        let parts = match &credential {
            Cow::Borrowed(text) => elements(text).map(|parts| parts.map(Cow::Borrowed)),
            Cow::Owned(text) => elements(text).map(|parts| parts.map(|part| Cow::Owned(part.to_owned()))),
        };
        let [access_key_id, date, region, service, terminator] =
            parts.ok_or_else(|| SigV4Fault::MalformedCredential { got: Echo::of(&credential) })?;
        Ok((access_key_id, Scope { date, region, service, terminator }))
    }

    /// Holds the scope against the request's time and the endpoint; without `services` it may be for any. All that is
    /// wrong is told at once, as AWS does.
    pub(crate) fn check(
        &self,
        signed_at: &SigningTime<'_>,
        services: Option<&'static [&'static str]>,
        is_served: impl Fn(&Scope<'_>) -> bool,
    ) -> Result<(), Box<ScopeFault>> {
        let date = (self.date != signed_at.day()).then(|| ScopeDate {
            stated: Echo::of(&self.date),
            day: signed_at.day().to_owned(),
            from: signed_at.text.to_string(),
        });
        let fault = ScopeFault {
            region: (!is_served(self)).then(|| Echo::of(&self.region)),
            services: services.filter(|services| !services.contains(&self.service())),
            terminator: (self.terminator != TERMINATOR).then(|| Echo::of(&self.terminator)),
            date,
        };
        if fault == ScopeFault::default() { Ok(()) } else { Err(Box::new(fault)) }
    }
}

fn elements(credential: &str) -> Option<[&str; 5]> {
    let mut parts = escape::split(credential, b'/');
    let five = [parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?];
    parts.next().is_none().then_some(five)
}
