//! ListKeyRotations: the materials of a key, and the rotations that brought them.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_crypto::MaterialId;
use claviger_names::KeyId;
use claviger_wire::{EpochSeconds, Members};
use serde::Serialize;

use super::member::KEY_ID;
use super::paging::{Cut, Page, PageSize};
use super::{Facts, Operation, QuotaBucket, States};
use crate::fault::Fault;
use crate::gate::{KeyAsk, OneKey, Permit};
use crate::kms::Kms;
use crate::model::{ExpirationModel, IncludeKeyMaterial, Key, MaterialRecord, Presence};
use crate::related::all_can_rotate;

const LIST: &str = "ListKeyRotations";
const PAGE_SIZE: PageSize = PageSize { max: 1000, default: 100 };

pub(crate) struct ListKeyRotations;

pub(crate) struct Request<'b> {
    key: Cow<'b, str>,
    include_sent: Option<IncludeKeyMaterial>,
    page: Page,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    rotations: Vec<RotationsListEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
    truncated: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct RotationsListEntry {
    key_id: KeyId,
    key_material_id: MaterialId,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_material_description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    import_state: Option<&'static str>,
    key_material_state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration_model: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_to: Option<EpochSeconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotation_date: Option<EpochSeconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotation_type: Option<&'static str>,
}

impl Operation for ListKeyRotations {
    const FACTS: Facts = Facts {
        states: States::Any,
        quota: QuotaBucket::Own(100),
        read_only: true,
        has_output: true,
        ..Facts::of_key(LIST, "kms:ListKeyRotations")
    };
    type Scope = OneKey;
    type Request<'b> = Request<'b>;
    type Response = Response;

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let key = members.required_text("KeyId", &KEY_ID);
        let include_sent = members.one_of("IncludeKeyMaterial");
        let page = Page::take(&mut members, PAGE_SIZE);
        Ok(members.finish(Request { key, include_sent, page })?)
    }

    fn asks<'r>(request: &'r Request<'_>) -> Result<KeyAsk<'r>, Fault> {
        Ok(KeyAsk::named(&request.key))
    }

    fn shown(request: &Request<'_>) -> Shown {
        let include = request.include_sent.map(IncludeKeyMaterial::name);
        request.page.show(Shown::new().text("keyId", &request.key).maybe_text("includeKeyMaterial", include))
    }

    fn fits(_: &Request<'_>, OneKey(key): &OneKey) -> Result<(), Fault> {
        key.check_has_rotations()
    }

    async fn run(
        kms: &Kms,
        permit: Permit<'_, OneKey>,
        request: &Self::Request<'_>,
    ) -> Result<Response, Fault> {
        let OneKey(key) = permit.scope();
        let after: Option<MaterialId> = request.page.after(LIST)?;
        let all = || key.record.all_materials();
        let behind = match after {
            None => 0,
            Some(after) => all().position(|material| material.id == after).map_or(usize::MAX, |at| at + 1),
        };
        let all_material = request.include_sent == Some(IncludeKeyMaterial::AllKeyMaterial);
        let wanted = |material: &&MaterialRecord| all_material || material.rotated.is_some();
        let found = all().skip(behind).filter(wanted).take(request.page.look_ahead()).collect();
        let Cut { items, next_marker } = request.page.cut(LIST, found, |material| material.id.to_string());
        let is_led = key.check_not_replica().is_ok();
        let can_rotate = !is_led || all_can_rotate(key, &kms.related(key).await?);
        let rotations = items.into_iter().map(|material| entry(key, material, can_rotate)).collect();
        Ok(Response { rotations, truncated: next_marker.is_some(), next_marker })
    }
}

fn entry(key: &Key, material: &MaterialRecord, can_rotate: bool) -> RotationsListEntry {
    let presence = material.presence();
    RotationsListEntry {
        key_id: key.record.id,
        key_material_id: material.id,
        key_material_description: material.imported.as_ref().and_then(|said| said.description.clone()),
        import_state: presence.map(|_| if material.is_present() { "IMPORTED" } else { "PENDING_IMPORT" }),
        key_material_state: state(key, material, can_rotate),
        expiration_model: presence.and_then(Presence::model).map(ExpirationModel::name),
        valid_to: presence.and_then(Presence::end).map(EpochSeconds),
        rotation_date: material.rotated.map(|rotated| EpochSeconds(rotated.at)),
        rotation_type: material.rotated.map(|rotated| rotated.kind.name()),
    }
}

/// `can_rotate` is whether every replica has what waits.
fn state(key: &Key, material: &MaterialRecord, can_rotate: bool) -> &'static str {
    let is = |other: Option<&MaterialRecord>| other.is_some_and(|other| other.id == material.id);
    match (is(key.record.pending_material.as_ref()), is(key.record.materials.last())) {
        (true, _) if can_rotate => "PENDING_ROTATION",
        (true, _) => "PENDING_MULTI_REGION_IMPORT_AND_ROTATION",
        (false, true) => "CURRENT",
        (false, false) => "NON_CURRENT",
    }
}
