//! GenerateRandom: bytes that nobody can predict.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_crypto::Secret;
use claviger_wire::{Members, base64_bytes};
use serde::Serialize;

use super::answer::SecretOut;
use super::member::{CUSTOM_KEY_STORE_ID, NUMBER_OF_BYTES, Recipient};
use super::{Facts, KeyNames, Operation, PolicyType, QuotaBucket, States, USUAL_ANSWER_BYTES};
use crate::fault::Fault;
use crate::gate::{NoKey, Permit, Stated};
use crate::kms::Kms;

pub(crate) struct GenerateRandom;

pub(crate) struct Request<'b> {
    bytes: usize,
    key_store: Option<Cow<'b, str>>,
    recipient: Option<Recipient>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    plaintext: SecretOut,
}

impl Operation for GenerateRandom {
    const FACTS: Facts = Facts {
        policy: PolicyType::Iam,
        names: KeyNames::None,
        states: States::Any,
        quota: QuotaBucket::Cryptographic,
        read_only: true,
        has_output: true,
        ..Facts::of_key("GenerateRandom", "kms:GenerateRandom")
    };
    type Scope = NoKey;
    type Request<'b> = Request<'b>;
    type Response = Response;

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let bytes = members.whole("NumberOfBytes", NUMBER_OF_BYTES);
        let key_store = members.text("CustomKeyStoreId", &CUSTOM_KEY_STORE_ID);
        let recipient = Recipient::take(&mut members);
        members.finish(())?;
        let bytes = bytes.and_then(|bytes| usize::try_from(bytes).ok());
        let bytes = bytes.ok_or(Fault::Validation(Cow::Borrowed("NumberOfBytes is required.")))?;
        Ok(Request { bytes, key_store, recipient })
    }

    fn asks<'r>(_: &'r Request<'_>) -> Result<Stated<'r>, Fault> {
        Ok(Stated::default())
    }

    fn shown(request: &Request<'_>) -> Shown {
        Shown::new().maybe_text("customKeyStoreId", request.key_store.as_deref())
    }

    fn answer_bytes(response: &Response) -> usize {
        USUAL_ANSWER_BYTES + base64_bytes(response.plaintext.0.len())
    }

    fn fits(request: &Request<'_>, _: &NoKey) -> Result<(), Fault> {
        Recipient::check(request.recipient)?;
        if request.key_store.is_some() { Err(Fault::CustomKeyStoreNotFound) } else { Ok(()) }
    }

    async fn run(kms: &Kms, _: Permit<'_, NoKey>, request: &Self::Request<'_>) -> Result<Response, Fault> {
        let plaintext = Secret::random(request.bytes, &*kms.random).map_err(Fault::internal)?;
        Ok(Response { plaintext: SecretOut(plaintext) })
    }
}
