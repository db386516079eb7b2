//! TagResource: tags for a key, or other values for those it has.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_wire::Members;

use super::member::{KEY_ID, RequestTags, required_tags, show_tags};
use super::{Facts, Operation, QuotaBucket};
use crate::fault::Fault;
use crate::gate::{KeyAsk, OneKey, Permit, Stated};
use crate::keyspace::Changes;
use crate::kms::Kms;
use crate::model::{KeyRecord, Tags};

pub(crate) struct TagResource;

pub(crate) struct Request<'b> {
    key: Cow<'b, str>,
    sent: RequestTags<'b>,
    tags: Tags,
}

impl Operation for TagResource {
    const FACTS: Facts =
        Facts { quota: QuotaBucket::Own(10), ..Facts::of_key("TagResource", "kms:TagResource") };
    type Scope = OneKey;
    type Request<'b> = Request<'b>;
    type Response = ();

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let key = members.required_text("KeyId", &KEY_ID);
        let sent = required_tags(&mut members);
        let (key, sent) = members.finish((key, sent))?;
        let tags = Tags::of_request(sent.iter().map(|(key, value)| (&**key, &**value)))?;
        Ok(Request { key, sent, tags })
    }

    fn asks<'r>(request: &'r Request<'_>) -> Result<KeyAsk<'r>, Fault> {
        let stated = Stated { tags: Some(&request.tags), ..Stated::default() };
        Ok(KeyAsk::named(&request.key).stating(stated))
    }

    fn shown(request: &Request<'_>) -> Shown {
        show_tags(Shown::new().text("keyId", &request.key), &request.sent)
    }

    async fn run(kms: &Kms, permit: Permit<'_, OneKey>, request: &Self::Request<'_>) -> Result<(), Fault> {
        let OneKey(key) = permit.scope();
        let tags = key.record.tags.clone().with(&request.tags)?;
        let record = KeyRecord { tags, ..key.record.clone() };
        kms.commit(Changes::new().update_key(key, &record)).await
    }
}
