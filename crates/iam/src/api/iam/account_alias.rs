//! CreateAccountAlias and DeleteAccountAlias: the one other name of an account.

use claviger_audit::Shown;
use claviger_wire::{Members, Pattern, TextRule};

use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::rows::{Changes, Row, at};

const ALIAS: TextRule =
    TextRule::matching(3, 63, Pattern { text: "^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$", holds: is_alias });

fn is_alias(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let dashes = text.starts_with('-') || text.ends_with('-') || text.contains("--");
    (3..=63).contains(&text.len()) && text.bytes().all(allowed) && !dashes
}

pub(super) struct CreateAccountAlias;

pub(super) struct DeleteAccountAlias;

pub(super) struct Request {
    alias: String,
}

impl Request {
    fn take(mut members: Members<'_>) -> Result<Request, Fault> {
        let alias = members.required_text("AccountAlias", &ALIAS).into_owned();
        Ok(members.finish(Request { alias })?)
    }

    fn show(&self) -> Shown {
        Shown::new().text("accountAlias", &self.alias)
    }
}

impl Operation for CreateAccountAlias {
    const FACTS: Facts = Facts::write("CreateAccountAlias").without_result();
    type Request = Request;
    type Response = ();

    fn parse(members: Members<'_>) -> Result<Request, Fault> {
        Request::take(members)
    }

    fn shown(request: &Request) -> Shown {
        request.show()
    }

    async fn asks(_: &Api, _: &Call<'_>, _: &Request) -> Result<Vec<Ask>, Fault> {
        Ok(vec![Ask::any("iam:CreateAccountAlias")])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request) -> Result<(), Fault> {
        let Request { alias } = request;
        if alias.parse::<claviger_names::AccountId>().is_ok() {
            let text = format!("The account alias {alias} must not be twelve digits.");
            return Err(Fault::InvalidInput(text.into()));
        }
        let taken: Option<Row<String>> = api.directory.row(at::account_alias(alias)?).await?;
        match taken.map(|row| row.record) {
            Some(account) if account == call.account().as_str() => return Ok(()),
            Some(_) => {
                let text = format!("The account alias {alias} already exists.");
                return Err(Fault::EntityAlreadyExists(text.into()));
            }
            None => {}
        }
        // A new alias takes the place of the one before.
        let mut own: Row<Option<String>> = api.directory.row_or_new(at::alias(call.account())?).await?;
        let before = own.record.replace(alias.clone());
        let mut changes =
            Changes::new().create(at::account_alias(alias), &call.account().as_str()).update(&own);
        if let Some(before) = before {
            changes = changes.delete(at::account_alias(&before));
        }
        Ok(api.directory.commit(changes).await?)
    }
}

impl Operation for DeleteAccountAlias {
    const FACTS: Facts = Facts::write("DeleteAccountAlias").without_result();
    type Request = Request;
    type Response = ();

    fn parse(members: Members<'_>) -> Result<Request, Fault> {
        Request::take(members)
    }

    fn shown(request: &Request) -> Shown {
        request.show()
    }

    async fn asks(_: &Api, _: &Call<'_>, _: &Request) -> Result<Vec<Ask>, Fault> {
        Ok(vec![Ask::any("iam:DeleteAccountAlias")])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request) -> Result<(), Fault> {
        let own: Row<Option<String>> = api.directory.row_or_new(at::alias(call.account())?).await?;
        if own.record.as_ref() != Some(&request.alias) {
            let text = format!("The account alias {} cannot be found.", request.alias);
            return Err(Fault::NoSuchEntity(text.into()));
        }
        let changes = Changes::new().remove(&own).delete(at::account_alias(&request.alias));
        Ok(api.directory.commit(changes).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_is_lower_case_with_single_dashes_inside() {
        for good in ["abc", "a-b", "a1-b2-c3"] {
            assert!(is_alias(good), "{good}");
        }
        for wrong in ["ab", "-ab", "ab-", "a--b", "Abc", "a_b", &"x".repeat(64)] {
            assert!(!is_alias(wrong), "{wrong}");
        }
    }
}
