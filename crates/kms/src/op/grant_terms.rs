//! What a CreateGrant settles: whom, for what, within which constraints, under which name.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_wire::Members;

use super::GrantOperation;
use super::grant::{
    GRANT_NAME, OPERATIONS, PRINCIPAL, PartyMembers, SERVICE_PRINCIPAL, constraints, party, show_constraints,
    take_constraints,
};
use super::member::grant_tokens;
use crate::fault::Fault;
use crate::kms::Kms;
use crate::model::{Constraints, GrantAsk, GrantTerms, PartyName};

/// The terms of a grant as they were sent, and what stands between them in the model.
pub(super) struct SentTerms<'b> {
    grantee: PartyMembers<'b>,
    retiring: PartyMembers<'b>,
    pub(super) operations: Vec<GrantOperation>,
    constraints: Constraints,
    pub(super) grant_tokens: Vec<Cow<'b, str>>,
    name: Option<Cow<'b, str>>,
    pub(super) dry_run: Option<bool>,
}

impl<'b> SentTerms<'b> {
    /// Takes every member of CreateGrant but the key.
    pub(super) fn take(mut members: Members<'b>) -> Result<SentTerms<'b>, Fault> {
        let mut grantee = PartyMembers::default();
        let mut retiring = PartyMembers::default();
        grantee.principal = members.text("GranteePrincipal", &PRINCIPAL);
        retiring.principal = members.text("RetiringPrincipal", &PRINCIPAL);
        let operations = members.list_of("Operations", OPERATIONS);
        let operations = members.required("Operations", operations);
        let sent = take_constraints(&mut members);
        let grant_tokens = grant_tokens(&mut members);
        let name = members.text("Name", &GRANT_NAME);
        let dry_run = members.flag("DryRun");
        grantee.service = members.text("GranteeServicePrincipal", &SERVICE_PRINCIPAL);
        retiring.service = members.text("RetiringServicePrincipal", &SERVICE_PRINCIPAL);
        members.finish(())?;
        let constraints = constraints(&sent)?;
        let terms = SentTerms { grantee, retiring, operations, constraints, grant_tokens, name, dry_run };
        terms.check()?;
        Ok(terms)
    }

    /// The constraints, as they were sent.
    pub(super) fn constraints(&self) -> &Constraints {
        &self.constraints
    }

    /// The same as policies see it.
    pub(super) fn ask(&self) -> Result<GrantAsk<'_>, Fault> {
        Ok(GrantAsk {
            operations: &self.operations,
            constraints: &self.constraints,
            grantee: self.grantee()?,
            retiring: self.retiring.one("Retiring")?,
        })
    }

    /// Shows them in a record.
    pub(super) fn show(&self, shown: Shown) -> Shown {
        let shown = shown
            .maybe_text("granteePrincipal", self.grantee.principal.as_deref())
            .maybe_text("granteeServicePrincipal", self.grantee.service.as_deref())
            .maybe_text("retiringPrincipal", self.retiring.principal.as_deref())
            .maybe_text("retiringServicePrincipal", self.retiring.service.as_deref())
            .list("operations", self.operations.iter().map(|operation| operation.name()));
        show_constraints(shown, &self.constraints)
            .maybe_text("name", self.name.as_deref())
            .maybe_flag("dryRun", self.dry_run)
    }

    /// The same with whom it names bound to who that is now.
    pub(super) async fn bound(&self, kms: &Kms) -> Result<GrantTerms, Fault> {
        let retiring = match self.retiring.one("Retiring")? {
            Some(name) => Some(party(kms, name).await?),
            None => None,
        };
        let mut operations = self.operations.clone();
        operations.sort_unstable();
        operations.dedup();
        Ok(GrantTerms {
            name: self.name.as_deref().map(Box::from),
            grantee: party(kms, self.grantee()?).await?,
            retiring,
            operations,
            constraints: self.constraints.clone(),
        })
    }

    fn grantee(&self) -> Result<PartyName<'_>, Fault> {
        let missing = "You must specify either GranteePrincipal or GranteeServicePrincipal.";
        self.grantee.one("Grantee")?.ok_or(Fault::Validation(Cow::Borrowed(missing)))
    }

    /// Refuses a grant of nothing (our text), and one that lets its holder make others of the kind and nothing else (AWS's).
    fn check_operations(&self) -> Result<(), Fault> {
        if self.operations.is_empty() {
            return Err(Fault::Validation(Cow::Borrowed("Grants must contain at least one operation.")));
        }
        if self.operations.iter().all(|operation| *operation == GrantOperation::CreateGrant) {
            let text = "Grants must not contain only the CreateGrant operation.";
            return Err(Fault::Validation(Cow::Borrowed(text)));
        }
        Ok(())
    }

    /// Refuses what contradicts itself (API reference, CreateGrant).
    fn check(&self) -> Result<(), Fault> {
        self.check_operations()?;
        let retiring = self.retiring.one("Retiring")?;
        match (self.grantee()?, retiring, &self.constraints.source_arn) {
            (PartyName::Service(_), None, _) => Err(Fault::Validation(Cow::Borrowed(
                "GranteeServicePrincipal requires RetiringPrincipal or RetiringServicePrincipal.",
            ))),
            (PartyName::Service(_), Some(_), None) => Err(Fault::Validation(Cow::Borrowed(
                "GranteeServicePrincipal requires the SourceArn constraint.",
            ))),
            (PartyName::Service(_), Some(_), Some(_)) | (PartyName::Principal(_), _, _) => Ok(()),
        }
    }
}
