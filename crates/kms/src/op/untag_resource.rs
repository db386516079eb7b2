//! UntagResource: takes tags from a key; one that it has not is no fault.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_wire::Members;

use super::member::{ANY_COUNT, KEY_ID};
use super::{Facts, Operation};
use crate::fault::Fault;
use crate::gate::{KeyAsk, OneKey, Permit, Stated};
use crate::keyspace::Changes;
use crate::kms::Kms;
use crate::model::{KeyRecord, TAG_KEY, check_tag_key};

pub(crate) struct UntagResource;

pub(crate) struct Request<'b> {
    key: Cow<'b, str>,
    tag_keys: Vec<Cow<'b, str>>,
}

impl Operation for UntagResource {
    const FACTS: Facts = Facts::of_key("UntagResource", "kms:UntagResource").telling_key();
    type Scope = OneKey;
    type Request<'b> = Request<'b>;
    type Response = ();

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let key = members.required_text("KeyId", &KEY_ID);
        let tag_keys = members.texts("TagKeys", ANY_COUNT, &TAG_KEY);
        let tag_keys = members.required("TagKeys", tag_keys);
        let request = members.finish(Request { key, tag_keys })?;
        request.tag_keys.iter().try_for_each(|key| check_tag_key(key))?;
        Ok(request)
    }

    fn asks<'r>(request: &'r Request<'_>) -> Result<KeyAsk<'r>, Fault> {
        let stated = Stated { tag_keys: &request.tag_keys, ..Stated::default() };
        Ok(KeyAsk::named(&request.key).stating(stated))
    }

    fn shown(request: &Request<'_>) -> Shown {
        let tag_keys = request.tag_keys.iter().map(|key| &**key);
        Shown::new().text("keyId", &request.key).list("tagKeys", tag_keys)
    }

    async fn run(kms: &Kms, permit: Permit<'_, OneKey>, request: &Self::Request<'_>) -> Result<(), Fault> {
        let OneKey(key) = permit.scope();
        let tags = key.record.tags.clone().without(request.tag_keys.iter().map(|key| &**key));
        if tags == key.record.tags {
            return Ok(());
        }
        let record = KeyRecord { tags, ..key.record.clone() };
        kms.commit(Changes::new().update_key(key, &record)).await
    }
}
