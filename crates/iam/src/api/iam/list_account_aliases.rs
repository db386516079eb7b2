//! ListAccountAliases: the alias of the account, if it has one.

use claviger_audit::Shown;
use claviger_wire::{Members, Xml};

use super::page::{Listed, Page};
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::rows::{Row, at};

pub(super) struct ListAccountAliases;

impl Operation for ListAccountAliases {
    const FACTS: Facts = Facts::read("ListAccountAliases");
    type Request = Page;
    type Response = Listed<String>;

    fn parse(mut members: Members<'_>) -> Result<Page, Fault> {
        let page = Page::take(&mut members);
        Ok(members.finish(page)?)
    }

    fn shown(request: &Page) -> Shown {
        request.show(Shown::new())
    }

    async fn asks(_: &Api, _: &Call<'_>, _: &Page) -> Result<Vec<Ask>, Fault> {
        Ok(vec![Ask::any("iam:ListAccountAliases")])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Page) -> Result<Listed<String>, Fault> {
        let own: Row<Option<String>> = api.directory.row_or_new(at::alias(call.account())?).await?;
        request.of("ListAccountAliases", own.record, String::clone)
    }

    fn write(listed: &Listed<String>, xml: &mut Xml) {
        xml.texts("AccountAliases", &listed.items);
        listed.write_end(xml);
    }
}
