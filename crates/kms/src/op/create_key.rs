//! CreateKey: a new key with fresh material.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_crypto::SymmetricMaterial;
use claviger_names::KeyId;
use claviger_policy::default_key_policy;
use claviger_store::Revision;
use claviger_wire::{Members, Pattern, TextRule};
use serde::Serialize;

use super::key_choice::KeyChoice;
use super::member::{CUSTOM_KEY_STORE_ID, DESCRIPTION, POLICY, RequestTags, show_tags, tags};
use super::policy::check_policy;
use super::{Facts, KeyNames, Operation, PolicyType, States};
use crate::fault::Fault;
use crate::gate::{NoKey, Permit};
use crate::keyspace::Changes;
use crate::kms::Kms;
use crate::model::{Key, KeyManager, KeyMetadata, KeyRecord, KeyState, Tags};
use crate::pipeline::Told;

/// An external key's id.
const XKS_KEY_ID: TextRule = TextRule::matching(
    1,
    128,
    Pattern {
        text: "^[a-zA-Z0-9-_.]+$",
        holds: |text| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        },
    },
);

pub(crate) struct CreateKey;

pub(crate) struct Request<'b> {
    policy: Option<Cow<'b, str>>,
    description: Cow<'b, str>,
    choice: KeyChoice,
    key_store: Option<Cow<'b, str>>,
    bypass_lockout_check: Option<bool>,
    sent_tags: RequestTags<'b>,
    multi_region: Option<bool>,
    external_key: Option<Cow<'b, str>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    key_metadata: KeyMetadata,
}

impl Operation for CreateKey {
    const FACTS: Facts = Facts {
        policy: PolicyType::Iam,
        names: KeyNames::None,
        states: States::Any,
        has_output: true,
        ..Facts::of_key("CreateKey", "kms:CreateKey")
    };
    type Scope = NoKey;
    type Request<'b> = Request<'b>;
    type Response = Response;

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let request = Request {
            policy: members.text("Policy", &POLICY),
            description: members.text("Description", &DESCRIPTION).unwrap_or_default(),
            choice: KeyChoice::take(&mut members),
            key_store: members.text("CustomKeyStoreId", &CUSTOM_KEY_STORE_ID),
            bypass_lockout_check: members.flag("BypassPolicyLockoutSafetyCheck"),
            sent_tags: tags(&mut members).unwrap_or_default(),
            multi_region: members.flag("MultiRegion"),
            external_key: members.text("XksKeyId", &XKS_KEY_ID),
        };
        let request = members.finish(request)?;
        request.choice.check()?;
        request.tags()?;
        Ok(request)
    }

    fn asks(_: &Request<'_>) -> Result<(), Fault> {
        Ok(())
    }

    fn shown(request: &Request<'_>) -> Shown {
        let described = Shown::new().text("description", &request.description);
        let shown = (request.choice.show(described))
            .flag("multiRegion", request.multi_region == Some(true))
            .maybe_text("policy", request.policy.as_deref())
            .maybe_flag("bypassPolicyLockoutSafetyCheck", request.bypass_lockout_check)
            .maybe_text("customKeyStoreId", request.key_store.as_deref())
            .maybe_text("xksKeyId", request.external_key.as_deref());
        show_tags(shown, &request.sent_tags)
    }

    fn told(response: &Response) -> Told {
        let elements = Shown::new().object("keyMetadata", response.key_metadata.shown());
        Told::elements(elements).with_resource(response.key_metadata.resource())
    }

    fn fits(request: &Request<'_>, _: &NoKey) -> Result<(), Fault> {
        match (&request.key_store, &request.external_key) {
            (Some(_), _) => Err(Fault::CustomKeyStoreNotFound),
            (None, Some(_)) => Err(Fault::Validation(Cow::Borrowed(
                "XksKeyId is valid only with Origin EXTERNAL_KEY_STORE.",
            ))),
            (None, None) => request.choice.check_supported(),
        }
    }

    async fn run(kms: &Kms, permit: Permit<NoKey>, request: &Self::Request<'_>) -> Result<Response, Fault> {
        let place = permit.place();
        let policy = match &request.policy {
            None => default_key_policy(place.region.partition(), place.account),
            Some(policy) => policy.to_string(),
        };
        let bypass = request.bypass_lockout_check == Some(true);
        check_policy(kms, permit.caller(), &policy, bypass).await?;
        let (record, material) = new_key(kms, request, policy)?;
        kms.commit(Changes::new().create_key(&place, &record, material)).await?;
        let key = Key::assemble(place, record, Vec::new(), Revision(0), Vec::new());
        Ok(Response { key_metadata: KeyMetadata::of(&key) })
    }
}

impl Request<'_> {
    fn tags(&self) -> Result<Tags, Fault> {
        Tags::of_request(self.sent_tags.iter().map(|(key, value)| (&**key, &**value)))
    }
}

fn new_key(
    kms: &Kms,
    request: &Request<'_>,
    policy: String,
) -> Result<(KeyRecord, SymmetricMaterial), Fault> {
    let random = kms.random_bytes()?;
    let id = match request.multi_region {
        Some(true) => KeyId::multi_region(random),
        Some(false) | None => KeyId::single_region(random),
    };
    let material = SymmetricMaterial::generate(&*kms.random).map_err(Fault::internal)?;
    let record = KeyRecord {
        id,
        created: kms.now(),
        description: request.description.to_string(),
        spec: request.choice.spec(),
        usage: request.choice.usage(),
        origin: request.choice.origin(),
        manager: KeyManager::Customer,
        state: KeyState::Enabled,
        tags: request.tags()?,
        policy,
        materials: vec![material.id_for(&id)],
    };
    Ok((record, material))
}
