//! Where a new key is to live: the origin of CreateKey, and the store and the external key that go with it.

use super::backing::{Choice, foreign, missing};
use crate::fault::Fault;
use crate::model::{KeySpec, KeyTraits, Origin};

/// Refuses a store or an external key that this origin does not take, and the lack of one that it needs.
pub(crate) fn check_placement(
    origin: Origin,
    store: Option<&str>,
    external_key: Option<&str>,
) -> Result<(), Fault> {
    use Origin::{AWS_CLOUDHSM, AWS_KMS, EXTERNAL, EXTERNAL_KEY_STORE};
    let choice = Choice { member: "Origin", value: origin.name() };
    match (origin, store, external_key) {
        (AWS_KMS | EXTERNAL, None, None)
        | (AWS_CLOUDHSM, Some(_), None)
        | (EXTERNAL_KEY_STORE, Some(_), Some(_)) => Ok(()),
        (AWS_CLOUDHSM | EXTERNAL_KEY_STORE, None, _) => Err(missing("CustomKeyStoreId", choice)),
        (EXTERNAL_KEY_STORE, Some(_), None) => Err(missing("XksKeyId", choice)),
        (AWS_KMS | EXTERNAL | AWS_CLOUDHSM, _, Some(_)) => Err(foreign("XksKeyId", choice)),
        (AWS_KMS | EXTERNAL, Some(_), None) => Err(foreign("CustomKeyStoreId", choice)),
    }
}

/// Why a key is not made in a store.
pub(crate) fn no_store_for(key: KeyTraits) -> Fault {
    let unsupported = |what: &str| {
        Fault::Unsupported(Some(format!("{what} is not supported in a custom key store.").into()))
    };
    match key {
        KeyTraits { multi_region: Some(_), .. } => unsupported("MultiRegion true"),
        KeyTraits { spec: KeySpec::SYMMETRIC_DEFAULT, .. } => Fault::CustomKeyStoreNotFound,
        KeyTraits { spec, .. } => unsupported(&format!("KeySpec {}", spec.name())),
    }
}

#[cfg(test)]
mod tests {
    use claviger_wire::Enumerated;

    use super::*;

    fn taken(store: Option<&str>, external_key: Option<&str>) -> Vec<&'static str> {
        let takes = |origin: &Origin| check_placement(*origin, store, external_key).is_ok();
        Origin::NAMES.iter().filter(|(_, origin)| takes(origin)).map(|(name, _)| *name).collect()
    }

    #[test]
    fn each_origin_takes_what_it_needs_and_nothing_else() {
        assert_eq!(taken(None, None), ["AWS_KMS", "EXTERNAL"]);
        assert_eq!(taken(Some("cks-1"), None), ["AWS_CLOUDHSM"]);
        assert_eq!(taken(Some("cks-1"), Some("x")), ["EXTERNAL_KEY_STORE"]);
        assert!(taken(None, Some("x")).is_empty());
    }

    #[test]
    fn what_is_missing_and_what_is_foreign_is_named() {
        let told = |origin, store, key| match check_placement(origin, store, key) {
            Err(Fault::Validation(text)) => text.into_owned(),
            other => panic!("{other:?}"),
        };
        let lacking = told(Origin::EXTERNAL_KEY_STORE, Some("cks-1"), None);
        assert_eq!(lacking, "XksKeyId is required with Origin EXTERNAL_KEY_STORE.");
        let foreign = told(Origin::EXTERNAL, Some("cks-1"), None);
        assert_eq!(foreign, "CustomKeyStoreId is not valid with Origin EXTERNAL.");
    }
}
