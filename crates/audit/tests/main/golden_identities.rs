//! One record of each kind of caller, and of the rarer members, held against `corpus/trail`.

use std::net::{IpAddr, Ipv6Addr};

use claviger_audit::{
    EventId, EventType, Identity, Issuer, Record, RecordedError, SessionAttributes, Shown, SourceIp,
    WebFederation,
};

use crate::golden::{CONTEXT, holds};
use crate::sample::{KEY, KEY_ARN, account, alice, call, resource};

fn session(mfa_authenticated: bool) -> SessionAttributes<'static> {
    let created = "2026-11-21T21:00:00Z".parse().unwrap();
    SessionAttributes { created, mfa_authenticated, source_identity: None }
}

#[test]
fn a_refused_call_of_a_role_through_a_service_shows_error_and_service() {
    let issuer = Issuer {
        principal_id: "AROAEXAMPLEREADER0001",
        arn: "arn:aws:iam::111122223333:role/Reader",
        account: account(),
        user_name: Some("Reader"),
    };
    let identity = Identity::AssumedRole {
        principal_id: "AROAEXAMPLEREADER0001:ci",
        arn: "arn:aws:sts::111122223333:assumed-role/Reader/ci",
        account: account(),
        access_key_id: "ASIAEXAMPLEREADER001",
        issuer,
        web_federation: None,
        session: session(false),
        invoked_by: Some("secretsmanager.amazonaws.com"),
    };
    let message =
        "User: arn:aws:sts::111122223333:assumed-role/Reader/ci is not authorized to perform: kms:Decrypt";
    let request =
        Shown::new().text("encryptionAlgorithm", "SYMMETRIC_DEFAULT").map("encryptionContext", CONTEXT);
    holds(
        "refused",
        &Record {
            identity,
            source_ip: SourceIp::Service("secretsmanager.amazonaws.com"),
            user_agent: Some("secretsmanager.amazonaws.com"),
            error: Some(RecordedError { code: "AccessDenied", message: Some(message) }),
            request_parameters: request.done().as_ref(),
            tls: None,
            ..call(25, "Decrypt")
        },
    );
}

#[test]
fn a_caller_whom_nobody_knows_is_of_type_unknown() {
    let message = Some("The security token included in the request is invalid.");
    holds(
        "unidentified",
        &Record {
            identity: Identity::Unidentified { access_key_id: Some("AKIAEXAMPLENOBODY001") },
            source_ip: IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 7)).into(),
            user_agent: None,
            error: Some(RecordedError { code: "UnrecognizedClientException", message }),
            recipient_account: None,
            ..call(26, "ListKeys")
        },
    );
}

#[test]
fn the_root_users_arn_is_of_the_regions_partition() {
    let access_key_id = "AKIAEXAMPLEROOT00001";
    let identity = Identity::Root { account: account(), access_key_id, session: None, invoked_by: None };
    holds("root-in-china", &Record { identity, region: "cn-north-1", ..call(27, "ListKeys") });
}

#[test]
fn the_owners_copy_names_the_other_account_and_the_shared_event() {
    let request = Shown::new().text("keyId", KEY_ARN).text("encryptionAlgorithm", "SYMMETRIC_DEFAULT").done();
    holds(
        "other-account",
        &Record {
            identity: Identity::AwsAccount {
                principal_id: "AIDAEXAMPLEBOB0000001",
                account: "444455556666".parse().unwrap(),
            },
            request_parameters: request.as_ref(),
            resources: &[resource(KEY_ARN)],
            shared_event_id: Some(EventId::from_random([0x77; 16])),
            ..call(28, "Encrypt")
        },
    );
}

#[test]
fn a_federated_user_shows_the_user_that_asked() {
    let issuer = Issuer {
        principal_id: "AIDAEXAMPLEALICE00001",
        arn: "arn:aws:iam::111122223333:user/Alice",
        account: account(),
        user_name: Some("Alice"),
    };
    let identity = Identity::FederatedUser {
        principal_id: "111122223333:visitor",
        arn: "arn:aws:sts::111122223333:federated-user/visitor",
        account: account(),
        access_key_id: "ASIAEXAMPLEVISITOR01",
        issuer,
        session: session(false),
        invoked_by: None,
    };
    let vpc_endpoint_id = Some("vpce-0a1b2c3d4e5f60718");
    holds("federated-user", &Record { identity, vpc_endpoint_id, ..call(29, "ListKeys") });
}

