//! Policy documents of requests: their grammar and their sizes.

use claviger_policy::{Document, Kind};

use crate::api::{Api, Fault};
use crate::{BindError, Bindings};

/// Most characters of a managed policy.
pub(super) const MANAGED_CHARACTERS_MAX: usize = 6144;

/// Most characters of a trust policy.
pub(super) const TRUST_CHARACTERS_MAX: usize = 2048;

/// Characters as quotas count them: white space is free.
pub(super) fn characters(text: &str) -> usize {
    text.chars().filter(|c| !matches!(c, ' ' | '\t' | '\n' | '\r')).count()
}

/// The document that a text spells.
pub(super) fn parse(text: &str, kind: Kind) -> Result<Document, Fault> {
    Document::parse(text, kind).map_err(|fault| Fault::MalformedPolicyDocument(fault.to_string().into()))
}

/// Refuses what is no managed policy, or too long for one.
pub(super) fn check_managed(text: &str) -> Result<(), Fault> {
    parse(text, Kind::Managed)?;
    match characters(text) > MANAGED_CHARACTERS_MAX {
        true => Err(exceeded("PolicySize", MANAGED_CHARACTERS_MAX)),
        false => Ok(()),
    }
}

/// Whom a trust policy names; refused when it is none, too long, or names somebody who does not exist.
pub(super) async fn bind_trust(api: &Api, text: &str) -> Result<Bindings, Fault> {
    let document = parse(text, Kind::Trust)?;
    if characters(text) > TRUST_CHARACTERS_MAX {
        return Err(exceeded("ACLSizePerRole", TRUST_CHARACTERS_MAX));
    }
    api.directory.bind(&document).await.map_err(|error| match error {
        BindError::Unknown(principal) => {
            Fault::MalformedPolicyDocument(document.invalid_principal(&principal).to_string().into())
        }
        BindError::Directory(error) => error.into(),
    })
}

/// The refusal of more than a quota allows.
pub(super) fn exceeded(quota: &str, most: usize) -> Fault {
    Fault::LimitExceeded(format!("Cannot exceed quota for {quota}: {most}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_is_free() {
        assert_eq!(characters("{ \"a\" :\t\r\n\"é b\" }"), 10);
    }

    #[test]
    fn a_managed_policy_has_at_most_6144_characters() {
        let policy = |sid: usize| {
            format!(
                r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"{}","Effect":"Allow","Action":"*","Resource":"*"}}]}}"#,
                "x".repeat(sid)
            )
        };
        let fits = MANAGED_CHARACTERS_MAX - characters(&policy(0));
        assert!(check_managed(&policy(fits)).is_ok());
        let refused = check_managed(&policy(fits + 1));
        assert!(
            matches!(refused, Err(Fault::LimitExceeded(text)) if text == "Cannot exceed quota for PolicySize: 6144")
        );
    }
}
