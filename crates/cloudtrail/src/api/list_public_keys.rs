//! ListPublicKeys: the keys that signed a Region's digests in some time.

use claviger_api::{Answer, Call, Done, Facts, Fault, Operation, Shown};
use claviger_clock::Timestamp;
use claviger_wire::Members;

use super::reference::REFERENCE;
use super::{CloudTrail, Refusal};
use crate::digest::second;
use crate::keyspace::list_signing_keys;
use crate::signing_key::PublicKeyInfo;

pub(super) struct ListPublicKeys;

pub(super) struct Request {
    start: Option<Timestamp>,
    end: Option<Timestamp>,
}

impl Operation for ListPublicKeys {
    const FACTS: Facts = Facts::read("ListPublicKeys", "cloudtrail:ListPublicKeys");
    type Api = CloudTrail;
    type Request = Request;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let (start, end) = (members.time("StartTime"), members.time("EndTime"));
        let token = members.text("NextToken", &REFERENCE);
        if members.finish(token)?.is_some() {
            return Err(Refusal::Token.into());
        }
        Ok(Request { start, end })
    }

    fn shown(Request { start, end }: &Request) -> Shown {
        Shown::new()
            .maybe_text("startTime", start.map(second).as_deref())
            .maybe_text("endTime", end.map(second).as_deref())
    }

    /// Without times, the key that is in use; without one of them, up to now or only then.
    async fn run(api: &CloudTrail, call: &Call<'_>, request: &Request) -> Result<Done, Fault> {
        let end = request.end.unwrap_or(call.now());
        let start = request.start.unwrap_or(end);
        if start > end {
            return Err(Refusal::TimeRange.into());
        }
        let keys = list_signing_keys(&api.store, call.region()).await?;
        let told = keys.iter().map(|key| key.public()).filter(|key| key.overlaps(start, end)).map(listed);
        Ok(Done::answered(Answer::structure().with("PublicKeyList", told.collect::<Answer>())))
    }
}

fn listed(key: &PublicKeyInfo) -> Answer {
    Answer::structure()
        .with("Value", key.value.clone())
        .with("ValidityStartTime", key.from)
        .with("ValidityEndTime", key.until)
        .with("Fingerprint", key.fingerprint.clone())
}
