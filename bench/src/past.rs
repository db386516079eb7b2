//! A past of a hundred days: what many users do with many keys, and some with few.

use std::net::{IpAddr, Ipv4Addr};

use claviger_audit::{
    EventId, EventType, Identity, Record, RecordedError, RequestId, Resource, ResourceKind, Shown, Tls, Trail,
};
use claviger_clock::{SignedDuration, Timestamp};
use claviger_names::AccountId;

use crate::Failure;

/// The account and Region that half of all is done in; the rest is spread over others.
pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const REGION: &str = "us-east-1";
const OTHERS: [(&str, &str); 3] =
    [("111122223333", "eu-central-1"), ("444455556666", "us-east-1"), ("777788889999", "eu-west-1")];

/// Every so many records one is of the rare key.
const RARE_EVERY: u64 = 100_003;
pub(crate) const RARE_KEY: &str = "0a0a0a0a-0000-4000-8000-000000000001";

/// The key that only one record is of, and that record.
pub(crate) const ONCE_KEY: &str = "0a0a0a0a-0000-4000-8000-000000000002";
pub(crate) const OWN: u64 = 1_234_567;

const KEYS: u64 = 2_000;
const USERS: u64 = 500;
const TENANTS: u64 = 10_000;

/// Between two records.
const STEP: SignedDuration = SignedDuration::from_millis(864);

/// Records that are written together.
const GROUP: usize = 64;

/// An odd number without a pattern: multiplied by it, numbers in a row are far apart.
const ODD: u64 = 0x9e37_79b9_7f4a_7c15;

/// One of a thousand fails, and one of a hundred thousand asks for a deletion.
const FAILS_EVERY: u64 = 1_000;
const DELETES_EVERY: u64 = 100_000;

/// Writes so many records, the last of which are of today.
pub(crate) fn write(trail: &Trail, records: u64) -> Result<(), Failure> {
    let mut tickets = Vec::with_capacity(GROUP);
    for number in 0..records {
        tickets.push(append(trail, number, end() - STEP * i32::try_from(records - number)?)?);
        if tickets.len() == GROUP {
            tickets.drain(..).try_for_each(claviger_audit::Ticket::wait)?;
        }
    }
    Ok(tickets.into_iter().try_for_each(claviger_audit::Ticket::wait)?)
}

/// Behind the last record.
pub(crate) fn end() -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(56 * 365 * 24)
}

pub(crate) fn access_key(user: u64) -> String {
    format!("AKIAEXAMPLE{user:09}")
}

fn random(number: u64) -> [u8; 16] {
    let halves = [mixed(number).to_le_bytes(), number.to_le_bytes()];
    std::array::from_fn(|at| halves.as_flattened()[at])
}

/// As it stands in the record.
pub(crate) fn event_id(number: u64) -> String {
    let digits = format!("{:032x}", EventId::from_random(random(number)).as_u128());
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    parts.join("-")
}

/// Any number, the same each time.
fn mixed(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(ODD).wrapping_add(ODD);
    (number ^ (number >> 27)).wrapping_mul(ODD) ^ (number >> 31)
}

fn append(trail: &Trail, number: u64, event_time: Timestamp) -> Result<claviger_audit::Ticket, Failure> {
    let (dice, is_rare) = (mixed(number), number.is_multiple_of(RARE_EVERY));
    let (account, region) = match dice % 6 {
        at @ 0..3 if !is_rare && number != OWN => OTHERS[at as usize],
        _ => (ACCOUNT, REGION),
    };
    let account: AccountId = account.parse()?;
    let key = match number {
        OWN => ONCE_KEY.to_owned(),
        _ if is_rare => RARE_KEY.to_owned(),
        _ => format!("1b1b1b1b-0000-4000-8000-{:012x}", (dice >> 8) % KEYS),
    };
    let arn = format!("arn:aws:kms:{region}:{account}:key/{key}");
    let user = (dice >> 20) % USERS;
    let (user_name, access_key_id) = (format!("user-{user:03}"), access_key(user));
    let user_arn = format!("arn:aws:iam::{account}:user/{user_name}");
    let event_name = match (dice >> 32) % DELETES_EVERY {
        0 => "ScheduleKeyDeletion",
        roll => ["Decrypt", "Decrypt", "Decrypt", "GenerateDataKey", "Encrypt"][(roll % 5) as usize],
    };
    let (tenant, order) = (format!("tenant-{}", (dice >> 40) % TENANTS), number.to_string());
    let request = Shown::new()
        .text("keyId", &arn)
        .map("encryptionContext", [("tenant", &*tenant), ("order", &*order)])
        .text("encryptionAlgorithm", "SYMMETRIC_DEFAULT")
        .done();
    let is_failure = dice.is_multiple_of(FAILS_EVERY);
    let error = is_failure.then_some(RecordedError { code: "AccessDenied", message: None });
    let material = Shown::new().text("keyMaterialId", &"ab".repeat(32)).done();
    let identity = Identity::IamUser {
        principal_id: "AIDAEXAMPLE0000000001",
        arn: &user_arn,
        account,
        access_key_id: &access_key_id,
        user_name: &user_name,
        session: None,
        invoked_by: None,
    };
    let resources = [Resource { account, arn: arn.as_str().into(), kind: ResourceKind::Key }];
    let record = Record {
        event_time,
        event_id: EventId::from_random(random(number)),
        region,
        identity,
        error,
        request_parameters: request.as_ref(),
        additional_event_data: material.as_ref(),
        resources: &resources,
        recipient_account: Some(account),
        ..call(number, event_name)
    };
    Ok(trail.append(&record)?)
}

/// What all records share.
fn call(number: u64, event_name: &str) -> Record<'_> {
    Record {
        event_time: end(),
        event_id: EventId::from_random([0; 16]),
        request_id: Some(RequestId::from_random(random(!number))),
        event_source: "kms.amazonaws.com",
        event_name,
        region: REGION,
        source_ip: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 17)).into(),
        user_agent: Some("aws-sdk-rust/1.3 os/linux lang/rust/1.95"),
        identity: Identity::Unidentified { access_key_id: None },
        error: None,
        request_parameters: None,
        response_elements: None,
        additional_event_data: None,
        resources: &[],
        read_only: event_name != "ScheduleKeyDeletion",
        event_type: EventType::ApiCall,
        recipient_account: None,
        shared_event_id: None,
        service_event_details: None,
        vpc_endpoint_id: None,
        tls: Some(Tls {
            version: "TLSv1.3",
            cipher_suite: "TLS_AES_128_GCM_SHA256",
            client_provided_host_header: "kms.us-east-1.amazonaws.com",
            key_exchange: Some("X25519MLKEM768"),
        }),
        session_from_console: false,
    }
}
