//! DeleteImportedKeyMaterial: a key loses material that its owner brought, until that is imported again.

use std::borrow::Cow;
use std::sync::Arc;

use claviger_audit::Shown;
use claviger_crypto::MaterialId;
use claviger_wire::Members;
use serde::Serialize;

use super::member::{KEY_ID, key_material_id};
use super::{Facts, Operation, QuotaBucket, States};
use crate::fault::{Fault, Missing};
use crate::gate::{KeyAsk, OneKey, Permit};
use crate::keyspace::Changes;
use crate::kms::Kms;
use crate::model::{Key, KeyArn, KeyKind};
use crate::pipeline::Told;

pub(crate) struct DeleteImportedKeyMaterial;

pub(crate) struct Request<'b> {
    key: Cow<'b, str>,
    material: Option<MaterialId>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    key_id: KeyArn,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_material_id: Option<MaterialId>,
}

impl Operation for DeleteImportedKeyMaterial {
    const FACTS: Facts = Facts {
        states: States::Any,
        quota: QuotaBucket::Own(15),
        has_output: true,
        ..Facts::of_key("DeleteImportedKeyMaterial", "kms:DeleteImportedKeyMaterial")
    };
    type Scope = OneKey;
    type Request<'b> = Request<'b>;
    type Response = Response;

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let key = members.required_text("KeyId", &KEY_ID);
        let material = key_material_id(&mut members);
        Ok(members.finish(Request { key, material })?)
    }

    fn asks<'r>(request: &'r Request<'_>) -> Result<KeyAsk<'r>, Fault> {
        Ok(KeyAsk::named(&request.key))
    }

    fn shown(request: &Request<'_>) -> Shown {
        let material = request.material.map(|id| id.to_string());
        Shown::new().text("keyId", &request.key).maybe_text("keyMaterialId", material.as_deref())
    }

    fn told(response: &Response) -> Told {
        let material = response.key_material_id.map(|id| id.to_string());
        let shown = Shown::new().text("keyId", &response.key_id.0.arn);
        Told::elements(shown.maybe_text("keyMaterialId", material.as_deref()))
    }

    fn fits(request: &Request<'_>, OneKey(key): &OneKey) -> Result<(), Fault> {
        key.check_takes_imports()?;
        match (key.record.spec.kind(), request.material) {
            (KeyKind::Symmetric, _) | (_, None) => Ok(()),
            (KeyKind::Asymmetric | KeyKind::Hmac, Some(_)) => Err(Fault::Unsupported(Some(Cow::Borrowed(
                "KeyMaterialId is valid only for symmetric encryption keys.",
            )))),
        }
    }

    async fn run(
        kms: &Kms,
        permit: Permit<'_, OneKey>,
        request: &Self::Request<'_>,
    ) -> Result<Response, Fault> {
        let OneKey(key) = permit.scope();
        let material = chosen(key, request.material)?;
        // What is gone already is not deleted again.
        let gone = material.and_then(|wanted| {
            let leads = key.check_not_replica().is_ok();
            let here = key.record.without(|id, _| id == wanted);
            // What waits belongs to the set: its primary gives it up, wherever it is.
            here.or_else(|| Some((key.record.without_waiting(wanted).filter(|_| leads)?, Vec::new())))
        });
        if let Some((record, gone)) = gone {
            let record = key.after_loss(record);
            let changes = Changes::new().drop_materials(key, &record, &gone);
            kms.commit(kms.lead(changes, key, &record).await?).await?;
        }
        let is_symmetric = key.record.spec.kind() == KeyKind::Symmetric;
        Ok(Response { key_id: KeyArn(Arc::clone(key)), key_material_id: material.filter(|_| is_symmetric) })
    }
}

/// The material that is meant: the current one where none is named. A key that never had any has none.
fn chosen(key: &Key, named: Option<MaterialId>) -> Result<Option<MaterialId>, Fault> {
    match named {
        None => Ok(key.record.materials.last().map(|current| current.id)),
        Some(id) if key.record.all_materials().any(|material| material.id == id) => Ok(Some(id)),
        Some(id) => Err(Fault::NotFound(Missing::Material(id))),
    }
}
