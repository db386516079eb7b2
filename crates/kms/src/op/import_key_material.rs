//! ImportKeyMaterial: a key takes the material that its owner made, for the first time, again, or to rotate to.

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use claviger_audit::Shown;
use claviger_crypto::{KeyMaterial, MaterialId};
use claviger_wire::Members;
use serde::Serialize;

use super::import_terms::ImportTerms;
use super::member::{IMPORT_BYTES, KEY_ID};
use super::{Facts, Operation, QuotaBucket};
use crate::fault::{Fault, WaitingMaterial};
use crate::gate::{KeyAsk, OneKey, Permit, Stated};
use crate::keyspace::Changes;
use crate::kms::Kms;
use crate::model::{Import, ImportType, Key, KeyArn, KeyKind, NotTaken, Presence};
use crate::pipeline::Told;

pub(crate) struct ImportKeyMaterial;

pub(crate) struct Request<'b> {
    key: Cow<'b, str>,
    token: Vec<u8>,
    wrapped: Vec<u8>,
    terms: ImportTerms<'b>,
    presence: Presence,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    key_id: KeyArn,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_material_id: Option<MaterialId>,
}

impl Operation for ImportKeyMaterial {
    const FACTS: Facts = Facts {
        quota: QuotaBucket::Own(15),
        has_output: true,
        ..Facts::of_key("ImportKeyMaterial", "kms:ImportKeyMaterial")
    };
    type Scope = OneKey;
    type Request<'b> = Request<'b>;
    type Response = Response;

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let key = members.required_text("KeyId", &KEY_ID);
        let token = members.required_blob("ImportToken", IMPORT_BYTES);
        let wrapped = members.required_blob("EncryptedKeyMaterial", IMPORT_BYTES);
        let terms = ImportTerms::take(&mut members);
        members.finish(())?;
        terms.check()?;
        let presence = terms.presence()?;
        Ok(Request { key, token, wrapped, terms, presence })
    }

    fn asks<'r>(request: &'r Request<'_>) -> Result<KeyAsk<'r>, Fault> {
        let particulars = request.terms.particulars();
        Ok(KeyAsk::named(&request.key).stating(Stated { particulars, ..Stated::default() }))
    }

    fn shown(request: &Request<'_>) -> Shown {
        request.terms.show(Shown::new().text("keyId", &request.key))
    }

    fn told(response: &Response) -> Told {
        let material = response.key_material_id.map(|id| id.to_string());
        let shown = Shown::new().text("keyId", &response.key_id.0.arn);
        Told::elements(shown.maybe_text("keyMaterialId", material.as_deref()))
    }

    fn fits(request: &Request<'_>, OneKey(key): &OneKey) -> Result<(), Fault> {
        key.check_takes_imports()?;
        if request.terms.kind == Some(ImportType::New) {
            key.check_not_replica()?;
        }
        request.terms.check_kind(key)
    }

    async fn run(
        kms: &Kms,
        permit: Permit<'_, OneKey>,
        request: &Self::Request<'_>,
    ) -> Result<Response, Fault> {
        let OneKey(key) = permit.scope();
        request.terms.check_date(kms.now())?;
        let material = unwrapped(kms, key, request).await?;
        let id = material.id_for(&key.record.id);
        let import = Import {
            id,
            kind: request.terms.kind,
            expected: request.terms.material,
            presence: request.presence,
            // What a material is called is said to the primary (API reference, ImportKeyMaterial).
            description: request.terms.description.as_deref().filter(|_| key.check_not_replica().is_ok()),
            public_key: public_key(&material),
        };
        let record = key.record.with_import(&import).map_err(|why| not_taken(key, id, why))?;
        let changes = Changes::new().import_material(key, &record, id, &material);
        kms.commit(kms.lead(changes, key, &record).await?).await?;
        let is_symmetric = key.record.spec.kind() == KeyKind::Symmetric;
        Ok(Response { key_id: KeyArn(Arc::clone(key)), key_material_id: is_symmetric.then_some(id) })
    }
}

/// The material that was sent. However its wrapping is wrong, the caller is told one thing.
async fn unwrapped(kms: &Kms, key: &Key, request: &Request<'_>) -> Result<KeyMaterial, Fault> {
    let token = kms.open_import_token(key, &request.token).await?;
    let unwrapped = || token.key.unwrap(token.algorithm, &request.wrapped);
    let secret = kms.exertion.of(token.key.spec(), unwrapped).await.map_err(|_| Fault::InvalidCiphertext)?;
    KeyMaterial::from_secret(key.record.spec.material(), secret).map_err(|_| Fault::IncorrectKeyMaterial)
}

fn public_key(material: &KeyMaterial) -> Option<String> {
    match material {
        KeyMaterial::PrivateKey(key) => Some(STANDARD.encode(key.public_key().der())),
        KeyMaterial::Symmetric(_) | KeyMaterial::Mac(_) => None,
    }
}

fn not_taken(key: &Key, new: MaterialId, why: NotTaken) -> Fault {
    match why {
        NotTaken::Incorrect => Fault::IncorrectKeyMaterial,
        NotTaken::AnotherWaits(waiting) => {
            Fault::MaterialWaits(Box::new(WaitingMaterial { key: key.record.id, waiting, new }))
        }
    }
}
