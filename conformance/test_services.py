"""Forward access sessions: what holds of a request that an integrated service sends for its caller, and only then."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.accounts import ACCOUNT_A, ACCOUNT_B
from harness.callers import Caller, Realm, deny, to
from harness.clients import Key
from harness.denials import BOUNDARY, IDENTITY, RESOURCE, SESSION, forbidden, lacking, lacking_text, opaque
from harness.grants import federated
from harness.identities import allow, fresh, policy
from harness.refusal import refused
from harness.server import Server
from harness.services import IntegratedService
from harness.sessions import Keys

Condition = dict[str, dict[str, Any]]
MANAGING = ["kms:PutKeyPolicy", "kms:DescribeKey"]
TEXT = b"for my caller"


@pytest.fixture(scope="module")
def service(server: Server) -> IntegratedService:
    return IntegratedService.registered(server)


@pytest.fixture(scope="module")
def second(server: Server) -> IntegratedService:
    return IntegratedService.registered(server)


def tagged_session(realm: Realm) -> Caller:
    role = realm.role(Tags=[{"Key": "site", "Value": "north"}])
    tags = [{"Key": "team", "Value": "ledger"}]
    return realm.session(role, "worker", Tags=tags, SourceIdentity="carol")


def session_of_user(realm: Realm) -> Caller:
    user = realm.user()
    keys = Keys.of_answer(user.client("sts").get_session_token())
    return Caller(user.endpoint, user.arn, keys, user.name, user.id)


@dataclass(frozen=True)
class Kind:
    """A kind of caller, and what else holds of it when it calls itself and when a service acts for it."""

    make: Callable[[Realm], Caller]
    itself: Callable[[Caller], list[Condition]]


def of_user(user: Caller) -> list[Condition]:
    return [
        {"StringEquals": {"aws:PrincipalType": "User", "aws:username": user.name, "aws:userid": user.id}},
        {"ArnEquals": {"aws:PrincipalArn": user.arn}},
    ]


def of_role(caller: Caller) -> list[Condition]:
    return [
        {"StringEquals": {"aws:PrincipalType": "AssumedRole", "aws:userid": f"{caller.id}:worker"}},
        {"StringEquals": {"aws:PrincipalTag/team": "ledger", "aws:PrincipalTag/site": "north"}},
        {"StringEquals": {"aws:SourceIdentity": "carol"}},
        {"ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT_A.id}:role/{caller.name}"}},
        {"Null": {"aws:username": "true", "aws:TokenIssueTime": "false"}},
    ]


KINDS = {
    "user": Kind(lambda realm: realm.user(), of_user),
    "root user": Kind(
        lambda realm: realm.root,
        lambda root: [
            {"StringEquals": {"aws:PrincipalType": "Account", "aws:userid": ACCOUNT_A.id}},
            {"ArnEquals": {"aws:PrincipalArn": root.arn}},
        ],
    ),
    "role": Kind(tagged_session, of_role),
    "federated user": Kind(
        lambda realm: federated(realm.user(allow("sts:*"))),
        lambda caller: [
            {"StringEquals": {"aws:PrincipalType": "FederatedUser"}},
            {"ArnEquals": {"aws:PrincipalArn": caller.arn}},
        ],
    ),
    "user with a session token": Kind(
        session_of_user, lambda user: [*of_user(user), {"Bool": {"aws:MultiFactorAuthPresent": "false"}}]
    ),
}


def encrypt(caller: Caller, key: Key) -> None:
    caller.kms.encrypt(KeyId=key.arn, Plaintext=TEXT)


def is_met(realm: Realm, caller: Caller, key: Key, condition: Condition) -> bool:
    """Whether the caller meets a condition; a refusal must be of the right text."""
    statements = (to(realm.account.root_arn, MANAGING), to("*", "kms:Encrypt", **condition))
    realm.kms.put_key_policy(KeyId=key.id, Policy=policy(*statements), BypassPolicyLockoutSafetyCheck=True)
    try:
        encrypt(caller, key)
    except ClientError as error:
        assert error.response["Error"]["Message"] == lacking_text(RESOURCE, caller.arn, "Encrypt", key.arn)
        return False
    return True


def through(*services: IntegratedService) -> list[Condition]:
    """What holds of a request that comes through these services, the first one first, and of no other."""
    principals = [service.principal for service in services]
    return [
        {"StringEquals": {"kms:ViaService": services[-1].via}},
        {"Bool": {"aws:ViaAWSService": "true"}},
        {"StringEquals": {"aws:CalledViaFirst": principals[0]}},
        {"StringEquals": {"aws:CalledViaLast": principals[-1]}},
        *({"ForAnyValue:StringEquals": {"aws:CalledVia": principal}} for principal in principals),
        {"Null": {"aws:CalledVia": "false"}, "ForAllValues:StringEquals": {"aws:CalledVia": principals}},
    ]


NO_SERVICE: list[Condition] = [
    {"Bool": {"aws:PrincipalIsAWSService": "false"}},
    {"Null": {"aws:SourceArn": "true", "aws:SourceAccount": "true"}},
    {"Null": {"aws:PrincipalServiceName": "true", "aws:PrincipalServiceNamesList": "true"}},
    {"StringEquals": {"aws:PrincipalAccount": ACCOUNT_A.id, "kms:CallerAccount": ACCOUNT_A.id}},
    {"Null": {"kms:GrantIsForAWSResource": "true"}},
]


@pytest.mark.parametrize("kind", KINDS)
def test_in_a_forward_session_the_caller_is_itself_and_comes_through_the_service(
    realm: Realm, service: IntegratedService, second: IntegratedService, key: Key, kind: str
) -> None:
    caller = KINDS[kind].make(realm)
    acting = service.acting_for(caller)
    assert acting.arn == caller.arn
    for condition in [*KINDS[kind].itself(caller), *NO_SERVICE]:
        assert is_met(realm, acting, key, condition), condition
        assert is_met(realm, caller, key, condition), condition
    for condition in through(service):
        assert is_met(realm, acting, key, condition), condition
        assert not is_met(realm, caller, key, condition), condition
    assert not is_met(realm, acting, key, {"StringEquals": {"kms:ViaService": second.via}})
    assert is_met(realm, caller, key, {"Null": {"kms:ViaService": "true", "aws:CalledVia": "true"}})


def test_a_caller_is_told_who_it_is_through_the_service(realm: Realm, service: IntegratedService) -> None:
    for kind in KINDS.values():
        caller = kind.make(realm)
        acting = service.acting_for(caller)
        identity, itself = (one.client("sts").get_caller_identity() for one in (acting, caller))
        assert [identity[name] for name in ("Arn", "UserId", "Account")] == [
            itself[name] for name in ("Arn", "UserId", "Account")
        ]


def test_a_service_acts_for_its_caller_only_where_the_policy_wants_it(realm: Realm, service: IntegratedService) -> None:
    user = realm.user(allow("kms:*"))
    key = realm.key(
        to(realm.account.root_arn, MANAGING),
        to("*", "kms:Encrypt", StringEquals={"kms:ViaService": service.via, "kms:CallerAccount": ACCOUNT_A.id}),
    )
    acting = service.acting_for(user)
    assert acting.arn == user.arn
    acting.kms.encrypt(KeyId=key.id, Plaintext=b"x")
    with refused("AccessDeniedException", lacking_text(RESOURCE, user.arn, "Encrypt", key.arn)):
        user.kms.encrypt(KeyId=key.id, Plaintext=b"x")


def test_via_service_names_the_region_that_is_asked(realm: Realm, service: IntegratedService) -> None:
    user, oregon = realm.user(), "us-west-2"
    via = {"StringEquals": {"kms:ViaService": f"{service.label}.{oregon}.amazonaws.com"}}
    document = policy(to(realm.account.root_arn, MANAGING), to("*", "kms:Encrypt", **via))
    made = realm.root.client("kms", oregon).create_key(Policy=document, BypassPolicyLockoutSafetyCheck=True)
    acting = service.acting_for(user)
    acting.client("kms", oregon).encrypt(KeyId=made["KeyMetadata"]["KeyId"], Plaintext=TEXT)
    key = realm.key(to("*", "kms:Encrypt", **via))
    with lacking(RESOURCE, user, "Encrypt", key.arn):
        encrypt(acting, key)


DENIES = {
    "services": {"Bool": {"aws:ViaAWSService": "true"}},
    "a service": "aws:CalledVia",
    "the first service": "aws:CalledViaFirst",
    "the last service": "aws:CalledViaLast",
    "anything called through": {"Null": {"aws:CalledVia": "false"}},
    "a service in a Region": "kms:ViaService",
}


@pytest.mark.parametrize("what", DENIES)
def test_a_caller_can_be_kept_from_coming_through(
    realm: Realm, service: IntegratedService, key: Key, what: str
) -> None:
    condition = DENIES[what]
    if isinstance(condition, str):
        operator = "ForAnyValue:StringEquals" if condition == "aws:CalledVia" else "StringEquals"
        value = service.via if condition == "kms:ViaService" else service.principal
        condition = {operator: {condition: value}}
    user = realm.user(allow("kms:*"), deny("kms:*", **condition))
    with forbidden(IDENTITY, user, "Encrypt", key.arn):
        encrypt(service.acting_for(user), key)
    encrypt(user, key)


def test_an_address_can_be_asked_of_those_who_call_themselves(
    realm: Realm, service: IntegratedService, key: Key
) -> None:
    elsewhere = {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    direct = {"Bool": {"aws:ViaAWSService": "false"}}
    strict = realm.user(allow("kms:*"), deny("kms:*", **elsewhere))
    lenient = realm.user(allow("kms:*"), deny("kms:*", **elsewhere, **direct))
    for user in (strict, lenient):
        with forbidden(IDENTITY, user, "Encrypt", key.arn):
            encrypt(user, key)
    with forbidden(IDENTITY, strict, "Encrypt", key.arn):
        encrypt(service.acting_for(strict), key)
    encrypt(service.acting_for(lenient), key)


def test_a_session_stays_as_limited_as_its_caller(realm: Realm, service: IntegratedService, key: Key) -> None:
    role = realm.role(allow("kms:*"))
    session = realm.session(role, Policy=policy(allow("kms:DescribeKey")))
    bounded = realm.user(allow("kms:*"), PermissionsBoundary=realm.bound(allow("kms:DescribeKey")))
    nobody = realm.user()
    for caller, kind in ((session, SESSION), (bounded, BOUNDARY), (nobody, IDENTITY)):
        acting = service.acting_for(caller)
        with lacking(kind, caller, "Encrypt", key.arn):
            encrypt(acting, key)
    service.acting_for(session).kms.describe_key(KeyId=key.id)
    user = realm.user(allow(["sts:*", "kms:*"]))
    limited = federated(user, Policy=policy(allow("kms:DescribeKey")))
    acting = service.acting_for(limited)
    acting.kms.describe_key(KeyId=key.id)
    with lacking(SESSION, limited, "Encrypt", key.arn):
        encrypt(acting, key)


def test_a_chain_of_services_is_told_in_its_order(
    realm: Realm, service: IntegratedService, second: IntegratedService, key: Key
) -> None:
    user = realm.user()
    first = service.acting_for(user)
    both = second.acting_for(first)
    assert both.arn == user.arn
    for condition in through(service, second):
        assert is_met(realm, both, key, condition), condition
    for condition in through(second, service)[2:4]:
        assert not is_met(realm, both, key, condition), condition
    assert not is_met(realm, both, key, {"StringEquals": {"kms:ViaService": service.via}})
    assert is_met(realm, first, key, {"StringEquals": {"kms:ViaService": service.via}})
    assert not is_met(realm, first, key, {"ForAnyValue:StringEquals": {"aws:CalledVia": second.principal}})


def test_a_deny_on_the_first_service_holds_through_the_second(
    realm: Realm, service: IntegratedService, second: IntegratedService, key: Key
) -> None:
    unwanted = {"ForAnyValue:StringEquals": {"aws:CalledVia": service.principal}}
    user = realm.user(allow("kms:*"), deny("kms:*", **unwanted))
    with forbidden(IDENTITY, user, "Encrypt", key.arn):
        encrypt(second.acting_for(service.acting_for(user)), key)
    encrypt(second.acting_for(user), key)


def test_what_is_of_no_key_comes_through_a_service_too(realm: Realm, service: IntegratedService) -> None:
    user = realm.user(allow(["kms:ListKeys", "iam:ListUsers"], Bool={"aws:ViaAWSService": "true"}))
    acting = service.acting_for(user)
    acting.kms.list_keys(Limit=1)
    acting.client("iam").list_users(MaxItems=1)
    with lacking(IDENTITY, user, "ListKeys", "*"):
        user.kms.list_keys(Limit=1)
    text = (
        f"User: {user.arn} is not authorized to perform: iam:ListUsers on resource: "
        f"arn:aws:iam::{ACCOUNT_A.id}:user/ because no identity-based policy allows the iam:ListUsers action"
    )
    with refused("AccessDenied", text, 403):
        user.client("iam").list_users(MaxItems=1)


def test_via_service_is_absent_where_there_is_no_key(realm: Realm, service: IntegratedService) -> None:
    user = realm.user(allow(["kms:ListKeys", "kms:GenerateRandom"], Null={"kms:ViaService": "true"}))
    acting = service.acting_for(user)
    acting.kms.list_keys(Limit=1)
    acting.kms.generate_random(NumberOfBytes=8)


def test_a_service_makes_a_key_for_its_caller(realm: Realm, service: IntegratedService) -> None:
    user = realm.user(allow("kms:CreateKey", StringEquals={"kms:ViaService": service.via}))
    document = policy(to(user.arn, "kms:*"))
    made = service.acting_for(user).kms.create_key(Policy=document, Description=fresh("made"))
    assert made["KeyMetadata"]["AWSAccountId"] == ACCOUNT_A.id
    assert made["KeyMetadata"]["KeyManager"] == "CUSTOMER"
    with lacking(IDENTITY, user, "CreateKey", "*"):
        user.kms.create_key(Policy=document)


def test_a_foreign_key_is_used_through_a_service_by_both_sides_leave(
    realm: Realm, realm_b: Realm, service: IntegratedService
) -> None:
    via = {"kms:ViaService": service.via, "kms:CallerAccount": ACCOUNT_B.id}
    key = realm.key(to(realm_b.account.root_arn, "kms:Encrypt", StringEquals=via))
    allowed, nobody = realm_b.user(allow("kms:Encrypt", key.arn)), realm_b.user()
    encrypt(service.acting_for(allowed), key)
    for caller in (allowed, nobody, service.acting_for(nobody)):
        with opaque(caller, "Encrypt"):
            encrypt(caller, key)