#[test]
fn a_web_identity_that_asks_for_a_session_is_named_by_its_provider() {
    let identity = Identity::WebIdentityUser {
        principal_id: "issuer.example/ci:sts.amazonaws.com:repo-7",
        user_name: "repo-7",
        identity_provider: "issuer.example/ci",
    };
    holds("web-identity-user", &Record { identity, ..call(33, "AssumeRoleWithWebIdentity") });
}

#[test]
fn a_web_identitys_session_shows_its_provider_and_who_is_behind_it() {
    let issuer = Issuer {
        principal_id: "AROAEXAMPLEREADER0001",
        arn: "arn:aws:iam::111122223333:role/Reader",
        account: account(),
        user_name: Some("Reader"),
    };
    let identity = Identity::AssumedRole {
        principal_id: "AROAEXAMPLEREADER0001:ci",
        arn: "arn:aws:sts::111122223333:assumed-role/Reader/ci",
        account: account(),
        access_key_id: "ASIAEXAMPLEREADER001",
        issuer,
        web_federation: Some(WebFederation {
            federated_provider: "arn:aws:iam::111122223333:oidc-provider/issuer.example",
        }),
        session: SessionAttributes { source_identity: Some("alice"), ..session(false) },
        invoked_by: None,
    };
    holds("web-identity-session", &Record { identity, ..call(34, "ListKeys") });
}

#[test]
fn the_root_users_own_session_and_federated_user_show_it_as_issuer() {
    let root = Identity::Root {
        account: account(),
        access_key_id: "ASIAEXAMPLEROOT00001",
        session: Some(session(true)),
        invoked_by: None,
    };
    holds("session-root", &Record { identity: root, ..call(35, "ListKeys") });
    let issuer = Issuer {
        principal_id: "111122223333",
        arn: "arn:aws:iam::111122223333:root",
        account: account(),
        user_name: None,
    };
    let federated = Identity::FederatedUser {
        principal_id: "111122223333:visitor",
        arn: "arn:aws:sts::111122223333:federated-user/visitor",
        account: account(),
        access_key_id: "ASIAEXAMPLEVISITOR01",
        issuer,
        session: session(false),
        invoked_by: None,
    };
    holds("federated-by-root", &Record { identity: federated, ..call(36, "ListKeys") });
}

#[test]
fn a_users_console_session_shows_its_second_factor() {
    let Identity::IamUser { principal_id, arn, account, access_key_id, user_name, .. } = alice() else {
        unreachable!("Alice is a user");
    };
    let session = Some(session(true));
    let (user, invoked_by) = (user_name, None);
    let identity =
        Identity::IamUser { principal_id, arn, account, access_key_id, user_name: user, session, invoked_by };
    holds("session-user", &Record { identity, session_from_console: true, ..call(30, "ListKeys") });
}

#[test]
fn a_service_on_its_own_behalf_is_named_alone() {
    holds(
        "aws-service",
        &Record {
            identity: Identity::AwsService { invoked_by: "backup.amazonaws.com" },
            source_ip: SourceIp::Service("backup.amazonaws.com"),
            user_agent: Some("backup.amazonaws.com"),
            tls: None,
            ..call(31, "ListKeys")
        },
    );
}

#[test]
fn a_service_event_shows_its_details_and_no_request() {
    let details = Shown::new()
        .text("rotationType", "AUTOMATIC")
        .text("keyOrigin", "AWS_KMS")
        .text("previousKeyMaterialId", &"ab".repeat(32))
        .text("currentKeyMaterialId", &"cd".repeat(32))
        .text("keyId", KEY);
    holds(
        "RotateKey",
        &Record {
            identity: Identity::ServiceEvent { account: account() },
            request_id: None,
            source_ip: SourceIp::Internal,
            user_agent: Some("AWS Internal"),
            resources: &[resource(KEY_ARN)],
            read_only: false,
            event_type: EventType::ServiceEvent,
            service_event_details: details.done().as_ref(),
            tls: None,
            ..call(32, "RotateKey")
        },
    );
}
