"""Conditions about grants: which grants somebody may make, list, revoke and retire."""

from typing import Any

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A, ACCOUNT_B
from harness.callers import Realm, deny, to
from harness.clients import Key, new_key
from harness.conditions import SIDES, Call, Case, hold
from harness.denials import IDENTITY, forbidden, lacking
from harness.grants import AB, EQUALS, SUBSET, A, B, encrypt, give, retire
from harness.identities import allow, policy

ROOT, FOREIGN = ACCOUNT_A.root_arn, ACCOUNT_B.root_arn
SOURCE = f"arn:aws:s3:us-east-1:{ACCOUNT_A.id}:bucket/x"
SERVICE = "s3.amazonaws.com"


def grant(**terms: Any) -> Call:
    """CreateGrant of these terms, to account A unless they name another grantee."""
    return lambda kms, key: kms.create_grant(
        KeyId=key.id, **({"GranteePrincipal": ROOT, "Operations": ["Encrypt"]} | terms)
    )


def service_grant(kms: BaseClient, key: Key) -> object:
    """CreateGrant to a service."""
    return kms.create_grant(
        KeyId=key.id,
        GranteeServicePrincipal=SERVICE,
        RetiringServicePrincipal=SERVICE,
        Operations=["Decrypt"],
        Constraints={"SourceArn": SOURCE},
    )


def constrained(kind: str, pairs: dict[str, str]) -> Call:
    return grant(Constraints={kind: pairs})


OPERATIONS, PAIR = "kms:GrantOperations", "kms:EncryptionContext:"
KEYS, TYPE = "kms:EncryptionContextKeys", "kms:GrantConstraintType"
# The condition of the permission for CreateGrant, calls that it lets through, and calls that it does not.
CASES: dict[str, tuple[dict[str, Any], list[Call], list[Call]]] = {
    "all operations are among these": (
        {"ForAllValues:StringEquals": {OPERATIONS: ["Encrypt", "ReEncryptTo"]}},
        [grant(), grant(Operations=["ReEncryptTo"]), grant(Operations=["ReEncryptTo", "Encrypt"])],
        [grant(Operations=["Decrypt"]), grant(Operations=["Encrypt", "Decrypt"]), grant(Operations=["ReEncryptFrom"])],
    ),
    "one operation is among these": (
        {"ForAnyValue:StringEquals": {OPERATIONS: ["Encrypt", "RetireGrant"]}},
        [grant(), grant(Operations=["Encrypt", "Decrypt"]), grant(Operations=["Decrypt", "RetireGrant"])],
        [grant(Operations=["Decrypt"])],
    ),
    "no operation is like this": (
        {"ForAllValues:StringNotLike": {OPERATIONS: ["*Decrypt*", "ReEncryptFrom"]}},
        [grant(), grant(Operations=["GenerateDataKey", "DescribeKey"])],
        [grant(Operations=["Decrypt"]), grant(Operations=["Encrypt", "ReEncryptFrom"])],
    ),
    "the grantee": (
        {"StringEquals": {"kms:GranteePrincipal": ROOT}},
        [grant()],
        [grant(GranteePrincipal=FOREIGN), service_grant],
    ),
    "the grantee of this account": (
        {"StringLike": {"kms:GranteePrincipal": f"arn:aws:iam::{ACCOUNT_A.id}:*"}},
        [grant()],
        [grant(GranteePrincipal=FOREIGN)],
    ),
    "the retiring principal": (
        {"StringEquals": {"kms:RetiringPrincipal": ROOT}},
        [grant(RetiringPrincipal=ROOT)],
        [grant(), grant(RetiringPrincipal=FOREIGN)],
    ),
    "no retiring principal": (
        {"Null": {"kms:RetiringPrincipal": "true"}},
        [grant()],
        [grant(RetiringPrincipal=ROOT)],
    ),
    "the service": (
        {"StringEquals": {"kms:GranteeServicePrincipal": SERVICE, "kms:RetiringServicePrincipal": SERVICE}},
        [service_grant],
        [grant(), grant(RetiringPrincipal=ROOT)],
    ),
    "the source": (
        {"ArnLike": {"kms:GrantConstraintSourceArn": "arn:aws:s3:*:*:bucket/*"}},
        [grant(Constraints={"SourceArn": SOURCE}), service_grant],
        [grant(), grant(Constraints={"SourceArn": SOURCE.replace("bucket", "object")}), constrained(EQUALS, A)],
    ),
    "the exact context, as in the guide": (
        {"StringEquals": {TYPE: EQUALS}},
        [constrained(EQUALS, A)],
        [grant(), constrained(SUBSET, A)],
    ),
    "any constraint on the context": (
        {"StringEquals": {TYPE: [EQUALS, SUBSET]}},
        [constrained(EQUALS, A), constrained(SUBSET, A)],
        [grant()],
    ),
    "no constraint on the context": (
        {"Null": {TYPE: "true"}},
        [grant()],
        [constrained(EQUALS, A), constrained(SUBSET, A)],
    ),
    "a pair of the constraint": (
        {"StringEquals": {f"{PAIR}a": "1"}},
        [constrained(EQUALS, A), constrained(SUBSET, AB)],
        [grant(), constrained(EQUALS, B), constrained(SUBSET, {"a": "2"})],
    ),
    "the keys of the constraint's pairs": (
        {"ForAllValues:StringEquals": {KEYS: ["a", "b"]}, "Null": {KEYS: "false"}},
        [constrained(EQUALS, AB), constrained(SUBSET, B)],
        [grant(), constrained(EQUALS, {"c": "1"}), constrained(SUBSET, AB | {"c": "1"})],
    ),
    "one key of the constraint's pairs": (
        {"ForAnyValue:StringEquals": {KEYS: "a"}},
        [constrained(EQUALS, A), constrained(SUBSET, AB)],
        [grant(), constrained(EQUALS, B)],
    ),
    "not for a service of AWS": (
        {"Bool": {"kms:GrantIsForAWSResource": "false"}},
        [grant(), service_grant],
        [],
    ),
    "only for a service of AWS": (
        {"Bool": {"kms:GrantIsForAWSResource": "true"}},
        [],
        [grant(), service_grant, constrained(EQUALS, A)],
    ),
    "the account of the caller": (
        {"StringEquals": {"kms:CallerAccount": ACCOUNT_A.id}},
        [grant()],
        [],
    ),
}


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("name", CASES)
def test_grants_are_made_as_the_condition_says(realm: Realm, side: str, name: str) -> None:
    condition, allowed, denied = CASES[name]
    hold(realm, side, Case("CreateGrant", condition, tuple(allowed), tuple(denied)))


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("action", ["ListGrants", "RevokeGrant"])
def test_direct_calls_are_not_for_a_service(realm: Realm, side: str, action: str) -> None:
    def call(kms: BaseClient, key: Key) -> object:
        if action == "ListGrants":
            return kms.list_grants(KeyId=key.id)
        return kms.revoke_grant(KeyId=key.id, GrantId=give(realm.kms, key, ROOT).id)

    for value in ("true", "false"):
        condition = {"Bool": {"kms:GrantIsForAWSResource": value}}
        calls = {"refused" if value == "true" else "allowed": (call,)}
        hold(realm, side, Case(action, condition, **calls))


