//! GetAccountAuthorizationDetails: every user, group, role and policy, with all that belongs to it.

use claviger_audit::Shown;
use claviger_wire::{Bounds, Enumerated, Members, Xml};

use super::detail::{self, Detailed};
use super::managed::{self, Usable};
use super::page::{Listed, Page};
use super::{Group, Role, User};
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::aws_policies::AWS_POLICIES;
use crate::model::{Entity, PolicyRecord, PolicyUse};
use crate::rows::at;

/// What the pages of the list belong to.
const LIST: &str = "GetAccountAuthorizationDetails";

pub(super) struct GetAccountAuthorizationDetails;

pub(super) struct Request {
    sections: Vec<Section>,
    page: Page,
}

/// A part of the account. They come one after another, in the order of their letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Section {
    AwsManagedPolicy,
    Group,
    LocalManagedPolicy,
    Role,
    User,
}

impl Enumerated for Section {
    const NAMES: &'static [(&'static str, Section)] = &[
        ("User", Section::User),
        ("Role", Section::Role),
        ("Group", Section::Group),
        ("LocalManagedPolicy", Section::LocalManagedPolicy),
        ("AWSManagedPolicy", Section::AwsManagedPolicy),
    ];
}

impl Section {
    /// The letter that the keys of what is in it begin with.
    fn letter(self) -> char {
        match self {
            Section::AwsManagedPolicy => 'a',
            Section::Group => 'g',
            Section::LocalManagedPolicy => 'l',
            Section::Role => 'r',
            Section::User => 'u',
        }
    }

    fn key(self, name: &str) -> String {
        format!("{}{}", self.letter(), name.to_ascii_lowercase())
    }
}

/// Something of the account before its details are read.
enum Subject {
    User(User),
    Group(Group),
    Role(Role),
    Policy(Usable),
}

impl Operation for GetAccountAuthorizationDetails {
    const FACTS: Facts = Facts::read(LIST);
    type Request = Request;
    type Response = Listed<Detailed>;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let sections = members.list_of::<Section>("Filter", Bounds::new(0, i64::MAX)).unwrap_or_default();
        let page = Page::take(&mut members);
        let mut request = members.finish(Request { sections, page })?;
        if request.sections.is_empty() {
            request.sections = Section::NAMES.iter().map(|(_, section)| *section).collect();
        }
        request.sections.sort_unstable();
        request.sections.dedup();
        Ok(request)
    }

    fn shown(request: &Request) -> Shown {
        request.page.show(Shown::new())
    }

    async fn asks(_: &Api, _: &Call<'_>, _: &Request) -> Result<Vec<Ask>, Fault> {
        Ok(vec![Ask::any("iam:GetAccountAuthorizationDetails")])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request) -> Result<Listed<Detailed>, Fault> {
        let after = request.page.after(LIST)?;
        let mut found = Vec::new();
        for section in &request.sections {
            if found.len() <= request.page.limit() {
                found.extend(section.subjects(api, call, &request.page, after.as_deref()).await?);
            }
        }
        let Listed { items, marker } = request.page.cut(LIST, found, |(key, _)| key.clone())?;
        let mut details = Vec::with_capacity(items.len());
        for (_, subject) in items {
            details.push(match subject {
                Subject::User(user) => detail::user(api, call, user).await?,
                Subject::Group(group) => detail::group(api, call, group).await?,
                Subject::Role(role) => detail::role(api, call, role).await?,
                Subject::Policy(policy) => detail::policy(api, call, policy).await?,
            });
        }
        Ok(Listed { items: details, marker })
    }

    fn write(listed: &Listed<Detailed>, xml: &mut Xml) {
        detail::write_all(&listed.items, xml);
        listed.write_end(xml);
    }
}

impl Section {
    /// What is in it behind the key `after`: a page and one more.
    async fn subjects(
        self,
        api: &Api,
        call: &Call<'_>,
        page: &Page,
        after: Option<&str>,
    ) -> Result<Vec<(String, Subject)>, Fault> {
        let last = after.unwrap_or_default();
        if last.starts_with(|letter| letter > self.letter()) {
            return Ok(Vec::new());
        }
        let last = last.strip_prefix(self.letter());
        match self {
            Section::User => self.entities::<User>(api, call, page, last, Subject::User).await,
            Section::Group => self.entities::<Group>(api, call, page, last, Subject::Group).await,
            Section::Role => self.entities::<Role>(api, call, page, last, Subject::Role).await,
            Section::LocalManagedPolicy => {
                let prefix = at::policies(call.account());
                let rows = page.rows::<PolicyRecord>(api, &prefix, last, |_| true).await?;
                let subject = |policy| Subject::Policy(Usable::Own(policy));
                Ok(rows.into_iter().map(|row| (self.key(row.record.name.as_str()), subject(row))).collect())
            }
            Section::AwsManagedPolicy => self.attached_of_aws(api, call, last).await,
        }
    }

    async fn entities<E: Entity>(
        self,
        api: &Api,
        call: &Call<'_>,
        page: &Page,
        last: Option<&str>,
        subject: impl Fn(E) -> Subject,
    ) -> Result<Vec<(String, Subject)>, Fault> {
        let prefix = at::entities(call.account(), E::KIND);
        let rows = page.rows::<E>(api, &prefix, last, |_| true).await?;
        Ok(rows.into_iter().map(|row| (self.key(row.record.name()), subject(row.record))).collect())
    }

    /// Of AWS's policies those that the account uses.
    async fn attached_of_aws(
        self,
        api: &Api,
        call: &Call<'_>,
        last: Option<&str>,
    ) -> Result<Vec<(String, Subject)>, Fault> {
        let mut subjects = Vec::new();
        for policy in AWS_POLICIES {
            let is_behind = last.is_none_or(|last| policy.name.to_ascii_lowercase().as_str() > last);
            let Some(id) = policy.unique_id().filter(|_| is_behind) else { continue };
            if managed::uses(api, call.account(), id).await?.record != PolicyUse::default() {
                subjects.push((self.key(policy.name), Subject::Policy(Usable::Aws(policy, id))));
            }
        }
        Ok(subjects)
    }
}
