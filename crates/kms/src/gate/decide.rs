//! Who may do what. Until policies are decided here, an account's root user acts on its own account, and nobody else.

use std::sync::Arc;

use claviger_iam::{Credential, Principal};
use claviger_names::{AccountId, Region};

use crate::fault::{Denial, Fault};
use crate::model::Place;
use crate::op::Facts;

/// A request whose sender is known, as the gate and the operations see it.
pub(crate) struct Call<'a> {
    /// Who signed it.
    pub credential: &'a Arc<Credential>,
    /// The Region that it was sent to.
    pub region: Region,
    /// The body.
    pub body: &'a [u8],
}

impl Call<'_> {
    /// Where the caller's own keys live.
    pub(crate) fn place(&self) -> Place {
        Place { account: self.credential.caller.account, region: self.region }
    }

    /// Decides on a resource of `owner`.
    pub(crate) fn decide(&self, facts: &Facts, owner: AccountId) -> Result<(), Fault> {
        let caller = &self.credential.caller;
        match caller.principal {
            Principal::Root if caller.account == owner => Ok(()),
            Principal::Root => Err(self.denied_across_accounts(facts)),
        }
    }

    /// The refusal that tells a foreign caller nothing about the key, not even whether there is one.
    pub(crate) fn denied_across_accounts(&self, facts: &Facts) -> Fault {
        Fault::AccessDenied(Denial(
            format!(
                "User: {} is not authorized to perform: {} on this resource because the resource does not exist in \
                 this Region, no resource-based policies allow access, or a resource-based policy explicitly denies \
                 access",
                self.credential.caller.arn(self.region),
                facts.action
            )
            .into(),
        ))
    }

    /// The refusal of a ciphertext whose key the caller cannot use, or that does not exist.
    pub(crate) fn denied_by_ciphertext() -> Fault {
        Fault::AccessDenied(Denial(
            "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or \
             you are not allowed to access."
                .into(),
        ))
    }
}
