//! RetireGrant: ends a grant, by whoever was done with it.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_wire::Members;
use serde::Serialize;

use super::grant::{GRANT_ID, GRANT_TOKEN};
use super::member::KEY_ID;
use super::{DryRun, Facts, GrantOperation, Operation, PolicyType, QuotaBucket, States};
use crate::fault::Fault;
use crate::gate::{Permit, Retired, RetiredAsk};
use crate::keyspace::{self, Changes};
use crate::kms::Kms;
use crate::model::GrantId;
use crate::pipeline::Told;

pub(crate) struct RetireGrant;

pub(crate) struct Request<'b> {
    token: Option<Cow<'b, str>>,
    key: Option<Cow<'b, str>>,
    id: Option<GrantId>,
    dry_run: Option<bool>,
}

/// What was retired. The answer does not say it, the record does.
#[derive(Serialize)]
pub(crate) struct Response {
    #[serde(skip)]
    key: String,
    #[serde(skip)]
    id: GrantId,
}

impl Operation for RetireGrant {
    const FACTS: Facts = Facts {
        policy: PolicyType::Iam,
        grant: Some(GrantOperation::RetireGrant),
        cross_account: true,
        states: States::Any,
        quota: QuotaBucket::Own(50),
        ..Facts::of_key("RetireGrant", "kms:RetireGrant")
    };
    type Scope = Retired;
    type Request<'b> = Request<'b>;
    type Response = Response;

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let token = members.text("GrantToken", &GRANT_TOKEN);
        let key = members.text("KeyId", &KEY_ID);
        let id = members.text("GrantId", &GRANT_ID);
        let dry_run = members.flag("DryRun");
        let (token, key, id) = members.finish((token, key, id))?;
        let id = id.map(|id| id.parse().map_err(|_| Fault::InvalidGrantId)).transpose()?;
        Ok(Request { token, key, id, dry_run })
    }

    fn asks<'r>(request: &'r Request<'_>) -> Result<RetiredAsk<'r>, Fault> {
        match (&request.token, &request.key, request.id) {
            (Some(token), None, None) => Ok(RetiredAsk::Token(token)),
            (None, Some(key), Some(id)) => Ok(RetiredAsk::Id { key, id }),
            _ => Err(Fault::Validation(Cow::Borrowed(
                "You must specify either GrantToken or a combination of GrantId and KeyId.",
            ))),
        }
    }

    // CloudTrail has the grant beside the answer, however the request named it.
    fn shown(request: &Request<'_>) -> Shown {
        Shown::new().maybe_flag("dryRun", request.dry_run)
    }

    fn told(Response { key, id }: &Response) -> Told {
        let beside = Shown::new().text("grantId", &id.to_string());
        Told { additional_event_data: beside.done(), ..Told::elements(Shown::new().text("keyId", key)) }
    }

    fn dry_run(request: &Request<'_>) -> DryRun {
        DryRun::asked(request.dry_run)
    }

    async fn run(kms: &Kms, permit: Permit<'_, Retired>, _: &Self::Request<'_>) -> Result<Response, Fault> {
        let Retired { key, grant } = permit.scope();
        let _turn = kms.grant_turns.of(&key.record.id).await;
        let count = keyspace::count_grants(&kms.store, &key.place, &key.record.id).await?;
        kms.commit(Changes::new().delete_grant(grant, count)).await?;
        Ok(Response { key: key.arn.to_string(), id: grant.record.id })
    }
}