def test_the_signal_is_there_for_operations_on_grants_alone(realm: Realm, key: Key) -> None:
    user = realm.user(allow("kms:*", Bool={"kms:GrantIsForAWSResource": "false"}))
    made = give(user.kms, key, ROOT)
    user.kms.list_grants(KeyId=key.id)
    user.kms.revoke_grant(KeyId=key.id, GrantId=made.id)
    with lacking(IDENTITY, user, "Encrypt", key.arn):
        encrypt(user, key)


def test_key_users_of_the_consoles_policy_make_no_grants_themselves(realm: Realm) -> None:
    user = realm.user()
    statement = to(
        user.arn,
        ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"],
        Bool={"kms:GrantIsForAWSResource": "true"},
    )
    key = new_key(realm.kms, Policy=policy(realm.delegation, to(user.arn, "kms:Encrypt"), statement))
    made = give(realm.kms, key, ROOT)
    encrypt(user, key)
    for action, call in (
        ("CreateGrant", lambda: give(user.kms, key, user.arn)),
        ("ListGrants", lambda: user.kms.list_grants(KeyId=key.id)),
        ("RevokeGrant", lambda: user.kms.revoke_grant(KeyId=key.id, GrantId=made.id)),
    ):
        with lacking(IDENTITY, user, action, key.arn):
            call()


def test_a_condition_narrows_a_permission_not_a_parent_grant(realm: Realm, key: Key) -> None:
    user = realm.user(allow("kms:CreateGrant", StringEquals={TYPE: EQUALS}))
    with lacking(IDENTITY, user, "CreateGrant", key.arn):
        give(user.kms, key, ROOT, ["Encrypt"])
    give(realm.kms, key, user.arn, ["CreateGrant", "Encrypt"])
    give(user.kms, key, ROOT, ["Encrypt"])


def test_a_deny_on_operations_holds_for_children_too(realm: Realm, key: Key) -> None:
    denied = deny("kms:CreateGrant", **{"ForAnyValue:StringEquals": {OPERATIONS: "Decrypt"}})
    user = realm.user(denied)
    give(realm.kms, key, user.arn, ["CreateGrant", "Encrypt", "Decrypt"])
    give(user.kms, key, ROOT, ["Encrypt"])
    with forbidden(IDENTITY, user, "CreateGrant", key.arn):
        give(user.kms, key, ROOT, ["Encrypt", "Decrypt"])


@pytest.mark.parametrize(
    ("condition", "terms", "other"),
    [
        ({"StringEquals": {TYPE: SUBSET}}, {"Constraints": {SUBSET: A}}, {"Constraints": {EQUALS: A}}),
        ({"StringEquals": {f"{PAIR}a": "1"}}, {"Constraints": {EQUALS: A}}, {"Constraints": {EQUALS: B}}),
        ({"ForAnyValue:StringEquals": {KEYS: "a"}}, {"Constraints": {EQUALS: AB}}, {}),
    ],
    ids=["constraint type", "pair", "keys"],
)
def test_grants_are_retired_as_the_condition_says(
    realm: Realm, key: Key, condition: dict[str, Any], terms: dict[str, Any], other: dict[str, Any]
) -> None:
    user = realm.user(allow("kms:RetireGrant", **condition))
    with lacking(IDENTITY, user, "RetireGrant", key.arn):
        retire(user.kms, give(realm.kms, key, ROOT, **other))
    retire(user.kms, give(realm.kms, key, ROOT, **terms))
