//! DeriveSharedSecret: the secret that a key and somebody else's public key agree on.

use std::borrow::Cow;
use std::sync::Arc;

use claviger_audit::Shown;
use claviger_crypto::AgreeError;
use claviger_wire::{Bounds, Members};
use serde::Serialize;

use super::answer::SecretOut;
use super::member::{KEY_ID, Recipient, grant_tokens};
use super::{DryRun, Facts, GrantOperation, KeyUsage, Operation};
use crate::fault::Fault;
use crate::gate::{KeyAsk, OneKey, Particulars, Permit, Stated};
use crate::kms::Kms;
use crate::model::{KeyAgreementAlgorithm, KeyArn, Origin};

/// Bytes of a public key, as the model takes them.
const PUBLIC_KEY_BYTES: Bounds = Bounds::new(1, 8192);

pub(crate) struct DeriveSharedSecret;

pub(crate) struct Request<'b> {
    key: Cow<'b, str>,
    algorithm: KeyAgreementAlgorithm,
    public_key: Vec<u8>,
    grant_tokens: Vec<Cow<'b, str>>,
    dry_run: Option<bool>,
    recipient: Option<Recipient>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    key_id: KeyArn,
    shared_secret: SecretOut,
    key_agreement_algorithm: KeyAgreementAlgorithm,
    key_origin: Origin,
}

impl Operation for DeriveSharedSecret {
    const FACTS: Facts = Facts::of_use(
        "DeriveSharedSecret",
        "kms:DeriveSharedSecret",
        GrantOperation::DeriveSharedSecret,
        KeyUsage::KEY_AGREEMENT,
    );
    type Scope = OneKey;
    type Request<'b> = Request<'b>;
    type Response = Response;

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let request = Request {
            key: members.required_text("KeyId", &KEY_ID),
            algorithm: members.required_one_of("KeyAgreementAlgorithm"),
            public_key: members.required_blob("PublicKey", PUBLIC_KEY_BYTES),
            grant_tokens: grant_tokens(&mut members),
            dry_run: members.flag("DryRun"),
            recipient: Recipient::take(&mut members),
        };
        Ok(members.finish(request)?)
    }

    fn asks<'r>(request: &'r Request<'_>) -> Result<KeyAsk<'r>, Fault> {
        let particulars = Particulars::KeyAgreement { algorithm: request.algorithm.name() };
        let stated = Stated { grant_tokens: &request.grant_tokens, particulars, ..Stated::default() };
        Ok(KeyAsk::named(&request.key).stating(stated))
    }

    fn shown(request: &Request<'_>) -> Shown {
        Shown::new()
            .text("keyId", &request.key)
            .text("keyAgreementAlgorithm", request.algorithm.name())
            .maybe_flag("dryRun", request.dry_run)
    }

    fn dry_run(request: &Request<'_>) -> DryRun {
        DryRun::asked_of_proof(request.dry_run)
    }

    fn fits(request: &Request<'_>, _: &OneKey) -> Result<(), Fault> {
        Recipient::check(request.recipient)
    }

    async fn run(
        _: &Kms,
        permit: Permit<'_, OneKey>,
        request: &Self::Request<'_>,
    ) -> Result<Response, Fault> {
        let OneKey(key) = permit.scope();
        let secret = key.private_key(&permit)?.agree(&request.public_key).map_err(|why| match why {
            AgreeError::PeerRefused => Fault::InvalidPublicKey,
            AgreeError::NotAgreementKey => Fault::internal(why),
        })?;
        Ok(Response {
            key_id: KeyArn(Arc::clone(key)),
            shared_secret: SecretOut(secret),
            key_agreement_algorithm: request.algorithm,
            key_origin: key.record.origin,
        })
    }
}
