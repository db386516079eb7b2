//! TagOpenIDConnectProvider, UntagOpenIDConnectProvider, ListOpenIDConnectProviderTags: the tags of an issuer.

use claviger_audit::Shown;
use claviger_wire::{Members, Xml};

use super::oidc::OfProvider;
use super::page::{Listed, Page};
use super::shape::{self, TagPair, show_tags};
use super::{member, tag_entity};
use crate::Tags;
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::rows::Changes;

pub(super) struct TagProvider;

pub(super) struct UntagProvider;

pub(super) struct ListProviderTags;

impl Operation for TagProvider {
    const FACTS: Facts = Facts::write("TagOpenIDConnectProvider").without_result();
    type Request = (OfProvider, Tags);
    type Response = ();

    fn parse(mut members: Members<'_>) -> Result<(OfProvider, Tags), Fault> {
        let provider = OfProvider::take(&mut members);
        let tags = member::tags(&mut members, "Tags");
        let tags = members.required("Tags", tags);
        let provider = members.finish(provider)?;
        Ok((provider, member::tags_of(Some(tags))?))
    }

    fn shown((provider, tags): &(OfProvider, Tags)) -> Shown {
        show_tags(provider.show(), tags)
    }

    async fn asks(
        api: &Api,
        call: &Call<'_>,
        (provider, tags): &(OfProvider, Tags),
    ) -> Result<Vec<Ask>, Fault> {
        Ok(vec![provider.ask(api, call, "iam:TagOpenIDConnectProvider").await?.tagging(tags.iter())])
    }

    async fn run(api: &Api, call: &Call<'_>, (provider, tags): &(OfProvider, Tags)) -> Result<(), Fault> {
        let mut row = provider.find(api, call).await?;
        tag_entity::add(&mut row.record.tags, tags)?;
        Ok(api.directory.commit(Changes::new().update(&row)).await?)
    }
}

impl Operation for UntagProvider {
    const FACTS: Facts = Facts::write("UntagOpenIDConnectProvider").without_result();
    type Request = (OfProvider, Vec<String>);
    type Response = ();

    fn parse(mut members: Members<'_>) -> Result<(OfProvider, Vec<String>), Fault> {
        let provider = OfProvider::take(&mut members);
        let keys = member::tag_keys(&mut members);
        Ok(members.finish((provider, keys))?)
    }

    fn shown((provider, keys): &(OfProvider, Vec<String>)) -> Shown {
        provider.show().list("tagKeys", keys.iter().map(String::as_str))
    }

    async fn asks(
        api: &Api,
        call: &Call<'_>,
        (provider, keys): &(OfProvider, Vec<String>),
    ) -> Result<Vec<Ask>, Fault> {
        let ask = provider.ask(api, call, "iam:UntagOpenIDConnectProvider").await?;
        Ok(vec![ask.with_many("aws:TagKeys", keys.iter().map(String::as_str))])
    }

    async fn run(
        api: &Api,
        call: &Call<'_>,
        (provider, keys): &(OfProvider, Vec<String>),
    ) -> Result<(), Fault> {
        let mut row = provider.find(api, call).await?;
        for key in keys {
            row.record.tags.remove(key);
        }
        Ok(api.directory.commit(Changes::new().update(&row)).await?)
    }
}

impl Operation for ListProviderTags {
    const FACTS: Facts = Facts::read("ListOpenIDConnectProviderTags");
    type Request = (OfProvider, Page);
    type Response = Listed<TagPair>;

    fn parse(mut members: Members<'_>) -> Result<(OfProvider, Page), Fault> {
        let provider = OfProvider::take(&mut members);
        let page = Page::take(&mut members);
        Ok(members.finish((provider, page))?)
    }

    fn shown((provider, page): &(OfProvider, Page)) -> Shown {
        page.show(provider.show())
    }

    async fn asks(api: &Api, call: &Call<'_>, (provider, _): &(OfProvider, Page)) -> Result<Vec<Ask>, Fault> {
        Ok(vec![provider.ask(api, call, "iam:ListOpenIDConnectProviderTags").await?])
    }

    async fn run(
        api: &Api,
        call: &Call<'_>,
        (provider, page): &(OfProvider, Page),
    ) -> Result<Listed<TagPair>, Fault> {
        let row = provider.find(api, call).await?;
        shape::page_of_tags(page, "ListOpenIDConnectProviderTags", &row.record.tags)
    }

    fn write(listed: &Listed<TagPair>, xml: &mut Xml) {
        listed.write(xml, "Tags", shape::write_tag);
    }
}
