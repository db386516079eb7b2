//! Which headers a signature covers, and which it must.

use std::borrow::Cow;

use crate::{
    Request, escape,
    fault::{Echo, SigV4Fault},
};

/// The names in `SignedHeaders`: lower-case, sorted, each once, each in the request, and all that must be there.
#[derive(Clone)]
pub struct SignedHeaders<'a>(Cow<'a, str>);

/// Where the time of the request stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dated {
    /// `x-amz-date`, in a header or in the query.
    Amz,
    /// The `date` header.
    DateHeader,
}

impl<'a> SignedHeaders<'a> {
    /// The names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        escape::split(&self.0, b';')
    }

    /// Whether the signature covers the header `name` (lower-case).
    pub fn covers(&self, name: &str) -> bool {
        self.names().any(|signed| signed == name)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads the list and holds it against the request's headers.
    pub(crate) fn parse(
        list: Cow<'a, str>,
        request: &Request<'_>,
        dated: Dated,
    ) -> Result<SignedHeaders<'a>, SigV4Fault> {
        let names: Vec<&str> = escape::split(&list, b';').collect();
        if !names.contains(&"host") {
            return Err(SigV4Fault::HostNotSigned);
        }
        let lower = !list.bytes().any(|byte| byte.is_ascii_uppercase());
        if !lower || !names.is_sorted_by(|earlier, later| earlier < later) {
            return Err(SigV4Fault::SignedHeadersNotCanonical { got: Echo::of(&list) });
        }
        if let Some(name) = names.iter().find(|name| request.values(name).next().is_none()) {
            return Err(SigV4Fault::SignedHeaderAbsent { name: Echo::of(name) });
        }
        check_coverage(&names, request, dated)?;
        Ok(SignedHeaders(list))
    }
}

/// What decides what is done must be given once, and be signed.
fn check_coverage(signed: &[&str], request: &Request<'_>, dated: Dated) -> Result<(), SigV4Fault> {
    for (name, _) in request.headers {
        let must_be_signed = name.starts_with("x-amz-") || (*name == "date" && dated == Dated::DateHeader);
        if must_be_signed && !signed.contains(name) {
            return Err(SigV4Fault::HeaderNotSigned { name: Echo::of(name) });
        }
        // SDKs do not agree on signing the content type, but two of them would be two readings.
        if must_be_signed || matches!(*name, "host" | "content-type") {
            request.sole(name)?;
        }
    }
    Ok(())
}
