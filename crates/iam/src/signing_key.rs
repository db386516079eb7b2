//! The signing key that an access key's requests are verified with, held beside its secret.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use claviger_sigv4::{Scope, SigningKey};

/// One derived signing key: that of the scope in which the access key was first used on a day.
#[derive(Default)]
pub struct HeldSigningKey(ArcSwapOption<Scoped>);

struct Scoped {
    scope: Scope<'static>,
    key: Arc<SigningKey>,
}

impl HeldSigningKey {
    /// The signing key of this scope, if it is the one that is held.
    pub fn of(&self, scope: &Scope<'_>) -> Option<Arc<SigningKey>> {
        let held = self.0.load();
        held.as_ref().filter(|held| held.scope == *scope).map(|held| Arc::clone(&held.key))
    }

    /// Holds the signing key of this scope, unless one of the same day is held: a sender that uses several Regions would
    /// have them drive each other out.
    pub fn hold(&self, scope: &Scope<'_>, key: &Arc<SigningKey>) {
        let is_of_the_day = |held: &Arc<Scoped>| held.scope.date() == scope.date();
        if !self.0.load().as_ref().is_some_and(is_of_the_day) {
            let (scope, key) = (scope.clone().into_owned(), Arc::clone(key));
            self.0.store(Some(Arc::new(Scoped { scope, key })));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(scope: &Scope<'_>) -> Arc<SigningKey> {
        Arc::new(SigningKey::derive(b"secret", scope))
    }

    #[test]
    fn a_key_is_held_for_its_scope_alone_and_until_the_next_day() {
        let held = HeldSigningKey::default();
        let [first, second, tomorrow] =
            [("20261122", "us-east-1"), ("20261122", "eu-west-1"), ("20261123", "eu-west-1")]
                .map(|(day, region)| Scope::new(day, region, "kms"));
        assert!(held.of(&first).is_none());
        held.hold(&first, &key(&first));
        held.hold(&second, &key(&second));
        assert!(held.of(&first).is_some() && held.of(&second).is_none());
        assert!(held.of(&Scope::new("20261122", "us-east-1", "sts")).is_none());
        held.hold(&tomorrow, &key(&tomorrow));
        assert!(held.of(&tomorrow).is_some() && held.of(&first).is_none());
    }
}
