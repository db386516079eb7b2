//! GetParametersForImport: a key to wrap key material to, and the token that gives it back to the service.

use std::borrow::Cow;
use std::sync::Arc;

use claviger_audit::Shown;
use claviger_crypto::{WrappingAlgorithm, WrappingKeySpec};
use claviger_wire::{Base64, EpochSeconds, Members, base64_bytes};
use serde::Serialize;

use super::member::KEY_ID;
use super::{Facts, Operation, QuotaBucket, USUAL_ANSWER_BYTES};
use crate::fault::Fault;
use crate::gate::{KeyAsk, OneKey, Particulars, Permit, Stated};
use crate::import_token::{ImportToken, VALIDITY};
use crate::kms::Kms;
use crate::model::{Key, KeyArn, WrappingAlgorithmName, WrappingKeySpecName};

pub(crate) struct GetParametersForImport;

pub(crate) struct Request<'b> {
    key: Cow<'b, str>,
    algorithm: WrappingAlgorithmName,
    spec: WrappingKeySpecName,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    key_id: KeyArn,
    import_token: Base64<Vec<u8>>,
    public_key: Base64<Vec<u8>>,
    parameters_valid_to: EpochSeconds,
}

impl Operation for GetParametersForImport {
    const FACTS: Facts = Facts {
        quota: QuotaBucket::Own(1),
        read_only: true,
        has_output: true,
        ..Facts::of_key("GetParametersForImport", "kms:GetParametersForImport")
    };
    type Scope = OneKey;
    type Request<'b> = Request<'b>;
    type Response = Response;

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let key = members.required_text("KeyId", &KEY_ID);
        let algorithm = members.required_one_of("WrappingAlgorithm");
        let spec = members.required_one_of("WrappingKeySpec");
        Ok(members.finish(Request { key, algorithm, spec })?)
    }

    fn asks<'r>(request: &'r Request<'_>) -> Result<KeyAsk<'r>, Fault> {
        let (algorithm, spec) = (request.algorithm.name(), request.spec.name());
        let particulars = Particulars::WrappingKey { algorithm, spec };
        Ok(KeyAsk::named(&request.key).stating(Stated { particulars, ..Stated::default() }))
    }

    fn shown(request: &Request<'_>) -> Shown {
        Shown::new()
            .text("keyId", &request.key)
            .text("wrappingAlgorithm", request.algorithm.name())
            .text("wrappingKeySpec", request.spec.name())
    }

    fn answer_bytes(response: &Response) -> usize {
        let Response { import_token, public_key, .. } = response;
        USUAL_ANSWER_BYTES + base64_bytes(import_token.0.len() + public_key.0.len())
    }

    fn fits(request: &Request<'_>, OneKey(key): &OneKey) -> Result<(), Fault> {
        key.check_takes_imports()?;
        request.wrapping(key).map(|_| ())
    }

    async fn run(
        kms: &Kms,
        permit: Permit<'_, OneKey>,
        request: &Self::Request<'_>,
    ) -> Result<Response, Fault> {
        let OneKey(key) = permit.scope();
        let (algorithm, spec) = request.wrapping(key)?;
        let wrapping_key = kms.generation.wrapping_key(permit.place().account, spec).await?;
        let public_key = wrapping_key.public_key_der().to_vec();
        let expires = kms.now().checked_add(VALIDITY).map_err(Fault::internal)?;
        let token = ImportToken { algorithm, key: wrapping_key, expires };
        Ok(Response {
            key_id: KeyArn(Arc::clone(key)),
            import_token: Base64(kms.seal_import_token(key, &token).await?),
            public_key: Base64(public_key),
            parameters_valid_to: EpochSeconds(expires),
        })
    }
}

impl Request<'_> {
    /// How material of this key is to be wrapped, where that is a way for it.
    fn wrapping(&self, key: &Key) -> Result<(WrappingAlgorithm, WrappingKeySpec), Fault> {
        let (region, wrapping) =
            (key.place.region, format!("{} with {}", self.algorithm.name(), self.spec.name()));
        let served = self.algorithm.served_in(region).zip(self.spec.served_in(region));
        let (algorithm, spec) = served.ok_or_else(|| unsupported(format!("{wrapping} is not supported.")))?;
        match algorithm.wraps(key.record.spec.material(), spec) {
            true => Ok((algorithm, spec)),
            false => {
                let spec = key.record.spec.name();
                let text = format!("{wrapping} is not supported for key material of key spec {spec}.");
                Err(unsupported(text))
            }
        }
    }
}

fn unsupported(text: String) -> Fault {
    Fault::Unsupported(Some(text.into()))
}
